import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Consent } from '../../src/referral/referral.ts';
import { type Json, listOf, objectOf, textOf } from './json.ts';
import type { Part, Resolve } from './resolve.ts';

const parentWords = /\b(parents?|ouders?|moeder|vader|mother|father|voogd|guardian|N?PRN|N?MTH|N?FTH|GUARD)\b/i;
/** A parent may be the mentor of a grown child (H7): what they are by law counts. */
const appointedWords = /\b(mentor|curator|gemachtigde)\b/i;

/** Who one consenting party is; `nobody` when it is nobody who can consent, or the message does not say who it is. */
export type Performer = 'resident' | 'parent' | 'appointed' | 'nobody';

function performerOf(party: Json, found: Part | undefined, patient: Part | undefined, subject?: string): Performer {
  const to = textOf(party.reference);
  if ((found && found === patient) || (to !== undefined && to === subject)) return 'resident';
  const type = found?.resource.resourceType ?? /(?:^|\/)([A-Z]\w+)\/[^/]+$/.exec(to ?? '')?.[1];
  // Carers and practices write down that someone agreed; they cannot agree for them. Nor can another patient.
  if (type !== undefined && type !== 'RelatedPerson') return 'nobody';
  const relation = objectOf(found?.resource.relationship);
  const words = [party.display, relation?.text, ...listOf(relation?.coding).flatMap((one) => [one.code, one.display])]
    .map(textOf)
    .filter((one) => one !== undefined)
    .join(' ');
  if (!words) return 'nobody';
  return parentWords.test(words) && !appointedWords.test(words) ? 'parent' : 'appointed';
}

/** The Consent of this resident, and who gave it. One that was rejected outweighs one that was given. */
export function consentPart(all: readonly Part[], patient: Part | undefined, resolve: Resolve, subject?: string) {
  const consents = all.filter((one) => one.resource.resourceType === 'Consent');
  const theirs = consents.filter((one) => {
    const about = resolve(one.resource.patient, one);
    return about !== undefined && about === patient;
  });
  const part =
    theirs.find((one) => one.resource.status === 'rejected') ??
    theirs.find((one) => one.resource.status === 'active') ??
    theirs[0];
  const parties = listOf(part?.resource.consentingParty);
  return {
    part,
    has: consents.length > 0,
    performers: parties.map((one) => performerOf(one, part && resolve(one, part), patient, subject)),
  };
}

export interface ConsentResource {
  readonly dateTime: string;
  readonly period?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined;
  readonly policyRule?: string | undefined;
  readonly extension?: readonly { readonly url: string; readonly valueCode?: string | undefined }[] | undefined;
  readonly sourceAttachment?: unknown;
  readonly sourceIdentifier?: unknown;
  readonly sourceReference?: unknown;
  readonly except?:
    | readonly {
        readonly type: 'deny' | 'permit';
        readonly code?:
          | readonly { readonly system?: string | undefined; readonly code?: string | undefined }[]
          | undefined;
      }[]
    | undefined;
}

const scopes: readonly string[] = ['share-medical-codes', 'feedback-content'];

/**
 * Where a Consent says no: it was opted out, it has ended, or it denies something that no program can keep to. Undefined
 * when it says yes. STU3 has no provision: what is permitted beside the referral itself stands in `except`.
 */
export function denialOf(consent: ConsentResource, day: string): readonly PropertyKey[] | undefined {
  if (/opt-?out/i.test(consent.policyRule ?? '')) return ['policyRule'];
  const end = consent.period?.end?.slice(0, 10);
  if (end !== undefined && end < day.slice(0, end.length)) return ['period', 'end'];
  const n = (consent.except ?? []).findIndex(({ type, code = [] }) => {
    const isScope =
      code.length > 0 &&
      code.every((one) => one.system === codeSystems.consentDetail && scopes.includes(one.code ?? ''));
    return type === 'deny' && !isScope;
  });
  return n >= 0 ? ['except', n] : undefined;
}

/** What a Consent that says yes covers; who and how may be missing, which the caller refuses. */
export function consentOf(consent: ConsentResource, performers: readonly Performer[]) {
  const named = (type: 'deny' | 'permit') =>
    (consent.except ?? [])
      .filter((one) => one.type === type)
      .flatMap((one) => one.code ?? [])
      .filter((one) => one.system === codeSystems.consentDetail)
      .map((one) => one.code);
  const [permitted, denied] = [named('permit'), named('deny')];
  const given = (scope: string) => permitted.includes(scope) && !denied.includes(scope);
  const said = consent.extension?.find((one) => one.url === extensions.consentMethod)?.valueCode;
  const isSigned = Boolean(consent.sourceAttachment ?? consent.sourceIdentifier ?? consent.sourceReference);
  const how: Consent['how'] | undefined =
    said === 'spoken' || said === 'written' ? said : isSigned ? 'written' : undefined;
  const isResident = performers.includes('resident');
  const by: Consent['by'] | undefined = performers.includes('parent')
    ? isResident
      ? 'resident-and-parents'
      : 'parents'
    : isResident
      ? 'resident'
      : performers.includes('appointed')
        ? 'representative'
        : undefined;
  return {
    by,
    how,
    on: consent.dateTime.slice(0, 10),
    medicalCodes: given('share-medical-codes'),
    feedback: given('feedback-content') ? ('content' as const) : ('closure-only' as const),
  };
}
