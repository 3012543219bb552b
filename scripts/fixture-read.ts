import type { Bundle, Resource } from '@medplum/fhirtypes';
import { readInterchange } from '../src/edifact/interchange.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { charsetOf, decodeBytes, undeclaredCharset } from '../src/hl7v2/charset.ts';
import { headerOf } from '../src/hl7v2/header.ts';
import { parseMessage } from '../src/hl7v2/message.ts';
import { transactionIssues } from '../src/intake/fhir/bundle.ts';
import { rejections } from '../src/intake/mllp/refusals.ts';
import { type Mapping, runMapping } from '../src/mapping/run.ts';
import type { ConsentAgreement } from '../src/referral/directory/mllp.ts';
import type { Mapped, Syntax } from '../src/referral/format.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../src/referral/refusal.ts';

/** What `gather` of a format of this syntax gets. */
export interface ReadMessage {
  readonly received: unknown;
}

/** What a message of a syntax is kept as. */
export const contentTypes: Readonly<Record<Syntax, string>> = {
  fhir: 'application/fhir+json',
  json: 'application/json',
  hl7v2: 'x-application/hl7-v2+er7',
  edifact: 'application/edifact',
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readJsonObject(bytes: Uint8Array): ReadMessage | Refusal {
  try {
    const body: unknown = JSON.parse(utf8.decode(bytes));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { received: body };
  } catch {
    // What the parser says quotes the message.
  }
  return refuse(refusals.notParseable());
}

function readHl7(bytes: Uint8Array): ReadMessage | Refusal {
  // MSH is ASCII up to and with MSH-18.
  const head = parseMessage(
    Buffer.from(bytes)
      .toString('latin1')
      .split(/[\r\n]/, 1)[0] ?? '',
    'ASCII',
  );
  const declared = 'unreadable' in head ? '' : headerOf(head).charset;
  const charset = declared === '' ? undeclaredCharset(bytes) : charsetOf(declared);
  const text = charset && decodeBytes(bytes, charset);
  if (charset === undefined || text === undefined) return refuse(rejections.charset);
  const message = parseMessage(text, charset);
  return 'unreadable' in message ? refuse(rejections.unreadable(message.path)) : { received: { message } };
}

function readEdifact(bytes: Uint8Array): ReadMessage | Refusal {
  const interchange = readInterchange(bytes);
  if (!('unreadable' in interchange)) return { received: interchange };
  const { segment, tag, unreadable } = interchange;
  return refuse(
    issue('structure', 'not-parseable', [tag, segment > 0 ? String(segment) : ''].filter(Boolean).join(' '), {
      nl: `Wij kunnen dit bericht niet lezen: het is geen geldig EDIFACT (${unreadable}).`,
      en: `We cannot read this message: it is not valid EDIFACT (${unreadable}).`,
    }),
  );
}

/** Reads bytes by their syntax, as the doors do. Never throws. */
export function readSyntax(syntax: Syntax, bytes: Uint8Array): ReadMessage | Refusal {
  if (syntax === 'fhir' || syntax === 'json') return readJsonObject(bytes);
  return syntax === 'hl7v2' ? readHl7(bytes) : readEdifact(bytes);
}

/** What the FHIR door looks at before a mapping does: base R4 and the rules of a transaction. */
function baseIssues(resource: Resource): Refusal | undefined {
  const base = validateBaseR4(resource).filter((one) => one.severity === 'error');
  const issues = base.length > 0 || resource.resourceType !== 'Bundle' ? base : transactionIssues(resource as Bundle);
  return issues.length > 0 ? refuse(...issues) : undefined;
}

/** What `gather` gets: HL7 v2 has the practice's agreement with the message, from its peer. */
export function received(syntax: Syntax, read: ReadMessage, agreement: ConsentAgreement | undefined): unknown {
  return syntax === 'hl7v2' && agreement ? { ...(read.received as object), agreement } : read.received;
}

/** Bytes to what they mean, by one format, over the pure path: syntax, claims, mapping. */
export function readBytes(mapping: Mapping, bytes: Uint8Array, agreement?: ConsentAgreement): Mapped | Refusal {
  const { format } = mapping;
  const read = readSyntax(format.syntax, bytes);
  if (isRefusal(read)) return read;
  const stopped = format.ownDoor ? baseIssues(read.received as Resource) : undefined;
  if (stopped) return stopped;
  const received = format.syntax === 'hl7v2' && agreement ? { ...(read.received as object), agreement } : read.received;
  const claim = format.claims?.(received) ?? true;
  if (claim !== true) return claim === false ? refuse(notOfThisFormat) : refuse(...claim);
  return runMapping(mapping, received, new Map(), agreement);
}

const notOfThisFormat = issue('not-found', 'unknown-format', '', {
  nl: 'Dit formaat kennen wij hier niet. Kijk in de handleiding welke formaten er zijn.',
  en: 'We do not know this format here. See the manual for the formats there are.',
});
