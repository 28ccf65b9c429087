/*
 * Names in paths: of users, groups and projects. They share one space at the root, and what the server itself answers
 * under must never be one of them.
 */

const longest = 255;

/** First parts of a URL that belong to the server, or that clients expect there. */
const reservedAtRoot = new Set(
  [
    '- .well-known 404.html 422.html 500.html 502.html 503.html admin api apple-touch-icon.png assets dashboard deploy.html',
    'explore favicon.ico favicon.png files groups health_check help import jwt login oauth profile projects public robots.txt',
    's search sitemap sitemap.xml sitemap.xml.gz slash-command-logo.png snippets unsubscribes uploads users v2',
  ].flatMap((line) => line.split(' ')),
);

/** Parts that follow a group or project in a URL. */
const reservedBelow = new Set(
  'badges blame blob builds commits create create_dir edit files find_file new preview raw refs tree update wikis -'.split(' '),
);

const namespaceForm = /^(?:[a-z0-9_.][a-z0-9_.-]{0,253}[a-z0-9_-]|[a-z0-9_])$/i;
const projectForm = /^[a-z0-9_.][a-z0-9_.-]*$/i;
const forbiddenEnd = /\.(?:git|atom)$/i;

const namespaceRule = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or end in '.', '.git' or '.atom'.";
const projectRule = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'";

/** What is wrong with the path of a group or the name of a user, in GitLab's words; empty when nothing is. */
export function namespacePathProblems(path: string, atRoot: boolean): string[] {
  const problems = lengthProblems(path);
  if (path !== '' && (!namespaceForm.test(path) || forbiddenEnd.test(path))) problems.push(namespaceRule);
  if (isReserved(path, atRoot)) problems.push(`${path} is a reserved name`);
  return problems;
}

/** What is wrong with the path of a project, in GitLab's words; empty when nothing is. */
export function projectPathProblems(path: string): string[] {
  const problems = lengthProblems(path);
  const isDots = /^\.+$/.test(path);
  if (path !== '' && (!projectForm.test(path) || forbiddenEnd.test(path) || isDots)) problems.push(projectRule);
  if (isReserved(path, false)) problems.push(`${path} is a reserved name`);
  return problems;
}

/** A path made of a name for people: what is no letter or digit becomes `-`. Empty when nothing is left. */
export function pathFromName(name: string): string {
  if (projectForm.test(name) && !forbiddenEnd.test(name)) return name;
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

function lengthProblems(path: string): string[] {
  if (path === '') return ["can't be blank"];
  return path.length > longest ? [`is too long (maximum is ${longest} characters)`] : [];
}

function isReserved(path: string, atRoot: boolean): boolean {
  return (atRoot ? reservedAtRoot : reservedBelow).has(path.toLowerCase());
}
