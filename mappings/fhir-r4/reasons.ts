import { codeSystems } from '../../src/fhir/systems.ts';
import type { Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import { isMedical } from '../../src/referral/minimise.ts';
import type { Loss, Referral } from '../../src/referral/referral.ts';
import type { ReferralMessage } from './contract.ts';

export interface Coding {
  system?: string | undefined;
  code?: string | undefined;
  display?: string | undefined;
}
export interface Concept {
  coding?: Coding[] | undefined;
  text?: string | undefined;
}
interface Request {
  category?: Concept[];
  reasonCode?: Concept[];
}

/** Categories that say what kind of request it is, not which life area: SNOMED CT, and "verwijsbrief" of NHG table 69. */
const kindOfRequest = new Set([
  ...['410606002', '3457005', '308440001'].map((code) => `${codeSystems.snomed}|${code}`),
  'urn:oid:2.16.840.1.113883.2.4.4.30.69|1',
]);

/** The life areas of a request; what we do not know becomes a note and a loss. */
export function lifeAreasOf(
  request: Request,
  path: string,
  translate: Translate,
): { areas: LifeArea[]; notes: string[]; losses: Loss[] } {
  const areas = new Set<LifeArea>();
  const notes: string[] = [];
  const losses: Loss[] = [];
  const unknown = (said: string, at: string) => {
    notes.push(`Leefgebied volgens de verwijzer: ${said}`);
    losses.push({ path: `${path}.${at}`, why: 'unknown-code' });
  };
  for (const [n, category] of (request.category ?? []).entries()) {
    if (!category.coding?.length && category.text) unknown(category.text, `category[${n}]`);
    for (const [c, coding] of (category.coding ?? []).entries()) {
      const { system = '', code = '' } = coding;
      if (kindOfRequest.has(`${system}|${code}`)) continue;
      const area = system === codeSystems.lifeArea ? code : translate('life-area', system, code);
      if (area && isLifeArea(area)) areas.add(area);
      else unknown(coding.display ?? category.text ?? code, `category[${n}].coding[${c}]`);
    }
  }
  return { areas: [...areas], notes, losses };
}

/**
 * The reason in the sender's words, and the codes. The words beside a medical code or of a Condition are its title, and
 * the narrative of an ELZ letter repeats it: they stand in for a missing reason only when the consent covers them (H17).
 */
export function reasonsOf(
  request: Request,
  message: ReferralMessage,
  medicalCodes: boolean,
): { reason: string | undefined; codes: Referral['reasonCodes'] } {
  const given = request.reasonCode ?? [];
  const conditions = message.conditions.flatMap((one) => (one.resource.code as Concept | undefined) ?? []);
  const wordsOf = (concepts: readonly Concept[]) => concepts.flatMap((one) => (one.text ? [one.text] : []));
  const section = message.letterhead?.reason;
  const own = [...wordsOf(given.filter((one) => !one.coding?.length)), ...(section?.words ? [section.words] : [])];
  const social = wordsOf(given.filter((one) => !one.coding?.some(isMedical)));
  const narrative = section?.narrative ? [section.narrative] : [];
  const titles = medicalCodes
    ? [...wordsOf(given), ...(narrative.length > 0 ? narrative : wordsOf(conditions))]
    : social;
  const codes = [...given, ...conditions].flatMap(({ coding, text }) =>
    (coding ?? []).flatMap(({ system, code, display = text }) =>
      system && code ? [{ system, code, ...(display && { display: display.slice(0, 200) }) }] : [],
    ),
  );
  return { reason: (own.length > 0 ? own : titles).join('\n') || undefined, codes: codes.slice(0, 10) };
}
