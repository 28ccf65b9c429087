import { route } from '../../access/route.ts';
import { unknownRoute } from '../../http/errors.ts';
import { parseGitUrl } from '../git-url.ts';
import { serveProject } from '../serve-project.ts';

export const serveGitPost = route({
  room: 'git',
  operation: 'serveGitPost',
  method: 'POST',
  path: '//*',
  summary: 'Fetches and pushes of git clients: `/group/project.git/git-upload-pack` and `…/git-receive-pack`',
  auth: 'git',
  status: 200,
  errors: [400, 401, 403, 404, 413, 415],
  body: 'stream',
  async handle({ app, url, headers, ip, requestId, raw, reply }) {
    const asked = parseGitUrl(url);
    if (asked?.kind !== 'service' || asked.advertise) throw unknownRoute();
    await serveProject({ app, headers, ip, requestId, req: raw, res: reply.takeOver() }, asked);
  },
});
