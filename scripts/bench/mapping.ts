import type { Resource } from '@medplum/fhirtypes';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { type Message, parseMessage } from '../../src/hl7v2/message.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { type Mapping, runMapping } from '../../src/mapping/run.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped } from '../../src/referral/format.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { allCases } from '../fixture-case.ts';
import { readFormatFixture } from '../fixture-play.ts';
import { type ReadMessage, readBytes, readSyntax, received } from '../fixture-read.ts';
import { fhirMessages, hl7Messages, type Sent } from './messages.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

/** How often per second it can be done, one after the other, in about `ms` milliseconds. */
function perSecond<T>(ms: number, messages: readonly T[], work: (sent: T, nth: number) => unknown): number {
  let done = 0;
  const began = performance.now();
  while (performance.now() - began < ms) {
    for (const [nth, message] of messages.entries()) work(message, nth);
    done += messages.length;
  }
  return done / ((performance.now() - began) / 1_000);
}

function mustRead(result: Mapped | Refusal): void {
  if (isRefusal(result)) throw new Error(`refused: ${result.refused.map((one) => one.reason).join(' ')}`);
}

function mapped(mapping: Mapping, received: unknown, agreement?: ConsentAgreement): void {
  mustRead(runMapping(mapping, received, new Map(), agreement));
}

function readable(mapping: Mapping, bytes: Uint8Array): ReadMessage {
  const read = readSyntax(mapping.format.syntax, bytes);
  if (isRefusal(read)) throw new Error(`${mapping.format.name}: a fixture that cannot be read`);
  return read;
}

/** Of each format the first messages of its cases that are taken as a referral, with the agreement they need. */
async function takenFixtures(mappings: ReadonlyMap<string, Mapping>) {
  const found = new Map<
    string,
    { mapping: Mapping; agreement: ConsentAgreement | undefined; messages: Uint8Array[] }
  >();
  for (const { name, format } of await allCases()) {
    const mapping = mappings.get(format ?? '');
    if (!mapping) continue;
    const { messages, agreement } = await readFormatFixture(name);
    const bytes = messages[0]?.bytes;
    const result = bytes && readBytes(mapping, bytes, agreement);
    if (!bytes || !result || isRefusal(result) || result.intent !== 'refer') continue;
    const one = found.get(mapping.format.name) ?? { mapping, agreement, messages: [] };
    // Cases with another agreement would need another run.
    if (JSON.stringify(one.agreement) === JSON.stringify(agreement)) one.messages.push(bytes);
    found.set(mapping.format.name, one);
  }
  return found.values();
}

function readFhir(sent: Sent): Resource {
  return JSON.parse(sent.body.toString('utf8')) as Resource;
}

function readHl7(sent: Sent): Message {
  const message = parseMessage(sent.body.toString('utf8'), 'UNICODE UTF-8');
  if ('unreadable' in message) throw new Error(message.unreadable);
  return message;
}

/** Referrals per second on one thread: the mapping alone, and with reading and checking the message as its door does. */
export async function measureMapping(
  place: Place,
  at: { readonly count: number; readonly ms: number },
): Promise<Figures> {
  const mappings = await loadMappings();
  const fhir = mappingOf(mappings, 'fhir-r4');
  const hl7v2 = mappingOf(mappings, 'hl7v2-ref');
  const bundles = fhirMessages(place.practices, 0, at.count);
  const messages = hl7Messages(place.practices, 0, at.count);
  const readBundles = bundles.map(readFhir);
  const readMessages = messages.map(readHl7);
  const works: Record<string, () => number> = {
    'fhir-r4': () => perSecond(at.ms, bundles, (_, nth) => mapped(fhir, readBundles[nth])),
    'fhir-r4 read and checked': () =>
      perSecond(at.ms, bundles, (sent) => {
        const resource = readFhir(sent);
        if (validateBaseR4(resource).some((one) => one.severity === 'error'))
          throw new Error('a message that is not R4');
        mapped(fhir, resource);
      }),
    'hl7v2-ref': () => perSecond(at.ms, messages, (_, nth) => mapped(hl7v2, { message: readMessages[nth] })),
    'hl7v2-ref read and checked': () => perSecond(at.ms, messages, (sent) => mapped(hl7v2, { message: readHl7(sent) })),
  };
  for (const { mapping, agreement, messages: taken } of await takenFixtures(mappings)) {
    const name = mapping.format.name;
    const read = taken.map((one) => received(mapping.format.syntax, readable(mapping, one), agreement));
    works[name] ??= () => perSecond(at.ms, taken, (_, nth) => mapped(mapping, read[nth], agreement));
    works[`${name} read and checked`] ??= () =>
      perSecond(at.ms, taken, (bytes) => mustRead(readBytes(mapping, bytes, agreement)));
  }
  const figures: Record<string, number> = {};
  for (const [name, work] of Object.entries(works)) {
    // Once to warm up: the doors have been running for weeks when it counts.
    work();
    figures[`mapping ${name}`] = work();
  }
  return figures;
}
