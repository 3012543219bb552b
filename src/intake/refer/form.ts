import type { Said } from '../../fhir/outcome.ts';
import type { Log } from '../../log.ts';
import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { MappedReferral } from '../../referral/format.ts';
import type { Journey } from '../../referral/journey.ts';
import { type Answer, receive } from '../../referral/receive.ts';
import { referralHash } from '../../referral/referral.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { secondLook } from '../../referral/second-look.ts';
import { bindLaunch } from '../../store/access/launches.ts';
import { readFirstAnswer } from '../../store/referrals.ts';
import { acceptMessage } from '../accept.ts';
import { agendaOf } from '../agenda.ts';
import type { Accepting, Arriving } from '../arriving.ts';
import { type FormFields, readForm } from './fields.ts';

export interface ReferFormDoor extends Accepting {
  readonly publicUrl: string;
  readonly log: Log;
}

const door = 'refer-form';
/** Time to take it back before anything is delivered (H3). */
const undoMs = 120_000;

function arriving(
  parts: ReferFormDoor,
  actor: Actor,
  fields: FormFields,
  directory: Directory,
): Arriving<MappedReferral> | Refusal {
  const practice = actor.organization ?? '';
  const role = directory.roles.get(actor.id);
  const agb = role?.organization === practice ? role.agb : undefined;
  const mapped = readForm(fields, { actor, now: parts.store.clock(), publicUrl: parts.publicUrl, ...(agb && { agb }) });
  if (isRefusal(mapped)) return mapped;
  // What only helped to fill in the form is no part of the message that is kept.
  const typed = Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== '' && name !== 'launch' && name !== 'knownIcpc'),
  );
  return {
    practice,
    application: door,
    actor,
    door,
    controlId: fields.form ?? '',
    messageType: door,
    mapped,
    source: { contentType: 'application/json', base64: Buffer.from(JSON.stringify(typed)).toString('base64') },
    undoMs,
    printsSlip: true,
    ...(fields.slot && { slot: fields.slot }),
  };
}

/** A referral as it would be, decided but not committed: what the preview shows. */
export interface Draft {
  readonly journey: Journey;
  readonly answer: Answer;
  /** Questions to the sender; none of them stops anything. */
  readonly looks: readonly Said[];
}

/** Decides on the form without keeping anything, so that the preview shows exactly what sending would make of it. */
export async function draftReferral(parts: ReferFormDoor, actor: Actor, fields: FormFields): Promise<Draft | Refusal> {
  const directory = await parts.directory();
  const found = arriving(parts, actor, fields, directory);
  if (isRefusal(found)) return found;
  const { practice, mapped } = found;
  const now = parts.store.clock();
  const arrival = {
    application: door,
    controlId: found.controlId,
    messageType: door,
    intent: 'refer' as const,
    door,
    hash: referralHash(mapped.referral),
  };
  const { slot, source } = found;
  const agenda = slot ? await agendaOf(parts.store, directory, practice, slot) : undefined;
  const decided = receive(
    { ...mapped, practice, actor, arrival, source, undoMs, ...(slot && { slot }) },
    { directory, now, newId: parts.store.newId, ...(agenda && { agenda }) },
  );
  if (isRefusal(decided)) return decided;
  const { change, resources, answer, appointment } = decided;
  if (!change.index) throw new Error('a new referral without its index');
  const first = <T>(resource: T) => ({ resource, version: 1 });
  const known =
    fields.knownFamily && fields.knownBirthDate
      ? { family: fields.knownFamily, birthDate: fields.knownBirthDate }
      : undefined;
  return {
    journey: {
      practice,
      id: answer.journey,
      index: change.index,
      patient: first(resources.patient),
      consent: first(resources.consent),
      serviceRequest: first(resources.serviceRequest),
      task: first(resources.task),
      communications: [],
      appointments: appointment ? [first(appointment)] : [],
      requests: [],
      children: [],
      childRequests: [],
      letters: resources.letters.map((one) => first(one.reference)),
    },
    answer,
    looks: secondLook(mapped.referral, localDay(now), known),
  };
}

/** A note goes into the record of the launch, once nothing can be taken back. The referral is committed, come what may. */
async function noteLater(parts: ReferFormDoor, practice: string, launch: string, journey: string): Promise<void> {
  const dueAt = new Date(parts.store.clock().getTime() + undoMs);
  await bindLaunch(parts.store, practice, launch, journey, dueAt).catch((error: unknown) =>
    parts.log.bug('launch-note', error, { practice, journey }),
  );
}

/** Sends the form: the same form with the same content gets the first answer again, however often it comes. */
export async function sendForm(parts: ReferFormDoor, actor: Actor, fields: FormFields): Promise<Answer | Refusal> {
  const found = arriving(parts, actor, fields, await parts.directory());
  if (isRefusal(found)) return found;
  const accepted = await acceptMessage(parts, found);
  const { practice } = found;
  if (isRefusal(accepted)) {
    parts.log.info('referral-refused', { door, practice, code: accepted.refused[0]?.reason ?? '' });
    return accepted;
  }
  if (accepted.outcome === 'kept') throw new Error('a form that is no referral');
  const { answer, outcome } = accepted;
  if (fields.launch) await noteLater(parts, practice, fields.launch, answer.journey);
  parts.log.info('referral-accepted', { door, practice, journey: answer.journey, outcome });
  return answer;
}

/** The referral that this very form was sent as before; undefined when it was not. */
export async function sentEarlier(parts: ReferFormDoor, actor: Actor, fields: FormFields): Promise<Answer | undefined> {
  const key = {
    application: door,
    controlId: fields.form ?? '',
    messageType: door,
    practiceReferralId: '',
    hash: new Uint8Array(),
  };
  const first = await readFirstAnswer(parts.store, { practice: actor.organization ?? '' }, key);
  return first && 'answer' in first ? first.answer : undefined;
}
