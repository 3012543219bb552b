import type { Said } from '../../fhir/outcome.ts';
import { cooperationOf } from '../../referral/directory/practice-service.ts';
import type { EndpointTest } from '../../store/queue/endpoint-tests.ts';
import { send, type Visit } from '../acting.ts';
import { lastTestText } from '../admin/endpoint-test.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { type Book, of } from './book.ts';
import { idOf, nameOf, organisations, roleCode, serviceOf, type Thing } from './things.ts';
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

/** Everything in the directory, each with a link to its form and history. */
export function listPage(visit: Visit, book: Book, tests: ReadonlyMap<string, EndpointTest>): void {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const unused = (active: boolean) => !active && html`<span>${t('niet in gebruik', 'not in use')}</span>`;
  const row = (thing: Thing, id: string, name: string, more: readonly (Markup | string | false | undefined)[]) =>
    html`<li class="referral"><div class="lead"><a href="/admin/directory/${thing}/${id}">${name}</a></div><div class="more">${more.flatMap((one) => (one ? [html`<span>${one}</span>`] : []))}</div></li>`;
  const organization = (id: string) => of(book, 'Organization').find((one) => one.id === id);
  const rows: Record<Thing, readonly Markup[]> = {
    practices: organisations(book, 'practices').map(([id, name]) => {
      const service = serviceOf(book, id);
      const { evaluateOn } = service ? cooperationOf(service) : {};
      return row('practices', id, name, [
        unused(organization(id)?.active !== false),
        evaluateOn && `${t('evalueren op', 'evaluate on')} ${evaluateOn}`,
      ]);
    }),
    people: of(book, 'PractitionerRole').map((role) =>
      row('people', role.id, nameOf(book, role), [
        roleSaid[roleCode(role)]?.[viewer.language] ?? roleCode(role),
        organization(idOf(role.organization) ?? '')?.name,
        role.period?.end && `${t('tot en met', 'until')} ${role.period.end}`,
        unused(role.active !== false),
      ]),
    ),
    organisations: organisations(book, 'teams').map(([id, name]) =>
      row('organisations', id, name, [unused(organization(id)?.active !== false)]),
    ),
    endpoints: of(book, 'Endpoint').map((one) =>
      row('endpoints', one.id, one.name ?? one.id, [
        one.address,
        lastTestText(tests.get(one.id), viewer),
        unused(one.status === 'active'),
      ]),
    ),
  };
  const part = (thing: Thing) =>
    html`<h2>${headings[thing][viewer.language]} <span class="count">${rows[thing].length}</span></h2>
<p class="buttons"><a class="button quiet" href="/admin/directory/${thing}/new">${newSaid[thing][viewer.language]}</a></p>
<ul class="referrals">${rows[thing]}</ul>`;
  const title = t('Adreslijst', 'Directory');
  const main = html`<h1>${title}</h1>
<p>${t('Elke wijziging blijft bewaard, met wie en wanneer, en kan terug.', 'Every change is kept, with who and when, and can be taken back.')}</p>
<p class="buttons"><a class="button quiet" href="/admin/directory/export">${t('Download alles (FHIR)', 'Download all (FHIR)')}</a> <a class="button quiet" href="/admin/directory/import">${t('Neem een bestand over', 'Take in a file')}</a></p>
${part('practices')}${part('people')}${part('organisations')}${part('endpoints')}`;
  send(visit, { title, main });
}
