import { describe, expect, it } from 'vitest';
import { isOnline, isTokenExpired, onlineWindow, statusOf, tokenPrefix } from './runner.ts';

const now = 1_000_000_000_000;

describe('a runner', () => {
  it('is online for two hours after a contact, and neither before the first', () => {
    expect(onlineWindow).toBe(2 * 60 * 60 * 1000);
    expect(isOnline({ contactedAt: null }, now)).toBeNull();
    expect(isOnline({ contactedAt: now }, now)).toBe(true);
    expect(isOnline({ contactedAt: now - onlineWindow + 1 }, now)).toBe(true);
    expect(isOnline({ contactedAt: now - onlineWindow }, now)).toBe(false);
  });

  it.each([
    [true, null, 'never_contacted'],
    [false, null, 'never_contacted'],
    [false, now, 'paused'],
    [false, 0, 'paused'],
    [true, now, 'online'],
    [true, 0, 'offline'],
  ])('that is active: %s, with its last contact at %s, is %s', (active, contactedAt, status) => {
    expect(statusOf({ active, contactedAt }, now)).toBe(status);
  });

  it('has a token that ends at its time, or never', () => {
    expect(isTokenExpired({ tokenExpiresAt: null }, now)).toBe(false);
    expect(isTokenExpired({ tokenExpiresAt: now + 1 }, now)).toBe(false);
    expect(isTokenExpired({ tokenExpiresAt: now }, now)).toBe(true);
  });

  it('has a token that tells its type and where it was made', () => {
    expect(tokenPrefix('instance_type', 'registration_token')).toBe('t1_');
    expect(tokenPrefix('group_type', 'registration_token')).toBe('t2_');
    expect(tokenPrefix('project_type', 'registration_token')).toBe('t3_');
    expect(tokenPrefix('project_type', 'authenticated_user')).toBe('glrt-t3_');
  });
});
