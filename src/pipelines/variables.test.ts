import { describe, expect, it } from 'vitest';
import { engines } from '../../test/harness/databases.ts';
import { createPipelinesFactory } from '../../test/harness/pipelines-factory.ts';
import { startTestServer } from '../../test/harness/server.ts';
import { insertVariable } from '../namespaces/variable-store.ts';
import type { SettingsVariable, VariableScope } from '../namespaces/variable.ts';
import { insertPipelineVariables } from './creation-store.ts';
import { findDefinition, setPlayVariables } from './definition-store.ts';
import type { Variable } from './expansion.ts';
import { predefined } from './predefined.ts';
import { jobVariables } from './variables.ts';

describe.each(engines)('variables of a job on %s', (engine) => {
  it('go over each other in the documented order, and protected ones only go to protected refs', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const top = await server.build.group();
    const sub = await server.build.group({ parent: top });
    const project = await server.build.project({ group: sub });
    const player = (await server.build.person({ username: 'ada' })).user;
    async function set(of: VariableScope, key: string, value: string, more: Partial<SettingsVariable> = {}) {
      const plain: SettingsVariable = {
        key,
        value,
        variableType: 'env_var',
        protected: false,
        masked: false,
        hidden: false,
        raw: false,
        environmentScope: '*',
        description: null,
      };
      await app.write((tx) => insertVariable(tx, app.secrets, of, { ...plain, ...more }, 1));
    }
    const instance = { scope: 'instance', subjectId: 0 } as const;
    const [upper, nearer, own] = [
      { scope: 'group', subjectId: top.id },
      { scope: 'group', subjectId: sub.id },
      { scope: 'project', subjectId: project.id },
    ] as const;
    // L6 is set on the first of these levels (6 in the contract) only, L7 on the first two, and so on: the highest must win.
    for (const [index, of] of [instance, upper, nearer, own].entries()) {
      for (let level = index; level < 4; level++) await set(of, `L${6 + level}`, `level ${6 + index}`);
    }
    await set(own, 'CI_COMMIT_REF_NAME', 'settings win');
    await set(own, 'SECRET', 'hidden', { masked: true });
    await set(own, 'FILE', '$SECRET', { variableType: 'file' });
    await set(own, 'RAW', '$SECRET', { raw: true });
    await set(own, 'PROTECTED', 'yes', { protected: true });
    await set(own, 'SCOPED', 'no', { environmentScope: 'production' });
    const configured = Object.entries({
      YAML: 'a $CI_PROJECT_NAME',
      L9: 'yaml',
      CI_JOB_STAGE: 'yaml wins',
      GIVEN: 'yaml',
      USES: '$SECRET-$FILE-$NOWHERE',
      GITLAB_USER_LOGIN: 'no',
      PLAYED: '1',
    });
    const variables = configured.map(([key, value]) => ({ key, value, raw: false }));
    const make = createPipelinesFactory(app);

    async function read(isProtected: boolean): Promise<Record<string, Variable>> {
      const made = await make.pipeline(
        project,
        { 'unit test: [a, b]': { variables, when: 'manual' } },
        { protected: isProtected, userId: player.id },
      );
      const job = made.jobs['unit test: [a, b]']!;
      await app.write(async (tx) => {
        const given = [
          { key: 'GIVEN', value: 'pipeline' },
          { key: 'PLAYED', value: 'pipeline' },
        ];
        await insertPipelineVariables(
          tx,
          app.secrets,
          made.pipeline.id,
          given.map((one) => ({ ...one, variableType: 'env_var', raw: false })),
        );
        await setPlayVariables(tx, app.secrets, job.id, [{ key: 'PLAYED', value: 'by hand', variableType: 'env_var', raw: false }]);
      });
      const definition = await findDefinition(app.db, app.secrets, job.id);
      const first = [{ ...predefined('CI_JOB_TOKEN', 'glcbt-x'), public: false, masked: true }];
      const list = await jobVariables(app, { job, pipeline: made.pipeline, project, definition }, first);
      expect(new Set(list.map((variable) => variable.key)).size).toBe(list.length);
      return Object.fromEntries(list.map((variable) => [variable.key, variable]));
    }

    const found = await read(false);
    const values = (...keys: string[]) => keys.map((key) => found[key]?.value);
    expect(values('L6', 'L7', 'L8', 'L9')).toEqual(['level 6', 'level 7', 'level 8', 'level 9']);
    expect(values('YAML', 'CI_JOB_STAGE', 'CI_COMMIT_REF_NAME')).toEqual([`a ${project.path}`, 'yaml wins', 'settings win']);
    expect(values('GIVEN', 'PLAYED', 'GITLAB_USER_LOGIN')).toEqual(['pipeline', 'by hand', 'ada']);
    expect(values('USES', 'FILE', 'RAW')).toEqual(['hidden-$FILE-$NOWHERE', '$SECRET', '$SECRET']);
    expect(found['SECRET']).toMatchObject({ public: false, masked: true, file: false, raw: false });
    expect(found['FILE']).toMatchObject({ file: true });
    expect(found['RAW']).toMatchObject({ raw: true });
    expect(found['YAML']).toMatchObject({ public: true, masked: false });
    expect(found['CI_JOB_TOKEN']).toEqual({ key: 'CI_JOB_TOKEN', value: 'glcbt-x', public: false, masked: true, file: false, raw: false });
    expect(values('PROTECTED', 'SCOPED', 'CI_COMMIT_REF_PROTECTED')).toEqual([undefined, undefined, 'false']);
    expect(values('CI_JOB_NAME_SLUG', 'CI_JOB_GROUP_NAME', 'CI_JOB_MANUAL')).toEqual(['unit-test---a--b', 'unit test', 'true']);
    expect(values('CI_PROJECT_PATH', 'CI_PROJECT_NAMESPACE', 'CI_PROJECT_ROOT_NAMESPACE')).toEqual([
      project.fullPath,
      sub.fullPath,
      top.path,
    ]);
    const isOnProtected = await read(true);
    expect([isOnProtected['PROTECTED']?.value, isOnProtected['CI_COMMIT_REF_PROTECTED']?.value]).toEqual(['yes', 'true']);
  });

  it('are there for each level alone', async () => {
    await using server = await startTestServer({ engine });
    const { app } = server.baton;
    const top = await server.build.group();
    const project = await server.build.project({ group: await server.build.group({ parent: top }) });
    const stranger = await server.build.group();
    const places = {
      INSTANCE: ['instance', 0],
      ABOVE: ['group', top.id],
      OWN: ['project', project.id],
      STRANGE: ['group', stranger.id],
    } as const;
    for (const [key, [scope, subjectId]] of Object.entries(places)) {
      const variable = {
        key,
        value: 'x',
        variableType: 'env_var',
        protected: false,
        masked: false,
        hidden: false,
        raw: false,
        environmentScope: '*',
        description: null,
      } as const;
      await app.write((tx) => insertVariable(tx, app.secrets, { scope, subjectId }, variable, 1));
    }
    const made = await createPipelinesFactory(app).pipeline(project, { job: {} });
    const job = made.jobs['job']!;
    const list = await jobVariables(
      app,
      { job, pipeline: made.pipeline, project, definition: await findDefinition(app.db, app.secrets, job.id) },
      [],
    );
    expect(list.filter(({ key }) => key in places).map(({ key }) => key)).toEqual(['INSTANCE', 'ABOVE', 'OWN']);
  });
});
