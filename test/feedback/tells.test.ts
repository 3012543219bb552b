import { expect, test } from 'vitest';
import { confirm } from '../../src/feedback/confirm.ts';
import { appoint, attempt, contactMade, endAppointment } from '../../src/feedback/contact.ts';
import { decline, end, giveUp, recall } from '../../src/feedback/ending.ts';
import { actForAbsent, offer, refuseOffer, resumeOwn, rolesNamed, takeOver } from '../../src/feedback/handover.ts';
import { askToStop } from '../../src/feedback/later.ts';
import { setLead } from '../../src/feedback/lead.ts';
import { type Acting, accept, seen } from '../../src/feedback/moves.ts';
import { hearOnward, referOn } from '../../src/feedback/onward.ts';
import { answer, ask } from '../../src/feedback/question.ts';
import { assignTo, reassignByPresence } from '../../src/feedback/reassign.ts';
import { renewConsent } from '../../src/feedback/renew-consent.ts';
import { report } from '../../src/feedback/report.ts';
import { hold, resume } from '../../src/feedback/rest.ts';
import { agreeToStop, refuseToStop } from '../../src/feedback/stop.ts';
import { takeBack } from '../../src/feedback/take-back.ts';
import { tooClose } from '../../src/feedback/too-close.ts';
import { extensions } from '../../src/fhir/systems.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Journey } from '../../src/referral/journey.ts';
import type { Move, Status, Transition, Who } from '../../src/referral/lifecycle/row.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import type { Refusal } from '../../src/referral/refusal.ts';
import { noted } from '../../src/referral/task-output.ts';
import { notRefused } from '../doubles/made.ts';
import { accepted, answerOf, gp, karim, marijke, monday, sanne, theLine } from './journeys.ts';
import { elsewhere, onward, regionToo } from './onward-region.ts';

const thursday = '2026-11-26T09:00:00.000Z';
const his: Actor = { id: 'his', name: 'his', role: 'practice-system', organization: 'de-brink' };

/** Everything that a condition of the table may ask for is so at once. */
const played = accepted();
played.move(sanne, (journey, acting) => contactMade(journey, monday, acting));
played.move(sanne, (journey, acting) => appoint(journey, { at: '2026-11-24T09:00:00.000Z' }, acting));
played.move(sanne, (journey, acting) => ask(journey, { text: 'Is er een mantelzorger?' }, acting));
played.move(sanne, (journey, acting) => referOn(journey, onward, regionToo(acting)));
played.move(gp, (journey, acting) => askToStop(journey, 'Het is opgelost.', acting));
const full = played.journey();

function journeyFor({ move }: Transition, from: Status, by: Who): Journey {
  const proposed = move === 'offer' ? {} : { proposedOwner: by === 'acted-for' ? 'wally-joost' : 'wally-karim' };
  const isActedFor = by === 'acted-for';
  const owner = isActedFor ? 'wally-karim' : 'wally-sanne';
  const { resource: task } = full.task;
  const attempts = ['2026-11-23T08:00', '2026-11-24T14:00', '2026-11-25T08:00'].map((at) =>
    noted('contact-attempt', `${at}:00Z`, 'phone'),
  );
  const request = full.serviceRequest.resource;
  return {
    ...full,
    task: {
      ...full.task,
      resource: {
        ...task,
        status: from,
        owner: { reference: `PractitionerRole/${owner}` },
        output: [...(task.output ?? []), ...attempts],
        extension: rolesNamed(task, { ...proposed, ...(isActedFor && { actingFor: 'wally-sanne' }) }) ?? [],
      },
    },
    serviceRequest: {
      ...full.serviceRequest,
      resource: {
        ...request,
        extension: [...(request.extension ?? []), { url: extensions.unconfirmed, valueBoolean: true }],
      },
    },
    children: full.children.map((one) => ({
      ...one,
      resource: { ...one.resource, status: move === 'close' ? 'completed' : 'requested' },
    })),
    index: {
      ...full.index,
      taskStatus: from,
      owner,
      actingFor: isActedFor ? 'wally-sanne' : null,
      undoUntil: move === 'undo' ? '2026-11-26T09:01:00.000Z' : null,
    },
  };
}

/** Each move of the table, by the decider that makes it. */
const deciders: Record<Move, (journey: Journey, acting: Acting) => Change | Refusal | undefined> = {
  open: seen,
  accept,
  decline: (journey, acting) => decline(journey, { reason: 'duplicate' }, acting),
  attempt: (journey, acting) => attempt(journey, { way: 'phone' }, acting),
  contact: (journey, acting) => contactMade(journey, thursday, acting),
  appoint: (journey, acting) => appoint(journey, { at: '2026-11-27T09:00:00.000Z' }, acting),
  'cancel-appointment': (journey, acting) => endAppointment(journey, 'cancel-appointment', acting),
  'no-show': (journey, acting) => endAppointment(journey, 'no-show', acting),
  ask: (journey, acting) => ask(journey, { text: 'Klopt het nummer?' }, acting),
  answer: (journey, acting) => answer(journey, { text: 'Ja.', by: 'practice' }, acting),
  hold: (journey, acting) => hold(journey, { why: 'time', until: '2026-12-10' }, acting),
  resume,
  offer: (journey, acting) => offer(journey, 'wally-karim', acting),
  'refuse-offer': refuseOffer,
  'take-over': takeOver,
  reassign: (journey, acting) =>
    acting.actor.role === 'line' ? reassignByPresence(journey, acting) : assignTo(journey, 'wally-karim', acting),
  'too-close': tooClose,
  act: actForAbsent,
  'resume-own': resumeOwn,
  'refer-on': (journey, acting) => referOn(journey, onward, regionToo(acting)),
  'renew-consent': (journey, acting) =>
    renewConsent(journey, { consent: { by: 'representative', how: 'spoken', on: '2026-11-26' } }, acting),
  'hear-onward': (journey, acting) =>
    hearOnward(journey, { task: journey.children[0]?.resource.id ?? '', outcome: 'helped' }, acting),
  'set-lead': (journey, acting) => setLead(journey, 'practice', acting),
  report: (journey, acting) => report(journey, answerOf({ final: false }), acting),
  close: (journey, acting) => report(journey, answerOf(), acting),
  'give-up': giveUp,
  undo: (journey, acting) => takeBack(journey, 'undo', acting),
  withdraw: (journey, acting) => takeBack(journey, 'withdraw', acting),
  'ask-to-stop': (journey, acting) => askToStop(journey, 'Het is opgelost.', acting),
  'agree-to-stop': (journey, acting) => agreeToStop(journey, 'Zo besproken.', acting),
  'refuse-to-stop': (journey, acting) => refuseToStop(journey, 'De inwoner wil door.', acting),
  'enter-in-error': (journey, acting) => recall(journey, 'Verkeerde persoon.', acting),
  end: (journey, acting) => end(journey, 'moved', acting),
  confirm,
};

const actors: Partial<Record<Who, Actor>> = {
  owner: sanne,
  proposed: karim,
  'acted-for': sanne,
  practice: gp,
  'practice-system': his,
  'team-lead': marijke,
  organisation: { id: 'link-1', name: 'Budgetcoaches', role: 'organisation', organization: elsewhere },
  resident: { id: 'resident', name: '', role: 'resident' },
  line: theLine,
};

/** Whom the row names, as the outbox names them; nobody is told of what they did themselves. */
function named(row: Transition, before: Journey, change: Change, actor: Actor): string[] {
  const byPractice = actor.organization === 'de-brink';
  const next = row.move === 'offer' ? change.index?.proposed : change.index?.owner;
  const who = {
    practice: byPractice ? null : 'feedback de-brink',
    owner: `notify ${before.index.owner}`,
    'former-owner': `notify ${before.index.owner}`,
    'next-owner': `notify ${next}`,
    'team-lead': 'notify lead-marijke',
    // No mailbox of its own: what it reads is its Task, looked at below.
    organisation: null,
  };
  return row.tells.flatMap((one) => who[one] ?? []).filter((one) => one !== `notify ${actor.id}`);
}

const each = TRANSITIONS.flatMap((row) =>
  row.from.flatMap((from) => row.by.map((by) => [row.move, from, by, row] as const)),
);

test.each(each)('%s from %s by %s tells whom the table names, and nobody else', (move, from, by, row) => {
  const actor = actors[by];
  if (!actor) throw new Error(`nobody plays ${by}`);
  const before = journeyFor(row, from, by);
  const isAway = by === 'line' && (move === 'reassign' || move === 'act');
  const absences = isAway || move === 'act' ? { 'wally-sanne': [{ from: '2026-11-20' }] } : {};
  const made = deciders[move](before, played.acting(actor, thursday, absences));
  if (!made) throw new Error('nothing was decided');
  const change = notRefused(made);
  const told = (change.outbox ?? []).filter((one) => one.kind !== 'worklist');
  expect(told.map((one) => `${one.kind} ${one.recipient}`).toSorted()).toEqual(
    named(row, before, change, actor).toSorted(),
  );
  if (row.tells.includes('organisation')) {
    const tasks = (change.resources ?? []).map((one) => one.resource);
    expect(tasks.some((one) => one.resourceType === 'Task' && one.partOf !== undefined)).toBe(true);
  }
});
