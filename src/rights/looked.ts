import type { Bundle } from '@medplum/fhirtypes';
import { type TrailLine, toAuditEvent, toTrailRow, trailColumns } from '../referral/audit-event.ts';
import type { AuditLine } from '../referral/change.ts';
import type { Store } from '../store/store.ts';
import { readTrail, type TrailOf } from '../store/trail.ts';

/** Lines of the trail, at most so many; `more`: there are others, so that this is not all. */
export interface Looked {
  readonly lines: readonly TrailLine[];
  readonly more: boolean;
}

/** Reads at most `limit` lines, oldest first, and lets the database go before anything is sent. */
export async function readLooked(store: Store, of: TrailOf, limit: number): Promise<Looked> {
  const lines: TrailLine[] = [];
  for await (const page of readTrail(store, of)) {
    lines.push(...page);
    if (lines.length > limit) return { lines: lines.slice(0, limit), more: true };
  }
  return { lines, more: false };
}

/** A line without who: the person by a mark that is the same for the same person, nothing that leads to a resident. Pure. */
export function nameless(trail: TrailLine, markOf: (id: string) => string): TrailLine {
  const { line } = trail;
  const { object: _object, request: _request, ...rest } = line;
  const actor: AuditLine['actor'] = { ...line.actor, id: markOf(line.actor.id) };
  return { ...trail, journey: null, number: null, line: { ...rest, actor } };
}

/** Lines as CSV (RFC 4180). */
export const trailCsv = (lines: readonly TrailLine[]) =>
  `${[trailColumns.join(','), ...lines.map(toTrailRow)].join('\r\n')}\r\n`;

/** Lines as a Bundle of AuditEvents (collection). `at` is ISO 8601. */
export function trailBundle(lines: readonly TrailLine[], at: string): Bundle {
  const entry = lines.map((one) => ({ fullUrl: `urn:uuid:${one.id}`, resource: toAuditEvent(one) }));
  return { resourceType: 'Bundle', type: 'collection', timestamp: at, ...(entry.length > 0 && { entry }) };
}
