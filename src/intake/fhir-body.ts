import type { Resource } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';

/** The JSON object in a body that came in raw; a refusal when it says to be something else, or cannot be read. */
export function fhirBody(request: Request): Resource | Refusal {
  const type = request.get('content-type') ?? '';
  if (!/^application\/(fhir\+)?json\b/i.test(type)) {
    return refuse(
      issue('not-supported', 'content-type', '', {
        nl: 'Stuur het bericht als JSON (Content-Type: application/fhir+json).',
        en: 'Send the message as JSON (Content-Type: application/fhir+json).',
      }),
    );
  }
  try {
    const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
    const body: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Resource;
  } catch {
    // What the parser says quotes the message: the refusal says only that it cannot be read.
  }
  return refuse(refusals.notParseable());
}
