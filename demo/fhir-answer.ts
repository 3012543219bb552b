import type { OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { Response } from 'express';

/** One issue of an outcome of this HIS: a code of http://hl7.org/fhir/issue-type, a sentence, and the place in the sender's message. */
export interface Fault {
  readonly code: OperationOutcome['issue'][number]['code'];
  readonly text: string;
  readonly expression?: string;
}

export function outcome(...faults: readonly Fault[]): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: faults.map(({ code, text, expression }) => ({
      severity: 'error',
      code,
      details: { text },
      ...(expression && { expression: [expression] }),
    })),
  };
}

export function say(res: Response, status: number, body: Resource): void {
  res.status(status).type('application/fhir+json').send(JSON.stringify(body));
}

export function refuse(res: Response, status: number, ...faults: readonly Fault[]): void {
  say(res, status, outcome(...faults));
}

export const faults = {
  notFound: { code: 'not-found', text: 'Dit bestaat hier niet.' },
  notSupported: { code: 'not-supported', text: 'Dit kan dit systeem niet.' },
  broken: { code: 'exception', text: 'Er ging iets mis in dit systeem.' },
  tooLarge: { code: 'too-long', text: 'Het bericht is groter dan 5 MB.' },
  throttled: { code: 'throttled', text: 'Te veel verzoeken. Probeer het later opnieuw.' },
  login: { code: 'login', text: 'De sleutel (Authorization: Bearer) klopt niet voor deze praktijk.' },
  notJson: { code: 'structure', text: 'Dit is geen geldige JSON.' },
  otherType: { code: 'structure', text: 'Hier kan alleen een Communication komen.', expression: 'resourceType' },
  rejected: { code: 'business-rule', text: 'Dit systeem neemt dit bericht niet aan.', expression: 'Communication' },
  badSearch: { code: 'required', text: 'Zoeken kan alleen met identifier=system|waarde.' },
  badCondition: { code: 'value', text: 'If-None-Exist moet identifier=system|waarde zijn.' },
  severalMatch: { code: 'duplicate', text: 'Er zijn meer berichten met dit nummer.' },
} as const satisfies Record<string, Fault>;
