import { firstLineMax } from '../../feedback/answer.ts';
import {
  isSentenceField,
  type SentenceField,
  type Sentences,
  sentencesFor,
} from '../../referral/directory/standard-sentences.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { planMax } from './report-fields.ts';

/** As many characters as its field takes. */
const maxOf: Readonly<Record<SentenceField, number>> = { firstLine: firstLineMax, plan: planMax, reason: 8000 };

/** Buttons that put a sentence in the field: by the script where the cursor is, else by the server at the end. */
export function phrasesPart(name: SentenceField, label: string, own: Sentences | undefined, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  return html`
    <details class="phrases">
      <summary>${t('Vaste zinnen', 'Standard sentences')}<span class="vh">: ${label}</span></summary>
      <p class="buttons">${sentencesFor(own, name).map(
        (words, nth) =>
          html`<button name="phrase" value="${name}-${nth}" class="quiet" lang="nl"
            data-into="${name}" data-words="${words}">${words}</button> `,
      )}</p>
    </details>`;
}

/** The fields with the sentence of this button added; as they were when it is no button of ours or does not fit. */
export function withPhrase<T extends Readonly<Record<string, string>>>(
  fields: T,
  pressed: string,
  own: Sentences | undefined,
): T {
  const [name = '', nth] = pressed.split('-');
  if (!isSentenceField(name)) return fields;
  const words = sentencesFor(own, name)[Number(nth)];
  const longer = [fields[name], words].filter(Boolean).join(' ');
  return words === undefined || longer.length > maxOf[name] ? fields : { ...fields, [name]: longer };
}
