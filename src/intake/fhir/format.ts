import type { NextFunction, Request, Response } from 'express';
import { issue, refuse } from '../../referral/refusal.ts';
import { sendRefusal } from '../practice-key.ts';
import { pairsOf } from './search.ts';

const json = /^(?:json|text\/json|application\/(?:fhir\+json|json|json\+fhir))(?:\s*;.*)?$/i;
const acceptable = /(?:^|,)\s*(?:\*\/\*|application\/\*|application\/(?:fhir\+json|json\+fhir|json))\s*(?:;|,|$)/i;

/** `_format` before Accept (http.html#mime-type): we speak JSON; who asks for something else gets 406, not what it cannot read. */
export function wantsJson(request: Request, response: Response, next: NextFunction): void {
  // In an address a plus is a space: application/fhir json is what they meant.
  const asked = pairsOf(request.url)
    .find(([name]) => name === '_format')?.[1]
    .replace('fhir json', 'fhir+json');
  const accept = request.get('accept');
  const isFine = asked !== undefined ? json.test(asked) : accept === undefined || acceptable.test(accept);
  if (isFine) {
    next();
    return;
  }
  const refusal = refuse(
    issue('not-supported', 'format', '', {
      nl: 'Wij antwoorden alleen in JSON (Accept: application/fhir+json).',
      en: 'We answer in JSON only (Accept: application/fhir+json).',
    }),
  );
  sendRefusal(request, response, refusal, 406);
}
