/**
 * A search among names of branches or tags: a part of the name in any case; `^` at the beginning and `$` at the end tie it
 * to the beginning and the end of the name. Without a text everything is found.
 */
export function nameSearch(text: string | undefined): (name: string) => boolean {
  if (text === undefined || text === '') return () => true;
  const atStart = text.startsWith('^');
  const atEnd = text.endsWith('$');
  const part = text.slice(atStart ? 1 : 0, atEnd ? -1 : undefined).toLowerCase();
  return (given) => {
    const name = given.toLowerCase();
    if (atStart && atEnd) return name === part;
    if (atStart) return name.startsWith(part);
    return atEnd ? name.endsWith(part) : name.includes(part);
  };
}
