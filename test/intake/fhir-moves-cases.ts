import type { Appointment, Communication, Parameters, Resource, Task } from '@medplum/fhirtypes';
import { answerSchema } from '../../src/feedback/answer.ts';
import { confirm } from '../../src/feedback/confirm.ts';
import { appoint, attempt, contactMade, endAppointment } from '../../src/feedback/contact.ts';
import { decline, end, giveUp, recall } from '../../src/feedback/ending.ts';
import { actForAbsent, offer, refuseOffer, resumeOwn, takeOver } from '../../src/feedback/handover.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { setLead } from '../../src/feedback/lead.ts';
import { type Acting, accept, seen } from '../../src/feedback/moves.ts';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { answer, ask, message } from '../../src/feedback/question.ts';
import { assignTo } from '../../src/feedback/reassign.ts';
import { renewConsent } from '../../src/feedback/renew-consent.ts';
import { report } from '../../src/feedback/report.ts';
import { hold, resume } from '../../src/feedback/rest.ts';
import { agreeToStop, refuseToStop } from '../../src/feedback/stop.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import { type Actor, theLine } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Move } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { practiceToken } from '../doubles/fhir-door.ts';
import { sanneToken, teamToken } from '../doubles/wally-systems.ts';
import { onward } from '../feedback/onward-region.ts';

type Decide = (journey: Journey, acting: Acting) => Change | Refusal | undefined;
/** A step that stood before: by whom, and when, in hours after the referral came. */
export type Before = readonly [who: Actor, decide: Decide, hours?: number];

/** What is sent over HTTP. */
export interface Request {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body: unknown;
  /** The resource whose version is named in If-Match. */
  readonly of?: { readonly version: number };
}

/** One row of the table as a system makes it, and as a page does. */
export interface Row {
  readonly move: Move | 'message';
  readonly how: string;
  readonly before?: readonly Before[];
  /** Hours after the referral came. */
  readonly at?: number;
  readonly token: string;
  readonly send: (journey: Journey) => Request;
  readonly who: Actor;
  readonly page: Decide;
}

const team = 'voorbeeldstreek';
export const sanne: Actor = { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: team };
export const karim: Actor = { id: 'wally-karim', name: 'Karim Bouzid', role: 'wally', organization: team };
export const lead: Actor = { id: 'lead-marijke', name: 'Marijke Hoekzema', role: 'team-lead', organization: team };
export const his: Actor = {
  id: 'his-de-brink',
  name: 'his-de-brink',
  role: 'practice-system',
  organization: 'de-brink',
};

const concept = (system: string, code: string) => ({ coding: [{ system, code }] });
const because = (code: string) => ({ statusReason: concept(codeSystems.statusReason, code) });
const put = (journey: Journey, change: Partial<Task>): Request => ({
  method: 'PUT',
  path: `/Task/${journey.task.resource.id}`,
  body: { ...journey.task.resource, ...change },
  of: journey.task,
});
const patch = (journey: Journey, body: object[]): Request => ({ ...put(journey, {}), method: 'PATCH', body });
const move =
  (name: string, more: NonNullable<Parameters['parameter']> = []) =>
  (journey: Journey): Request => ({
    method: 'POST',
    path: `/Task/${journey.task.resource.id}/$move`,
    body: { resourceType: 'Parameters', parameter: [{ name: 'move', valueCode: name }, ...more] },
    of: journey.task,
  });
const by = (who: Actor) => ({ name: 'by', valueReference: { reference: `PractitionerRole/${who.id}` } });
const create = (body: Resource): Request => ({ method: 'POST', path: `/${body.resourceType}`, body });

export const letter = (journey: Journey, category: string, change: Partial<Communication> = {}): Communication => ({
  resourceType: 'Communication',
  status: 'completed',
  category: [concept(codeSystems.communicationCategory, category)],
  subject: { reference: `Patient/${journey.patient.resource.id}` },
  about: [{ reference: `Task/${journey.task.resource.id}` }],
  sender: { reference: `PractitionerRole/${sanne.id}` },
  payload: [{ contentString: 'Wij spraken elkaar.' }],
  ...change,
});
export const agreed = { url: extensions.residentAgreed, valueBoolean: true };
export const outcome = (lifeArea: string, code: string) => ({
  url: extensions.lifeAreaOutcome,
  extension: [
    { url: 'lifeArea', valueCoding: { system: codeSystems.lifeArea, code: lifeArea } },
    { url: 'outcome', valueCoding: { system: codeSystems.outcome, code } },
  ],
});
export const feedback = (journey: Journey, isFinal: boolean, change: Partial<Communication> = {}): Communication =>
  letter(journey, isFinal ? 'feedback-final' : 'feedback-interim', {
    extension: [agreed, ...(isFinal ? [outcome('loneliness', 'led-on'), outcome('meaning', 'helped')] : [])],
    payload: [{ contentString: 'Wij spraken elkaar.' }, { contentString: 'Elke week naar de eettafel.' }],
    ...change,
  });

/** The same report as a page reads it. */
const reported = (final: boolean) =>
  answerSchema.parse({
    final,
    contact: 'none',
    firstLine: 'Wij spraken elkaar.',
    plan: 'Elke week naar de eettafel.',
    outcomes: final
      ? [
          { lifeArea: 'loneliness', outcome: 'led-on' },
          { lifeArea: 'meaning', outcome: 'helped' },
        ]
      : [],
    residentAgreed: true,
  });

export const appointmentOf = (journey: Journey, change: Partial<Appointment> = {}): Appointment => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-11-25T10:00:00.000Z',
  end: '2026-11-25T11:00:00.000Z',
  comment: 'Buurthuis',
  basedOn: [{ reference: `ServiceRequest/${journey.serviceRequest.resource.id}` }],
  participant: [
    { actor: { reference: `Patient/${journey.patient.resource.id}` }, status: 'accepted' },
    { actor: { reference: `PractitionerRole/${sanne.id}` }, status: 'accepted' },
  ],
  ...change,
});
const slot = { at: '2026-11-25T10:00:00.000Z', until: '2026-11-25T11:00:00.000Z', place: 'Buurthuis' };
const booked = (journey: Journey) => {
  const [one] = journey.appointments;
  if (!one) throw new Error('no appointment');
  return one;
};
const changeBooked = (journey: Journey, change: Partial<Appointment>): Request => ({
  method: 'PUT',
  path: `/Appointment/${booked(journey).resource.id}`,
  body: { ...booked(journey).resource, ...change },
  of: booked(journey),
});
const beside = (
  one: { resource: Task & { id: string }; version: number } | undefined,
  change: Partial<Task>,
): Request => {
  if (!one) throw new Error('no such Task');
  return { method: 'PUT', path: `/Task/${one.resource.id}`, body: { ...one.resource, ...change }, of: one };
};

const noted = (what: string, time: string, text: string) => ({
  type: concept(codeSystems.taskOutput, what),
  valueAnnotation: { time, text },
});
const half = '2026-11-23T08:30:00Z';
const proposed = (who: Actor) => ({
  extension: [{ url: extensions.proposedOwner, valueReference: { reference: `PractitionerRole/${who.id}` } }],
});

const accepted: Before = [sanne, accept];
const started: Before = [sanne, (journey, acting) => contactMade(journey, half, acting)];
const offered: Before = [sanne, (journey, acting) => offer(journey, karim.id, acting)];
const appointed: Before = [sanne, (journey, acting) => appoint(journey, slot, acting)];
const asked: Before = [sanne, (journey, acting) => ask(journey, { text: 'Is er een sleutel?' }, acting)];
const rested: Before = [sanne, (journey, acting) => hold(journey, { why: 'time', until: '2026-12-10' }, acting)];
const stopAsked: Before = [his, (journey, acting) => askToStop(journey, 'Opgenomen', acting)];
const forwarded: Before = [sanne, (journey, acting) => referOn(journey, onward, acting)];
const tries: readonly Before[] = [0, 29, 48].map((hours) => [
  sanne,
  (journey, acting) => attempt(journey, { way: 'phone' }, acting),
  hours,
]);
const substituted: Before = [
  theLine,
  (journey, acting) => {
    const away = { from: '2026-11-23', until: '2026-11-23' };
    const roles = new Map(acting.directory.roles);
    const role = roles.get(sanne.id);
    if (role) roles.set(sanne.id, { ...role, absences: [away] as unknown as typeof role.absences });
    return actForAbsent(journey, { ...acting, directory: { ...acting.directory, roles } });
  },
];
const text = (name: string, valueString: string) => ({ name, valueString });

/** Every row of the life of a Task that a system may make. */
export const rows: readonly Row[] = [
  {
    move: 'open',
    how: 'PUT Task received',
    token: sanneToken,
    send: (j) => put(j, { status: 'received' }),
    who: sanne,
    page: seen,
  },
  {
    move: 'accept',
    how: 'PUT Task accepted',
    token: teamToken,
    send: (j) => put(j, { status: 'accepted' }),
    who: sanne,
    page: (j, a) => accept(j, a),
  },
  {
    move: 'accept',
    how: '$move by the team lead, with a reason',
    token: teamToken,
    send: move('accept', [by(lead), text('deviating', 'Sanne is ziek')]),
    who: lead,
    page: (j, a) => accept(j, a, 'Sanne is ziek'),
  },
  {
    move: 'decline',
    how: 'PUT Task rejected',
    token: teamToken,
    send: (j) => put(j, { status: 'rejected', ...because('duplicate'), note: [{ text: 'Bel de buurtsportcoach' }] }),
    who: sanne,
    page: (j, a) => decline(j, { reason: 'duplicate', proposal: 'Bel de buurtsportcoach' }, a),
  },
  {
    move: 'attempt',
    how: 'PUT Task with an output',
    before: [accepted],
    token: teamToken,
    send: (j) => put(j, { status: 'in-progress', output: [noted('contact-attempt', half, 'phone')] }),
    who: sanne,
    page: (j, a) => attempt(j, { way: 'phone', at: half }, a),
  },
  {
    move: 'contact',
    how: 'PATCH Task',
    before: [accepted],
    token: teamToken,
    send: (j) =>
      patch(j, [
        { op: 'test', path: '/status', value: 'accepted' },
        { op: 'add', path: '/output', value: [noted('contact', half, 'contact')] },
      ]),
    who: sanne,
    page: (j, a) => contactMade(j, half, a),
  },
  {
    move: 'appoint',
    how: 'POST Appointment',
    before: [accepted],
    token: teamToken,
    send: (j) => create(appointmentOf(j)),
    who: sanne,
    page: (j, a) => appoint(j, slot, a),
  },
  {
    move: 'appoint',
    how: 'PUT Appointment at another time',
    before: [accepted, appointed],
    token: sanneToken,
    send: (j) => changeBooked(j, { start: '2026-11-26T10:00:00.000Z', end: '2026-11-26T10:30:00.000Z' }),
    who: sanne,
    page: (j, a) =>
      appoint(
        j,
        { ...slot, at: '2026-11-26T10:00:00.000Z', until: '2026-11-26T10:30:00.000Z', moved: booked(j).resource.id },
        a,
      ),
  },
  {
    move: 'cancel-appointment',
    how: 'PUT Appointment cancelled',
    before: [accepted, appointed],
    token: teamToken,
    send: (j) => changeBooked(j, { status: 'cancelled' }),
    who: sanne,
    page: (j, a) => endAppointment(j, 'cancel-appointment', a),
  },
  {
    move: 'no-show',
    how: 'PATCH Appointment',
    before: [accepted, appointed],
    at: 72,
    token: teamToken,
    send: (j) => ({
      ...changeBooked(j, {}),
      method: 'PATCH',
      body: [{ op: 'replace', path: '/status', value: 'noshow' }],
    }),
    who: sanne,
    page: (j, a) => endAppointment(j, 'no-show', a),
  },
  {
    move: 'ask',
    how: 'POST Communication',
    before: [accepted],
    token: teamToken,
    send: (j) => create(letter(j, 'question', { payload: [{ contentString: 'Is er een sleutel?' }] })),
    who: sanne,
    page: (j, a) => ask(j, { text: 'Is er een sleutel?' }, a),
  },
  {
    move: 'answer',
    how: 'POST Communication of the practice',
    before: [accepted, asked],
    token: practiceToken,
    send: (j) =>
      create(
        letter(j, 'answer', {
          sender: { reference: 'Organization/de-brink' },
          payload: [{ contentString: 'Bij de buren.' }],
        }),
      ),
    who: his,
    page: (j, a) => answer(j, { text: 'Bij de buren.', by: 'practice' }, a),
  },
  {
    move: 'answer',
    how: 'POST Communication, as heard by telephone',
    before: [accepted, asked],
    token: teamToken,
    send: (j) => create(letter(j, 'answer', { payload: [{ contentString: 'Bij de buren.' }] })),
    who: sanne,
    page: (j, a) => answer(j, { text: 'Bij de buren.', by: 'phone' }, a),
  },
  {
    move: 'message',
    how: 'POST Communication of the practice, when nothing was asked',
    token: practiceToken,
    send: (j) =>
      create(
        letter(j, 'question', {
          sender: { reference: 'Organization/de-brink' },
          payload: [{ contentString: 'Hoe gaat het?' }],
        }),
      ),
    who: his,
    page: (j, a) => message(j, 'Hoe gaat het?', a),
  },
  {
    move: 'hold',
    how: 'PUT Task on-hold',
    before: [accepted],
    token: teamToken,
    send: (j) =>
      put(j, {
        status: 'on-hold',
        ...because('time'),
        restriction: {
          ...j.task.resource.restriction,
          period: { ...j.task.resource.restriction?.period, end: '2026-12-10' },
        },
      }),
    who: sanne,
    page: (j, a) => hold(j, { why: 'time', until: '2026-12-10' }, a),
  },
  {
    move: 'resume',
    how: 'PUT Task in-progress',
    before: [accepted, rested],
    token: teamToken,
    send: (j) => put(j, { status: 'in-progress' }),
    who: sanne,
    page: (j, a) => resume(j, a),
  },
  {
    move: 'refer-on',
    how: '$move',
    before: [accepted],
    token: teamToken,
    who: sanne,
    page: (j, a) => referOn(j, onward, a),
    send: move('refer-on', [
      by(sanne),
      { name: 'organization', valueReference: { reference: `Organization/${onward.organization}` } },
      text('question', onward.question),
      { name: 'lifeAreas', valueCode: 'debts' },
      {
        name: 'consent',
        part: [
          { name: 'by', valueCode: 'resident' },
          { name: 'how', valueCode: 'spoken' },
          { name: 'on', valueDate: '2026-11-23' },
        ],
      },
    ]),
  },
  {
    move: 'renew-consent',
    how: '$move',
    before: [accepted],
    token: teamToken,
    who: sanne,
    page: (j, a) => renewConsent(j, { consent: { by: 'resident', how: 'spoken', on: '2026-11-23' } }, a),
    send: move('renew-consent', [
      by(sanne),
      {
        name: 'consent',
        part: [
          { name: 'by', valueCode: 'resident' },
          { name: 'how', valueCode: 'spoken' },
          { name: 'on', valueDate: '2026-11-23' },
        ],
      },
    ]),
  },
  {
    move: 'hear-onward',
    how: 'PUT Task of the other organisation',
    before: [accepted, forwarded],
    token: teamToken,
    send: (j) => beside(j.children[0], { status: 'completed', statusReason: { text: 'De post is geordend.' } }),
    who: sanne,
    page: (j, a) =>
      hearOnward(j, { task: j.children[0]?.resource.id ?? '', outcome: 'helped', text: 'De post is geordend.' }, a),
  },
  {
    move: 'hear-onward',
    how: 'PUT Task of the other organisation in-progress: an interim message',
    before: [accepted, forwarded],
    token: teamToken,
    send: (j) => beside(j.children[0], { status: 'in-progress', statusReason: { text: 'De helft is geordend.' } }),
    who: sanne,
    page: (j, a) =>
      hearOnward(j, { task: j.children[0]?.resource.id ?? '', outcome: 'interim', text: 'De helft is geordend.' }, a),
  },
  {
    move: 'set-lead',
    how: '$move to the practice',
    before: [accepted, started],
    token: sanneToken,
    send: move('set-lead', [text('to', 'practice')]),
    who: sanne,
    page: (j, a) => setLead(j, 'practice', a),
  },
  {
    move: 'report',
    how: 'POST Communication feedback-interim',
    before: [accepted],
    token: teamToken,
    send: (j) => create(feedback(j, false)),
    who: sanne,
    page: (j, a) => report(j, reported(false), a),
  },
  {
    move: 'close',
    how: 'POST Communication feedback-final',
    before: [accepted, started],
    token: sanneToken,
    send: (j) => create(feedback(j, true)),
    who: sanne,
    page: (j, a) => report(j, reported(true), a),
  },
  {
    move: 'close',
    how: 'PUT Task completed, with the letter and an outcome per life area',
    before: [accepted, started],
    token: teamToken,
    send: (j) =>
      put(j, {
        status: 'completed',
        contained: [{ ...feedback(j, true, { extension: [agreed] }), id: 'letter' }],
        output: [
          ...(j.task.resource.output ?? []),
          { type: concept(codeSystems.taskOutput, 'feedback'), valueReference: { reference: '#letter' } },
          {
            type: concept(codeSystems.lifeArea, 'loneliness'),
            valueCodeableConcept: concept(codeSystems.outcome, 'led-on'),
          },
          {
            type: concept(codeSystems.lifeArea, 'meaning'),
            valueCodeableConcept: concept(codeSystems.outcome, 'helped'),
          },
        ],
      }),
    who: sanne,
    page: (j, a) => report(j, reported(true), a),
  },
  {
    move: 'give-up',
    how: 'PUT Task failed',
    before: [accepted, ...tries],
    at: 48,
    token: teamToken,
    send: (j) => put(j, { status: 'failed' }),
    who: sanne,
    page: (j, a) => giveUp(j, a),
  },
  {
    move: 'offer',
    how: 'PUT Task with the colleague in an extension',
    token: teamToken,
    send: (j) => put(j, proposed(karim)),
    who: sanne,
    page: (j, a) => offer(j, karim.id, a),
  },
  {
    move: 'refuse-offer',
    how: 'PATCH Task',
    before: [offered],
    token: teamToken,
    send: (j) => patch(j, [{ op: 'remove', path: '/extension' }]),
    who: karim,
    page: refuseOffer,
  },
  {
    move: 'take-over',
    how: 'PUT Task with the new owner, not accepted yet',
    before: [offered],
    token: teamToken,
    send: (j) => put(j, { owner: { reference: 'PractitionerRole/wally-karim' } }),
    who: karim,
    page: takeOver,
  },
  {
    move: 'take-over',
    how: 'PUT Task with the new owner',
    before: [accepted, offered],
    token: teamToken,
    send: (j) => put(j, { owner: { reference: 'PractitionerRole/wally-karim' } }),
    who: karim,
    page: takeOver,
  },
  {
    move: 'reassign',
    how: '$move by the team lead, not accepted yet',
    token: teamToken,
    send: move('reassign', [by(lead), { name: 'to', valueReference: { reference: 'PractitionerRole/wally-karim' } }]),
    who: lead,
    page: (j, a) => assignTo(j, karim.id, a),
  },
  {
    move: 'reassign',
    how: '$move by the team lead',
    before: [accepted],
    token: teamToken,
    send: move('reassign', [by(lead), text('to', karim.id)]),
    who: lead,
    page: (j, a) => assignTo(j, karim.id, a),
  },
  {
    move: 'too-close',
    how: '$move, not accepted yet',
    token: sanneToken,
    send: move('too-close'),
    who: sanne,
    page: tooClose,
  },
  {
    move: 'too-close',
    how: '$move',
    before: [accepted],
    token: teamToken,
    send: move('too-close', [by(sanne)]),
    who: sanne,
    page: tooClose,
  },
  {
    move: 'too-close',
    how: '$move by whom it was offered to',
    before: [accepted, offered],
    token: teamToken,
    send: move('too-close', [by(karim)]),
    who: karim,
    page: tooClose,
  },
  {
    move: 'resume-own',
    how: 'PUT Task with the fixed Wally as owner',
    before: [accepted, substituted],
    token: sanneToken,
    send: (j) => put(j, { owner: { reference: 'PractitionerRole/wally-sanne' } }),
    who: sanne,
    page: resumeOwn,
  },
  {
    move: 'withdraw',
    how: 'PATCH Task cancelled',
    token: practiceToken,
    send: (j) => patch(j, [{ op: 'replace', path: '/status', value: 'cancelled' }]),
    who: his,
    page: (j, a) => takeBack(j, 'withdraw', a),
  },
  {
    move: 'ask-to-stop',
    how: 'POST Task abort',
    before: [accepted, started],
    token: practiceToken,
    send: (j) =>
      create({
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        code: concept(codeSystems.taskCode, 'abort'),
        focus: { reference: `Task/${j.task.resource.id}` },
        reasonCode: { text: 'Opgenomen' },
      }),
    who: his,
    page: (j, a) => askToStop(j, 'Opgenomen', a),
  },
  {
    move: 'agree-to-stop',
    how: 'PUT Task abort accepted',
    before: [accepted, started, stopAsked],
    token: teamToken,
    send: (j) => beside(j.requests[0], { status: 'accepted' }),
    who: sanne,
    page: (j, a) => agreeToStop(j, '', a),
  },
  {
    move: 'refuse-to-stop',
    how: 'PUT Task abort rejected',
    before: [accepted, started, stopAsked],
    token: teamToken,
    send: (j) => beside(j.requests[0], { status: 'rejected', statusReason: { text: 'De inwoner wil door' } }),
    who: sanne,
    page: (j, a) => refuseToStop(j, 'De inwoner wil door', a),
  },
  {
    move: 'enter-in-error',
    how: 'PUT Task by the practice',
    before: [accepted],
    token: practiceToken,
    send: (j) => put(j, { status: 'entered-in-error', statusReason: { text: 'Andere persoon' } }),
    who: his,
    page: (j, a) => recall(j, 'Andere persoon', a),
  },
  {
    move: 'enter-in-error',
    how: '$move by the team lead',
    before: [accepted],
    token: teamToken,
    send: move('enter-in-error', [by(lead), text('reason', 'Andere persoon')]),
    who: lead,
    page: (j, a) => recall(j, 'Andere persoon', a),
  },
  {
    move: 'end',
    how: 'PUT Task cancelled, deceased',
    before: [accepted],
    token: teamToken,
    send: (j) => put(j, { status: 'cancelled', ...because('deceased') }),
    who: sanne,
    page: (j, a) => end(j, 'deceased', a),
  },
  {
    move: 'end',
    how: 'PUT Task by the practice, consent withdrawn',
    before: [accepted],
    token: practiceToken,
    send: (j) => put(j, { status: 'cancelled', ...because('consent-withdrawn') }),
    who: his,
    page: (j, a) => end(j, 'consent-withdrawn', a),
  },
  {
    move: 'confirm',
    how: '$move',
    token: practiceToken,
    send: move('confirm'),
    who: his,
    page: confirm,
  },
];
