import { folded } from '../../fhir/folded.ts';
import type { Said } from '../../fhir/outcome.ts';
import { cooperationOf } from '../../referral/directory/practice-service.ts';
import type { EndpointTest } from '../../store/queue/endpoint-tests.ts';
import { query, send, type Visit } from '../acting.ts';
import { lastTestText } from '../admin/endpoint-test.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { addressFrom, pagesLinks } from '../list-pages.ts';
import type { Viewer } from '../page.ts';
import { type Book, of } from './book.ts';
import { agbOf, compareNames, idOf, organisations, people, roleCode, servedBy, type Thing, things } from './things.ts';
import { roleSaid } from './words.ts';

const headings: Record<Thing, Said> = {
  practices: { nl: 'Praktijken', en: 'Practices' },
  people: { nl: 'Personen', en: 'People' },
  organisations: { nl: 'Organisaties', en: 'Organisations' },
  endpoints: { nl: 'Verbindingen', en: 'Connections' },
};

/** What begins a new one. */
export const newSaid: Record<Thing, Said> = {
  practices: { nl: 'Nieuwe praktijk', en: 'New practice' },
  people: { nl: 'Nieuwe persoon', en: 'New person' },
  organisations: { nl: 'Nieuwe organisatie', en: 'New organisation' },
  endpoints: { nl: 'Nieuwe verbinding', en: 'New connection' },
};

/** So many of each kind on a page: a region of some hundreds of practices stays light, and is found by searching. */
const pageSize = 50;

interface Entry {
  readonly id: string;
  readonly name: string;
  /** What a person may look for beside the name. */
  readonly keys: readonly (string | undefined)[];
  readonly more: readonly (Markup | string | false | undefined)[];
}

/** Each kind of thing by name, as people look for it. */
function entriesOf(
  book: Book,
  tests: ReadonlyMap<string, EndpointTest>,
  viewer: Viewer,
): Readonly<Record<Thing, readonly Entry[]>> {
  const t = sayIn(viewer.language);
  const unused = (isUsed: boolean) => !isUsed && t('niet in gebruik', 'not in use');
  const byId = new Map(of(book, 'Organization').map((one) => [one.id, one]));
  const isUsed = (id: string) => byId.get(id)?.active !== false;
  const agb = (id: string) => {
    const organization = byId.get(id);
    return organization && agbOf(organization);
  };
  const services = new Map(of(book, 'HealthcareService').map((one) => [servedBy(one), one]));
  return {
    practices: organisations(book, 'practices').map(([id, name]) => {
      const service = services.get(id);
      const { evaluateOn } = service ? cooperationOf(service) : {};
      const evaluation = evaluateOn && `${t('evalueren op', 'evaluate on')} ${evaluateOn}`;
      return { id, name, keys: [agb(id)], more: [unused(isUsed(id)), evaluation] };
    }),
    people: people(book).map(([role, name]) => {
      const works = byId.get(idOf(role.organization) ?? '')?.name;
      const does = roleSaid[roleCode(role)]?.[viewer.language] ?? roleCode(role);
      const until = role.period?.end && `${t('tot en met', 'until')} ${role.period.end}`;
      return { id: role.id, name, keys: [works, does], more: [does, works, until, unused(role.active !== false)] };
    }),
    organisations: organisations(book, 'teams').map(([id, name]) => ({
      id,
      name,
      keys: [agb(id)],
      more: [unused(isUsed(id))],
    })),
    endpoints: of(book, 'Endpoint')
      .map((one) => {
        const tested = lastTestText(tests.get(one.id), viewer);
        const more = [one.address, tested, unused(one.status === 'active')];
        return { id: one.id, name: one.name ?? one.id, keys: [one.address], more };
      })
      .toSorted((one, other) => compareNames(one.name, other.name)),
  };
}

/** One kind of thing: those that were looked for, from where the address says. */
function thingPart(thing: Thing, found: readonly Entry[], visit: Visit, sought: string): Markup | false {
  const { viewer, request } = visit;
  if (sought !== '' && found.length === 0) return false;
  const asked = query(request, thing);
  const from = /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 0;
  const shown = found.slice(from, from + pageSize);
  const next = from + pageSize;
  const to = (place?: number) =>
    addressFrom('/admin/directory', { find: sought }, thing, place ? `${place}` : undefined);
  const heading = headings[thing][viewer.language];
  return html`<h2 id="${thing}">${heading} <span class="count">${found.length}</span></h2>
${
  sought === '' &&
  html`<p class="buttons"><a class="button quiet" href="/admin/directory/${thing}/new">${newSaid[thing][viewer.language]}</a></p>`
}
<ul class="referrals">${shown.map(
    ({ id, name, more }) =>
      html`<li class="referral"><div class="lead"><a href="/admin/directory/${thing}/${id}">${name}</a></div>
<div class="more">${more.flatMap((one) => (one ? [html`<span>${one}</span>`] : []))}</div></li>`,
  )}</ul>
${pagesLinks(
  {
    shown: shown.length,
    total: found.length,
    what: heading,
    first: from > 0 && to(),
    next: found.length > next && to(next),
  },
  visit,
)}`;
}

/** The directory by kind and name, and what of it holds the words that were looked for; each with a link to its form and history. */
export function listPage(visit: Visit, book: Book, tests: ReadonlyMap<string, EndpointTest>): void {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const sought = query(request, 'find').trim().slice(0, 100);
  const words = folded(sought).split(/\s+/);
  const entries = entriesOf(book, tests, viewer);
  const parts = things.flatMap((thing) => {
    const found = entries[thing].filter(({ name, keys }) => {
      const text = folded([name, ...keys].join(' '));
      return words.every((word) => text.includes(word));
    });
    return thingPart(thing, found, visit, sought) || [];
  });
  const title = t('Adreslijst', 'Directory');
  const nothing = t(
    'Niets gevonden. Controleer de spelling, of zoek op een deel van de naam.',
    'Nothing was found. Check the spelling, or look for a part of the name.',
  );
  const main = html`<h1>${title}</h1>
<p>${t(
    'Elke wijziging blijft bewaard, met wie en wanneer, en kan terug.',
    'Every change is kept, with who and when, and can be taken back.',
  )}</p>
<p class="buttons">
<a class="button quiet" href="/admin/directory/export">${t('Download alles (FHIR)', 'Download all (FHIR)')}</a>
<a class="button quiet" href="/admin/directory/import">${t('Neem een bestand over', 'Take in a file')}</a></p>
<form action="/admin/directory" class="search" role="search"><div class="field">
<label for="find">${t('Zoek in de adreslijst', 'Search the directory')}</label>
<p class="hint" id="find-hint">${t(
    'Naam, AGB-code, functie of adres van een verbinding',
    'Name, AGB code, role or address of a connection',
  )}</p>
<input type="search" id="find" name="find" value="${sought}" maxlength="100" autocomplete="off" aria-describedby="find-hint">
</div><button class="quiet">${t('Zoek', 'Search')}</button></form>
${sought !== '' && html`<p><a href="/admin/directory">${t('Toon de hele adreslijst', 'Show the whole directory')}</a></p>`}
${parts.length > 0 ? parts : html`<p class="empty">${nothing}</p>`}`;
  send(visit, { title, main });
}
