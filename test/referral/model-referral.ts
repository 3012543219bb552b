import type { Acting } from '../../src/feedback/moves.ts';
import { register } from '../../src/feedback/register.ts';
import type { Change } from '../../src/referral/change.ts';
import { addDays, localDay } from '../../src/referral/deadlines.ts';
import { type Received, receive } from '../../src/referral/receive.ts';
import { referralHash } from '../../src/referral/referral.ts';
import { notRefused, referralOf } from '../doubles/made.ts';
import type { Dice } from './model-moves.ts';
import { gpOf, hisOf, requesters, wally, wallys } from './model-region.ts';

const daysIn16Years = 16 * 365 + 4;

/** A referral as one of the practices sends it, by its system or on the page, or tells it on the telephone. */
export function newReferral(
  number: string,
  dice: Dice,
  { now, newId, directory }: Acting,
): { readonly change: Change; readonly journey: string; readonly practice: string } {
  const { practice, agb } = dice.pick(requesters);
  const isOnPage = dice.once(3);
  // Becomes 16 within the month, so that the consent must be asked anew while it is under way (H6).
  const isYoung = dice.once(5);
  const birthDate = addDays(localDay(now), dice.below(30) + 1 - daysIn16Years);
  const base = referralOf(number, {
    authoredOn: now.toISOString(),
    requester: { name: 'arts', agb },
    priority: dice.pick(['routine', 'routine', 'urgent', 'asap']),
  });
  const referral = {
    ...base,
    ...(isYoung && { patient: { ...base.patient, birthDate } }),
    consent: {
      ...base.consent,
      ...(isYoung && { by: 'representative' as const }),
      on: '2026-01-02',
      feedback: dice.pick(['content', 'content', 'closure-only'] as const),
    },
    ...(dice.once(6) && { safeContact: { unsafe: true, noVoicemail: true, noLetters: true } }),
  };
  const arrival = {
    application: 'his',
    controlId: number,
    messageType: 'Bundle',
    intent: 'refer' as const,
    door: isOnPage ? 'page' : 'fhir',
    hash: referralHash(referral),
  };
  const received: Received = {
    practice,
    actor: isOnPage ? gpOf(practice) : hisOf(practice),
    referral,
    losses: [],
    places: { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' },
    arrival,
    source: { contentType: 'application/json', base64: '' },
    undoMs: isOnPage ? 600_000 : 0,
  };
  const noted = { actor: wally(dice.pick(wallys)), now, newId, directory };
  const { change, answer } = notRefused(dice.once(4) ? register(received, noted) : receive(received, noted));
  return { change, journey: answer.journey, practice };
}
