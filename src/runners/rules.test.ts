import { describe, expect, it } from 'vitest';
import { complaintsOf, mustBeValid, mustBeValidSentence, sentenceOf, type Checked } from './rules.ts';

const good: Checked = { runUntagged: true, tags: [], tagsChanged: true, maximumTimeout: null, description: null, maintenanceNote: null };
const tags = (count: number) => Array.from({ length: count }, (_, index) => `tag${index}`);
const untagged = 'can not be empty when runner is not allowed to pick untagged jobs';
const tooMany = 'Too many tags specified. Please limit the number of tags to 50';

describe('the rules of a runner', () => {
  it.each<[string, Partial<Checked>, Record<string, string[]>]>([
    ['nothing special', {}, {}],
    ['no tags and no untagged jobs', { runUntagged: false }, { tags_list: [untagged] }],
    ['a tag and no untagged jobs', { runUntagged: false, tags: ['a'] }, {}],
    ['fifty tags', { tags: tags(50) }, {}],
    ['fifty-one tags', { tags: tags(51) }, { tags_list: [tooMany] }],
    ['fifty-one old tags', { tags: tags(51), tagsChanged: false }, {}],
    ['a long tag', { tags: ['x'.repeat(255)] }, {}],
    ['a longer tag', { tags: ['x'.repeat(256)] }, { tags_list: ['is too long (maximum is 255 characters)'] }],
    ['ten minutes', { maximumTimeout: 600 }, {}],
    ['a second less', { maximumTimeout: 599 }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['a negative time', { maximumTimeout: -1 }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['68 years', { maximumTimeout: 2_147_483_647 }, {}],
    ['more than 68 years', { maximumTimeout: 2_147_483_648 }, { maximum_timeout: ['must be less than or equal to 2147483647'] }],
    ['long texts, counted as people count', { description: '🚀'.repeat(1024), maintenanceNote: 'é'.repeat(1024) }, {}],
    ['a longer description', { description: 'x'.repeat(1025) }, { description: ['is too long (maximum is 1024 characters)'] }],
    ['a longer note', { maintenanceNote: 'x'.repeat(1025) }, { maintenance_note: ['is too long (maximum is 1024 characters)'] }],
    [
      'several at once',
      { runUntagged: false, maximumTimeout: 1 },
      { tags_list: [untagged], maximum_timeout: ['needs to be at least 10 minutes'] },
    ],
  ])('see %s', (_, given, expected) => {
    expect(complaintsOf({ ...good, ...given })).toEqual(expected);
  });

  it('are told by attribute, or as a sentence', () => {
    const bad = { ...good, runUntagged: false, maximumTimeout: 1 };
    expect(() => mustBeValid(bad)).toThrow(
      expect.objectContaining({ status: 400, body: { message: { tags_list: [untagged], maximum_timeout: [expect.any(String)] } } }),
    );
    expect(() => mustBeValidSentence(bad)).toThrow(
      expect.objectContaining({
        status: 400,
        body: { message: `400 Bad request - Tags list ${untagged}, Maximum timeout needs to be at least 10 minutes` },
      }),
    );
    expect(() => mustBeValid(good)).not.toThrow();
    expect(() => mustBeValidSentence(good)).not.toThrow();
  });

  it('name attributes of attributes in words', () => {
    expect(sentenceOf({ 'runner_projects.base': ['are too many'] })).toBe('Runner projects base are too many');
  });
});
