/**
 * Numbers the elements in lists of records: `actions[][action]=a&actions[][path]=b&actions[][action]=c` has two of them, the
 * second begins where a key comes again. The parser behind would put all values of a key together, so that nobody could
 * tell which belong to one element.
 */
export function numberListKeys(text: string): string {
  if (!/(?:\[|%5b)(?:\]|%5d)(?:\[|%5b)/i.test(text)) return text;
  const lists = new Map<string, { index: number; seen: Set<string> }>();
  return text
    .split('&')
    .map((pair) => {
      const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
      const found = /^(?<list>[^[\]]+)\[\](?<rest>\[.+)$/.exec(decoded(pair.slice(0, at)))?.groups;
      if (found === undefined) return pair;
      const { list = '', rest = '' } = found;
      const place = lists.get(list) ?? { index: 0, seen: new Set<string>() };
      lists.set(list, place);
      // A key that is itself a list may come any number of times in one element.
      if (place.seen.has(rest) && !rest.includes('[]')) {
        place.index += 1;
        place.seen.clear();
      }
      place.seen.add(rest);
      return `${encodeURIComponent(list)}[${place.index}]${encodeURIComponent(rest)}${pair.slice(at)}`;
    })
    .join('&');
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
