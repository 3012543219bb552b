import { deepEquals } from '@medplum/core';
import type { Appointment, Communication, Identifier, Reference } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { knownBy } from '../../feedback/named-move/again.ts';
import { moveFromAppointment } from '../../feedback/named-move/from-appointment.ts';
import { moveFromCommunication } from '../../feedback/named-move/from-communication.ts';
import { idIn } from '../../feedback/named-move/words.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { callerOf } from '../practice-key.ts';
import { otherVersion } from '../update.ts';
import { journeyBy, type Made, makeMove, type Wanted } from './move.ts';
import { patched, readPatch } from './patch.ts';
import { noSuch } from './reply.ts';
import { seenBy } from './seen.ts';
import { type FhirDoor, readBody } from './take.ts';
import { versionRead, versionRequired, wrongId } from './update.ts';

const aboutNothing = (path: string): Refusal =>
  refuse(
    issue('required', 'referral-missing', path, {
      nl: 'Zeg bij welke verwijzing dit hoort: verwijs naar haar Task of ServiceRequest.',
      en: 'Say which referral this belongs to: refer to its Task or ServiceRequest.',
    }),
  );

/** The journey that references name: every one that we know must be of the same one. */
async function journeyNamed(
  parts: FhirDoor,
  request: Request,
  references: readonly Reference[],
  path: string,
): Promise<string | Refusal> {
  const named = references.flatMap((one) =>
    (['Task', 'ServiceRequest'] as const).flatMap((type) => {
      const id = idIn(one, type);
      return id ? [{ type, id }] : [];
    }),
  );
  if (named.length === 0) return aboutNothing(path);
  const found = await Promise.all(
    named.slice(0, 5).map(({ type, id }) => journeyBy(parts, callerOf(request), type, id)),
  );
  const journeys = new Set(found.map((one) => one?.journey));
  const [journey] = journeys;
  return journeys.size === 1 && journey ? journey : noSuch();
}

/** Conditional create (FHIR R4 http.html#ccreate) by one of the identifiers that the resource itself has. */
function conditionIssue(request: Request, identifiers: readonly Identifier[] | undefined): Refusal | undefined {
  const asked = request.get('if-none-exist');
  if (asked === undefined) return undefined;
  const query = new URLSearchParams(asked.replace(/^[^?]*\?/, ''));
  const [, system = '', value = ''] = /^([^|]*)\|(.+)$/.exec(query.get('identifier') ?? '') ?? [];
  const isOwn = identifiers?.some((one) => (one.system ?? '') === system && one.value === value);
  if (isOwn && [...query.keys()].length === 1) return undefined;
  return refuse(
    issue('not-supported', 'condition', '', {
      nl: 'Noem als voorwaarde (If-None-Exist) precies één identifier die ook in het bericht staat.',
      en: 'Name as the condition (If-None-Exist) exactly one identifier that stands in the message too.',
    }),
  );
}

const otherContent = issue('conflict', 'same-number-other-content', 'Communication.identifier', {
  nl: 'Onder dit nummer hebben wij al een bericht met een andere inhoud. Gebruik een nieuw nummer.',
  en: 'We already have a message with this number and other content. Use a new number.',
});

/** Whether a message under a known number says what it said: its kind, and the first line where that was kept. */
function saysTheSame(sent: Communication, known: Communication): boolean {
  const kind = (one: Communication) => one.category?.[0]?.coding?.[0]?.code;
  const line = (one: Communication) => one.payload?.[0]?.contentString?.replaceAll(/\s+/g, ' ').trim();
  return (
    (kind(known) === 'answer' || kind(known) === 'practice-message' || kind(sent) === kind(known)) &&
    (line(sent) === line(known) || sent.extension?.some((one) => one.valueBoolean === false) === true)
  );
}

/** What a new message asks of a journey on a local day; under a number that is known it must say what it said. */
export function wantedByMessage(
  sent: Communication,
  now: Journey,
  side: 'practice' | 'team',
  day: string,
): Wanted | Refusal {
  const already = knownBy(now.communications, sent.identifier);
  if (already) return saysTheSame(sent, already.resource) ? { already } : refuse(otherContent);
  return moveFromCommunication(sent, now, side, day);
}

/** `POST Communication`: feedback or a question of the Wally; the practice's answer, or a few words of its own. */
export async function postCommunication(parts: FhirDoor, request: Request): Promise<Made | Refusal> {
  const read = readBody(request, { type: 'Communication' });
  if (isRefusal(read)) return read;
  const sent = read as Communication;
  const caller = callerOf(request);
  const condition = conditionIssue(request, sent.identifier);
  if (condition) return condition;
  const references = [...(sent.partOf ?? []), ...(sent.about ?? []), ...(sent.basedOn ?? [])];
  const journey = await journeyNamed(parts, request, references, 'Communication.about');
  if (isRefusal(journey)) return journey;
  return makeMove(parts, caller, journey, {
    type: 'Communication',
    interaction: 'create',
    identifiers: sent.identifier,
    read: (now) =>
      wantedByMessage(sent, now, caller.scope.kind === 'practice' ? 'practice' : 'team', localDay(parts.store.clock())),
  });
}

const sentAlready = (path: string) =>
  issue('conflict', 'sent-already', path, {
    nl: 'Dit bericht is al verstuurd en verandert niet meer. Stuur een nieuw bericht.',
    en: 'This message was sent already and changes no more. Send a new message.',
  });

/** `PUT Communication/<id>`: what was said stays as it was said; the same again is the same. */
export async function putCommunication(parts: FhirDoor, request: Request, id: string): Promise<Made | Refusal> {
  const sent = readBody(request, { type: 'Communication' });
  if (isRefusal(sent)) return sent;
  const caller = callerOf(request);
  const found = await journeyBy(parts, caller, 'Communication', id);
  if (!found) return noSuch();
  const wrong = wrongId(sent, id);
  if (wrong) return wrong;
  const version = versionRead(request, sent);
  if (version === undefined) return versionRequired();
  return makeMove(parts, caller, found.journey, {
    type: 'Communication',
    interaction: 'update',
    read: (now) => {
      const known = now.communications.find((one) => one.resource.id === id);
      if (!known) return noSuch();
      if (known.version !== version) return refuse(otherVersion);
      const [one, other] = [sent, known.resource] as unknown as Record<string, unknown>[];
      const changed = Object.keys(one ?? {}).filter((key) => key !== 'meta' && !deepEquals(one?.[key], other?.[key]));
      return changed.length === 0 ? 'nothing' : refuse(...changed.map((key) => sentAlready(`Communication.${key}`)));
    },
  });
}

/** `POST Appointment`: the Wally and the resident will meet. */
export async function postAppointment(parts: FhirDoor, request: Request): Promise<Made | Refusal> {
  const read = readBody(request, { type: 'Appointment' });
  if (isRefusal(read)) return read;
  const sent = read as Appointment;
  const condition = conditionIssue(request, sent.identifier);
  if (condition) return condition;
  const references = [...(sent.basedOn ?? []), ...(sent.supportingInformation ?? [])];
  const journey = await journeyNamed(parts, request, references, 'Appointment.basedOn');
  if (isRefusal(journey)) return journey;
  return makeMove(parts, callerOf(request), journey, {
    type: 'Appointment',
    interaction: 'create',
    identifiers: sent.identifier,
    read: (now) => {
      const already = knownBy(now.appointments, sent.identifier);
      return already ? { already } : moveFromAppointment(sent, undefined, now);
    },
  });
}

/** `PUT` and `PATCH Appointment/<id>`: it moves, is cancelled, or the resident did not come. */
export async function changeAppointment(parts: FhirDoor, request: Request, id: string): Promise<Made | Refusal> {
  const isPatch = request.method === 'PATCH';
  const read = isPatch ? readPatch(request) : readBody(request, { type: 'Appointment' });
  if (isRefusal(read)) return read;
  const found = await journeyBy(parts, callerOf(request), 'Appointment', id);
  if (!found) return noSuch();
  const whole = Array.isArray(read) ? undefined : (read as Appointment);
  const wrong = whole && wrongId(whole, id);
  if (wrong) return wrong;
  const version = versionRead(request, whole ?? { resourceType: 'Appointment', status: 'booked', participant: [] });
  if (version === undefined) return versionRequired();
  return makeMove(parts, callerOf(request), found.journey, {
    type: 'Appointment',
    interaction: isPatch ? 'patch' : 'update',
    read: async (now) => {
      const known = now.appointments.find((one) => one.resource.id === id);
      // A patch tells of what is there by what fits: of what its sender no longer sees it tells nothing.
      const { scope } = callerOf(request);
      const seen =
        known && isPatch ? await seenBy(parts, scope, [{ resource: known.resource, journey: now.id }]) : [known];
      if (!known || !seen[0]) return noSuch();
      const sent = whole ?? patched(known.resource, Array.isArray(read) ? read : []);
      if (isRefusal(sent)) return sent;
      const issues = whole ? [] : validateBaseR4(sent, 'Appointment').filter((one) => one.severity === 'error');
      if (issues.length > 0) return refuse(...issues);
      if (known.version === version) return moveFromAppointment(sent, known.resource, now, isPatch);
      return moveFromAppointment(sent, known.resource, now) === 'nothing' ? { already: known } : refuse(otherVersion);
    },
  });
}
