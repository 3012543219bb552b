import { readAloud, readAloudSchema } from '../../feedback/read-aloud.ts';
import type { Said } from '../../fhir/outcome.ts';
import { letterSeen, letterWaits } from '../../referral/consent-waits.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { httpStatus, isRefusal } from '../../referral/refusal.ts';
import { countUnlanded, listUnlanded } from '../../store/queue/call-list.ts';
import type { ListedDelivery } from '../../store/queue/deliveries.ts';
import { readJourney } from '../../store/referrals.ts';
import type { Scope } from '../../store/scope.ts';
import {
  actingFor,
  csrfField,
  decide,
  field,
  noteList,
  noteView,
  query,
  send,
  sendNotFound,
  sentences,
  type Visit,
} from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { facts, recognition, show, telLink } from '../journey/referral-view.ts';
import { addressFrom, idIn, noneText, pageBy, pagesPart } from '../list-pages.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { waitingText } from '../words.ts';

/** Feedback that has not landed for so long is read aloud: promise 3 does not wait for a system that is away. */
const unlandedMs = 86_400_000;
/** Each is a whole letter, opened for its reader: few on a page. */
const shownAtOnce = 20;

/** Whose phone list: the team lead's or the Wally's own. `path` is its address. */
export interface CallPlace {
  readonly scope: Scope;
  readonly path: '/team/calls' | '/worklist/calls';
  readonly back: Said;
}

interface Waiting {
  readonly delivery: ListedDelivery;
  readonly journey: Journey;
}

interface Typed {
  readonly delivery: string;
  readonly heardBy: string;
}

const before = (site: Site) => new Date(site.store.clock().getTime() - unlandedMs);

const noName: Said = {
  nl: 'Vul in wie van de praktijk meeluisterde.',
  en: 'Fill in who of the practice listened.',
};
const doneSaid: Said = {
  nl: 'Genoteerd: het bericht is voorgelezen.',
  en: 'Noted: the message was read aloud.',
};

/** A line that leads to the phone list; nothing when everything landed. */
export async function callsLink(site: Site, visit: Visit, place: CallPlace): Promise<Markup | undefined> {
  const count = await countUnlanded(site.store, place.scope, before(site));
  if (count === 0) return undefined;
  const t = sayIn(visit.viewer.language);
  const said =
    count === 1
      ? t('1 bericht kwam niet aan bij de praktijk', '1 message did not reach the practice')
      : t(`${count} berichten kwamen niet aan bij de praktijk`, `${count} messages did not reach the practice`);
  return html`<p class="panel"><a href="${place.path}">${t('Bellen en voorlezen', 'Call and read aloud')}</a>: ${said}.</p>`;
}

function item({ delivery, journey }: Waiting, visit: Visit, place: CallPlace, more: PageMore): Markup {
  const { viewer } = visit;
  const { acting, today, typed } = more;
  const t = sayIn(viewer.language);
  const shown = show(journey, acting.directory, viewer, today);
  const practice = acting.directory.practices.get(journey.practice);
  const letter = journey.communications.find((one) => one.resource.id === delivery.documentId)?.resource;
  const communication = letter && letterSeen(journey, letter, today);
  const waits = letter !== undefined && letterWaits(journey, letter, today);
  const id = `heardBy-${delivery.id}`;
  const wrong = typed?.delivery === delivery.id;
  const waiting = waitingText(delivery.createdAt, acting.now, viewer.language);
  return html`
    <li class="panel">
      <h2>${practice?.name ?? journey.practice} <span class="when">${waiting}</span></h2>
      ${recognition(shown, 'p')}
      ${facts([
        [t('Telefoon', 'Phone'), practice?.phone && telLink(practice.phone)],
        [t('Hun nummer', 'Their number'), journey.index.practiceReferral.value],
        [t('Ons nummer', 'Our number'), journey.index.number],
      ])}
      <div class="letter" lang="nl">${(communication?.payload?.[1] ?? communication?.payload?.[0])?.contentString}</div>
      ${
        !waits &&
        html`
          <form
            method="post"
            action="${place.path}/${delivery.id}${more.after && `?after=${more.after}`}"
            class="form"
            novalidate
          >
            ${csrfField(viewer)}
            <div class="field">
              <label for="${id}">${t('Gebeld, gelezen door', 'Called, heard by')}</label>
              <p class="hint" id="${id}-hint">${t(
                'Vraag of de ander de naam en de geboortedatum herkent, en noem daarna pas de rest.',
                'Ask whether the other recognises name and birth date, and only then read the rest.',
              )}</p>
              ${wrong && html`<p class="error" id="${id}-error">${noName[viewer.language]}</p>`}
              <input
                type="text"
                id="${id}"
                name="heardBy"
                value="${wrong ? typed.heardBy : ''}"
                maxlength="100"
                autocomplete="off"
                aria-describedby="${id}-hint${wrong && ` ${id}-error`}"${wrong && html` aria-invalid="true"`}>
            </div>
            <p class="buttons">
              <button>${t('Het is voorgelezen', 'It was read aloud')}<span class="vh">: ${journey.index.number}</span></button>
            </p>
          </form>`
      }
    </li>`;
}

interface PageMore {
  readonly acting: Awaited<ReturnType<typeof actingFor>>;
  readonly today: string;
  readonly typed?: Typed | undefined;
  /** Where this page begins. */
  readonly after?: string | undefined;
}

/** The phone list with the text of each message; that they were looked at is committed before it is sent. */
export async function sendCalls(
  site: Site,
  visit: Visit,
  place: CallPlace,
  more: { readonly notice?: PageParts['notice']; readonly status?: number; readonly typed?: Typed } = {},
): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  const after = idIn(visit, 'after');
  const [found, total] = await Promise.all([
    listUnlanded(site.store, place.scope, before(site), shownAtOnce + 1, { after }),
    countUnlanded(site.store, place.scope, before(site)),
  ]);
  const page = pageBy(found, after, (one) => one.id, shownAtOnce);
  const read = page.rows.map(async (delivery): Promise<Waiting[]> => {
    const journey = await readJourney(site.store, place.scope, delivery.journey);
    return journey ? [{ delivery, journey }] : [];
  });
  const waiting = (await Promise.all(read)).flat();
  await noteList(site, viewer.actor, 'calls', waiting.length);
  // Beside each other they share a commit.
  await Promise.all(waiting.map(({ journey }) => noteView(site, journey, acting)));
  const done =
    query(visit.request, 'done') === 'read' ? { kind: 'done' as const, text: doneSaid[viewer.language] } : undefined;
  const notice = more.notice ?? done;
  const title = t('Bellen en voorlezen', 'Call and read aloud');
  const parts = { acting, today: localDay(acting.now), typed: more.typed, after };
  const to = (from?: string) => addressFrom(place.path, {}, 'after', from);
  const main = html`
    <p><a href="${place.path.replace('/calls', '')}">${place.back[viewer.language]}</a></p>
    <h1 id="after">${title} <span class="count">${total}</span></h1>
    <p>${t(
      'Deze berichten kwamen na een dag nog niet aan. Bel de praktijk en lees ze voor.',
      'After a day these messages have not arrived. Call the practice and read them aloud.',
    )}</p>
    ${
      waiting.length > 0
        ? html`<ul class="plain">${waiting.map((one) => item(one, visit, place, parts))}</ul>`
        : noneText(page, visit, t('Alles is aangekomen.', 'Everything arrived.'))
    }
    ${pagesPart(page, { total, what: title, to }, visit)}`;
  send(
    visit,
    { title: more.typed ? `${t('Fout: ', 'Error: ')}${title}` : title, main, ...(notice && { notice }) },
    more.status,
  );
}

/** "Gebeld, gelezen door …": with the name of who heard it, or it comes back. */
export async function noteReadAloud(site: Site, visit: Visit, place: CallPlace): Promise<void> {
  const { actor } = visit.viewer;
  const { delivery: id } = visit.request.params;
  const heardBy = field(visit.request.body, 'heardBy');
  const parsed = readAloudSchema.safeParse({ heardBy });
  const read = async (): Promise<Waiting | undefined> => {
    if (typeof id !== 'string' || !/^[1-9]\d{0,17}$/.test(id)) return undefined;
    const [delivery] = await listUnlanded(site.store, place.scope, before(site), 1, { only: id });
    const journey = delivery && (await readJourney(site.store, place.scope, delivery.journey));
    return journey && { delivery, journey };
  };
  if (!parsed.success) {
    if (typeof id !== 'string' || !(await read())) return sendNotFound(visit);
    return sendCalls(site, visit, place, { status: 422, typed: { delivery: id, heardBy } });
  }
  const outcome = await decide(site, actor, read, ({ delivery, journey }, acting) =>
    readAloud(journey, { id: delivery.id, communication: delivery.documentId ?? '' }, parsed.data, acting),
  );
  if (isRefusal(outcome)) {
    const notice = { kind: 'refused' as const, text: sentences(outcome, visit.viewer) };
    return sendCalls(site, visit, place, { notice, status: httpStatus(outcome) });
  }
  // Tapped twice, or landed meanwhile: it is no longer on the list, and that is what was asked for.
  visit.response.redirect(303, outcome === 'done' ? `${place.path}?done=read` : place.path);
}
