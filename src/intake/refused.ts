import { createHash } from 'node:crypto';
import { mayHoldBsn } from '../fhir/identifiers.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { LogFields } from '../log.ts';
import type { Actor } from '../referral/actor.ts';
import { wantsConsent } from '../referral/error-class.ts';
import { issue, type Refusal } from '../referral/refusal.ts';
import { writeRefused } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';

/** A name of a message is kept beside it only when it is short and could not be somebody's BSN. */
const controlIdToKeep = (given: string | undefined): string | undefined =>
  given && given.length <= 200 && !mayHoldBsn(given) ? given : undefined;

/** Whose message was refused, at which door. */
export interface RefusedBy {
  readonly practice: string;
  readonly application: string;
  readonly actor: Actor;
  readonly door: string;
  /** What the sender calls the message, where its door knows that. */
  readonly controlId?: string | undefined;
}

/**
/**
 * Decision 15: kept sealed for 30 days; ids and hash only when consent was missing, also beside another reason. Says so in the
 * audit trail. What we could not do now comes again by itself: only a no that stands is kept. Gives the id under which it can
 * be opened.
 */
export async function keepRefused(
  store: Store,
  by: RefusedBy,
  body: Buffer,
  refusal: Refusal,
): Promise<string | undefined> {
  if (refusal.refused.every((one) => one.code === 'transient')) return undefined;
  const id = await writeRefused(
    store,
    { practice: by.practice },
    {
      application: by.application,
      door: by.door,
      controlId: controlIdToKeep(by.controlId),
      hash: createHash('sha256').update(body).digest(),
      codes: refusal.refused.map((one) => one.reason),
      paths: refusal.refused.map((one) => one.path),
      body: wantsConsent(refusal) || body.length === 0 ? undefined : body,
    },
  );
  await store.commit({
    scope: { practice: by.practice },
    audit: [
      {
        event: 'referral-refused',
        at: store.clock().toISOString(),
        actor: { id: by.actor.id, role: by.actor.role, organization: by.practice },
        action: 'C',
        outcome: 'refused',
        code: [...new Set(refusal.refused.map((one) => one.reason))].join(' ').slice(0, 200),
        purpose: 'TREAT',
      },
    ],
  });
  return id;
}

/** What the log says of a refused message: `refused` opens it at /admin/refused, when it was kept. */
export const refusedLine = (
  by: { readonly door: string; readonly practice: string },
  refusal: Refusal,
  kept: string | undefined,
): LogFields => ({
  door: by.door,
  practice: by.practice,
  code: refusal.refused[0]?.reason ?? '',
  ...(kept && { refused: kept }),
});

/** What a sender is told about a fault of our own. */
export const bug = (): Issue =>
  issue('exception', 'bug', '', {
    nl: 'Er ging bij ons iets mis. De verwijzing is niet aangenomen. Wij zijn gewaarschuwd; probeer het later opnieuw.',
    en: 'Something went wrong on our side. The referral was not taken. We have been warned; try again later.',
  });

/** The database is away or refuses: the sender can try again, nothing was taken in. */
export function isFault(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return (
    /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|08|53|57)/.test(code) ||
    /terminat|timeout|connect/i.test(error instanceof Error ? error.message : '')
  );
}
