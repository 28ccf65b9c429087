import { Type, type TSchema } from 'typebox';

/*
 * Parameters arrive as JSON, form fields, multipart fields or in the query, and text may stand for any type (runners
 * API D3 to D6). `readParameters` brings them to the declared types and collects what is wrong, in GitLab's words and
 * in the order of the declaration.
 */

/** What a declaration may say beyond JSON Schema; the keys are ours, JSON Schema ignores them. */
interface Declared {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Declared[];
  const?: unknown;
  items?: Declared;
  properties?: Record<string, Declared>;
  required?: string[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  /** An empty text means null. */
  emptyIsNull?: boolean;
  /** Text is split at commas, as are the elements of a list. */
  commaList?: boolean;
  /** A wrong type means an empty list instead of an error. */
  lenient?: boolean;
}

/** A text out of `values`; another one gives `<name> does not have a valid value`. */
export function OneOf<const V extends readonly string[]>(values: V, options: Record<string, unknown> = {}) {
  return Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options });
}

/** A list of texts, given as a list or as one text with commas (runners API A.13); other types count as empty. */
export function TagList(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string[]>({ type: 'array', items: { type: 'string' }, commaList: true, lenient: true, ...options });
}

/** A list of values out of `values`, given as a list or a single one. */
export function ListOf<const V extends readonly string[]>(values: V, options: Record<string, unknown> = {}) {
  return Type.Unsafe<V[number][]>({ type: 'array', items: { type: 'string', enum: [...values] }, ...options });
}

/** An integer, or null for an empty text and for null. */
export function NullableInteger(options: Record<string, unknown> = {}) {
  return Type.Unsafe<number | null>({ type: ['integer', 'null'], emptyIsNull: true, ...options });
}

/** A text, or null. */
export function NullableString(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });
}

/** The outcome of reading parameters: the typed values, or the complaints in order. */
export interface ReadParameters {
  values: Record<string, unknown>;
  complaints: string[];
}

/**
 * Reads the parameters that `schema` declares out of `raw`; others are left out. Complaints are `x is missing`,
 * `x is invalid`, `x does not have a valid value`, `x has a value not allowed`, one or more for each parameter.
 */
export function readParameters(schema: TSchema | undefined, raw: Record<string, unknown>): ReadParameters {
  const values: Record<string, unknown> = {};
  const complaints: string[] = [];
  const { properties = {}, required = [] } = (schema ?? {}) as Declared;
  for (const [name, declared] of Object.entries(properties)) {
    const given = raw[name];
    if (given === undefined || (given === null && isNothing(declared, required.includes(name)))) {
      if (required.includes(name)) {
        complaints.push(`${name} is missing`);
        if (declared.enum !== undefined) complaints.push(`${name} does not have a valid value`);
      } else if (declared.default !== undefined) {
        values[name] = declared.default;
      }
      continue;
    }
    const result = readValue(declared, given);
    if (result.complaint === undefined) values[name] = result.value;
    else complaints.push(`${name} ${result.complaint}`);
  }
  return { values, complaints };
}

/** Null for an optional flag, number or choice says nothing, as in GitLab. */
function isNothing({ type, enum: choices }: Declared, isRequired: boolean): boolean {
  return !isRequired && (choices !== undefined ? type === 'string' : type === 'boolean' || type === 'integer' || type === 'number');
}

type Read = { value: unknown; complaint?: undefined } | { complaint: string; value?: undefined };

const invalidValue: Read = { complaint: 'is invalid' };
const notInSet: Read = { complaint: 'does not have a valid value' };
const notAllowed: Read = { complaint: 'has a value not allowed' };

function readValue(declared: Declared, given: unknown): Read {
  const types = typeof declared.type === 'string' ? [declared.type] : (declared.type ?? []);
  const nullable = types.includes('null');
  if (given === null || (given === '' && declared.emptyIsNull === true)) {
    if (nullable) return { value: null };
    if (given === null && types.includes('array')) return { value: [] };
    if (given === null && types.includes('object')) return { value: {} };
    if (given === null && types.includes('string') && declared.enum === undefined) return { value: '' };
    return declared.enum === undefined ? invalidValue : notInSet;
  }
  const type = types.find((one) => one !== 'null');
  if (type === 'integer') return readNumber(declared, given, integerText);
  if (type === 'number') return readNumber(declared, given, numberText);
  if (type === 'boolean') return readBoolean(given);
  if (type === 'string') return readString(declared, given);
  if (type === 'array') return readArray(declared, given);
  if (type === 'object') return readObject(declared, given);
  return { value: given };
}

const integerText = /^[+-]?\d{1,30}$/;
const numberText = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

function readNumber(declared: Declared, given: unknown, form: RegExp): Read {
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string' || !form.test(text.trim())) return invalidValue;
  const value = Number(text);
  if (declared.enum !== undefined && !declared.enum.includes(value)) return notInSet;
  if (declared.minimum !== undefined && value < declared.minimum) return notAllowed;
  if (declared.maximum !== undefined && value > declared.maximum) return notAllowed;
  return { value };
}

const booleans = new Map<unknown, boolean>([
  ...['true', 't', '1', 'yes', 'y', 'on'].map((text): [string, boolean] => [text, true]),
  ...['false', 'f', '0', 'no', 'n', 'off'].map((text): [string, boolean] => [text, false]),
]);

function readBoolean(given: unknown): Read {
  if (typeof given === 'boolean') return { value: given };
  const text = typeof given === 'number' ? String(given) : given;
  const value = typeof text === 'string' ? booleans.get(text.toLowerCase()) : undefined;
  return value === undefined ? invalidValue : { value };
}

function readString(declared: Declared, given: unknown): Read {
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'boolean')
    return declared.enum === undefined ? invalidValue : notInSet;
  const value = String(given);
  if (declared.enum !== undefined && !declared.enum.includes(value)) return notInSet;
  if (declared.pattern !== undefined && !new RegExp(declared.pattern).test(value)) return invalidValue;
  return value.includes('\0') ? invalidValue : { value };
}

function readArray(declared: Declared, given: unknown): Read {
  if (declared.commaList === true) {
    if (typeof given !== 'string' && !Array.isArray(given)) return declared.lenient === true ? { value: [] } : invalidValue;
    const scalars = (Array.isArray(given) ? given : [given]).filter((one) => ['string', 'number', 'boolean'].includes(typeof one));
    const parts = scalars.flatMap((one) => String(one).split(',')).map((text) => text.trim());
    return { value: [...new Set(parts.filter((text) => text !== '' && !text.includes('\0')))] };
  }
  const list = Array.isArray(given) ? given : [given];
  const value: unknown[] = [];
  for (const item of list) {
    const result = readValue(declared.items ?? {}, item);
    if (result.complaint !== undefined) return result;
    value.push(result.value);
  }
  return { value };
}

function readObject(declared: Declared, given: unknown): Read {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return invalidValue;
  if (declared.properties === undefined) return { value: given };
  const { values, complaints } = readParameters(declared, { ...given });
  return complaints.length > 0 ? invalidValue : { value: values };
}
