import { Type } from 'typebox';
import { route } from '../../access/route.ts';
import { invalid } from '../../http/errors.ts';
import { NullableString } from '../../http/parameters.ts';
import { ProjectParams } from '../path-parameters.ts';
import { repositoryOf } from '../project-repository.ts';
import { mustBeAllowed, pushRef } from '../pusher.ts';
import { isShortRefName, ZERO_OID } from '../ref-name.ts';
import { resolveRef } from '../refs.ts';
import { TagReply } from '../tag-api.ts';
import { writeTag } from '../tag-object.ts';
import { findTag, viewTag } from '../tag-views.ts';

export const createTag = route({
  room: 'git',
  operation: 'createTag',
  method: 'POST',
  path: '/projects/:id/repository/tags',
  summary: 'Makes a tag, with a message an annotated one',
  auth: 'user',
  on: 'project',
  can: 'project.push',
  params: ProjectParams,
  input: Type.Object({
    tag_name: Type.String({ description: 'Name of the tag.' }),
    ref: Type.String({ description: 'Branch, tag or commit that it stands on.' }),
    message: Type.Optional(NullableString({ description: 'Message of an annotated tag.' })),
  }),
  status: 201,
  reply: TagReply,
  errors: [400, 401, 403, 404],
  async handle({ app, actor, project, facts, input }) {
    const { tag_name: name, ref } = input;
    if (!isShortRefName(name)) throw invalid('Tag name invalid');
    const repository = await repositoryOf(app, project);
    const target = await resolveRef(repository, ref);
    if (target === null) throw invalid(`Target ${ref} is invalid`);
    const pusher = { actor, project, facts };
    const update = { ref: `refs/tags/${name}`, before: ZERO_OID, after: target.sha };
    await mustBeAllowed(app, pusher, update);
    const note = { name, target: target.sha, message: input.message ?? '', tagger: actor.user, at: app.clock.now() };
    const after = input.message ? await writeTag(repository, note) : target.sha;
    if (!(await pushRef(app, pusher, { ...update, after }))) throw invalid(`Tag ${name} already exists`);
    return viewTag(app, project, repository, await findTag(repository, name));
  },
});
