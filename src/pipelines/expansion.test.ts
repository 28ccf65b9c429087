import { expect, it } from 'vitest';
import { CircularReference, expand, expandAll, expandWith, referencesOf, type Variable } from './expansion.ts';

function variable(key: string, value: string, more: Partial<Variable> = {}): Variable {
  return { key, value, public: true, file: false, masked: false, raw: false, ...more };
}

function values(...layers: Variable[]): Record<string, string> {
  return Object.fromEntries([...expandAll(layers)].map(([key, { value }]) => [key, value]));
}

it('knows the three forms of a reference, and what stands for itself', () => {
  expect(referencesOf('$A ${B} %C% $$D %%E%% $1 ${F')).toEqual(['A', 'B', 'C']);
  expect(expand('$A-${B}-%C%-$$A-$UNKNOWN', (name) => ({ A: 'a', B: 'b', C: 'c' })[name])).toBe('a-b-c-$$A-$UNKNOWN');
});

it('expands through each other, whatever the order of definition', () => {
  expect(values(variable('A', '$B!'), variable('B', '<$C>'), variable('C', 'c'))).toEqual({ A: '<c>!', B: '<c>', C: 'c' });
});

it('lets the last of a name count', () => {
  expect(values(variable('A', '1'), variable('B', '$A'), variable('A', '2'))).toEqual({ A: '2', B: '2' });
});

it('gives a variable that refers to itself the value below, or leaves the reference', () => {
  expect(values(variable('PATH', '/bin'), variable('PATH', '$PATH:/own'))).toEqual({ PATH: '/bin:/own' });
  expect(values(variable('PATH', '$PATH:/own'))).toEqual({ PATH: '$PATH:/own' });
});

it('neither expands nor inlines raw and file variables', () => {
  expect(
    values(variable('R', '$X', { raw: true }), variable('F', '$X', { file: true }), variable('X', 'x'), variable('A', '$R $F $X')),
  ).toEqual({ R: '$X', F: '$X', X: 'x', A: '$R $F x' });
  expect(expandWith('$R $X', expandAll([variable('R', 'r', { raw: true }), variable('X', 'x')]))).toBe('$R x');
});

it('names the variables of a circle', () => {
  const circle = [variable('START', '$A'), variable('A', 'a$B'), variable('B', 'b$A')];
  expect(() => expandAll(circle)).toThrow(new CircularReference(['A', 'B']));
  expect(() => expandAll(circle)).toThrow('circular variable reference detected: ["A", "B"]');
});

it('leaves the references of a circle when that is no error, and expands the rest', () => {
  const found = expandAll([variable('A', '$B'), variable('B', '$A'), variable('C', '$D'), variable('D', 'd')], true);
  expect(found.get('C')?.value).toBe('d');
  expect([found.get('A')?.value, found.get('B')?.value].every((value) => value?.startsWith('$'))).toBe(true);
});

it('takes chains of any length', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => variable(`V${index}`, index === 9_999 ? 'end' : `$V${index + 1}`));
  expect(expandAll(chain).get('V0')?.value).toBe('end');
});
