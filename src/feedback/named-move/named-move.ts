import { z } from 'zod';
import type { Issue } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import type { Journey } from '../../referral/journey.ts';
import { transition } from '../../referral/lifecycle/lifecycle.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { type FeedbackAnswer, reportSchema } from '../answer.ts';
import { confirm } from '../confirm.ts';
import { appoint, appointmentSchema, attempt, attemptSchema, contactMade, endAppointment } from '../contact.ts';
import { decline, declineSchema, type EndReason, end, endReasons, giveUp, recall } from '../ending.ts';
import { offer, refuseOffer, resumeOwn, takeOver } from '../handover.ts';
import { askToStop } from '../later.ts';
import { leadSchema, setLead } from '../lead.ts';
import { type Acting, accept, seen } from '../moves.ts';
import { heardSchema, hearOnward, onwardSchema, referOn } from '../onward.ts';
import { answer, ask, message, questionSchema } from '../question.ts';
import { assignTo } from '../reassign.ts';
import { renewalSchema, renewConsent } from '../renew-consent.ts';
import { report } from '../report.ts';
import { reportIssues } from '../report-rules.ts';
import { hold, restSchema, resume } from '../rest.ts';
import { agreeToStop, refuseToStop } from '../stop.ts';
import { takeBack } from '../take-back.ts';
import { tooClose } from '../too-close.ts';
import { confirmTransfer, undoTransfer } from '../transfer.ts';

interface Named {
  readonly parts: z.ZodType;
  readonly decide: (journey: Journey, input: never, acting: Acting, deviating?: string) => Change | Refusal;
}

/** A move whose parts and decider agree on what was read. */
const named = <T>(
  parts: z.ZodType<T>,
  decide: (journey: Journey, input: T, acting: Acting, deviating?: string) => Change | Refusal,
): Named => ({ parts, decide });

const words = (max: number) => z.string().trim().min(1).max(max);
const nothing = z.strictObject({});
const someone = z.strictObject({ to: words(64) });
/** As long as the pages let it be. */
const reason = z.strictObject({ reason: words(500) });

const askedAlready = issue('conflict', 'stop-asked-already', 'Task', {
  nl: 'Uw praktijk heeft al gevraagd om te stoppen. De Wally antwoordt daar nog op.',
  en: 'Your practice already asked to stop. The Wally has still to answer that.',
});

function reported(journey: Journey, given: Omit<FeedbackAnswer, 'final'>, acting: Acting, final: boolean) {
  const issues = reportIssues(journey, { ...given, final }, acting);
  return issues.length > 0 ? refuse(...issues) : report(journey, { ...given, final }, acting);
}

/**
 * Each row of the life of a Task that a system may make, by its name in the table: what it needs, and the decider that
 * the pages use too. Not here: `undo` (minutes that only a person's page has) and `act` (the line's own).
 */
export const namedMoves = {
  open: named(nothing, (journey, _, acting) => {
    const row = transition(journey, 'open', acting.actor);
    return isRefusal(row) ? row : (seen(journey, acting) ?? refuse());
  }),
  accept: named(nothing, (journey, _, acting, deviating) => accept(journey, acting, deviating)),
  decline: named(declineSchema, decline),
  attempt: named(attemptSchema, attempt),
  contact: named(z.strictObject({ at: z.iso.datetime({ offset: true }) }), (journey, { at }, acting, deviating) =>
    contactMade(journey, at, acting, deviating),
  ),
  appoint: named(appointmentSchema, appoint),
  'cancel-appointment': named(nothing, (journey, _, acting, deviating) =>
    endAppointment(journey, 'cancel-appointment', acting, deviating),
  ),
  'no-show': named(nothing, (journey, _, acting, deviating) => endAppointment(journey, 'no-show', acting, deviating)),
  ask: named(questionSchema, ask),
  answer: named(z.strictObject({ text: words(2000) }), (journey, { text }, acting) =>
    answer(journey, { text, by: acting.actor.role === 'wally' ? 'phone' : 'practice' }, acting),
  ),
  hold: named(restSchema, hold),
  resume: named(nothing, (journey, _, acting, deviating) => resume(journey, acting, deviating)),
  offer: named(someone, (journey, { to }, acting) => offer(journey, to, acting)),
  'refuse-offer': named(nothing, (journey, _, acting) => refuseOffer(journey, acting)),
  'take-over': named(nothing, (journey, _, acting) => takeOver(journey, acting)),
  reassign: named(someone, (journey, { to }, acting) => assignTo(journey, to, acting)),
  'too-close': named(nothing, (journey, _, acting) => tooClose(journey, acting)),
  'resume-own': named(nothing, (journey, _, acting) => resumeOwn(journey, acting)),
  'refer-on': named(onwardSchema, referOn),
  'renew-consent': named(renewalSchema, renewConsent),
  'hear-onward': named(heardSchema, hearOnward),
  'set-lead': named(z.strictObject({ to: leadSchema }), (journey, { to }, acting) => setLead(journey, to, acting)),
  report: named(reportSchema, (journey, given, acting) => reported(journey, given, acting, false)),
  close: named(reportSchema, (journey, given, acting) => reported(journey, given, acting, true)),
  'give-up': named(nothing, (journey, _, acting, deviating) => giveUp(journey, acting, deviating)),
  withdraw: named(reason.partial(), (journey, given, acting) =>
    takeBack(journey, 'withdraw', acting, { ...(given.reason && { reason: given.reason }) }),
  ),
  'ask-to-stop': named(reason, (journey, given, acting) => {
    const change = askToStop(journey, given.reason, acting);
    const waits = journey.requests.some((one) => one.resource.status === 'requested');
    return waits && !isRefusal(change) ? refuse(askedAlready) : change;
  }),
  'agree-to-stop': named(reason.partial(), (journey, given, acting, deviating) =>
    agreeToStop(journey, given.reason ?? '', acting, deviating),
  ),
  'refuse-to-stop': named(reason, (journey, given, acting) => refuseToStop(journey, given.reason, acting)),
  'enter-in-error': named(reason, (journey, given, acting) => recall(journey, given.reason, acting)),
  end: named(
    z.strictObject({ reason: z.enum(Object.keys(endReasons) as [EndReason, ...EndReason[]]) }),
    (journey, given, acting) => end(journey, given.reason, acting),
  ),
  // Not a row: the practice may say something at any time, and the work stays where it is.
  message: named(z.strictObject({ text: words(2000) }), (journey, { text }, acting) => message(journey, text, acting)),
  confirm: named(nothing, (journey, _, acting) => confirm(journey, acting)),
  // Nor these: what is kept changes, and nothing about the work.
  'confirm-transfer': named(nothing, (journey, _, acting) => confirmTransfer(journey, acting)),
  'undo-transfer': named(nothing, (journey, _, acting) => undoTransfer(journey, acting)),
} as const;

export type MoveName = keyof typeof namedMoves;

export const isMoveName = (name: string): name is MoveName => Object.hasOwn(namedMoves, name);

/** One move that a system asks for, as its resource or its Parameters said it. */
export interface Asked {
  readonly move: MoveName;
  /** What the move needs, by the names of its parts. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Part → where it stood in the sender's resource, for refusals. */
  readonly places: Readonly<Record<string, string>>;
  /** PractitionerRole id of the person who did it, as far as the sender named one. */
  readonly by?: string;
  /** Why a team lead does it in the owner's place (H18). */
  readonly deviating?: string;
  /** What of the sender's resource does not go along. */
  readonly losses?: readonly Issue[];
}

const unfit = (path: string, isMissing: boolean): Issue =>
  isMissing
    ? issue('required', 'missing-field', path, {
        nl: 'Dit hoort bij deze stap en ontbreekt. Vul het aan en stuur het opnieuw.',
        en: 'This belongs to this step and is missing. Add it and send it again.',
      })
    : issue('value', 'does-not-fit', path, {
        nl: 'Dit past niet bij deze stap: het is te lang, heeft een andere vorm of is een keuze die wij niet kennen.',
        en: 'This does not fit this step: it is too long, has another form, or is a choice that we do not know.',
      });

/** Decides on a move by the decider that the pages use; a refusal names the places in the sender's own resource. */
export function decideAsked(asked: Asked, journey: Journey, acting: Acting): Change | Refusal {
  const { parts, decide }: Named = namedMoves[asked.move];
  const place = (path: string) => {
    const [first = '', ...rest] = path.split('.');
    const known = asked.places[first];
    return known === undefined ? path : [known, ...rest].join('.');
  };
  const read = parts.safeParse(asked.parts);
  if (!read.success) {
    const unknown = read.error.issues.flatMap((one) => (one.code === 'unrecognized_keys' ? one.keys : []));
    const wrong = read.error.issues.filter((one) => one.code !== 'unrecognized_keys').map((one) => one.path);
    return refuse(
      ...wrong.map((path) => unfit(place(path.join('.')), at(asked.parts, path) === undefined)),
      ...unknown.map((key) => unfit(place(key), false)),
    );
  }
  const change = decide(journey, read.data as never, acting, asked.deviating);
  if (!isRefusal(change)) return change;
  return refuse(...change.refused.map((one) => ({ ...one, path: place(one.path) })));
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
