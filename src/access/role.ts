/** Access levels of members, as the API gives them. */
export const levels = { none: 0, minimal: 5, guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 } as const;

/** Access levels that a member can be given. */
export const memberLevels: readonly number[] = [5, 10, 20, 30, 40, 50];

/** Roles by access level, as people call them. */
export const roleNames: Readonly<Record<number, string>> = {
  0: 'No one',
  5: 'Minimal Access',
  10: 'Guest',
  20: 'Reporter',
  30: 'Developer',
  40: 'Maintainer',
  50: 'Owner',
};
