import { firstLineMax } from '../feedback/answer.ts';
import { html, type Markup, sayIn } from './html.ts';
import type { Viewer } from './page.ts';
import { planMax, type ReportFields } from './report-fields.ts';

type PhraseField = 'firstLine' | 'plan';

/** What Wallys write most, in the language of the letter; each is a whole sentence, so that it can stand beside others. */
const phrases: Readonly<Record<PhraseField, readonly string[]>> = {
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
};

const maxOf: Readonly<Record<PhraseField, number>> = { firstLine: firstLineMax, plan: planMax };

/** Buttons that put a sentence in the field: by the script where the cursor is, else by the server at the end. */
export function phrasesPart(name: PhraseField, label: string, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  return html`<details class="phrases"><summary>${t('Vaste zinnen', 'Standard sentences')}<span class="vh">: ${label}</span></summary>
<p class="buttons">${phrases[name].map((words, nth) => html`<button name="phrase" value="${name}-${nth}" class="quiet" lang="nl" data-into="${name}" data-words="${words}">${words}</button> `)}</p></details>`;
}

/** The fields with the sentence of this button added; as they were when it is no button of ours or does not fit. */
export function withPhrase(fields: ReportFields, pressed: string): ReportFields {
  const [name, nth] = pressed.split('-');
  if (name !== 'firstLine' && name !== 'plan') return fields;
  const words = phrases[name][Number(nth)];
  const longer = [fields[name], words].filter(Boolean).join(' ');
  return words === undefined || longer.length > maxOf[name] ? fields : { ...fields, [name]: longer };
}
