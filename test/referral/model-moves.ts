import { confirm } from '../../src/feedback/confirm.ts';
import { appoint, attempt, contactMade, endAppointment } from '../../src/feedback/contact.ts';
import { decline, end, giveUp, recall } from '../../src/feedback/ending.ts';
import { actForAbsent, offer, refuseOffer, resumeOwn, takeOver } from '../../src/feedback/handover.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { setLead } from '../../src/feedback/lead.ts';
import { type Acting, accept, seen } from '../../src/feedback/moves.ts';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { answer, ask } from '../../src/feedback/question.ts';
import { assignTo } from '../../src/feedback/reassign.ts';
import { renewConsent } from '../../src/feedback/renew-consent.ts';
import { report } from '../../src/feedback/report.ts';
import { hold, resume } from '../../src/feedback/rest.ts';
import { agreeToStop, refuseToStop } from '../../src/feedback/stop.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import type { Change } from '../../src/referral/change.ts';
import { addDays, localDay } from '../../src/referral/deadlines.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Move } from '../../src/referral/lifecycle/row.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { canaries } from '../doubles/made.ts';
import { answerOf } from '../feedback/journeys.ts';
import { otherOrganization, wallys } from './model-region.ts';

/** Chance that comes from one number, so that a sequence of numbers is a whole story. */
export interface Dice {
  /** A whole number from 0 to `below` − 1. */
  below(below: number): number;
  pick<T>(some: readonly T[]): T;
  /** True once in so many times. */
  once(inTimes: number): boolean;
}

export function diceOf(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    pick: <T>(some: readonly T[]): T => {
      const [first] = some;
      if (first === undefined) throw new Error('nothing to pick from');
      return some[below(some.length)] ?? first;
    },
    once: (inTimes) => below(inTimes) === 0,
  };
}

export type Decide = (journey: Journey, acting: Acting, deviating?: string) => Change | Refusal | undefined;
type Makes = (dice: Dice) => Decide;

const ago = (now: Date, days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
const answered = (final: boolean, dice: Dice) => (journey: Journey, acting: Acting) =>
  report(
    journey,
    answerOf({
      final,
      firstLine: canaries.letter,
      contact: dice.pick(['made', 'attempted', 'none']),
      contactOn: localDay(acting.now),
      residentAgreed: !dice.once(5),
    }),
    acting,
  );

/** How each move of the table is made: the real decider, with something a person could fill in. */
export const moveWith: Record<Move, Makes> = {
  open: () => seen,
  accept: () => accept,
  decline: (dice) => {
    const reason = dice.pick(['duplicate', 'wrong-person', 'no-consent', 'resident-declines'] as const);
    return (journey, acting) => decline(journey, { reason, proposal: canaries.letter }, acting);
  },
  attempt: (dice) => {
    // Some days and hours ago: at different times of the day (H14).
    const [way, days] = [dice.pick(['phone', 'visit', 'letter'] as const), dice.below(32) / 8];
    return (journey, acting, deviating) => attempt(journey, { way, at: ago(acting.now, days) }, acting, deviating);
  },
  contact: () => (journey, acting, deviating) => contactMade(journey, acting.now.toISOString(), acting, deviating),
  appoint: (dice) => {
    const days = dice.below(8) + 1;
    return (journey, acting, deviating) => appoint(journey, { at: ago(acting.now, -days) }, acting, deviating);
  },
  'cancel-appointment': () => (journey, acting, deviating) =>
    endAppointment(journey, 'cancel-appointment', acting, deviating),
  'no-show': () => (journey, acting, deviating) => endAppointment(journey, 'no-show', acting, deviating),
  ask: () => (journey, acting) => ask(journey, { text: `${canaries.letter}?` }, acting),
  answer: (dice) => {
    const by = dice.pick(['practice', 'phone'] as const);
    return (journey, acting) => answer(journey, { text: 'Ja.', by }, acting);
  },
  hold: (dice) => {
    const [why, days] = [dice.pick(['time', 'waiting-list', 'illness', 'other'] as const), dice.below(60) + 1];
    return (journey, acting, deviating) =>
      hold(journey, { why, until: addDays(localDay(acting.now), days) }, acting, deviating);
  },
  resume: () => resume,
  offer: (dice) => {
    const to = dice.pick(wallys);
    return (journey, acting) => offer(journey, to, acting);
  },
  'refuse-offer': () => refuseOffer,
  'take-over': () => takeOver,
  reassign: (dice) => {
    const to = dice.pick(wallys);
    return (journey, acting) => assignTo(journey, to, acting);
  },
  // With everyone of the team too close nobody is left to end it well: that is for another team, outside this model.
  'too-close': () => (journey, acting) => (journey.index.barred.length > 1 ? undefined : tooClose(journey, acting)),
  act: () => actForAbsent,
  'resume-own': () => resumeOwn,
  'refer-on': () => (journey, acting) =>
    referOn(
      journey,
      {
        organization: otherOrganization.id,
        question: 'Helpt u met de post?',
        lifeAreas: ['debts'],
        consent: { by: 'representative', how: 'spoken', on: localDay(acting.now) },
      },
      acting,
    ),
  'renew-consent': (dice) => {
    const how = dice.pick(['spoken', 'written'] as const);
    return (journey, acting) =>
      renewConsent(journey, { consent: { by: 'representative', how, on: localDay(acting.now) } }, acting);
  },
  'hear-onward': (dice) => {
    const outcome = dice.pick(['accepted', 'interim', 'helped', 'declined', 'not-reached'] as const);
    const nth = dice.below(4);
    return (journey, acting) => {
      const child = journey.children[nth % Math.max(1, journey.children.length)];
      return child && hearOnward(journey, { task: child.resource.id, outcome, text: 'Het loopt.' }, acting);
    };
  },
  'set-lead': (dice) => {
    const [nth, to] = [dice.below(4), dice.pick(['wally', 'practice'] as const)];
    return (journey, acting) => setLead(journey, journey.children[nth]?.resource.id ?? to, acting);
  },
  report: (dice) => answered(false, dice),
  close: (dice) => answered(true, dice),
  'give-up': () => giveUp,
  undo: () => (journey, acting) => takeBack(journey, 'undo', acting),
  withdraw: () => (journey, acting) => takeBack(journey, 'withdraw', acting),
  'ask-to-stop': () => (journey, acting) => askToStop(journey, 'Het hoeft niet meer', acting),
  'agree-to-stop': () => (journey, acting, deviating) => agreeToStop(journey, canaries.letter, acting, deviating),
  'refuse-to-stop': () => (journey, acting) => refuseToStop(journey, canaries.letter, acting),
  'enter-in-error': () => (journey, acting) => recall(journey, 'Verkeerde persoon', acting),
  end: (dice) => {
    const why = dice.pick(['consent-withdrawn', 'deceased', 'moved', 'other-practice'] as const);
    return (journey, acting) => end(journey, why, acting);
  },
  confirm: () => confirm,
};

/** How often each is tried where the table allows it: what ends a referral seldom, or no story would be long. */
export const eagerness: Record<Move, number> = {
  open: 8,
  accept: 12,
  decline: 0.7,
  attempt: 6,
  contact: 5,
  appoint: 5,
  'cancel-appointment': 3,
  'no-show': 5,
  ask: 5,
  answer: 6,
  hold: 4,
  resume: 6,
  offer: 7,
  'refuse-offer': 5,
  'take-over': 7,
  reassign: 4,
  'too-close': 2,
  act: 5,
  'resume-own': 6,
  'refer-on': 4,
  'renew-consent': 2,
  'hear-onward': 7,
  'set-lead': 2,
  report: 4,
  close: 0.8,
  'give-up': 1.5,
  undo: 2,
  withdraw: 0.5,
  'ask-to-stop': 3,
  'agree-to-stop': 1.5,
  'refuse-to-stop': 5,
  'enter-in-error': 0.3,
  end: 0.3,
  confirm: 3,
};
