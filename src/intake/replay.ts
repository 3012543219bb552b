import type { Resource } from '@medplum/fhirtypes';
import { readInterchange } from '../edifact/interchange.ts';
import type { Issue } from '../fhir/outcome.ts';
import { mappingOf } from '../mapping/load.ts';
import { readMessage } from '../mapping/reading.ts';
import type { Mapping } from '../mapping/run.ts';
import type { Actor } from '../referral/actor.ts';
import { differences } from '../referral/directory/diff.ts';
import type { Mapped } from '../referral/format.ts';
import type { Loss } from '../referral/referral.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import { readFirstAnswer, readJourney } from '../store/referrals.ts';
import { acceptMessage, answerAtOnce, begin, isStanding, replacedKey } from './accept.ts';
import { type Accepted, type Accepting, type Arriving, keyOf } from './arriving.ts';
import { checked, type Expected, controlIdOf as fhirControlIdOf, knownEarlier } from './fhir/take.ts';
import { controlIdOf, mapFormat } from './format.ts';
import { decideJoin, outdated } from './join.ts';
import { ediContentType, mapInterchange } from './maildrop/maildrop.ts';
import { readDropped } from './maildrop/read.ts';
import { readEnvelope } from './mllp/answer.ts';
import { hl7ContentType, messageKeyOf, readReferral } from './mllp/mllp.ts';

export interface Replaying extends Accepting {
  readonly mappings: ReadonlyMap<string, Mapping>;
}

/** A message as it was kept: whose it is, at which door it came, and its bytes. */
export interface Kept {
  readonly practice: string;
  readonly application: string;
  readonly door: string;
  readonly body: Buffer;
}

/** What would become of a message now; nothing of it is stored. Codes and places only. */
export type Rehearsal =
  | { readonly refused: readonly Issue[] }
  | {
      readonly intent: Mapped['intent'];
      readonly losses: readonly Loss[];
      /** Places where the journey that it belongs to says something else; absent when it would begin one. */
      readonly differs?: readonly string[];
      readonly isKnown: boolean;
    };

const utf8 = new TextDecoder('utf-8', { fatal: true });

const gone = refuse(
  issue('not-supported', 'door-gone', '', {
    nl: 'De deur of de afzender van dit bericht staat niet meer in de adreslijst. Er is niets veranderd.',
    en: 'The door or the sender of this message is no longer in the directory. Nothing was changed.',
  }),
);

const actorOf = ({ practice, application }: Kept): Actor => ({
  id: application,
  name: application,
  role: 'practice-system',
  organization: practice,
});

function parsed(body: Buffer): object | Refusal {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // What the parser says quotes the message.
  }
  return refuse(refusals.notParseable());
}

type Key = Pick<Arriving, 'controlId' | 'messageType'> & { readonly application?: string };

interface Found {
  readonly mapped: Mapped;
  readonly key: Key;
  readonly contentType: string;
}

/** What may come at the FHIR door: a type of resource, and of a Bundle which type it says to be. */
function expectedFor({ resourceType, type }: { readonly resourceType?: unknown; readonly type?: unknown }): Expected {
  if (resourceType === 'ServiceRequest' || resourceType === 'Task') return { type: resourceType };
  return { type: 'Bundle', bundle: type === 'message' ? 'message' : 'transaction' };
}

async function fromFhir(parts: Replaying, kept: Kept): Promise<Found | Refusal> {
  const resource = parsed(kept.body) as Resource | Refusal;
  if (isRefusal(resource)) return resource;
  const expected = expectedFor(resource);
  const issues = checked(resource, expected);
  if (issues.length > 0) return refuse(...issues);
  const mapping = mappingOf(parts.mappings, 'fhir-r4');
  const mapped = readMessage(mapping, resource, await knownEarlier(parts, kept, resource));
  if (isRefusal(mapped)) return mapped;
  const key = {
    controlId: fhirControlIdOf(resource, mapped, undefined).slice(0, 200),
    messageType: expected.bundle === 'message' ? 'message' : expected.type,
  };
  return { mapped, key, contentType: 'application/fhir+json' };
}

async function fromMllp(parts: Replaying, kept: Kept): Promise<Found | Refusal> {
  const envelope = readEnvelope(kept.body, false);
  const practice = (await parts.directory()).practices.get(kept.practice);
  const peer = practice?.peers.find((one) => one.facility === envelope.header.facility);
  if (!peer) return gone;
  const read = readReferral(parts.mappings, peer, envelope, kept.body);
  if (isRefusal(read)) return read;
  return { mapped: read.mapped, key: messageKeyOf(envelope, read.mapped), contentType: hl7ContentType };
}

async function fromMaildrop(parts: Replaying, kept: Kept): Promise<Found | Refusal> {
  const directory = await parts.directory();
  const receiver = readInterchange(kept.body).envelope?.receiver ?? '';
  const read = readDropped(kept.body, directory, [receiver]);
  if (read.from === 'stranger' || read.from.practice !== kept.practice) return gone;
  const [single] = read.messages;
  if (!single) return read.refusal ?? gone;
  const found = mapInterchange(parts.mappings, kept.practice, directory, single.interchange);
  return isRefusal(found) ? found : { ...found, contentType: ediContentType };
}

async function fromFormat(parts: Replaying, kept: Kept): Promise<Found | Refusal> {
  const mapping = parts.mappings.get(kept.door);
  if (!mapping) return gone;
  const received = parsed(kept.body);
  if (isRefusal(received)) return received;
  const mapped = await mapFormat(parts, kept.practice, mapping, received);
  if (isRefusal(mapped)) return mapped;
  const key = { controlId: controlIdOf(mapped, undefined), messageType: mapping.format.name };
  return { mapped, key, contentType: 'application/json' };
}

/** The message as its door would hand it on today, mapped by today's mapping. */
async function arrive(parts: Replaying, kept: Kept): Promise<Arriving | Refusal> {
  const doors = { fhir: fromFhir, mllp: fromMllp, maildrop: fromMaildrop } as const;
  const through = doors[kept.door as keyof typeof doors] ?? fromFormat;
  const found = await through(parts, kept);
  if (isRefusal(found)) return found;
  return {
    practice: kept.practice,
    application: kept.application,
    actor: actorOf(kept),
    door: kept.door,
    ...found.key,
    mapped: found.mapped,
    source: { contentType: found.contentType, base64: kept.body.toString('base64') },
    undoMs: 0,
  };
}

/** Ids, references and moments differ each time a referral is made: they are no difference in what it says. */
const madeAnew = /(^|[.\]])(id|reference|lastUpdated|authoredOn|recorded|sent)$|identifier|requisition|groupIdentifier/;

/**
 * What today's rules would make of a kept message: why it is refused, or what it would be, what is lost, and where it says
 * otherwise than what we have. Runs the same pure deciders as the door; stores and tells nothing.
 */
export async function rehearse(parts: Replaying, kept: Kept): Promise<Rehearsal> {
  const arriving = await arrive(parts, kept);
  if (isRefusal(arriving)) return arriving;
  const { store } = parts;
  const { mapped, practice } = arriving;
  const { intent, losses } = mapped;
  const directory = await parts.directory();
  const deciding = { directory, now: store.clock(), newId: store.newId };
  const own = await readFirstAnswer(store, { practice }, keyOf(arriving));
  const replaced = 'referral' in mapped ? replacedKey({ ...arriving, mapped }) : undefined;
  const first = own ?? (replaced && (await readFirstAnswer(store, { practice }, replaced)));
  const said = answerAtOnce(arriving, own, directory);
  if (isRefusal(said)) return said;
  if (first && !isStanding(first)) return refuse(refusals.cancelledEarlier(mapped.places.number));
  const made = 'referral' in mapped ? begin({ ...arriving, mapped }, deciding) : undefined;
  if (!first) return isRefusal(made) ? made : { intent, losses, isKnown: false };
  const journey = await readJourney(store, { kind: 'practice', practice }, first.journey);
  if (!journey) return gone;
  const joined = said
    ? undefined
    : (outdated(arriving, first) ?? decideJoin(journey, arriving, first.answer, deciding));
  if (isRefusal(joined)) return joined;
  const pairs =
    made && !isRefusal(made)
      ? ([
          ['ServiceRequest', journey.serviceRequest.resource, made.resources.serviceRequest],
          ['Patient', journey.patient.resource, made.resources.patient],
          ['Consent', journey.consent.resource, made.resources.consent],
        ] as const)
      : [];
  const differs = pairs.flatMap(([name, before, after]) =>
    differences(before, after).flatMap(({ path }) => (madeAnew.test(path) ? [] : [`${name}.${path}`])),
  );
  return { intent, losses, isKnown: true, differs };
}

/** Takes a kept message in after all, through the same door of the record as any other. */
export async function takeAgain(parts: Replaying, kept: Kept): Promise<Accepted | Refusal> {
  const arriving = await arrive(parts, kept);
  return isRefusal(arriving) ? arriving : acceptMessage(parts, arriving);
}
