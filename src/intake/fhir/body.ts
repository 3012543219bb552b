import type { Resource } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';

/** JSON between systems is UTF-8 (RFC 8259 §8.1). Bytes that are not are refused: a name is not guessed. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON in a body that came in raw; undefined when it cannot be read. */
export function jsonIn(request: Request): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(request.body) ? utf8.decode(request.body) : '');
  } catch {
    // What the parser says quotes the message: the refusal says only that it cannot be read.
    return undefined;
  }
}

/** The JSON object in a body that came in raw; a refusal when it says to be something else, or cannot be read. */
export function fhirBody(request: Request): Resource | Refusal {
  const type = request.get('content-type') ?? '';
  // `json+fhir` is what DSTU2 called it, and what senders of STU3 still say they read. XML: see mappings/fhir-stu3/README.
  if (!/^application\/(?:fhir\+json|json\+fhir|json)\s*(?:;|$)/i.test(type)) {
    return refuse(
      issue('not-supported', 'content-type', '', {
        nl: 'Stuur het bericht als JSON (Content-Type: application/fhir+json).',
        en: 'Send the message as JSON (Content-Type: application/fhir+json).',
      }),
    );
  }
  const body = jsonIn(request);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Resource;
  return refuse(refusals.notParseable());
}

/** What is told of a request that broke before its body was there; undefined when that was no fault of its sender. */
export function unreadRequest(error: unknown): Refusal | undefined {
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.too.large') return refuse(refusals.tooLong(''));
  if (type === 'encoding.unsupported') {
    return refuse(
      issue('not-supported', 'content-encoding', '', {
        nl: 'Wij kunnen dit bericht niet uitpakken. Stuur het zonder Content-Encoding, of met gzip.',
        en: 'We cannot unpack this message. Send it without a Content-Encoding, or with gzip.',
      }),
    );
  }
  if (error instanceof URIError) {
    return refuse(
      issue('structure', 'not-parseable', '', {
        nl: 'Wij kunnen dit adres niet lezen. Controleer de tekens met een procent (%).',
        en: 'We cannot read this address. Check the characters with a per cent sign (%).',
      }),
    );
  }
  return status === 400 ? refuse(refusals.notParseable()) : undefined;
}
