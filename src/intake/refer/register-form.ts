import { register } from '../../feedback/register.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Log } from '../../log.ts';
import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory, Practice, Role } from '../../referral/directory/directory.ts';
import { type Journey, journeyFrom } from '../../referral/journey.ts';
import type { Answer } from '../../referral/receive.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { secondLook } from '../../referral/second-look.ts';
import { readFirstAnswer } from '../../store/referrals.ts';
import { answerAtOnce } from '../accept.ts';
import { type Accepting, type Arriving, keyOf } from '../arriving.ts';
import { type FormFields, formFields, readForm } from './fields.ts';

export interface RegisterDoor extends Accepting {
  readonly publicUrl: string;
  readonly log: Log;
}

const door = 'register-form';
const triesMax = 4;

/** The practices for which a Wally may write down a referral: those that her team serves. */
export function practicesOf(directory: Directory, actor: Actor): Practice[] {
  return [...directory.practices.values()].filter(
    ({ service }) => service !== undefined && service.team === actor.organization,
  );
}

/** Who may have called for a practice: its GPs, POHs and assistants. */
export function callersOf(directory: Directory, practice: string): Role[] {
  return [...directory.roles.values()].filter((role) => role.organization === practice);
}

/** The form's fields and its two own: for which practice, and who called. */
export function registerFields(body: unknown): FormFields {
  const own = (name: string) => {
    const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
    return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value) ? value : '';
  };
  return { ...formFields(body), caller: own('caller') };
}

const said: Said = {
  nl: 'Kies wie er belde. Die persoon hoort bij een praktijk van uw team.',
  en: 'Choose who called. That person belongs to a practice of your team.',
};

function arriving(
  parts: RegisterDoor,
  actor: Actor,
  fields: FormFields,
  directory: Directory,
): (Arriving & { readonly mapped: { readonly intent: 'refer' } }) | Refusal {
  const caller = directory.roles.get(fields.caller ?? '');
  const practice = practicesOf(directory, actor).find((one) => one.id === caller?.organization);
  const who = { ...actor, name: caller?.name ?? '' };
  const mapped = readForm(fields, {
    actor: who,
    now: parts.store.clock(),
    publicUrl: parts.publicUrl,
    ...(caller?.agb && { agb: caller.agb }),
  });
  const issues = [
    ...(caller && practice ? [] : [issue('value', 'form-caller', 'caller', said)]),
    ...(isRefusal(mapped) ? mapped.refused : []),
  ];
  if (!caller || !practice || isRefusal(mapped) || mapped.intent !== 'refer') return refuse(...issues);
  const typed = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
  return {
    practice: practice.id,
    application: door,
    actor,
    door,
    controlId: fields.form ?? '',
    messageType: door,
    mapped: { ...mapped, intent: 'refer' },
    source: { contentType: 'application/json', base64: Buffer.from(JSON.stringify(typed)).toString('base64') },
    // Whoever registers sees what it came to first; what is wrong after that, the practice calls back.
    undoMs: 0,
  };
}

type Decided = { readonly found: Arriving } & Exclude<ReturnType<typeof register>, Refusal>;

function decided(parts: RegisterDoor, actor: Actor, fields: FormFields, directory: Directory): Decided | Refusal {
  const found = arriving(parts, actor, fields, directory);
  if (isRefusal(found)) return found;
  const { mapped, practice, source, undoMs } = found;
  if (!('referral' in mapped)) throw new Error('a form that is no referral');
  const { practiceReferralId: _number, ...key } = keyOf(found);
  const made = register(
    {
      practice,
      actor,
      referral: mapped.referral,
      losses: mapped.losses,
      places: mapped.places,
      arrival: { ...key, door, intent: 'refer' },
      source,
      undoMs,
    },
    { actor, directory, now: parts.store.clock(), newId: parts.store.newId },
  );
  return isRefusal(made) ? made : { found, ...made };
}

/** A referral as it would be, for the preview; nothing of it is kept. */
export interface RegisterDraft {
  readonly journey: Journey;
  readonly answer: Answer;
  readonly looks: readonly Said[];
}

export async function draftRegistration(
  parts: RegisterDoor,
  actor: Actor,
  fields: FormFields,
): Promise<RegisterDraft | Refusal> {
  const made = decided(parts, actor, fields, await parts.directory());
  if (isRefusal(made)) return made;
  const { change, answer, found } = made;
  const journey = journeyFrom(found.practice, answer.journey, answer.ids.task, change.resources ?? []);
  if (!journey || !change.index || !('referral' in found.mapped)) throw new Error('a new referral without its parts');
  const looks = secondLook(found.mapped.referral, localDay(parts.store.clock()), undefined);
  return { journey: { ...journey, index: change.index }, answer, looks };
}

/** Writes it down for good: the same form with the same content gets the first answer again. */
export async function sendRegistration(
  parts: RegisterDoor,
  actor: Actor,
  fields: FormFields,
): Promise<Answer | Refusal> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const directory = await parts.directory();
    const made = decided(parts, actor, fields, directory);
    if (isRefusal(made)) return made;
    const { found, change, answer } = made;
    const { practice } = found;
    const first = await readFirstAnswer(parts.store, { practice }, keyOf(found));
    const known = answerAtOnce(found, first, directory);
    if (known && isRefusal(known)) return known;
    if (known && known.outcome !== 'kept') return known.answer;
    // The number is taken by another message of the practice: it sent this one itself.
    if (known || first) return refuse(refusals.conflict('number'));
    if ((await parts.store.commit(change)).ok) {
      parts.log.info('referral-registered', { door, practice, journey: answer.journey });
      return answer;
    }
  }
  return refuse(refusals.busy());
}
