import { describe, expect, it } from 'vitest';
import { filterOf } from './list-parameters.ts';
import { statusFilters } from './list-store.ts';

describe('the filter that parameters ask for', () => {
  it('is none without parameters', () => {
    expect(filterOf({})).toEqual({ status: [], tags: [] });
  });

  it('has all that is given', () => {
    expect(filterOf({ type: 'group_type', status: 'online', paused: false, tag_list: ['a'], version_prefix: '16.' })).toEqual({
      types: ['group_type'],
      status: ['online'],
      paused: false,
      tags: ['a'],
      versionPrefix: '16.',
    });
  });

  it.each(statusFilters)('takes the scope %s as one more status', (scope) => {
    for (const statusOnly of [false, true]) expect(filterOf({ scope, status: 'paused' }, statusOnly).status).toEqual(['paused', scope]);
  });

  it.each([
    ['shared', ['instance_type']],
    ['specific', ['group_type', 'project_type']],
    ['instance_type', ['instance_type']],
    ['group_type', ['group_type']],
    ['project_type', ['project_type']],
  ] as const)('takes the scope %s as types, which the list of the own runners does not', (scope, types) => {
    expect(filterOf({ scope }).types).toEqual(types);
    expect(() => filterOf({ scope }, true)).toThrow(
      expect.objectContaining({ status: 400, body: { message: 'Scope contains invalid value' } }),
    );
  });

  it('finds what fits both the scope and the type', () => {
    expect(filterOf({ scope: 'specific', type: 'group_type' }).types).toEqual(['group_type']);
    expect(filterOf({ scope: 'shared', type: 'group_type' }).types).toEqual([]);
  });
});
