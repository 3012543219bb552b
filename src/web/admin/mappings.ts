import { Router } from 'express';
import type { Replaying } from '../../intake/replay.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Loss } from '../../referral/referral.ts';
import { type DoorUse, readDoorUse } from '../../store/queue/door-use.ts';
import { type CountedLoss, countLosses, type MappingUse, readMappingUse } from '../../store/queue/mapping-use.ts';
import { send, sendNotFound, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import { lossSaid, mappingPart } from '../queue/masked.ts';
import type { Site } from '../site.ts';

type Mappings = Replaying['mappings'];

/** So many days back it is counted what came in and what was lost. */
const countedDays = 30;
const dayMs = 86_400_000;
const lossesMax = 200;

/** Since when it is counted. */
export const countedSince = ({ store }: Site): Date => new Date(store.clock().getTime() - countedDays * dayMs);

function usesPart(uses: readonly MappingUse[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if (uses.length === 0) return html`<p class="empty">${t('Niets.', 'Nothing.')}</p>`;
  const said = (count: number) =>
    count === 1 ? t('1 bericht', '1 message') : t(`${count} berichten`, `${count} messages`);
  return html`
    <ul class="deliveries">
      ${uses.map(
        (one) => html`
          <li class="delivery">
            <div class="lead">${mappingPart(one.mapping, viewer)}: ${said(one.messages)}</div>
            <div class="more">
              <span>${t('eerst', 'first')} ${momentText(one.first, viewer.language)}</span>
              <span>${t('laatst', 'last')} ${momentText(one.last, viewer.language)}</span>
            </div>
          </li>`,
      )}
    </ul>`;
}

function doorItem(one: DoorUse, { practices }: Directory, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const who = one.practices.map((id) => practices.get(id)?.name ?? id).join(', ');
  return html`
    <li class="delivery">
      <div class="lead"><strong>${one.door}</strong>: ${t(`${one.taken} aangenomen`, `${one.taken} taken`)}</div>
      <div class="more">
        ${who && html`<span>${who}</span>`}
        ${one.last && html`<span>${t('laatst', 'last')} ${momentText(one.last, viewer.language)}</span>`}
      </div>
      ${
        one.refused.length > 0 &&
        html`
          <p>
            ${t('Geweigerd', 'Refused')}:
            ${one.refused.map(({ code, count }, nth) => html`${nth > 0 && ', '}<code>${code}</code> ${count}`)}.
            <a href="/admin/refused">${t('Bekijk ze', 'See them')}</a>
          </p>`
      }
    </li>`;
}

async function mappingsPage(site: Site, mappings: Mappings, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const since = countedSince(site);
  const [doors, uses, directory] = await Promise.all([
    readDoorUse(site.store, since),
    readMappingUse(site.store, since),
    site.directory(),
  ]);
  const named = [...mappings.values()].map(({ format, loaded, tables }): Markup => {
    const feedback = format.fromFeedback && html`<span>${t('ook de terugkoppeling', 'feedback too')}</span>`;
    return html`
      <li class="referral">
        <div class="lead"><a href="/admin/mappings/${format.name}">${format.name}</a></div>
        <div class="more">
          <span>${format.syntax}</span>
          <span>${t('versie', 'version')} ${format.version}</span>
          ${loaded && html`<span><code>${loaded.hash}</code></span>`}
          <span>${t(`${tables.size} tabellen`, `${tables.size} tables`)}</span>
          ${feedback}
        </div>
      </li>`;
  });
  const title = t('Vertalingen van berichten', 'Mappings of messages');
  const main = html`
    <p><a href="/admin">${t('Naar de wachtrij', 'To the queue')}</a></p>
    <h1>${title}</h1>
    <p>${t(
      'Deze vertalingen zijn nu in gebruik. De code achter de versie verandert met elk bestand ervan. Kies er een om te zien wat zij niet meeneemt.',
      'These mappings are in use now. The code after the version changes with every file of them. Choose one to see what it does not carry.',
    )}</p>
    <ul class="referrals">${named}</ul>
    <h2>${t(
      `Waarmee berichten gelezen zijn, laatste ${countedDays} dagen`,
      `What messages were read with, last ${countedDays} days`,
    )}</h2>
    ${usesPart(uses, viewer)}
    <h2>${t(`Wat er binnenkwam, laatste ${countedDays} dagen`, `What came in, last ${countedDays} days`)}</h2>
    ${
      doors.length === 0
        ? html`<p>${t('Niets.', 'Nothing.')}</p>`
        : html`<ul class="deliveries">${doors.map((one) => doorItem(one, directory, viewer))}</ul>`
    }`;
  send(visit, { title, main });
}

/** How often each place was met that a mapping does not carry: where it stood and why, never what. */
function lostPart(losses: readonly CountedLoss[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if (losses.length === 0) return html`<p class="empty">${t('Er ging niets verloren.', 'Nothing was lost.')}</p>`;
  const heads = [
    t('Plaats', 'Place'),
    t('Waarom', 'Why'),
    t('Berichten', 'Messages'),
    t('Praktijken', 'Practices'),
    t('Laatst', 'Last'),
  ];
  return html`
    <table class="plain-table" tabindex="0">
      <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
      <tbody>
        ${losses.map(
          (one) => html`
            <tr>
              <td class="code">${one.place}</td>
              <td>${lossSaid[one.why as Loss['why']]?.[viewer.language] ?? one.why}</td>
              <td>${one.messages}</td>
              <td>${one.practices}</td>
              <td>${momentText(one.last, viewer.language)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** What a mapping reads and does not report: which places, and why. */
function silentPart(silent: readonly { readonly pattern: string; readonly why: string }[], viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  if (silent.length === 0) return html`<p class="empty">${t('Niets.', 'Nothing.')}</p>`;
  return html`
    <table class="plain-table" tabindex="0">
      <thead><tr><th scope="col">${t('Plaats', 'Place')}</th><th scope="col">${t('Waarom', 'Why')}</th></tr></thead>
      <tbody>
        ${silent.map((one) => html`<tr><td class="code">${one.pattern}</td><td lang="en">${one.why}</td></tr>`)}
      </tbody>
    </table>`;
}

/** One mapping: which versions read, what it lost and what it passes over in silence, and its README as it is written. */
async function mappingPage(site: Site, mappings: Mappings, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const found = mappings.get(String(visit.request.params.name));
  if (!found?.loaded) return sendNotFound(visit);
  const t = sayIn(viewer.language);
  const { format, loaded } = found;
  const since = countedSince(site);
  const [uses, losses] = await Promise.all([
    readMappingUse(site.store, since),
    countLosses(site.store, format.name, since, lossesMax),
  ]);
  const own = uses.filter((one) => one.mapping.startsWith(`${format.name}@`));
  const main = html`
    <p><a href="/admin/mappings">${t('Naar de vertalingen', 'To the mappings')}</a></p>
    <h1>${format.name}</h1>
    <p>${t('Versie', 'Version')} ${format.version}, <code>${loaded.hash}</code></p>
    <h2>${t(
      `Verwijzingen die hiermee gelezen zijn, laatste ${countedDays} dagen`,
      `Referrals that were read with it, last ${countedDays} days`,
    )}</h2>
    ${usesPart(own, viewer)}
    <h2>${t(`Wat zij niet meenam, laatste ${countedDays} dagen`, `What it did not carry, last ${countedDays} days`)}</h2>
    <p class="hint">${t(
      'Elk bericht telt per plaats één keer. De afzender heeft het bij zijn antwoord gehoord.',
      'Each message counts once per place. Its sender heard of it in the answer.',
    )}</p>
    ${lostPart(losses, viewer)}
    <h2>${t('Wat zij leest en zonder melding laat gaan', 'What it reads and passes over in silence')}</h2>
    ${silentPart(loaded.silent, viewer)}
    <h2>README</h2>
    <pre class="sample" tabindex="0" role="region" aria-label="README" lang="en">${loaded.readme}</pre>`;
  send(visit, { title: format.name, main });
}

/** Which mappings are in use, in which version, what comes in through the doors, and what they drop. No patient data. */
export function mappingPages(site: Site, viewerOf: ViewerOf, mappings: Mappings): Router {
  const router = Router();
  const on = (handle: (visit: Visit) => Promise<void>) => visiting('administrator', viewerOf, handle);
  router.get(
    '/admin/mappings',
    on((visit) => mappingsPage(site, mappings, visit)),
  );
  router.get(
    '/admin/mappings/:name',
    on((visit) => mappingPage(site, mappings, visit)),
  );
  return router;
}
