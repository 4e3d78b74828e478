import { plateDistance, QUARTERS } from '../lists/distance.js';
import { codesOf } from '../lists/key.js';
import { keyOf, type ParkingSession, type Sight } from './session.js';

/** Characters per whole edit that may differ: the shorter a plate, the sooner a stranger's is similar. */
const CHARACTERS_PER_EDIT = 4;

export interface Nearest {
  session: ParkingSession;
  /** Edits; 0 for the very plate. */
  distance: number;
  /** Another one is as near. */
  ambiguous: boolean;
}

/**
 * The session whose plate is nearest to a sight's; of several as near, the first in `sessions`.
 *
 * @param plateAt which of a session's sights counts; undefined leaves the session out
 * @param limit edits that are forgiven; look-alikes cost less than one (src/lists/distance.ts)
 */
export function nearestSession(
  sight: Sight,
  sessions: Iterable<ParkingSession>,
  plateAt: (session: ParkingSession) => Sight | undefined,
  limit: number,
): Nearest | undefined {
  const key = keyOf(sight);
  const codes = codesOf(key);
  const byLength = (QUARTERS * codes.length) / CHARACTERS_PER_EDIT;
  const most = sight.hashed === true ? 0 : Math.floor(Math.min(limit * QUARTERS, byLength));
  let best: { session: ParkingSession; quarters: number } | undefined;
  let ambiguous = false;
  for (const session of sessions) {
    const other = plateAt(session);
    if (other === undefined) continue;
    const enough = best?.quarters ?? most;
    const quarters = distance(key, codes, keyOf(other), other.hashed === true ? 0 : enough);
    if (quarters > enough) continue;
    ambiguous = quarters === best?.quarters;
    if (!ambiguous) best = { session, quarters };
  }
  return best === undefined ? undefined : { session: best.session, distance: best.quarters / QUARTERS, ambiguous };
}

/** In quarters; anything above `limit` is Infinity. */
function distance(key: string, codes: number[], other: string, limit: number): number {
  if (key === other) return 0;
  if (limit === 0) return Infinity;
  const others = codesOf(other);
  const quarters = plateDistance(codes, 0, codes.length, others, 0, others.length, limit);
  return quarters > limit ? Infinity : quarters;
}
