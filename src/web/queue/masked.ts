import type { Masked } from '../../fhir/mask.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Rehearsal } from '../../intake/replay.ts';
import { placeName } from '../../referral/reading.ts';
import type { Loss } from '../../referral/referral.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** The structure of a message: each place with what kind of value stood there and how long it was. */
export function maskedPart(places: readonly Masked[] | undefined, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const kinds: Record<Masked['kind'], string> = {
    text: t('tekst', 'text'),
    digits: t('cijfers', 'digits'),
    date: t('datum', 'date'),
    number: t('getal', 'number'),
    boolean: t('ja of nee', 'yes or no'),
    code: t('code', 'code'),
  };
  if (!places)
    return html`<p class="empty">${t('Hiervan kan geen structuur getoond worden.', 'No structure of this can be shown.')}</p>`;
  return html`
    <details>
      <summary>${t(
        `Structuur zonder inhoud (${places.length} plaatsen)`,
        `Structure without content (${places.length} places)`,
      )}</summary>
      <table class="plain-table" tabindex="0">
        <thead>
          <tr>
            <th scope="col">${t('Plaats', 'Place')}</th>
            <th scope="col">${t('Soort', 'Kind')}</th>
            <th scope="col">${t('Lengte', 'Length')}</th>
          </tr>
        </thead>
        <tbody>
          ${places.map(
            (one) => html`
              <tr>
                <td class="code">${one.path}</td>
                <td>${kinds[one.kind]}${one.value !== undefined && html` <span class="code">${one.value}</span>`}</td>
                <td>${one.length}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
}

const lossesShown = 200;

/** A mapping as the record names it (name@version+hash), in words. */
export function mappingName(named: string, viewer: Viewer): Markup {
  const [, name = named, version = '', hash = ''] = /^([^@]*)@([^@+]*)\+([^@+]*)$/.exec(named) ?? [];
  return html`${name} ${sayIn(viewer.language)('versie', 'version')} ${version} <code>${hash}</code>`;
}

/** The same, leading to the referrals that it read. */
export const mappingPart = (named: string, viewer: Viewer): Markup =>
  html`<a href="/admin/journeys?mapping=${encodeURIComponent(named)}">${mappingName(named, viewer)}</a>`;

/** Why a mapping did not carry something. */
export const lossSaid: Readonly<Record<Loss['why'], Said>> = {
  'kept-as-text': { nl: 'bewaard als tekst', en: 'kept as text' },
  'kept-with-source': { nl: 'alleen bewaard bij het bericht', en: 'only kept with the message' },
  'unknown-code': { nl: 'onbekende code', en: 'unknown code' },
  'not-shared': { nl: 'wordt niet gedeeld', en: 'is not shared' },
  deviates: { nl: 'anders geschreven dan afgesproken', en: 'written in another way than agreed' },
};

/** What a mapping could not carry, by place. */
export function lossesPart(losses: readonly Loss[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if (losses.length === 0) return html`<p>${t('Er ging niets verloren.', 'Nothing was lost.')}</p>`;
  return html`
    <ul>
      ${losses
        .slice(0, lossesShown)
        .map(
          (one) =>
            html`<li><span class="code">${placeName(one.path)}</span>: ${lossSaid[one.why][viewer.language]}</li>`,
        )}
    </ul>`;
}

/** What today's rules would make of a message, in codes and places. */
export function rehearsalPart(found: Rehearsal, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if ('refused' in found)
    return html`
      <p>${t(
        'Ook nu zou dit bericht geweigerd worden. Er is niets opgeslagen.',
        'This message would be refused now too. Nothing was stored.',
      )}</p>
      <ul>
        ${found.refused.map(
          (one) =>
            html`<li><span class="code">${one.reason}</span> <span class="code">${placeName(one.path)}</span></li>`,
        )}
      </ul>`;
  return html`
    <p>
      ${
        found.isKnown
          ? t(
              'Dit bericht hoort bij een verwijzing die wij hebben. Er is niets opgeslagen.',
              'This message belongs to a referral that we have. Nothing was stored.',
            )
          : t(
              'Nu zou dit bericht aangenomen worden. Er is niets opgeslagen.',
              'This message would be taken now. Nothing was stored.',
            )
      } (${found.intent})
    </p>
    <h3>${t('Wat verloren zou gaan', 'What would be lost')}</h3>
    ${lossesPart(found.losses, viewer)}
    ${
      found.differs &&
      html`
        <h3>${t('Waar de verwijzing nu iets anders zegt', 'Where the referral says something else now')}</h3>
        ${
          found.differs.length === 0
            ? html`<p>${t('Nergens.', 'Nowhere.')}</p>`
            : html`
              <ul>
                ${found.differs.slice(0, lossesShown).map((path) => html`<li class="code">${placeName(path)}</li>`)}
              </ul>`
        }`
    }`;
}
