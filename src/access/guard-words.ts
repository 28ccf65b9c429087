import type { GuardWords } from '../http/openapi.ts';
import type { Guard } from './route.ts';

const personal = [{ personalToken: [] }, { bearer: [] }];

const sentences: Record<Guard['auth'], string> = {
  open: 'No credentials are asked for.',
  anyone: 'A personal access token widens what is shown.',
  user: 'Needs a personal access token.',
  admin: 'Needs a personal access token of an administrator.',
  'user or job': 'Needs a personal access token, or the token of a running job.',
  'anyone or job': 'A personal access token, or the token of a running job, widens what is shown.',
  registration: 'The parameter `token` is a registration token.',
  runner: 'The parameter `token` is a runner’s authentication token.',
  job: 'Needs the token of this job, in the parameter `token` or the header `JOB-TOKEN`.',
  git: 'Basic authentication: a user’s token as the password, or `gitlab-ci-token` and a job token.',
};

/** How guards are told in the OpenAPI document. */
export const guardWords: GuardWords<Guard> = {
  security(guard) {
    if (guard.auth === 'user' || guard.auth === 'admin') return personal;
    if (guard.auth === 'anyone') return [{}, ...personal];
    if (guard.auth === 'anyone or job') return [{}, ...personal, { jobToken: [] }];
    if (guard.auth === 'user or job') return [...personal, { jobToken: [] }];
    if (guard.auth === 'job') return [{ jobToken: [] }, {}];
    return guard.auth === 'git' ? [{ basic: [] }, {}] : [];
  },
  sentence(guard) {
    const scopes = guard.auth === 'user' || guard.auth === 'admin' ? ` Scopes: ${guard.scopes.join(', ')}.` : '';
    const rule = [guard.can, guard.also].filter((one) => one !== null).map((one) => ` Rule: \`${one}\`.`);
    return `${sentences[guard.auth]}${scopes}${rule.join('')}`;
  },
};
