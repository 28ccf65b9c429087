import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ListOf, NullableInteger, NullableString, OneOf, readParameters, TagList } from './parameters.ts';

const schema = Type.Object({
  kind: OneOf(['a', 'b']),
  flag: Type.Optional(Type.Boolean()),
  size: Type.Optional(Type.Integer()),
  limit: Type.Optional(NullableInteger()),
  name: Type.Optional(Type.String()),
  note: Type.Optional(NullableString()),
  tag_list: Type.Optional(TagList()),
  scope: Type.Optional(ListOf(['x', 'y'])),
  page: Type.Optional(Type.Integer({ default: 1 })),
  level: Type.Optional(Type.Unsafe<number>({ type: 'integer', enum: [10, 20] })),
  least: Type.Optional(Type.Integer({ minimum: 1 })),
  info: Type.Optional(Type.Object({ version: Type.Optional(Type.String()) })),
});

function read(raw: Record<string, unknown>) {
  return readParameters(schema, { kind: 'a', ...raw });
}

describe('readParameters', () => {
  it.each<[string, unknown, unknown]>([
    ['flag', 'true', true],
    ['flag', 't', true],
    ['flag', '1', true],
    ['flag', 1, true],
    ['flag', 'on', true],
    ['flag', 'YES', true],
    ['flag', 'no', false],
    ['flag', false, false],
    ['size', '1200', 1200],
    ['size', 12, 12],
    ['limit', '', null],
    ['limit', null, null],
    ['limit', '600', 600],
    ['name', 5, '5'],
    ['name', '', ''],
    ['note', null, null],
    ['tag_list', 'a, b,,a', ['a', 'b']],
    ['tag_list', ['a,c', ' b '], ['a', 'c', 'b']],
    ['tag_list', '', []],
    ['tag_list', 7, []],
    ['tag_list', { a: 1 }, []],
    ['tag_list', [17, 'a', true, null, {}], ['17', 'a', 'true']],
    ['tag_list', null, []],
    ['scope', 'x', ['x']],
    ['scope', ['x', 'y'], ['x', 'y']],
    ['info', { version: '1', other: 2 }, { version: '1' }],
    ['info', null, {}],
  ])('%s: %j is %j', (name, given, value) => {
    const { values, complaints } = read({ [name]: given });
    expect(complaints).toEqual([]);
    expect(values[name]).toEqual(value);
  });

  it.each<[string, unknown, string]>([
    ['flag', 'maybe', 'flag is invalid'],
    ['flag', '', 'flag is invalid'],
    ['size', 'many', 'size is invalid'],
    ['size', 1.5, 'size is invalid'],
    ['size', '', 'size is invalid'],
    ['size', {}, 'size is invalid'],
    ['kind', 'c', 'kind does not have a valid value'],
    ['kind', ['a'], 'kind does not have a valid value'],
    ['kind', null, 'kind does not have a valid value'],
    ['scope', ['x', 'z'], 'scope does not have a valid value'],
    ['level', '15', 'level does not have a valid value'],
    ['level', 'ten', 'level is invalid'],
    ['least', '0', 'least has a value not allowed'],
    ['name', 'a\0b', 'name is invalid'],
    ['info', 'text', 'info is invalid'],
  ])('%s: %j gives "%s"', (name, given, complaint) => {
    expect(read({ [name]: given }).complaints).toEqual([complaint]);
  });

  it('takes null for an optional flag, number or choice as nothing', () => {
    expect(read({ flag: null, size: null, page: null })).toEqual({ values: { kind: 'a', page: 1 }, complaints: [] });
  });

  it('names what is missing, in the order of the declaration, and leaves out what is unknown', () => {
    expect(readParameters(schema, { other: 1, size: 'x' })).toEqual({
      values: { page: 1 },
      complaints: ['kind is missing', 'kind does not have a valid value', 'size is invalid'],
    });
  });
});
