import type { Endpoint, Extension } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';

/**
 * What a practice agreed on the consent of its residents, for messages that cannot carry it themselves (decision 13): it
 * sends only after the resident agreed, on the day of the referral. It never speaks for parents or a representative.
 */
export interface ConsentAgreement {
  /** The day on which the agreement was recorded. */
  readonly since: string;
  readonly how: 'spoken' | 'written';
  readonly medicalCodes: boolean;
  readonly feedback: 'content' | 'closure-only';
}

/** Who may send from a practice over MLLP: its name in MSH-4, and a certificate or an address range (decision 14). */
export interface MllpPeer {
  readonly practice: string;
  readonly facility: string;
  /** SHA-256 of the client certificate, as hex without colons, lower case. */
  readonly certificate?: string;
  /** CIDR, as 10.1.2.0/24. */
  readonly addressRange?: string;
  readonly agreement?: ConsentAgreement;
}

/** What AE or AR of a destination means: the message is held for a person, or tried again later. */
export type AnswerMeaning = 'hold' | 'retry';

/** How the system at an endpoint wants its messages. */
export interface MllpChannel {
  /** MSH-5 and MSH-6. */
  readonly application: string;
  readonly facility: string;
  /** MSH-12 and MSH-18. */
  readonly version: string;
  readonly charset: string;
  readonly onError: AnswerMeaning;
  readonly onReject: AnswerMeaning;
  /** How long after CA the application may take to answer before the message is sent again (MedCom: 30 minutes). */
  readonly answerWithinMs: number;
  /** It was agreed that a test message (MSH-11 T) may come. */
  readonly testing?: true;
}

/** What MSH-18 may say; a directory that says something else gets the usual set, and a message that is true to it. */
const charsets = ['ASCII', '8859/1', '8859/15', 'UNICODE UTF-8'];

const isMllp = (endpoint: Endpoint) => endpoint.connectionType.code === 'hl7v2-mllp';
const partsOf = (endpoint: Endpoint, url: string): Extension[] | undefined =>
  endpoint.extension?.find((one) => one.url === url)?.extension;
const text = (parts: readonly Extension[] | undefined, name: string): string | undefined => {
  const one = parts?.find((part) => part.url === name);
  return one?.valueString ?? one?.valueCode ?? one?.valueDate;
};

/** `mllp` for HL7 v2, else `fhir`. */
export function endpointKind(endpoint: Endpoint): 'fhir' | 'mllp' {
  return isMllp(endpoint) ? 'mllp' : 'fhir';
}

/** What the practice agreed on consent, as recorded at one of its endpoints; half an agreement is none. */
export function agreementOf(endpoint: Endpoint): ConsentAgreement | undefined {
  const parts = partsOf(endpoint, extensions.consentAgreement);
  const since = text(parts, 'since');
  const how = text(parts, 'how');
  if (!since || (how !== 'spoken' && how !== 'written')) return undefined;
  return {
    since,
    how,
    medicalCodes: parts?.find((part) => part.url === 'medicalCodes')?.valueBoolean === true,
    feedback: text(parts, 'feedback') === 'content' ? 'content' : 'closure-only',
  };
}

/** Who may send by this endpoint; undefined when nobody may: without MSH-4, or with neither certificate nor range. */
export function peerOf(endpoint: Endpoint, practice: string): MllpPeer | undefined {
  const parts = isMllp(endpoint) ? partsOf(endpoint, extensions.mllpPeer) : undefined;
  const facility = text(parts, 'facility');
  const certificate = text(parts, 'certificate')?.replaceAll(':', '').toLowerCase();
  const addressRange = text(parts, 'addressRange');
  if (!facility || !(certificate || addressRange)) return undefined;
  const agreement = agreementOf(endpoint);
  return {
    practice,
    facility,
    ...(certificate && { certificate }),
    ...(addressRange && { addressRange }),
    ...(agreement && { agreement }),
  };
}

/** How to speak to an MLLP endpoint, with what counts where the directory says nothing (referral-guides: delivery job). */
export function channelOf(endpoint: Endpoint): MllpChannel {
  const parts = partsOf(endpoint, extensions.mllpChannel);
  const minutes = parts?.find((part) => part.url === 'answerWithinMinutes')?.valueDecimal ?? 30;
  return {
    application: text(parts, 'application') ?? '',
    facility: text(parts, 'facility') ?? '',
    version: text(parts, 'version') ?? '2.5',
    charset: charsets.find((one) => one === text(parts, 'charset')) ?? '8859/1',
    onError: text(parts, 'onError') === 'retry' ? 'retry' : 'hold',
    onReject: text(parts, 'onReject') === 'hold' ? 'hold' : 'retry',
    answerWithinMs: Math.round(minutes * 60_000),
    ...(parts?.some((part) => part.url === 'testing' && part.valueBoolean === true) && { testing: true as const }),
  };
}
