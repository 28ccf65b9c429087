/**
 * The trailers of a commit message: `Key: value` lines that make up its last paragraph, in their order. A line that begins
 * with a space goes on with the one before. None when the paragraph holds anything else, or is the title itself.
 */
export function trailersOf(message: string): { key: string; value: string }[] {
  const paragraphs = message.trimEnd().split(/\n[ \t]*\n/);
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : '';
  const trailers: { key: string; value: string }[] = [];
  for (const line of last.split(/\r?\n/)) {
    const found = /^(?<key>[A-Za-z0-9-]+)[ \t]*:[ \t]*(?<value>.*)$/.exec(line)?.groups;
    const before = trailers.at(-1);
    if (found !== undefined) trailers.push({ key: found['key'] ?? '', value: (found['value'] ?? '').trim() });
    else if (before !== undefined && /^[ \t]+\S/.test(line)) before.value += ` ${line.trim()}`;
    else return [];
  }
  return trailers;
}
