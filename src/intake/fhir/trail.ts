import { purposeOf } from '../../identity/access.ts';
import type { AuditLine } from '../../referral/change.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../practice-key.ts';

/** One line of what a system looked at; `journey` when it saw something of one. */
export interface Looked {
  readonly event: 'resource-read' | 'search';
  readonly object: string;
  readonly code?: string;
  readonly journey?: string;
  readonly practice?: string;
}

/** Writes what was looked at to the trail, before it is answered (promise 4): values that were asked for are in no line. */
export async function noteLooked(store: Store, caller: Caller, lines: readonly Looked[]): Promise<void> {
  const { actor, scope } = caller;
  const at = store.clock().toISOString();
  const organization = actor.organization ?? caller.practice;
  await Promise.all(
    lines.map(async ({ event, object, code, journey, practice = '' }) => {
      const line: AuditLine = {
        event,
        at,
        actor: { id: actor.id, role: actor.role, ...(organization && { organization }) },
        action: event === 'search' ? 'E' : 'R',
        outcome: 'ok',
        object,
        ...(code !== undefined && { code }),
        purpose: purposeOf(actor.role),
      };
      const owner = scope.kind === 'practice' ? scope.practice : practice;
      const done = await store.commit({ scope: { practice: owner }, ...(journey && { journey }), audit: [line] });
      if (!done.ok) throw new Error('a look could not be noted');
    }),
  );
}
