import { toOutcome } from '../src/fhir/outcome.ts';
import { codeSystems } from '../src/fhir/systems.ts';
import type { Accepted } from '../src/intake/arriving.ts';
import { acceptedOutcome } from '../src/intake/fhir/answer.ts';
import { controlIdOf } from '../src/intake/format.ts';
import { acceptedAnswers, readEnvelope, refusedAnswers } from '../src/intake/mllp/answer.ts';
import { messageKeyOf, readReferral } from '../src/intake/mllp/mllp.ts';
import { chooseMapping, type Mapping } from '../src/mapping/run.ts';
import type { ConsentAgreement } from '../src/referral/directory/mllp.ts';
import type { Mapped, Syntax } from '../src/referral/format.ts';
import { httpStatus, isRefusal, type Refusal } from '../src/referral/refusal.ts';
import { asText } from './fixture-case.ts';
import { contentTypes, readBytes } from './fixture-read.ts';

/** What a practice's message is read with. */
export interface AtDoor {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly mapping: Mapping;
  readonly practice: { readonly id: string; readonly agb: string; readonly agreement?: ConsentAgreement | undefined };
  /** When it comes in; ids of what is answered. */
  readonly now: Date;
  readonly newId: () => string;
}

/** One message as its door takes it: what it says, under which key, and how that door answers. */
export interface AtTheDoor {
  readonly mapped: Mapped | Refusal;
  readonly key: { readonly application: string; readonly controlId: string; readonly messageType: string };
  readonly door: string;
  readonly contentType: string;
  /** What the answers' files end in. */
  readonly extension: 'json' | 'hl7';
  readonly accepted: (accepted: Accepted) => string;
  readonly refused: (refusal: Refusal) => string;
}

const statuses: Partial<Record<Accepted['outcome'], number>> = { new: 201, kept: 202 };

const answersOfHttp: Pick<AtTheDoor, 'extension' | 'accepted' | 'refused'> = {
  extension: 'json',
  accepted: (accepted) =>
    asText({ status: statuses[accepted.outcome] ?? 200, outcome: acceptedOutcome(accepted, 'nl') }),
  refused: (refusal) =>
    asText({ status: httpStatus(refusal), outcome: toOutcome(refusal.refused, 'nl', codeSystems.refusal) }),
};

/** A message that says by its address which format it is: HTTP. */
function overHttp(bytes: Uint8Array, { mapping, practice }: AtDoor): AtTheDoor {
  const { format } = mapping;
  const mapped = readBytes(mapping, bytes, practice.agreement);
  return {
    ...answersOfHttp,
    mapped,
    key: {
      application: `his-${practice.id}`,
      controlId: isRefusal(mapped) ? '' : controlIdOf(mapped, undefined),
      messageType: format.name,
    },
    door: format.name,
    contentType: contentTypes[format.syntax],
  };
}

/** Without the mapping's hash: it would be another with every file of it. */
function unnamed({ reading: _reading, ...mapped }: Mapped): Mapped {
  return mapped as Mapped;
}

/** HL7 v2 says itself which format it is, and is answered in kind. */
function overMllp(bytes: Uint8Array, { mappings, mapping, practice, now, newId }: AtDoor): AtTheDoor {
  const envelope = readEnvelope(bytes, false);
  const peer = {
    practice: practice.id,
    facility: practice.agb,
    ...(practice.agreement && { agreement: practice.agreement }),
  };
  const read = readReferral(mappings, peer, envelope, bytes);
  if (!isRefusal(read) && chooseMapping(mappings, 'hl7v2', { message: read.message }) !== mapping)
    throw new Error(`this message is not of ${mapping.format.name}`);
  const at = { newId, now };
  // A segment on each line, an empty line between two messages.
  const text = (answers: readonly Uint8Array[]) =>
    answers.map((one) => Buffer.from(one).toString('utf8').replaceAll('\r', '\n')).join('\n');
  return {
    mapped: isRefusal(read) ? read : unnamed(read.mapped),
    key: isRefusal(read) ? { application: '', controlId: '', messageType: '' } : messageKeyOf(envelope, read.mapped),
    door: 'mllp',
    contentType: contentTypes.hl7v2,
    extension: 'hl7',
    accepted: (accepted) => {
      if (isRefusal(read)) throw new Error('a message that cannot be read was accepted');
      return text(acceptedAnswers(envelope, read.message, accepted, at));
    },
    refused: (refusal) => text(refusedAnswers(envelope, refusal, at)),
  };
}

const doors: Readonly<Record<Syntax, (bytes: Uint8Array, at: AtDoor) => AtTheDoor>> = {
  fhir: overHttp,
  json: overHttp,
  edifact: overHttp,
  hl7v2: overMllp,
};

/** Takes the bytes of a message to the door of its format. Nothing is kept. */
export function toTheDoor(bytes: Uint8Array, at: AtDoor): AtTheDoor {
  return doors[at.mapping.format.syntax](bytes, at);
}
