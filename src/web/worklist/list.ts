import type { Acting } from '../../feedback/moves.ts';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import { countFolders } from '../../store/lists/folders.ts';
import { type ListedReferral, listReferrals } from '../../store/lists/lists.ts';
import { readSought } from '../../store/lists/narrow.ts';
import { actingFor, csrfField, field, noteList, query, send, type Visit } from '../acting.ts';
import { keysPart } from '../admin/keys.ts';
import { clockSaid, isOverdue } from '../clock-words.ts';
import { birthDateText, dayText, html, type Markup, sayIn } from '../html.ts';
import { fateWord } from '../journey/history-view.ts';
import { askedSize, type ListPage, noneText, pageOf, pagesPart, placeIn, placeOf } from '../list-pages.ts';
import { dueMark, safetyMark, urgencyMark } from '../marks.ts';
import { doneNotice } from '../moves/pages.ts';
import type { Site } from '../site.ts';
import { type CallPlace, callsLink } from '../team/calls.ts';
import { talkNotice } from '../team/talks.ts';
import { pressing, stateWords } from '../words.ts';
import { filterPart, filtersIn, filtersText, listAddress, narrowOf } from './filter.ts';
import { unconfirmedLine } from './own-record-list.ts';
import { wallyForms } from './referral.ts';

const folders = ['new', 'me', 'others', 'overdue', 'done'] as const;
type WallyFolder = (typeof folders)[number];

const folderSaid: Record<WallyFolder, Said> = {
  new: { nl: 'Nieuw', en: 'New' },
  me: { nl: 'Wacht op mij', en: 'Waiting for me' },
  others: { nl: 'Wacht op anderen', en: 'Waiting for others' },
  overdue: { nl: 'Te laat', en: 'Overdue' },
  done: { nl: 'Klaar', en: 'Done' },
};

/** An address that someone kept from before: what ran stood in one folder. */
const formerly: Readonly<Record<string, WallyFolder>> = { open: 'me' };

/** In whose place, from whom or to whom; what everyone else must know before anything else. */
function standIns(referral: ListedReferral, { viewer }: Visit, { directory }: Acting): Markup[] {
  const t = sayIn(viewer.language);
  const { owner, actingFor, proposed } = referral;
  const name = (id: string | null) => directory.roles.get(id ?? '')?.name ?? '';
  const me = viewer.actor.id;
  const said = [
    actingFor && owner === me && t(`U neemt waar voor ${name(actingFor)}`, `You act for ${name(actingFor)}`),
    actingFor === me && t(`${name(owner)} neemt waar voor u`, `${name(owner)} acts for you`),
    proposed === me && t(`Aangeboden door ${name(owner)}`, `Offered by ${name(owner)}`),
    proposed && owner === me && t(`Aangeboden aan ${name(proposed)}`, `Offered to ${name(proposed)}`),
  ];
  return said.flatMap((one) => (one ? [html`<span class="mark stand-in">${one}</span>`] : []));
}

/** What has the reader wait, or is late: the first clock of each, and the appointment that stands. */
function waits(referral: ListedReferral, { viewer }: Visit, today: string): Markup[] {
  const { language } = viewer;
  const t = sayIn(language);
  // The promise to the GP has a mark of its own.
  const isPressing = pressing(referral, today) === 'late';
  const late = referral.clocks.find(
    (one) => isOverdue(one, today) && !(isPressing && ['open', 'attempt', 'contact'].includes(one.kind)),
  );
  const waiting = referral.clocks.find((one) => ['stop', 'answer', 'onward', 'rest', 'confirm'].includes(one.kind));
  const { appointmentOn } = referral;
  const on = appointmentOn && appointmentOn >= today && dayText(appointmentOn, language, today);
  return [
    ...(late ? [html`<strong class="mark late">${clockSaid(late, 'wally', today)[language]}</strong>`] : []),
    ...(waiting && waiting !== late ? [html`<span>${clockSaid(waiting, 'wally', today)[language]}</span>`] : []),
    ...(on ? [html`<span>${t(`Afspraak op ${on}`, `Appointment on ${on}`)}</span>`] : []),
  ];
}

/** One line of the list; the name is a link to the referral. */
function row(referral: ListedReferral, visit: Visit, acting: Acting): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const today = localDay(acting.now);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'wally');
  // What was recalled was never hers to read: the number alone is left (H3).
  const isRecalled = referral.taskStatus === 'entered-in-error';
  const who = isRecalled
    ? html`<a href="/worklist/${referral.journey}">${referral.number}</a>`
    : html`<a href="/worklist/${referral.journey}">${referral.patientName}</a>
      <span class="born">${birthDateText(referral.birthDate, viewer.language)}</span>`;
  return html`
    <li class="referral">
      <div class="lead">${who}</div>
      <div class="marks">
        ${standIns(referral, visit, acting)}
        ${dueMark(pressing(referral, today), referral.callBefore, { viewer, today })}
        ${waits(referral, visit, today)}
        ${referral.priority !== 'routine' && urgencyMark(referral.priority, t)}
        ${referral.unsafeContact && safetyMark(t)}
      </div>
      <div class="more">
        <span>${t(state.nl, state.en)}</span>
        ${referral.feedback && html`<span>${t('bericht', 'message')}: ${fateWord(referral.feedback, viewer)}</span>`}
        ${referral.transferred && html`<span>${t('staat in het eigen dossier', 'stands in your own record')}</span>`}
        <span>${acting.directory.practices.get(referral.practice)?.name}</span>
        <span class="number">${referral.number}</span>
      </div>
    </li>`;
}

/** The form that looks for a resident among one's own referrals: posted, so that no address holds a name. */
function searchForm({ viewer }: Visit, typed = ''): Markup {
  const t = sayIn(viewer.language);
  return html`
    <form method="post" action="/worklist/search" class="search" role="search">
      ${csrfField(viewer)}
      <div class="field">
        <label for="sought">${t('Zoek in uw eigen verwijzingen', 'Search your own referrals')}</label>
        <p class="hint" id="sought-hint">${t(
          'Achternaam, geboortedatum of nummer (KL-…)',
          'Family name, birth date or number (KL-…)',
        )}</p>
        <input type="search" id="sought" name="sought" value="${typed}" maxlength="200" autocomplete="off" aria-describedby="sought-hint">
      </div>
      <button class="quiet">${t('Zoek', 'Search')}</button>
    </form>`;
}

function rowsPart(page: ListPage, visit: Visit, acting: Acting, none: string): Markup {
  return page.rows.length > 0
    ? html`<ul class="referrals">${page.rows.map((one) => row(one, visit, acting))}</ul>`
    : noneText(page, visit, none);
}

/** The most pressing of all new referrals; undefined when there is none left. */
export async function nextNew(site: Site, visit: Visit): Promise<string | undefined> {
  const [first] = await listReferrals(site.store, { kind: 'wally', owner: visit.viewer.actor.id }, 'new', 1);
  return first?.journey;
}

/** The worklist: one folder, as far as the filters in the address let it through. */
export async function sendList(site: Site, visit: Visit, callPlace: CallPlace): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const asked = query(request, 'folder');
  const folder = folders.find((one) => one === asked) ?? formerly[asked] ?? 'new';
  const scope = { kind: 'wally', owner: viewer.actor.id } as const;
  const acting = await actingFor(site, viewer.actor);
  const choices = { directory: acting.directory, viewer };
  const filters = filtersIn(request, choices);
  const narrow = narrowOf(filters);
  const after = placeIn(visit, 'after');
  const [counts, found, calls, talks] = await Promise.all([
    countFolders(site.store, scope, { narrow }),
    listReferrals(site.store, scope, folder, askedSize, { narrow, after }),
    callsLink(site, visit, callPlace),
    talkNotice(site, viewer),
  ]);
  const page = pageOf(found, after);
  await noteList(site, viewer.actor, `worklist/${folder}`, page.rows.length);
  const narrowed = filtersText(filters, choices);
  const name = folderSaid[folder][viewer.language];
  const title = `${t('Mijn werklijst', 'My worklist')}: ${name.toLowerCase()}${narrowed && ` (${narrowed})`}`;
  const none = narrowed
    ? t('Met dit filter staat hier niets.', 'With this filter there is nothing here.')
    : folder === 'new'
      ? t('Geen nieuwe verwijzingen.', 'No new referrals.')
      : t('Hier staat niets.', 'Nothing here.');
  const main = html`
    <h1>${t('Mijn werklijst', 'My worklist')}</h1>
    ${calls}${talks}
    <nav class="folders" aria-label="${t('Mappen', 'Folders')}">
      <ul>
        ${folders.map(
          (one) => html`
            <li>
              <a href="${listAddress(one, filters)}"${one === folder && html` aria-current="page"`}>${folderSaid[one][viewer.language]}
              <span class="count">${counts[one]}</span></a>
            </li>`,
        )}
      </ul>
    </nav>
    <h2${narrowed === '' && html` class="vh"`}>${name}${narrowed && `: ${counts[folder]}, ${narrowed}`}</h2>
    ${folder === 'done' && unconfirmedLine(site, viewer, counts.unconfirmed)}
    ${filterPart(folder, filters, choices)}
    ${rowsPart(page, visit, acting, none)}
    ${pagesPart(page, { total: counts[folder], what: name, to: (place) => listAddress(folder, filters, place) }, visit)}
    <div class="aside">${searchForm(visit)}${keysPart(site, visit)}</div>`;
  const notice = doneNotice(visit, wallyForms) ?? acceptedNotice(visit);
  send(visit, { title, main, ...(notice && { notice }) });
}

function acceptedNotice(visit: Visit) {
  if (query(visit.request, 'done') !== 'accepted') return undefined;
  const text = sayIn(visit.viewer.language)(
    'U hebt de verwijzing aangenomen. Dit was de laatste nieuwe.',
    'You accepted the referral. It was the last new one.',
  );
  return { kind: 'done' as const, text };
}

/** The next page of what was found: posted, as the search was. */
function moreFound({ viewer }: Visit, { next, rows }: ListPage, typed: string, total: number): Markup | undefined {
  const t = sayIn(viewer.language);
  if (!next) return undefined;
  return html`
    <form method="post" action="/worklist/search" class="buttons">
      ${csrfField(viewer)}
      <input type="hidden" name="sought" value="${typed}">
      <input type="hidden" name="after" value="${next}">
      <p>${t(`U ziet er ${rows.length} van ${total}.`, `You see ${rows.length} of ${total}.`)}</p>
      <button class="quiet">${t('Volgende bladzijde', 'Next page')}</button>
    </form>`;
}

/** What was found among the reader's own referrals, in every folder; how many is noted, not what was typed. */
export async function sendFound(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const typed = field(request.body, 'sought');
  const sought = readSought(typed);
  const after = placeOf(field(request.body, 'after'));
  const acting = await actingFor(site, viewer.actor);
  const scope = { kind: 'wally', owner: viewer.actor.id } as const;
  const [found, total] = sought
    ? await Promise.all([
        listReferrals(site.store, scope, 'all', askedSize, { sought, after }),
        countFolders(site.store, scope, { sought }).then(({ all }) => all),
      ])
    : [[], 0];
  const page = pageOf(found, after);
  if (sought) await noteList(site, viewer.actor, 'worklist/search', page.rows.length);
  const title = t('Zoeken in uw verwijzingen', 'Search your referrals');
  const none = sought
    ? t(
        'Niets gevonden in uw eigen verwijzingen. Klopt de achternaam? Een typefout vindt niemand.',
        'Nothing found in your own referrals. Is the family name right? A typing error finds nobody.',
      )
    : t('Vul een achternaam, geboortedatum of nummer in.', 'Fill in a family name, birth date or number.');
  const main = html`
    <p><a href="/worklist" data-key="w">${t('Terug naar de werklijst', 'Back to the worklist')}</a></p>
    <h1>${title}</h1>
    ${searchForm(visit, typed)}
    ${sought && html`<h2>${t('Gevonden', 'Found')} <span class="count">${total}</span></h2>`}
    ${rowsPart(page, visit, acting, none)}
    ${moreFound(visit, page, typed, total)}`;
  send(visit, { title, main }, sought ? 200 : 422);
}
