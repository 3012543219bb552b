import type { Said } from '../../fhir/outcome.ts';
import { type CallKind, callKinds, countToCall, listToCall, type ToCall } from '../../store/queue/call-list.ts';
import { noteList, send, type Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { telLink } from '../journey/referral-view.ts';
import { addressFrom, askedSize, idIn, noneText, pageBy, pagesPart } from '../list-pages.ts';
import { queueMenu } from '../queue/lists.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { waitingText } from '../words.ts';

const unlandedMs = 86_400_000;

const headings: Readonly<Record<CallKind, Said>> = {
  unlanded: { nl: 'Terugkoppeling', en: 'Feedback' },
  refused: { nl: 'Niet aangenomen berichten', en: 'Refused messages' },
  mail: { nl: 'Mails', en: 'Mails' },
  link: { nl: 'Links voor organisaties', en: 'Links for organisations' },
};

const kindSaid: Readonly<Record<CallKind, Said>> = {
  unlanded: {
    nl: 'Terugkoppeling kwam niet aan. De teamleider of de Wally leest die voor.',
    en: 'Feedback did not arrive. The team lead or the Wally reads it aloud.',
  },
  refused: {
    nl: 'Een bericht van de praktijk is niet aangenomen, en haar systeem kan dat niet laten zien.',
    en: 'A message of the practice was not taken, and its system cannot show that.',
  },
  mail: {
    nl: 'Een mail dat er iets klaarstaat kan niet bezorgd worden. Vraag een nieuw adres.',
    en: 'A mail that something waits cannot be delivered. Ask for a new address.',
  },
  link: {
    nl: 'Een link naar een organisatie zonder account kan niet bezorgd worden. Laat de Wally hen bellen.',
    en: 'A link to an organisation without an account cannot be delivered. Have the Wally call them.',
  },
};

/** The administrator's phone list: whom to call and about which number; what it is about only the team can read. */
export async function callsPage(site: Site, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const now = site.store.clock();
  const before = new Date(now.getTime() - unlandedMs);
  const [counts, directory, ...pages] = await Promise.all([
    countToCall(site.store, before),
    site.directory(),
    ...callKinds.map(async (kind) => {
      const after = idIn(visit, kind);
      return { kind, ...pageBy(await listToCall(site.store, kind, before, askedSize, after), after, (one) => one.id) };
    }),
  ]);
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  await noteList(
    site,
    viewer.actor,
    'calls',
    pages.reduce((sum, one) => sum + one.rows.length, 0),
  );
  const stays = Object.fromEntries(pages.map(({ kind, after }) => [kind, after]));
  const item = (kind: CallKind, one: ToCall): Markup => {
    const role = directory.roles.get(one.recipient ?? '');
    const practice = directory.practices.get(one.recipient ?? '') ?? directory.practices.get(one.practice);
    const phone = role ? role.phone : kind !== 'link' && practice?.phone;
    return html`
      <li class="delivery">
        <div class="lead">
          ${role?.name ?? practice?.name ?? one.practice}
          ${phone ? telLink(phone) : kind !== 'link' && t('(geen nummer bekend)', '(no number known)')}
        </div>
        <p class="more">
          ${one.number && html`<span>${t('Nummer', 'Number')} ${one.number}</span>`}
          <span>${waitingText(one.since, now, viewer.language)}</span>
          ${
            one.delivery &&
            html`<a href="/admin/deliveries/${one.delivery}">${t('Bekijk het bericht', 'See the message')}<span
              class="vh">: ${one.number ?? one.delivery}</span></a>`
          }
        </p>
      </li>`;
  };
  const group = ({ kind, ...page }: (typeof pages)[number]): Markup | undefined => {
    if (counts[kind] === 0) return undefined;
    const what = headings[kind][viewer.language];
    const to = (place?: string) => addressFrom('/admin/calls', stays, kind, place);
    return html`
      <section aria-labelledby="${kind}">
        <h2 id="${kind}">${what} <span class="count">${counts[kind]}</span></h2>
        <p class="why">${kindSaid[kind][viewer.language]}</p>
        ${
          page.rows.length > 0
            ? html`<ul class="deliveries">${page.rows.map((one) => item(kind, one))}</ul>`
            : noneText(page, visit, '')
        }
        ${pagesPart(page, { total: counts[kind], what, to }, visit)}
      </section>`;
  };
  const title = t('Bellijst', 'Phone list');
  const main = html`
    <h1>${title} <span class="count">${total}</span></h1>
    ${queueMenu(visit, now, 'calls')}
    <p>${t(
      'Hier helpt alleen nog bellen. De inhoud staat bij de teamleider en de Wally, onder “Bellen en voorlezen”.',
      'Here only a telephone helps. The content is with the team lead and the Wally, under "Call and read aloud".',
    )}</p>
    ${
      total > 0
        ? pages.map(group)
        : html`<p class="empty">${t('Er hoeft niemand gebeld te worden.', 'Nobody needs to be called.')}</p>`
    }`;
  send(visit, { title, main, ...listRefresh(visit, now) });
}
