import { type Actor, theLine } from './actor.ts';
import type { AuditLine } from './change.ts';

/** What a line says beyond who did what and when. */
type Said = Partial<Omit<AuditLine, 'event' | 'at' | 'actor'>>;

/** An actor as a line of the trail names them (NEN 7513): id, role and for whom; never a name. */
export const actorInLine = ({ id, role, organization }: Actor): AuditLine['actor'] => ({
  id,
  role,
  ...(organization && { organization }),
});

/** What the line did by itself at `at` (ISO 8601); an execution that went well for health-care operations, unless said otherwise. */
export const byTheLine = (event: string, at: string, said: Said = {}): AuditLine => ({
  event,
  at,
  actor: actorInLine(theLine),
  action: 'E',
  outcome: 'ok',
  purpose: 'HOPERAT',
  ...said,
});
