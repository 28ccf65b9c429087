import { Type } from 'typebox';
import { invalid } from '../http/errors.ts';
import { OneOf, TagList } from '../http/parameters.ts';
import { PageParameters } from '../http/pagination.ts';
import { statusFilters, type RunnerFilter, type StatusFilter } from './list-store.ts';
import { runnerTypes, type RunnerType } from './runner.ts';

const scopes = [...statusFilters, ...runnerTypes, 'specific', 'shared'] as const;
type Scope = (typeof scopes)[number];

const common = {
  type: Type.Optional(OneOf(runnerTypes, { description: 'Runners of this type.' })),
  status: Type.Optional(
    OneOf(statusFilters, { description: 'Runners in this state; other rules than those of the `status` that is shown.' }),
  ),
  paused: Type.Optional(Type.Boolean({ description: 'Paused runners only, or active ones only.' })),
  tag_list: Type.Optional(TagList({ description: 'Runners that have all of these tags.' })),
  version_prefix: Type.Optional(
    Type.String({ description: 'Runners with a manager whose version begins so, such as `16.`.', pattern: '^[\\d+.]' }),
  ),
  ...PageParameters,
};

/** Parameters of the lists of runners (runners API A.7, B.2). */
export const ListParameters = Type.Object({
  scope: Type.Optional(OneOf(scopes, { description: 'Deprecated: a status, a type, `specific` (project and group runners) or `shared`.' })),
  ...common,
});

/** The list of a group knows no `scope` and ignores it. */
export const GroupListParameters = Type.Object(common);

interface Given {
  scope?: Scope;
  type?: RunnerType;
  status?: StatusFilter;
  paused?: boolean;
  tag_list?: string[];
  version_prefix?: string;
}

/** The filter that parameters ask for. `statusOnly`: the list takes no types as its scope, which is 400. */
export function filterOf(given: Given, statusOnly = false): RunnerFilter {
  const types: RunnerType[][] = given.type === undefined ? [] : [[given.type]];
  const status: StatusFilter[] = given.status === undefined ? [] : [given.status];
  if (given.scope !== undefined) {
    const asStatus = statusFilters.find((one) => one === given.scope);
    if (asStatus !== undefined) status.push(asStatus);
    else if (statusOnly) throw invalid('Scope contains invalid value');
    else types.push(typesOf(given.scope));
  }
  const [first, second] = types;
  return {
    ...(first === undefined ? {} : { types: second === undefined ? first : first.filter((type) => second.includes(type)) }),
    status,
    ...(given.paused === undefined ? {} : { paused: given.paused }),
    tags: given.tag_list ?? [],
    ...(given.version_prefix === undefined ? {} : { versionPrefix: given.version_prefix }),
  };
}

function typesOf(scope: Scope): RunnerType[] {
  if (scope === 'shared') return ['instance_type'];
  // "Specific" has always meant everything that is not shared (runners API D17).
  if (scope === 'specific') return ['group_type', 'project_type'];
  return runnerTypes.filter((type) => type === scope);
}
