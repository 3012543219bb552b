import type { Said } from '../../fhir/outcome.ts';
import type { DestinationMove } from '../../referral/delivery-move.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { type ListedDestination, listDestinations, moveDestination, openAt } from '../../store/outbox/destinations.ts';
import { field, query, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts, Viewer } from '../page.ts';
import type { Site } from '../site.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './reason.ts';
import { undoForm } from './undo.ts';
import { destinationName } from './words.ts';

/** What holds a destination up at this moment, in words; undefined when nothing does. */
export function destinationState(one: ListedDestination, viewer: Viewer, now: Date): string | undefined {
  const t = sayIn(viewer.language);
  const until = (moment: Date) => momentText(moment, viewer.language);
  const said = [
    one.paused && t('Gepauzeerd: er gaat niets heen.', 'Paused: nothing goes there.'),
    one.draining && t('Loopt leeg: alleen wat er al stond gaat nog.', 'Draining: only what was there already goes.'),
    one.downSince &&
      t(
        'Ligt plat: wij proberen er één tegelijk, zonder dat iets opraakt.',
        'Down: we try one at a time, and nothing runs out.',
      ),
    !one.retries && t('Opnieuw proberen staat uit.', 'Trying again is switched off.'),
    one.windowFrom &&
      one.windowUntil &&
      one.windowUntil > now &&
      t(
        `Onderhoud van ${until(one.windowFrom)} tot ${until(one.windowUntil)}.`,
        `Maintenance from ${until(one.windowFrom)} until ${until(one.windowUntil)}.`,
      ),
    one.quietUntil && t(`Wij wachten tot ${until(one.quietUntil)}.`, `We wait until ${until(one.quietUntil)}.`),
  ].filter(Boolean);
  return said.length > 0 ? said.join(' ') : undefined;
}

type Plain = Exclude<DestinationMove['to'], 'window' | 'followed' | 'undone' | 'answered' | 'silent'>;

/** Each with what it does; the other one undoes it. */
const choices: readonly { to: Plain; said: Said; fits: (one: ListedDestination, now: Date) => boolean }[] = [
  {
    to: 'paused',
    said: { nl: 'Pauzeer: er gaat niets meer heen', en: 'Pause: nothing goes there any more' },
    fits: (one) => !one.paused,
  },
  {
    to: 'draining',
    said: { nl: 'Laat leeglopen: wat er staat gaat nog, nieuw wacht', en: 'Drain: what is there goes, new waits' },
    fits: (one) => !one.draining,
  },
  {
    to: 'down',
    said: { nl: 'Vasthouden zolang hun systeem plat ligt', en: 'Hold while their system is down' },
    fits: (one) => one.downSince === null,
  },
  {
    to: 'resumed',
    said: { nl: 'Ga weer verder', en: 'Go on again' },
    fits: (one) => one.paused || one.draining || one.downSince !== null || one.quietUntil !== null,
  },
  {
    to: 'retries-off',
    said: { nl: 'Zet opnieuw proberen uit', en: 'Switch trying again off' },
    fits: (one) => one.retries,
  },
  {
    to: 'retries-on',
    said: { nl: 'Zet opnieuw proberen aan', en: 'Switch trying again on' },
    fits: (one) => !one.retries,
  },
  {
    to: 'window-off',
    said: { nl: 'Haal het onderhoud weg', en: 'Remove the maintenance' },
    fits: (one, now) => one.windowUntil !== null && one.windowUntil > now,
  },
];

/** What was asked of it last, with the button that undoes that; nothing when it cannot be undone. */
function lastPart({ id, last }: ListedDestination, visit: Visit): Markup | undefined {
  if (!last) return undefined;
  const { language } = visit.viewer;
  const t = sayIn(language);
  const what =
    choices.find((one) => one.to === last.act)?.said[language] ?? t('Onderhoud gepland', 'Maintenance was planned');
  const hidden = html`<input type="hidden" name="id" value="${id}">`;
  return html`
    <section class="move" aria-labelledby="undo">
      <h2 id="undo">${t('Ongedaan maken', 'Undo')}</h2>
      <p>${t('Laatst gevraagd', 'Asked last')}: ${what}. ${momentText(new Date(last.at), language)}.</p>
      ${undoForm(visit, '/admin/destination/undo', 'receiver', { what, hidden })}
    </section>`;
}

const find = async (site: Site, id: string) => (await listDestinations(site.store)).find((one) => one.id === id);

/** One destination: what holds it up, and what can be asked of it. */
export async function destinationPage(
  site: Site,
  visit: Visit,
  notice?: PageParts['notice'],
  status = 200,
): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const id = query(request, 'id') || field(request.body, 'id');
  const one = await find(site, id);
  if (!one) return sendNotFound(visit);
  const now = site.store.clock();
  const { waiting, sent } = await openAt(site.store, id);
  const title = destinationName(id, await site.directory(), viewer);
  const hidden = html`<input type="hidden" name="id" value="${id}">`;
  const moment = (name: string, label: string): Markup => html`
    <div class="field short">
      <label for="${name}">${label}</label>
      <input type="datetime-local" id="${name}" name="${name}" required>
    </div>`;
  const main = html`
    <p><a href="/admin">${t('Naar de wachtrij', 'To the queue')}</a></p>
    <h1>${title}</h1>
    <p>${destinationState(one, viewer, now) ?? t('Alles loopt.', 'Everything runs.')}</p>
    ${
      one.askedAt &&
      html`
        <p>
          ${t('Voor het laatst gevraagd wat daar is gedaan:', 'Last asked what was done there:')}
          ${momentText(one.askedAt, viewer.language)}
        </p>`
    }
    <p><a href="/admin?destination=${id}">${t('Wat hier nog open staat', 'What is still open here')}</a></p>
    ${lastPart(one, visit)}
    <section class="move" aria-labelledby="ask">
      <h2 id="ask">${t('Wat wilt u?', 'What do you want?')}</h2>
      <p class="hint">${t(
        `Dit raakt wat hier nu wacht (${waiting}) en wat er nog bij komt. Wat al verstuurd is (${sent}), wacht alleen nog op een ontvangstbericht: dat verandert niet.`,
        `This touches what waits here now (${waiting}) and what still comes. What was sent already (${sent}) only waits for a receipt: that does not change.`,
      )}</p>
      ${smallForm(
        visit,
        '/admin/destination',
        html`
          ${hidden}
          ${reasonField(visit)}
          <p class="buttons">${choices
            .filter(({ fits }) => fits(one, now))
            .map(
              ({ to, said }) => html`<button class="quiet" name="to" value="${to}">${said[viewer.language]}</button> `,
            )}</p>`,
      )}
    </section>
    <section class="move" aria-labelledby="window">
      <h2 id="window">${t('Onderhoud plannen', 'Plan maintenance')}</h2>
      ${smallForm(
        visit,
        '/admin/destination',
        html`
          ${hidden}
          <input type="hidden" name="to" value="window">
          <div class="row">${moment('from', t('Van', 'From'))}${moment('until', t('Tot', 'Until'))}</div>
          ${reasonField(visit, 'window-reason')}
          <p class="buttons"><button>${t('Plan het onderhoud', 'Plan the maintenance')}</button></p>`,
      )}
    </section>`;
  send(visit, { title, main, ...(notice && { notice }) }, status);
}

const amsterdam = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Amsterdam',
  dateStyle: 'short',
  timeStyle: 'short',
});

/** What a clock on a Dutch wall says (yyyy-mm-ddThh:mm) as a moment; undefined when no such moment is. */
function momentIn(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return undefined;
  return ['+02:00', '+01:00']
    .map((offset) => new Date(`${text}:00${offset}`))
    .find((moment) => !Number.isNaN(moment.getTime()) && amsterdam.format(moment) === text.replace('T', ' '));
}

function moveIn(body: unknown, id: string): DestinationMove | undefined {
  const asked = field(body, 'to');
  const plain = choices.find((one) => one.to === asked);
  if (plain) return { id, to: plain.to };
  const [from, until] = [momentIn(field(body, 'from')), momentIn(field(body, 'until'))];
  if (asked !== 'window' || !from || !until || until <= from) return undefined;
  return { id, to: 'window', from: from.toISOString(), until: until.toISOString() };
}

const noSense: Said = {
  nl: 'Kies wat u wilt. Onderhoud eindigt later dan het begint. Er is niets veranderd.',
  en: 'Choose what you want. Maintenance ends later than it begins. Nothing was changed.',
};

/** Does what was asked of a destination, with its reason in the trail. */
export async function moveDestinationBy(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const id = field(request.body, 'id');
  if (!(await find(site, id))) return sendNotFound(visit);
  const reason: string | Refusal = reasonIn(request.body);
  const refused = (text: string) => destinationPage(site, visit, { kind: 'refused', text }, 422);
  if (isRefusal(reason)) return refused(sentences(reason, viewer));
  const move = moveIn(request.body, id);
  if (!move) return refused(noSense[viewer.language]);
  const at = site.store.clock().toISOString();
  const line = adminLine(viewer.actor, at, `destination-${move.to}`, { object: `Destination/${id}`, reason });
  if (!(await moveDestination(site.store, move, line))) return sendNotFound(visit);
  response.redirect(303, `/admin/destination?id=${encodeURIComponent(id)}&done=yes`);
}
