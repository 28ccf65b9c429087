import { readFileSync } from 'node:fs';

/** A fleet of ten thousand agents fits under this limit with room for files and the database. */
const comfortable = 16_384;
/** Files, processes and connections to the database and object store, which must find a place however many agents there are. */
const reserved = 512;

/** How many files, connections among them, this process may have open; null where the system does not tell or sets no limit. */
export function openFilesLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number | null {
  try {
    const limit = Number(/^Max open files +(\d+)/m.exec(read())?.[1]);
    return Number.isSafeInteger(limit) ? limit : null;
  } catch {
    return null;
  }
}

/** Connections that may be open at once, so that the rest of the server still finds files to open; null: any number. */
export function mostConnections(limit: number | null): number | null {
  return limit === null ? null : Math.max(Math.floor(limit / 2), limit - reserved);
}

/** What to tell people about a low limit, with what to do; null when it is comfortable. */
export function openFilesWarning(limit: number | null): string | null {
  if (limit === null || limit >= comfortable) return null;
  const { format } = new Intl.NumberFormat('en');
  return (
    `this process may open ${format(limit)} files, so at most about ${format(mostConnections(limit) ?? limit)} agents and people can be connected at once: ` +
    `raise it with \`ulimit -n 65536\` before the start, or with LimitNOFILE=65536 in the unit of systemd`
  );
}
