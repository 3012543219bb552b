import { countedIds } from '../../scripts/fixture-case.ts';
import { journeyAfter } from '../../scripts/fixture-work.ts';
import type { FeedbackAnswer } from '../../src/feedback/answer.ts';
import { type Acting, accept } from '../../src/feedback/moves.ts';
import { type Actor, theLine } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Absence, Directory } from '../../src/referral/directory/directory.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { receive } from '../../src/referral/receive.ts';
import { type Referral, referralHash } from '../../src/referral/referral.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { notRefused, referralOf } from '../doubles/made.ts';
import { regionWith } from '../referral/region.ts';

type Absences = Readonly<Record<string, readonly Absence[]>>;

/** One journey in memory, moved by the real deciders: what is committed is what is read next. */
export interface Played {
  journey(): Journey;
  acting(who: Actor, at?: string, absences?: Absences): Acting;
  /** Decides and takes over what was decided; throws when it is refused. */
  move(
    who: Actor,
    decide: (journey: Journey, acting: Acting) => Change | Refusal,
    at?: string,
    absences?: Absences,
  ): Change;
}

export const sanne: Actor = {
  id: 'wally-sanne',
  name: 'Sanne Verhoeven',
  role: 'wally',
  organization: 'voorbeeldstreek',
};
export const karim: Actor = { id: 'wally-karim', name: 'Karim Bouzid', role: 'wally', organization: 'voorbeeldstreek' };
export const marijke: Actor = {
  id: 'lead-marijke',
  name: 'Marijke Hoekzema',
  role: 'team-lead',
  organization: 'voorbeeldstreek',
};
export const gp: Actor = { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', role: 'practice', organization: 'de-brink' };
export { theLine };

export const monday = '2026-11-23T09:00:00.000Z';

/** A referral of de Brink that just came in, on a Monday morning, with these people absent. */
export function received(
  change: Partial<Referral> = {},
  more: { readonly absences?: Absences; readonly undoMs?: number; readonly directory?: Directory } = {},
): Played {
  const newId = countedIds();
  const referral = referralOf('2026-000001', change);
  const decided = notRefused(
    receive(
      {
        practice: 'de-brink',
        actor: { id: 'his', name: 'his', role: 'practice-system', organization: 'de-brink' },
        referral,
        losses: [],
        places: { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' },
        arrival: {
          application: 'his',
          controlId: 'c',
          messageType: 'Bundle',
          intent: 'refer',
          door: 'fhir',
          hash: referralHash(referral),
        },
        source: { contentType: 'application/json', base64: '' },
        undoMs: more.undoMs ?? 0,
      },
      { directory: more.directory ?? regionWith(more.absences), now: new Date(monday), newId },
    ),
  );
  let journey = journeyAfter(undefined, decided.change);
  const acting = (actor: Actor, at = monday, absences: Absences = more.absences ?? {}): Acting => ({
    actor,
    now: new Date(at),
    newId,
    directory: regionWith(absences),
  });
  return {
    journey: () => journey,
    acting,
    move: (who, decide, at, absences) => {
      const made = notRefused(decide(journey, acting(who, at, absences)));
      journey = journeyAfter(journey, made);
      return made;
    },
  };
}

/** The same, accepted by Sanne. */
export function accepted(change: Partial<Referral> = {}): Played {
  const played = received(change);
  played.move(sanne, accept);
  return played;
}

/** A report, final unless said otherwise. */
export function answerOf(change: Partial<FeedbackAnswer> = {}): FeedbackAnswer {
  return {
    final: true,
    contact: 'made',
    contactOn: '2026-11-24',
    firstLine: 'Mevrouw gaat naar de eettafel.',
    outcomes: [{ lifeArea: 'loneliness', outcome: 'led-on' }],
    residentAgreed: true,
    ...change,
  };
}
