import { route } from '../../access/route.ts';
import { unknownRoute } from '../../http/errors.ts';
import { parseGitUrl } from '../git-url.ts';
import { failReply } from '../git-reply.ts';
import { serveProject } from '../serve-project.ts';

export const serveGitGet = route({
  room: 'git',
  operation: 'serveGitGet',
  method: 'GET',
  path: '//*',
  summary: 'What a git client asks first: `/group/project.git/info/refs?service=…`',
  auth: 'git',
  status: 200,
  errors: [401, 403, 404],
  body: 'stream',
  async handle({ app, url, method, headers, ip, requestId, raw, baseUrl, reply }) {
    const asked = method === 'GET' ? parseGitUrl(url) : null;
    if (asked === null || (asked.kind === 'service' && !asked.advertise)) throw unknownRoute();
    if (asked.kind === 'redirect') {
      reply.status(301);
      reply.header('Location', `${new URL(baseUrl).pathname.replace(/\/$/, '')}${asked.location}`);
      return undefined;
    }
    const res = reply.takeOver();
    if (asked.kind === 'refused') failReply(res, 403, asked.message);
    else await serveProject({ app, headers, ip, requestId, req: raw, res }, asked);
    return undefined;
  },
});
