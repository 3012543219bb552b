import { end } from '../feedback/ending.ts';
import type { Actor } from '../referral/actor.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { KeepingMove } from '../referral/keeping-move.ts';
import { isRefusal, issue, type Refusal, refuse } from '../referral/refusal.ts';
import type { Keeping } from '../store/keeping.ts';
import { type Carriage, readCarriages } from '../store/lists/lists.ts';
import { readJourney } from '../store/referrals.ts';
import { act, changedJustNow, lineOf, type Outcome, type Rights } from './rights.ts';

const no = {
  erased: refuse(
    issue('deleted', 'erased', '', {
      nl: 'Dit was al gewist. Wie gekeken heeft, staat nog in het logboek.',
      en: 'was erased before',
    }),
  ),
  open: refuse(
    issue('business-rule', 'still-open', '', {
      nl: 'De verwijzing is nog open, of er moet nog iets worden verstuurd. Sluit haar eerst af, of trek de toestemming in. Wis daarna.',
      en: 'is still open, or something of it is still to be sent: end it first',
    }),
  ),
  onlyCopy: refuse(
    issue('business-rule', 'only-copy', '', {
      nl: 'Wij weten niet of de Wally dit in het eigen dossier heeft. Vraag het na. Wilt u toch wissen? Kies dan ook "ook als dit de enige kopie is".',
      en: "is not known to be in the receiver's own record: ask, or say --even-the-only-copy",
    }),
  ),
  notHeld: refuse(
    issue('business-rule', 'not-held', '', {
      nl: 'Deze verwijzing wordt niet vastgehouden. Er is niets veranderd.',
      en: 'is not held',
    }),
  ),
};

const held = (reference: string) =>
  refuse(
    issue('business-rule', 'legal-hold', '', {
      nl: `Deze verwijzing moet bewaard blijven (${reference}). Laat haar eerst los, als dat mag.`,
      en: `is held (${reference})`,
    }),
  );

/** Why a journey's content may not be erased now (H16); undefined when it may. Pure. */
export function whyNotErase(one: Keeping, evenTheOnlyCopy: boolean): Refusal | undefined {
  if (one.erasedAt) return no.erased;
  if (one.heldAt) return held(one.heldFor ?? '');
  if (!one.over) return no.open;
  return one.seen && !one.transferredAt && !evenTheOnlyCopy ? no.onlyCopy : undefined;
}

type Each = (one: Keeping) => Promise<Refusal | undefined>;

/** Each journey in its turn: one that is refused leaves the others alone. */
async function each(journeys: readonly Keeping[], work: Each): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const of of journeys) {
    const refused = await work(of);
    outcomes.push({ of, ...(refused && { refused }) });
  }
  return outcomes;
}

/** Erases the content of journeys and what leads to the person (AVG 17); the trail and events without content stay. */
export function erase(rights: Rights, journeys: readonly Keeping[], evenTheOnlyCopy: boolean): Promise<Outcome[]> {
  return each(journeys, async (one) => {
    const why = whyNotErase(one, evenTheOnlyCopy);
    if (why) return why;
    const at = rights.store.clock().toISOString();
    const code = evenTheOnlyCopy && !one.transferredAt ? 'only-copy' : undefined;
    const line = lineOf(rights, 'content-erased', 'D', code);
    return (await act(rights, one, line, { to: 'erased', at, forget: true })) ? undefined : changedJustNow;
  });
}

/** Sets or ends a legal hold: what is held is neither purged nor erased. */
export function setHold(rights: Rights, journeys: readonly Keeping[], isHeld: boolean): Promise<Outcome[]> {
  const { store, reference } = rights;
  return each(journeys, async (one) => {
    const at = store.clock().toISOString();
    const move: KeepingMove = isHeld ? { to: 'held', at, reference } : { to: 'released' };
    const done = await act(rights, one, lineOf(rights, isHeld ? 'hold-set' : 'hold-released', 'U'), move);
    return done ? undefined : isHeld ? no.erased : no.notHeld;
  });
}

/** Notes an objection (AVG 21); what follows from it a person decides. */
export function objectTo(rights: Rights, journeys: readonly Keeping[]): Promise<Outcome[]> {
  return each(journeys, async (one) => {
    const at = rights.store.clock().toISOString();
    const done = await act(rights, one, lineOf(rights, 'objection-noted', 'U'), { to: 'objected', at });
    return done ? undefined : changedJustNow;
  });
}

/** Notes that a person asked for a correction (AVG 16): who wrote it corrects it, by the way it came. */
export function askCorrection(rights: Rights, journeys: readonly Keeping[]): Promise<Outcome[]> {
  return each(journeys, async (one) => {
    if (one.erasedAt) return no.erased;
    return (await act(rights, one, lineOf(rights, 'correction-asked', 'U'))) ? undefined : changedJustNow;
  });
}

/** What became of a withdrawal; `gone`: what went out before and cannot be recalled. */
export interface Withdrawn extends Outcome {
  readonly gone: readonly Carriage[];
}

/** Consent withdrawn (H10), at once, by someone whom the table of moves lets end it: stops, tells everyone. */
export async function withdrawConsent(
  rights: Rights,
  journeys: readonly Keeping[],
  actor: Actor,
  directory: Directory,
): Promise<Withdrawn[]> {
  const { store } = rights;
  const outcomes: Withdrawn[] = [];
  for (const of of journeys) {
    const refused = await withdraw(rights, of, actor, directory);
    const gone = refused ? [] : (await readCarriages(store, of.journey)).filter((one) => one.firstSentAt);
    outcomes.push({ of, gone, ...(refused && { refused }) });
  }
  return outcomes;
}

async function withdraw(rights: Rights, of: Keeping, actor: Actor, directory: Directory): Promise<Refusal | undefined> {
  const { store } = rights;
  if (of.erasedAt) return no.erased;
  const journey = await readJourney(store, { kind: 'line' }, of.journey);
  if (!journey) return changedJustNow;
  const change = end(journey, 'consent-withdrawn', { actor, now: store.clock(), newId: store.newId, directory });
  if (isRefusal(change)) return change;
  const noted = { ...change, audit: [...change.audit, lineOf(rights, 'consent-withdrawn', 'U')] };
  return (await store.commit(noted)).ok ? undefined : changedJustNow;
}
