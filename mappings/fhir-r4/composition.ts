import type { Composition, CompositionSection, Condition, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';
import type { Loss } from '../../src/referral/referral.ts';
import { isType, type Part, type Resolve } from './parts.ts';

/** One section of a Nictiz ELZ referral (HASP): its words without codes, or the narrative that stands for them. */
export interface Section {
  readonly title: string;
  readonly words: string | undefined;
  readonly narrative: string | undefined;
  readonly path: string;
}

/** The letter of a Nictiz ELZ referral, taken apart. */
export interface Letterhead {
  readonly composition: Part<Composition>;
  /** "Reden bericht": why this referral is sent. */
  readonly reason: Section | undefined;
  /** Treatment so far, what is proposed, what else matters, and whatever other sections there are: medical (H17). */
  readonly others: readonly Section[];
  readonly conditions: readonly Part<Condition>[];
  /** Entries that we do not read. */
  readonly losses: readonly Loss[];
}

/** SNOMED CT, profile hg-ReferralComposition: "verwijzing voor", in the core of the letter. */
const reasonForReferral = '440378000';

const plainText = (div: string | undefined) =>
  div
    // A < that never closes must not make each one before it look to the end.
    ?.replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name: string) => {
      return { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' }[name] ?? ' ';
    })
    .replaceAll(/\s+/g, ' ')
    .trim() || undefined;

function leaves(
  sections: readonly CompositionSection[] | undefined,
  path: string,
): { section: CompositionSection; path: string }[] {
  return (sections ?? []).flatMap((section, n) => {
    const here = `${path}.section[${n}]`;
    const { text, extension, entry } = section;
    const speaks = text || extension?.some((one) => one.url === extensions.textValue) || entry?.length;
    return [...(speaks ? [{ section, path: here }] : []), ...leaves(section.section, here)];
  });
}

const isReason = (section: CompositionSection) =>
  section.code?.coding?.some((one) => one.system === codeSystems.snomed && one.code === reasonForReferral) === true;

/** The Composition among the supporting information of an ELZ referral; undefined when there is none. */
export function letterheadOf(request: Part<ServiceRequest>, resolve: Resolve): Letterhead | undefined {
  const composition = (request.resource.supportingInfo ?? [])
    .map((one) => resolve(one, request))
    .find(isType('Composition'));
  if (!composition) return undefined;
  const all = leaves(composition.resource.section, composition.path);
  const entries = all.flatMap(({ section, path }) =>
    (section.entry ?? []).map((entry, n) => ({
      found: resolve(entry, composition),
      path: `${path}.entry[${n}]`,
    })),
  );
  const read = all.map(({ section, path }) => ({
    isReason: isReason(section),
    title: section.title ?? section.code?.coding?.[0]?.display ?? section.code?.text ?? '',
    words: section.extension?.find((one) => one.url === extensions.textValue)?.valueString?.trim() || undefined,
    narrative: plainText(section.text?.div),
    path,
  }));
  const reason = read.find((one) => one.isReason);
  return {
    composition,
    reason,
    others: read.filter((one) => one !== reason && (one.words ?? one.narrative)),
    conditions: entries.map((one) => one.found).filter(isType('Condition')),
    losses: entries
      .filter(({ found }) => !isType('Condition')(found))
      .map(({ path }): Loss => ({ path, why: 'kept-with-source' })),
  };
}

/** What the sections give besides the reason: text for the Wally only where the consent covers medical content (H17). */
export function notesOf(letterhead: Letterhead | undefined, medical: boolean): { notes: string[]; losses: Loss[] } {
  const others = letterhead?.others ?? [];
  return {
    notes: medical ? others.map(({ title, words, narrative }) => `${title}: ${words ?? narrative}`.slice(0, 8000)) : [],
    losses: [
      ...others.map(({ path }): Loss => ({ path, why: medical ? 'kept-as-text' : 'not-shared' })),
      ...(letterhead?.losses ?? []),
    ],
  };
}
