import type { ConceptMap, Resource } from '@medplum/fhirtypes';
import type { z } from 'zod';
import type { Issue, IssueCode } from '../fhir/outcome.ts';
import type { ConsentAgreement } from '../referral/directory/mllp.ts';
import { wantsConsent } from '../referral/error-class.ts';
import type { Format, Gathered, Mapped, Syntax, Translate } from '../referral/format.ts';
import { referralSchema } from '../referral/referral.ts';
import { issue, type Refusal, refusals, refuse } from '../referral/refusal.ts';
import type { Silent } from './silent.ts';

/** A format with its code tables, as loaded from its folder. */
export interface Mapping {
  readonly format: Format;
  /** FHIR ConceptMaps by file name without `.json`. */
  readonly tables: ReadonlyMap<string, ConceptMap>;
  /** Its files as they were loaded: a hash of all of them that says which version is in use, its README, and what that calls silent. */
  readonly loaded?: { readonly hash: string; readonly readme: string; readonly silent: readonly Silent[] };
}

const notOurs = (syntax: Syntax): Issue =>
  issue('not-supported', 'message-type', syntax === 'hl7v2' ? 'MSH-9.1' : '', {
    nl: 'Dit soort bericht kennen wij niet. Kortelijn neemt verwijzingen naar de Wally aan, en wijzigingen en intrekkingen daarvan.',
    en: 'We do not know this kind of message. Kortelijn takes referrals to the Wally, and changes and withdrawals of these.',
  });

/**
 * The mapping that a message of a syntax belongs to, or why none is: formats of a syntax are asked in the order of their
 * names, and what one of them knows to say of a message that is nobody's is said.
 */
export function chooseMapping(
  mappings: ReadonlyMap<string, Mapping>,
  syntax: Syntax,
  received: unknown,
): Mapping | Refusal {
  const words: Issue[] = [];
  for (const mapping of mappings.values()) {
    const { format } = mapping;
    if (format.syntax !== syntax) continue;
    const claim = format.claims?.(received) ?? true;
    if (claim === true) return mapping;
    if (claim !== false) words.push(...claim);
  }
  return refuse(...(words.length > 0 ? words : [notOurs(syntax)]));
}

/** Looks a code up in a mapping's table; undefined when the table does not know it (then it is a loss, never a guess). */
function translator(tables: Mapping['tables']): Translate {
  return (table, system, code) => {
    const group = tables.get(table)?.group?.find((one) => one.source === system);
    return group?.element?.find((one) => one.code === code)?.target?.[0]?.code;
  };
}

const codes: Record<string, IssueCode> = { required: 'required', consent: 'forbidden' };

function toIssue(problem: z.core.$ZodIssue, gathered: Gathered, says: Format['says']): Issue {
  const path = gathered.origin(problem.path);
  if (problem.message === 'bsn-invalid') return refusals.bsn(path);
  if (problem.message === 'impossible-date') return refusals.impossibleDate(path);
  if (problem.message === 'consent-missing') return refusals.noConsent(path);
  const said = says[problem.message];
  if (said) {
    const kind = problem.message.split(':')[0] ?? '';
    return issue(codes[kind] ?? 'value', problem.message.replace(':', '-'), path, said);
  }
  return issue('value', 'wrong-value', path, {
    nl: 'Deze waarde kunnen wij niet gebruiken. Controleer het veld en stuur de verwijzing opnieuw.',
    en: 'We cannot use this value. Check the field and send the referral again.',
  });
}

/** Whether what its contract refuses has no consent either; what cannot be read as one is none. */
function lacksConsent({ format, tables }: Mapping, message: unknown): boolean {
  try {
    return format.lacksConsent?.(message, translator(tables)) === true;
  } catch {
    return true;
  }
}

/** Whether a message that was refused before any mapping saw it names no consent, as far as its mapping can read that. */
export function isWithoutConsent(mapping: Mapping, received: unknown): boolean {
  try {
    const mapped = runMapping(mapping, received, new Map());
    return 'refused' in mapped && wantsConsent(mapped);
  } catch {
    return true;
  }
}

/**
 * From a received message to a referral with its losses, or every reason why not, each with the path in the sender's
 * own message. Pure. The result is checked against the canonical referral, whose limits hold for every format.
 */
export function runMapping(
  mapping: Mapping,
  received: unknown,
  known: ReadonlyMap<string, Resource>,
  agreement?: ConsentAgreement,
): Mapped | Refusal {
  const { format } = mapping;
  const gathered = format.gather(received, known, agreement);
  if (gathered.issues.length > 0) return refuse(...gathered.issues);
  const checked = format.contract.safeParse(gathered.message);
  if (!checked.success) {
    const refusal = refuse(...checked.error.issues.map((problem) => toIssue(problem, gathered, format.says)));
    return lacksConsent(mapping, gathered.message) ? { ...refusal, withoutConsent: true } : refusal;
  }
  const mapped = format.toReferral(checked.data, gathered, translator(mapping.tables));
  if ('refused' in mapped || !('referral' in mapped)) return mapped;
  const referral = referralSchema.safeParse(mapped.referral);
  if (!referral.success) {
    const path = gathered.origin(['serviceRequest']);
    return refuse(
      ...referral.error.issues.map((problem) =>
        refusals.doesNotFit(path, problem.path.filter((step) => typeof step === 'string').join('.')),
      ),
    );
  }
  return { ...mapped, referral: referral.data };
}
