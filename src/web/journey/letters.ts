import type { DocumentReference } from '@medplum/fhirtypes';
import { html, type Markup, sayIn } from '../html.ts';
import type { Shown } from './referral-view.ts';

/** Which file a letter is downloaded as; of anything else a browser is told nothing but that it is bytes. */
export const letterKinds: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/tiff': 'tif',
};

export const attachmentOf = (letter: DocumentReference) => letter.content[0]?.attachment;

/** The practice's letters that this reader may have (H17), each as a file to download. */
export function lettersPart(shown: Shown): Markup | undefined {
  const t = sayIn(shown.viewer.language);
  if (shown.letters.length === 0) return undefined;
  return html`
    <section aria-labelledby="letters">
      <h2 id="letters">${t('Brieven van de praktijk', "The practice's letters")}</h2>
      <ul class="plain">
        ${shown.letters.map(({ resource }) => {
          const attachment = attachmentOf(resource);
          const kind = letterKinds[attachment?.contentType ?? ''] ?? t('bestand', 'file');
          return html`
            <li>
              <a href="/worklist/${shown.journey.id}/letter/${resource.id}" download>${attachment?.title ?? t('Brief', 'Letter')}</a>
              (${kind})
            </li>`;
        })}
      </ul>
      <p>${t(
        'U ziet deze brieven omdat de inwoner ook medische gegevens met u deelt. Bewaar ze niet buiten uw eigen dossier.',
        'You see these letters because the resident shares medical data with you too. Do not keep them outside your own record.',
      )}</p>
    </section>`;
}
