import { translated } from '../../src/hl7v2/coded.ts';
import type { Translate } from '../../src/referral/format.ts';
import type { Letter, Loss } from '../../src/referral/referral.ts';
import type { Answer, Content } from './gather.ts';

const lettersMax = 10;
const titleMax = 200;
/** A mark that document-kind.json does not know still brings a document of the referrer. */
const titles: Readonly<Record<string, string>> = { letter: 'Verwijsbrief', form: 'Aanvraagformulier' };

/** The files that can be passed on, the first named after the mark of the message; and what is not passed on. */
export function lettersOf(content: Content, translate: Translate, isShared: boolean) {
  const kinds = content.marks.map((one) => translate('document-kind', 'urn:hl7v2:zorgdomein:document-kind', one));
  const [kind] = kinds.filter((one) => one !== undefined);
  const fit = content.documents.filter((one) => one.problem === '').slice(0, lettersMax);
  const letters = fit.map(({ label, contentType, base64 }, n): Letter => {
    const name = n === 0 && content.marks.length > 0 ? (titles[kind ?? ''] ?? 'Document') : 'Bijlage';
    return { title: (label ? `${name}: ${label}` : name).slice(0, titleMax), contentType, base64 };
  });
  const rest = content.documents.filter((one) => !fit.includes(one));
  const losses: Loss[] = [
    ...(isShared ? [] : fit.map((one): Loss => ({ path: one.path, why: 'not-shared' }))),
    ...rest.map((one): Loss => ({ path: one.path, why: 'kept-with-source' })),
  ];
  return { letters, losses };
}

export interface Told {
  readonly reason: string | undefined;
  readonly question: string | undefined;
  readonly notes: readonly string[];
  readonly losses: readonly Loss[];
}

const line = ({ id, text }: Answer): string => {
  if (id.text === '' || id.text === text) return text;
  return `${id.text}${/[?:.!]$/.test(id.text) ? '' : ':'} ${text}`;
};
const lines = (all: readonly Answer[]): string => all.map(line).join('\n');

/**
 * What the Wally reads: the answers on the form, without the medical ones where the consent does not cover these (H17).
 * Without any text the reason says that the letter tells it, or that it may not be read.
 */
export function toldOf(content: Content, translate: Translate, isShared: boolean, letters: number): Told {
  const parts = new Map<string, Answer[]>();
  for (const one of content.answers) {
    const part = translated(translate, 'observation', one.id) ?? 'reason';
    const kept = part === 'medical' ? (isShared ? 'reason' : 'withheld') : part;
    parts.set(kept, [...(parts.get(kept) ?? []), one]);
  }
  const of = (part: string) => parts.get(part) ?? [];
  const written = lines(of('reason'));
  const isHidden = !isShared && (letters > 0 || of('withheld').length > 0);
  const hidden = 'De inwoner gaf geen toestemming om medische informatie te delen.';
  const instead = isHidden
    ? `De verwijzer stuurde een brief of tekst mee die u niet mag lezen. ${hidden} Vraag de inwoner zelf waar het om gaat, of bel de praktijk.`
    : letters > 0
      ? 'De verwijzer stuurde een brief mee. In die brief staat waarom u deze inwoner gaat bellen.'
      : undefined;
  return {
    reason: written || instead,
    question: lines(of('resident-question')) || undefined,
    notes: [
      ...of('note').map((one) => lines([one])),
      ...content.notes.map((one) => one.text),
      ...(written && isHidden ? [`Er is ook een brief of tekst die u niet mag lezen. ${hidden}`] : []),
    ],
    losses: [
      ...of('withheld').map((one): Loss => ({ path: one.path, why: 'not-shared' })),
      ...content.notes.map((one): Loss => ({ path: one.path, why: 'kept-as-text' })),
      ...content.unread.map((path): Loss => ({ path, why: 'kept-with-source' })),
    ],
  };
}
