import type { Issue } from '../fhir/outcome.ts';
import type { Header } from './header.ts';

/** HL7 table 0008. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';
/** Accepted; refused by what it says (the application's no); rejected before anyone looked at what it says. */
export type Outcome = 'accepted' | 'refused' | 'rejected';

const codes = {
  accepted: ['CA', 'AA'],
  refused: ['CE', 'AE'],
  rejected: ['CR', 'AR'],
} as const satisfies Record<Outcome, readonly [AckCode, AckCode]>;

/** HL7 table 0155. */
const wants = (condition: string, outcome: Outcome): boolean =>
  condition === 'AL' ||
  (condition === 'ER' && outcome !== 'accepted') ||
  (condition === 'SU' && outcome === 'accepted');

/**
 * Which acknowledgements a sender gets, in order (HL7 2.5.1 §2.9). MSH-15 and MSH-16 both empty is original mode: one
 * application acknowledgement. In enhanced mode CA says that we keep it, which is true of a message that was read and
 * refused too; but when its sender did not ask to hear the application's no, CE says it, so that no refusal is silent.
 */
export function acknowledgements(asked: Pick<Header, 'acceptAck' | 'applicationAck'>, outcome: Outcome): AckCode[] {
  const [commit, application] = codes[outcome];
  if (asked.acceptAck === '' && asked.applicationAck === '') return [application];
  const tells = wants(asked.applicationAck, outcome);
  // What was rejected never reached the application: one no is enough.
  if (outcome === 'rejected') {
    if (wants(asked.acceptAck, outcome)) return [commit];
    return tells ? [application] : [];
  }
  const kept = outcome === 'refused' && tells ? 'accepted' : outcome;
  return [...(wants(asked.acceptAck, kept) ? [codes[kept][0]] : []), ...(tells ? [application] : [])];
}

/** HL7 table 0357, as far as we say it. */
export const errorConditions = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '207': 'Application internal error',
} as const;
export type ErrorCondition = keyof typeof errorConditions;

const unsupported: Readonly<Record<string, ErrorCondition>> = {
  'message-type': '200',
  'event-code': '201',
  'processing-id': '202',
  'version-id': '203',
};

/** The condition of table 0357 that an issue is, and whether it rejects (AR) or refuses (AE): referral-guides "Error answers". */
export function conditionOf(issue: Issue): { readonly code: ErrorCondition; readonly rejects: boolean } {
  switch (issue.code) {
    case 'structure':
      return { code: issue.reason === 'data-type' ? '102' : '100', rejects: true };
    case 'required':
      return { code: '101', rejects: false };
    case 'value':
      return { code: /date|day|bsn|fit|base64|pdf|encoding/.test(issue.reason) ? '102' : '103', rejects: false };
    case 'code-invalid':
      return { code: '103', rejects: false };
    case 'not-supported':
      return { code: unsupported[issue.reason] ?? '200', rejects: true };
    case 'login':
      return { code: '204', rejects: true };
    case 'not-found':
    case 'deleted':
      return { code: '204', rejects: false };
    case 'conflict':
    case 'duplicate':
      return { code: '205', rejects: false };
    case 'transient':
    case 'throttled':
      return { code: '207', rejects: true };
    default:
      return { code: '207', rejects: false };
  }
}
