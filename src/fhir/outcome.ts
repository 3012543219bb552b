import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';

export type Language = 'nl' | 'en';

/** One sentence for a person, in both languages we speak. */
export interface Said {
  readonly nl: string;
  readonly en: string;
}

/** FHIR R4 issue-type codes that we use (http://hl7.org/fhir/R4/valueset-issue-type.html). */
export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'code-invalid'
  | 'business-rule'
  | 'not-supported'
  | 'duplicate'
  | 'conflict'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'login'
  | 'forbidden'
  | 'suppressed'
  | 'throttled'
  | 'transient'
  | 'exception'
  | 'processing'
  | 'incomplete'
  | 'informational';

/** One thing to say about one place in the sender's own message. `path` is FHIRPath, or empty for the whole message. */
export interface Issue {
  readonly severity: 'error' | 'warning' | 'information';
  readonly code: IssueCode;
  readonly path: string;
  readonly said: Said;
  /** A short stable name for programs and for the error classes of administrators; never holds message content. */
  readonly reason: string;
}

/** An OperationOutcome with one issue per entry: code, expression into the sender's message, a sentence for a person. */
export function toOutcome(issues: readonly Issue[], language: Language, reasonSystem: string): OperationOutcome {
  const issue = issues.map((one): OperationOutcomeIssue => {
    const out: OperationOutcomeIssue = {
      severity: one.severity,
      code: one.code as OperationOutcomeIssue['code'],
      details: { coding: [{ system: reasonSystem, code: one.reason }], text: one.said[language] },
    };
    if (one.path) out.expression = [one.path];
    return out;
  });
  return { resourceType: 'OperationOutcome', issue };
}

/** Dutch unless the caller's first understood preference is English (RFC 9110 §12.5.4, weights honoured). */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  let best: Language = 'nl';
  let bestWeight = 0;
  for (const part of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const q = parameters.map((p) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
    const weight = q === undefined ? 1 : Number(q);
    const primary = tag.split('-')[0];
    if ((primary === 'nl' || primary === 'en') && weight > bestWeight) {
      best = primary;
      bestWeight = weight;
    }
  }
  return best;
}
