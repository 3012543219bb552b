import { cancel, correct, supplement } from '../../src/feedback/later.ts';
import type { Acting } from '../../src/feedback/moves.ts';
import { readAloud } from '../../src/feedback/read-aloud.ts';
import type { Arrival, Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { referralHash } from '../../src/referral/referral.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { canaries, referralOf } from '../doubles/made.ts';
import type { KeptDelivery } from './model-line.ts';
import type { Dice } from './model-moves.ts';

/** A later part that the practice's system sends to a referral it sent before; a cancellation is seldom. */
export function laterPart(
  journey: Journey,
  dice: Dice,
  controlId: string,
  acting: Acting,
): { readonly kind: string; readonly decided: Change | Refusal | undefined } {
  const { value } = journey.index.practiceReferral;
  const places = { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' };
  const about = { family: canaries.family, birthDate: canaries.birthDate };
  const carried = { losses: [], places };
  const kind = dice.pick(['correct', 'supplement', 'cancel'] as const);
  const urgent = dice.once(2) ? { priority: 'urgent' as const } : {};
  const agb = journey.index.requesterAgb;
  const referral = referralOf(value, {
    ...urgent,
    authoredOn: journey.index.authoredOn,
    requester: { name: 'arts', ...(agb && { agb }) },
    reason: `Gecorrigeerd door ${controlId}`,
  });
  const arrival: Arrival = {
    joins: true,
    intent: kind,
    application: 'his',
    controlId,
    messageType: 'Bundle',
    door: 'fhir',
    hash: referralHash(referral),
    answer: {},
  };
  const arrived = { arrival, source: { contentType: 'application/json', base64: '' } };
  const number = journey.index.practiceReferral;
  const decided =
    kind === 'correct'
      ? correct(journey, { ...carried, intent: 'correct', referral }, arrived, acting)
      : kind === 'supplement'
        ? supplement(journey, { about, places, letters: [], text: 'Nog iets.' }, arrived, acting)
        : dice.once(4)
          ? cancel(journey, { ...carried, intent: 'cancel', number, about }, arrival, acting)
          : undefined;
  return { kind, decided: decided && 'outcome' in decided ? decided.change : decided };
}

/** What the machine does not get there, a person does: again, or by telephone. Undefined when it landed meanwhile. */
export function byHand(held: KeptDelivery, journey: Journey, dice: Dice, acting: Acting): Change | Refusal | undefined {
  const { id, document } = held;
  if (dice.once(2)) return readAloud(journey, { id, communication: document ?? '' }, { heardBy: 'Nadia' }, acting);
  return { scope: { practice: journey.practice }, journey: journey.id, audit: [], deliveries: [{ to: 'retry', id }] };
}
