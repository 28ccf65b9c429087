import { readFileSync } from 'node:fs';

/** The GitLab version whose contract we keep: clients and scripts branch on it (runners API R20). */
export const compatibleVersion = '18.5.0';

const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** Our own version. */
export const batonVersion = own.version;

/** Shown where GitLab shows its revision. */
export const revision = `baton-${own.version}`;
