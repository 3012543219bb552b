import { codeSystems } from '../../src/fhir/systems.ts';
import type { Translate } from '../../src/referral/format.ts';
import { isLifeArea, type LifeArea } from '../../src/referral/life-area.ts';
import { isMedical } from '../../src/referral/minimise.ts';
import type { Loss, Referral } from '../../src/referral/referral.ts';
import type { DocumentMessage, Section } from './contract.ts';
import { pathOf } from './json.ts';
import { narrativeText } from './narrative.ts';
import { sectionTitle } from './systems.ts';

/** What a section of the letter is to us; `unknown` may be anything, medical too. */
type Role = 'reason' | 'resident-question' | 'note' | 'unknown';
interface Said {
  readonly role: Role;
  readonly title: string;
  readonly text: string;
  readonly path: string;
}

const folded = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}/ ]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

function roleOf({ code, title }: Section, translate: Translate): Role {
  const coded = (code?.coding ?? []).map((one) => translate('section', one.system ?? '', one.code ?? ''));
  const titled = [title, code?.text].map((one) => one && translate('section', sectionTitle, folded(one)));
  return ([...coded, ...titled].find(Boolean) ?? 'unknown') as Role;
}

function saidIn(sections: readonly Section[], path: string, translate: Translate): Said[] {
  return sections.flatMap((section, n) => {
    const here = pathOf(path, ['section', n]);
    const text = narrativeText(section.text?.div ?? '');
    const title = section.title ?? section.code?.text ?? '';
    const own = text ? [{ role: roleOf(section, translate), title, text, path: `${here}.text` }] : [];
    return [...own, ...saidIn(section.section ?? [], here, translate)];
  });
}

const joined = (all: readonly Said[], role: Role) =>
  all
    .filter((one) => one.role === role)
    .map((one) => one.text)
    .join('\n') || undefined;

export interface Texts {
  readonly reason: string | undefined;
  readonly question: string | undefined;
  readonly notes: readonly string[];
  readonly losses: readonly Loss[];
}

/**
 * The texts of the letter by what its sections are. A section that we do not know may hold medical text: it goes along
 * as a note only when the consent covers that, else it is not shared (H17).
 */
export function textsOf(message: DocumentMessage, path: string, medical: boolean, translate: Translate): Texts {
  const all = saidIn(message.composition.section ?? [], path, translate);
  const unknown = all.filter((one) => one.role === 'unknown');
  const notes = [...all.filter((one) => one.role === 'note'), ...(medical ? unknown : [])];
  return {
    reason: joined(all, 'reason'),
    question: joined(all, 'resident-question'),
    notes: notes.map((one) => (one.title ? `${one.title}: ${one.text}` : one.text)),
    losses: unknown.map((one): Loss => ({ path: one.path, why: medical ? 'kept-as-text' : 'not-shared' })),
  };
}

type Concept = NonNullable<DocumentMessage['conditions']>[number];

const wordsOf = (concepts: readonly Concept[]) => concepts.flatMap((one) => (one.text ? [one.text] : []));

/**
 * The reason in the words of the request, where the letter has no section for it, and the codes. Words beside a medical
 * code are its title: they stand in only when the consent covers medical codes (H17).
 */
export function requestReasons(message: DocumentMessage, medical: boolean) {
  const given = message.request?.reasonCode ?? [];
  const own = wordsOf(given.filter((one) => !one.coding?.length));
  const social = wordsOf(given.filter((one) => !one.coding?.some(isMedical)));
  const titles = medical ? wordsOf([...given, ...message.conditions]) : social;
  const words = own.length > 0 ? own : titles;
  const codes = [...given, ...message.conditions].flatMap(({ coding, text }) =>
    (coding ?? []).flatMap(({ system, code, display = text }): Referral['reasonCodes'] =>
      system && code ? [{ system, code, ...(display && { display: display.slice(0, 200) }) }] : [],
    ),
  );
  return { reason: message.request?.description ?? (words.join('\n') || undefined), codes: codes.slice(0, 10) };
}

/** Life areas that the request names; what else it asks for has no place with us. */
export function lifeAreasOf(message: DocumentMessage, path: string, translate: Translate) {
  const areas = new Set<LifeArea>();
  const losses: Loss[] = [];
  const { category = [], serviceRequested = [] } = message.request ?? {};
  for (const [name, concepts] of Object.entries({ category, serviceRequested })) {
    for (const [n, { coding = [] }] of concepts.entries()) {
      const found = coding
        .map(({ system = '', code = '' }) =>
          system === codeSystems.lifeArea ? code : translate('life-area', system, code),
        )
        .filter((one) => one !== undefined)
        .filter(isLifeArea);
      for (const area of found) areas.add(area);
      if (found.length === 0) losses.push({ path: pathOf(path, [name, n]), why: 'kept-with-source' });
    }
  }
  return { areas: [...areas], losses };
}
