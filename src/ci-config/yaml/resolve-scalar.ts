import type { ScalarType } from './tree.ts';

/** A value of YAML 1.1: its type and its text in Ruby's notation, which is what users of `.gitlab-ci.yml` see in variables. */
export interface Resolved {
  type: ScalarType;
  text: string;
}

/** Raised for a plain date: it would become an object of a class that configuration files may not load. */
export class UnspecifiedClass extends Error {
  override name = 'UnspecifiedClass';
}

const words = new Map<string, Resolved>([
  ['~', { type: 'null', text: '' }],
  ['null', { type: 'null', text: '' }],
  ['yes', { type: 'boolean', text: 'true' }],
  ['true', { type: 'boolean', text: 'true' }],
  ['on', { type: 'boolean', text: 'true' }],
  ['no', { type: 'boolean', text: 'false' }],
  ['false', { type: 'boolean', text: 'false' }],
  ['off', { type: 'boolean', text: 'false' }],
]);

const binary = /^[-+]?0b[01_,]*[01][01_,]*$/;
const octal = /^[-+]?0[0-7_,]*[0-7][0-7_,]*$/;
const decimal = /^[-+]?(?:0|[1-9](?:[,_]?[0-9])*)$/;
const hexadecimal = /^[-+]?0x[0-9a-fA-F_,]*[0-9a-fA-F][0-9a-fA-F_,]*$/;
const float = /^[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$/;
const sexagesimalFloat = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*$/;
const date = /^(?<year>\d{4})-(?<month>1[012]|0\d|\d)-(?<day>[12]\d|3[01]|0\d|\d)$/;
const time = /^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$/;

/** Longer numbers stay text: nothing in a configuration counts that far, and converting them costs more than linear time. */
const longestNumber = 64;

/**
 * The type and value of a plain (unquoted) scalar (CI configuration 2): booleans are `yes no on off true false` in any
 * case, integers may be binary, octal, hexadecimal, base 60 or have separators, a leading colon makes a symbol, which is text.
 *
 * Throws `UnspecifiedClass` for a date.
 */
export function resolvePlain(text: string): Resolved {
  if (text === '') return { type: 'null', text: '' };
  const first = text.charCodeAt(0);
  const numeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e || first === 0x3a;
  if (!numeric) {
    const word = text.length <= 5 ? words.get(text.toLowerCase()) : undefined;
    return word ?? { type: 'string', text };
  }
  if (text.includes('\n')) return { type: 'string', text };
  if (first === 0x3a) return { type: 'string', text: symbolText(text) };
  if (text.length > longestNumber) return { type: 'string', text };
  return resolveNumber(text) ?? resolveDate(text) ?? { type: 'string', text };
}

function symbolText(text: string): string {
  if (text.length < 2) return text;
  const name = text.slice(1);
  const quote = name.charAt(0);
  const quoted = name.length > 1 && (quote === '"' || quote === "'") && name.endsWith(quote);
  return quoted ? name.slice(1, -1) : name;
}

function resolveNumber(text: string): Resolved | undefined {
  if (decimal.test(text) || octal.test(text) || hexadecimal.test(text) || binary.test(text)) {
    return { type: 'integer', text: integerText(text.replaceAll(/[,_]/g, '')) };
  }
  if (sexagesimal.test(text)) return { type: 'integer', text: String(base60(text)) };
  if (sexagesimalFloat.test(text)) {
    const dot = text.indexOf('.');
    const fraction = Number(`0.${text.slice(dot + 1).replaceAll('_', '') || '0'}`);
    return { type: 'float', text: floatText(base60(text.slice(0, dot)) + fraction) };
  }
  const special = text.toLowerCase();
  if (special === '.inf' || special === '+.inf') return { type: 'float', text: 'Infinity' };
  if (special === '-.inf') return { type: 'float', text: '-Infinity' };
  if (special === '.nan') return { type: 'float', text: 'NaN' };
  if (!float.test(text)) return undefined;
  const value = Number(text.replaceAll(/[,_]/g, ''));
  return Number.isNaN(value) ? undefined : { type: 'float', text: floatText(value) };
}

/** The decimal text of an integer with an optional sign and Ruby's prefixes, of any size. */
function integerText(text: string): string {
  const negative = text.startsWith('-');
  const digits = text.startsWith('-') || text.startsWith('+') ? text.slice(1) : text;
  const literal = digits.length > 1 && digits.startsWith('0') && !/^0[xb]/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = BigInt(literal);
  return String(negative ? -value : value);
}

/** Ruby weighs the first part with 3600 also when there are no seconds: `1:30` is 5400. */
function base60(text: string): number {
  const weights = [3600, 60, 1];
  return text.split(':').reduce((sum, part, index) => sum + Number(part.replaceAll('_', '')) * (weights[index] ?? 0), 0);
}

function floatText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function resolveDate(text: string): Resolved | undefined {
  if (time.test(text)) return { type: 'time', text };
  const parts = date.exec(text)?.groups;
  if (!parts) return undefined;
  const month = Number(parts['month']);
  const day = new Date(Date.UTC(Number(parts['year']), month - 1, Number(parts['day'])));
  if (day.getUTCMonth() !== month - 1) return undefined;
  throw new UnspecifiedClass('Tried to load unspecified class: Date');
}
