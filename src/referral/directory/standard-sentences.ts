import type { Organization } from '@medplum/fhirtypes';
import { extensions } from '../../fhir/systems.ts';

/** The fields that have standard sentences: of an organisation for its Wallys' messages, of a practice for referring. */
export const teamFields = ['firstLine', 'plan'] as const;
export const practiceFields = ['reason'] as const;
export type SentenceField = (typeof teamFields)[number] | (typeof practiceFields)[number];
export const isSentenceField = (code: string): code is SentenceField =>
  [...teamFields, ...practiceFields].some((one) => one === code);

/** As long as a first line may be, so that each fits every field. */
export const sentenceMax = 140;
/** Per field: a list that is not looked through helps nobody. */
export const sentencesMax = 12;

/** In the language of the letter; each is a whole sentence, so that it can stand beside others. */
export type Sentences = Readonly<Partial<Record<SentenceField, readonly string[]>>>;

/**
 * What is written most, for who made no list of their own. The resident's question has none: that is in their own words.
 */
const usualSentences: Readonly<Record<SentenceField, readonly string[]>> = {
  firstLine: [
    'Kennisgemaakt; wij gaan samen aan de slag.',
    'Begeleid naar een activiteit in de buurt.',
    'Het gaat beter; geen verdere hulp nodig.',
    'De inwoner wil nu geen hulp.',
  ],
  plan: [
    'Ik ga de eerste keer mee.',
    'Wij spreken elkaar over vier weken weer.',
    'De inwoner belt mij als het niet lukt.',
    'U hoeft hier niets voor te doen.',
  ],
  reason: [
    'Is veel alleen en mist mensen om zich heen.',
    'Maakt zich zorgen over geld en durft de post niet te openen.',
    'Zorgt voor een naaste en houdt dat zo niet vol.',
    'De klachten hangen samen met wat er thuis of op het werk speelt.',
  ],
};

/** The sentences for a field: the own ones, else the usual ones. */
export const sentencesFor = (own: Sentences | undefined, field: SentenceField): readonly string[] =>
  own?.[field] ?? usualSentences[field];

/** The own sentences of an organisation or practice (extension `standard-sentence`), in their order; undefined when it has none. */
export function sentencesOf({ extension = [] }: Organization): Sentences | undefined {
  const found = new Map<SentenceField, string[]>();
  for (const one of extension) {
    if (one.url !== extensions.standardSentence) continue;
    const field = one.extension?.find((part) => part.url === 'for')?.valueCode ?? '';
    const text = one.extension?.find((part) => part.url === 'text')?.valueString;
    if (isSentenceField(field) && text) found.set(field, [...(found.get(field) ?? []), text]);
  }
  return found.size > 0 ? Object.fromEntries(found) : undefined;
}

/** The organisation with these sentences instead of those it had; a list that is the usual one is none of its own. */
export function withSentences<T extends Organization>(organization: T, own: Sentences): T {
  const { extension = [], ...rest } = organization;
  const said = Object.entries(own).flatMap(([field, texts]) => {
    const usual = isSentenceField(field) ? usualSentences[field] : [];
    const isUsual = texts.length === usual.length && texts.every((text, nth) => text === usual[nth]);
    return isUsual ? [] : texts.map((text) => ({ field, text }));
  });
  const next = [
    ...extension.filter((one) => one.url !== extensions.standardSentence),
    ...said.map(({ field, text }) => ({
      url: extensions.standardSentence,
      extension: [
        { url: 'for', valueCode: field },
        { url: 'text', valueString: text },
      ],
    })),
  ];
  return { ...rest, ...(next.length > 0 && { extension: next }) } as T;
}
