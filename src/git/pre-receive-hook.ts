/**
 * The one hook that the server has. Whether an update is forced can only be seen when the pushed objects are there, so
 * git itself must ask, between taking them and moving the refs. The hook asks nobody: the refs that may only be
 * fast-forwarded stand in its environment, and it is switched on only for pushes that touch one of them. Creations and
 * deletions are decided before git starts.
 */

/** Variable with the full names of the refs, separated by spaces (no ref's name can hold one). */
export const FAST_FORWARD_ONLY = 'BATON_FAST_FORWARD_ONLY';

export const PRE_RECEIVE = `#!/bin/sh
while read -r before after ref; do
  case " $${FAST_FORWARD_ONLY} " in
    *" $ref "*) ;;
    *) continue ;;
  esac
  case "$before$after" in
    *0000000000000000000000000000000000000000*) continue ;;
  esac
  git merge-base --is-ancestor "$before" "$after" && continue
  echo "You are not allowed to force push code to a protected branch on this project." >&2
  exit 1
done
exit 0
`;
