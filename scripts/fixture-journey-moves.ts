import { z } from 'zod';
import { answerSchema } from '../src/feedback/answer.ts';
import { confirm } from '../src/feedback/confirm.ts';
import {
  appoint,
  appointmentSchema,
  attempt,
  attemptSchema,
  contactMade,
  endAppointment,
} from '../src/feedback/contact.ts';
import { decline, declineSchema, end, endReasons, giveUp, recall } from '../src/feedback/ending.ts';
import { actForAbsent, offer, refuseOffer, resumeOwn, takeOver } from '../src/feedback/handover.ts';
import { askToStop } from '../src/feedback/later.ts';
import { leadSchema, setLead } from '../src/feedback/lead.ts';
import { type Acting, accept, seen } from '../src/feedback/moves.ts';
import { heardSchema, hearOnward, onwardSchema, referOn } from '../src/feedback/onward.ts';
import { answer, ask, questionSchema, replySchema } from '../src/feedback/question.ts';
import { assignTo } from '../src/feedback/reassign.ts';
import { renewalSchema, renewConsent } from '../src/feedback/renew-consent.ts';
import { report } from '../src/feedback/report.ts';
import { hold, restSchema, resume } from '../src/feedback/rest.ts';
import { agreeToStop, refuseToStop } from '../src/feedback/stop.ts';
import { takeBack } from '../src/feedback/take-back.ts';
import { tooClose } from '../src/feedback/too-close.ts';
import type { Change } from '../src/referral/change.ts';
import type { Journey } from '../src/referral/journey.ts';
import type { Move } from '../src/referral/lifecycle/row.ts';
import type { Refusal } from '../src/referral/refusal.ts';

/** A move as a case tells it: what was filled in goes through the same form that the page has. */
export type Told = (journey: Journey, input: unknown, acting: Acting, reason?: string) => Change | Refusal | undefined;

const to = z.strictObject({ wally: z.string() });
const why = z.strictObject({ why: z.string() });
const ledBy = z.strictObject({ lead: leadSchema });
const ended = z.strictObject({ reason: z.enum(Object.keys(endReasons) as [keyof typeof endReasons]) });
/** The organisation stands for its Task: a case does not know ids. */
const heard = heardSchema.omit({ task: true }).extend({ organization: z.string() });

function hear(journey: Journey, input: unknown, acting: Acting): Change | Refusal {
  const { organization, ...rest } = heard.parse(input);
  const of = `Organization/${organization}`;
  const child = journey.children.find(({ resource }) =>
    resource.restriction?.recipient?.some((one) => one.reference === of),
  );
  return hearOnward(journey, { ...rest, task: child?.resource.id ?? '' }, acting);
}

const reported = (journey: Journey, input: unknown, acting: Acting) =>
  report(journey, answerSchema.parse(input), acting);

/** Every move of the table, with the decider that the pages use. */
export const toldMoves: Record<Move, Told> = {
  open: (journey, _, acting) => seen(journey, acting),
  accept: (journey, _, acting, reason) => accept(journey, acting, reason),
  decline: (journey, input, acting) => decline(journey, declineSchema.parse(input), acting),
  attempt: (journey, input, acting, reason) => attempt(journey, attemptSchema.parse(input), acting, reason),
  contact: (journey, _, acting, reason) => contactMade(journey, acting.now.toISOString(), acting, reason),
  appoint: (journey, input, acting, reason) => appoint(journey, appointmentSchema.parse(input), acting, reason),
  'cancel-appointment': (journey, _, acting, reason) => endAppointment(journey, 'cancel-appointment', acting, reason),
  'no-show': (journey, _, acting, reason) => endAppointment(journey, 'no-show', acting, reason),
  ask: (journey, input, acting) => ask(journey, questionSchema.parse(input), acting),
  answer: (journey, input, acting) => answer(journey, replySchema.parse(input), acting),
  hold: (journey, input, acting, reason) => hold(journey, restSchema.parse(input), acting, reason),
  resume: (journey, _, acting, reason) => resume(journey, acting, reason),
  offer: (journey, input, acting) => offer(journey, to.parse(input).wally, acting),
  'refuse-offer': (journey, _, acting) => refuseOffer(journey, acting),
  'take-over': (journey, _, acting) => takeOver(journey, acting),
  reassign: (journey, input, acting) => assignTo(journey, to.parse(input).wally, acting),
  'too-close': (journey, _, acting) => tooClose(journey, acting),
  act: (journey, _, acting) => actForAbsent(journey, acting),
  'resume-own': (journey, _, acting) => resumeOwn(journey, acting),
  'refer-on': (journey, input, acting) => referOn(journey, onwardSchema.parse(input), acting),
  'renew-consent': (journey, input, acting) => renewConsent(journey, renewalSchema.parse(input), acting),
  'hear-onward': hear,
  'set-lead': (journey, input, acting) => setLead(journey, ledBy.parse(input).lead, acting),
  report: reported,
  close: reported,
  'give-up': (journey, _, acting, reason) => giveUp(journey, acting, reason),
  undo: (journey, _, acting) => takeBack(journey, 'undo', acting),
  withdraw: (journey, _, acting) => takeBack(journey, 'withdraw', acting),
  'ask-to-stop': (journey, input, acting) => askToStop(journey, why.parse(input).why, acting),
  'agree-to-stop': (journey, input, acting, reason) => agreeToStop(journey, why.parse(input).why, acting, reason),
  'refuse-to-stop': (journey, input, acting) => refuseToStop(journey, why.parse(input).why, acting),
  'enter-in-error': (journey, input, acting) => recall(journey, why.parse(input).why, acting),
  end: (journey, input, acting) => end(journey, ended.parse(input).reason, acting),
  confirm: (journey, _, acting) => confirm(journey, acting),
};
