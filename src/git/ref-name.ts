/** What a ref may be called, by git's own rules, so that a name can be put into any command without a second look. */

/** The object id that stands for "nothing" in updates of refs: a ref that is created or deleted. */
export const ZERO_OID = '0'.repeat(40);

/** A full object id: 40 hexadecimal digits, or 64 in a SHA-256 repository. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Throws a RangeError for what is not a full object id, so that nothing else ever reaches git in its place. */
export function mustBeObjectId(text: string): void {
  if (!isObjectId(text)) throw new RangeError(`"${text}" is not a full object id`);
}

export function isZeroOid(oid: string): boolean {
  return /^0+$/.test(oid);
}

/** A full name such as `refs/heads/main`, well-formed by the rules of `git check-ref-format`. */
export function isRefName(name: string): boolean {
  return name.startsWith('refs/') && name.split('/').length > 2 && isWellFormed(name);
}

/** A branch's or tag's own name, without `refs/heads/` or `refs/tags/`. */
export function isShortRefName(name: string): boolean {
  return !name.startsWith('-') && name !== 'HEAD' && isWellFormed(name);
}

// oxlint-disable-next-line no-control-regex -- control characters are what git forbids in names of refs
const FORBIDDEN = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{/;

function isWellFormed(name: string): boolean {
  if (name === '' || name === '@' || name.endsWith('.') || FORBIDDEN.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock') && Buffer.byteLength(part) <= 250);
}
