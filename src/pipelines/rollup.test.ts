import { expect, it } from 'vitest';
import { rollUp, rollupStatus, type RollupStatus } from './rollup.ts';

function of(text: string, kind: 'stages' | 'needs' = 'stages'): string | null {
  return rollUp(new Set(text.split(' ').filter(Boolean) as RollupStatus[]), kind);
}

it.each([
  ['skipped', 'skipped ignored'],
  ['success', 'success skipped warned ignored'],
  ['success', 'warned'],
  ['created', 'created warned ignored'],
  ['preparing', 'preparing warned ignored'],
  ['canceled', 'canceled success skipped warned ignored'],
  ['pending', 'pending created skipped warned ignored'],
  ['running', 'running failed'],
  ['running', 'pending success'],
  ['running', 'running manual'],
  ['waiting_for_resource', 'waiting_for_resource success created'],
  ['waiting_for_callback', 'waiting_for_callback success manual'],
  ['manual', 'manual success created'],
  ['manual', 'manual failed'],
  ['scheduled', 'scheduled preparing success'],
  ['preparing', 'preparing success created'],
  ['running', 'created success'],
  ['running', 'created failed'],
  ['canceling', 'canceling success failed'],
  ['failed', 'failed success'],
  ['failed', 'failed canceled'],
])('is %s for %s (CI configuration 13.3)', (status, set) => {
  expect(of(set)).toBe(status);
});

it('has no status without jobs', () => {
  expect(of('')).toBeNull();
  expect(of('', 'needs')).toBeNull();
});

it.each([
  ['skipped', 'skipped running'],
  ['skipped', 'ignored success'],
  ['pending', 'success running'],
  ['pending', 'success created'],
  ['pending', 'manual'],
  ['success', 'success warned'],
  ['failed', 'success failed'],
  ['canceled', 'success canceled'],
])('of needed jobs is %s for %s', (status, set) => {
  expect(of(set, 'needs')).toBe(status);
});

it('counts allowed failures as warnings and optional manual jobs as absent', () => {
  const mapped = (['failed', 'canceled', 'manual', 'success', 'running', 'skipped'] as const).map((status) =>
    rollupStatus({ status, allowFailure: true }),
  );
  expect(mapped).toEqual(['warned', 'warned', 'ignored', 'success', 'running', 'skipped']);
  expect(rollupStatus({ status: 'failed', allowFailure: false })).toBe('failed');
});
