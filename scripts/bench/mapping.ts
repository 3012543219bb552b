import type { Resource } from '@medplum/fhirtypes';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { type Message, parseMessage } from '../../src/hl7v2/message.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { type Mapping, runMapping } from '../../src/mapping/run.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { fhirMessages, hl7Messages, type Sent } from './messages.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

/** How often per second it can be done, one after the other, in about `ms` milliseconds. */
function perSecond(ms: number, messages: readonly Sent[], work: (sent: Sent, nth: number) => unknown): number {
  let done = 0;
  const began = performance.now();
  while (performance.now() - began < ms) {
    for (const [nth, message] of messages.entries()) work(message, nth);
    done += messages.length;
  }
  return done / ((performance.now() - began) / 1_000);
}

function mapped(mapping: Mapping, received: unknown): void {
  const result = runMapping(mapping, received, new Map());
  if (isRefusal(result)) throw new Error(`refused: ${result.refused.map((one) => one.reason).join(' ')}`);
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
  const figures: Record<string, number> = {};
  for (const [name, work] of Object.entries(works)) {
    // Once to warm up: the doors have been running for weeks when it counts.
    work();
    figures[`mapping ${name}`] = work();
  }
  return figures;
}
