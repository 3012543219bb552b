import { linesOf } from './filing.ts';
import { type Html, html, page } from './html.ts';
import { type Card, launchWays } from './launch.ts';
import type { Letter, Patient } from './model.ts';
import { ageOn, dutchDate, dutchTime, fullName, listName, localDay } from './names.ts';
import type { Records } from './record.ts';
import {
  inboxOf,
  type JournalItem,
  letterDate,
  letterSender,
  letterSummary,
  promisedLine,
  type RecordView,
  type ReferralView,
} from './view.ts';

export const practiceBar = (records: Records) => ({
  id: records.practice.id,
  name: records.practice.name,
  waiting: inboxOf(records).length,
});

export const choosePage = (practices: Iterable<Records>): string =>
  page({
    title: 'Kies een praktijk',
    body: html`<div class="narrow"><h1>Kies een praktijk</h1>
<div class="card"><table><thead><tr><th>Praktijk</th><th>Huisartsen</th><th>Postvak</th></tr></thead><tbody>
${[...practices].map(
  (records) => html`<tr><td><a href="/${records.practice.id}">${records.practice.name}</a></td>
<td>${records.practice.gps.map((gp) => gp.name).join(', ')}</td><td>${inboxOf(records).length || ''}</td></tr>`,
)}
</tbody></table></div>
<p class="muted">Dit is een nagemaakt huisartsinformatiesysteem. Alle mensen en gegevens zijn verzonnen.</p></div>`,
  });

const phoneOf = (patient: Patient) => patient.mobile ?? patient.phone ?? 'geen telefoon';

const addressOf = ({ street, houseNumber, houseNumberSuffix, postcode, city }: Patient) =>
  [
    [street, `${houseNumber ?? ''}${houseNumberSuffix ?? ''}`].filter(Boolean).join(' '),
    [postcode, city].filter(Boolean).join(' '),
  ]
    .filter(Boolean)
    .join(', ');

export function listPage(records: Records, now: Date): string {
  const today = localDay(now);
  const patients = [...records.patients.all()].sort((a, b) => listName(a).localeCompare(listName(b), 'nl'));
  return page({
    title: `Patiënten – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`
      <h1>Patiënten</h1>
      <div class="card">
        <table class="records">
          <thead><tr><th>Naam</th><th>Geboren</th><th>Leeftijd</th><th>Telefoon</th><th>Adres</th><th>Huisarts</th></tr></thead>
          <tbody>
            ${patients.slice(0, 200).map(
              (patient) => html`
                <tr>
                  <td><a href="/${records.practice.id}/patients/${patient.id}">${listName(patient)}</a></td>
                  <td class="num">${dutchDate(patient.birthDate)}</td>
                  <td class="num">${ageOn(patient.birthDate, today)} jaar</td>
                  <td class="num">${phoneOf(patient)}</td>
                  <td>${addressOf(patient)}</td>
                  <td>${records.practice.gps.find((gp) => gp.id === patient.gp)?.name}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${patients.length > 200 && html`<p class="muted">De eerste 200 van ${patients.length} patiënten.</p>`}`,
  });
}

/** Name and birth date on every page about a patient (safety.md H3). */
export function patientBar(records: Records, patient: Patient, now: Date): Html {
  const pair = (label: string, value: string | undefined) =>
    value && html`<div class="pair"><span>${label}</span>${value}</div>`;
  return html`<section class="patient" aria-label="Patiënt"><b>${listName(patient)}</b>
${pair('geb.', `${dutchDate(patient.birthDate)} (${ageOn(patient.birthDate, localDay(now))} jaar)`)}
${pair('BSN', patient.bsn ?? 'niet bekend')}
${pair('tel.', phoneOf(patient))}
${pair('adres', addressOf(patient))}
${pair('huisarts', records.practice.gps.find((gp) => gp.id === patient.gp)?.name)}</section>`;
}

export const states: Record<ReferralView['state'], readonly [string, string]> = {
  'not-sent': ['wait', 'nog niet verzonden'],
  accepted: ['ok', 'ontvangen door Kortelijn'],
  refused: ['no', 'geweigerd'],
  opened: ['', 'geopend in Kortelijn'],
  registered: ['', 'gemaakt'],
};

export function stateTag(state: ReferralView['state']): Html {
  const [look, label] = states[state];
  return html`<span class="tag ${look}">${label}</span>`;
}

function journalItem(records: Records, record: RecordView, item: JournalItem): Html {
  const { id } = records.practice;
  const episode = record.episodes.find((one) => one.id === item.episode);
  return html`
    <div class="item ${item.kind}">
      <div class="head">
        <span class="num">${dutchDate(item.date)}</span><b>${item.title}</b><span>${item.by}</span>
        ${episode && html`<span><span class="code">${episode.icpc}</span> ${episode.title}</span>`}
      </div>
      ${
        item.soep.length > 0 &&
        html`<dl class="soep">${item.soep.map(([letter, text]) => html`<dt>${letter}</dt><dd>${text}</dd>`)}</dl>`
      }
      ${
        item.summary &&
        html`<div>${item.letterId ? html`<a href="/${id}/letters/${item.letterId}">${item.summary}</a>` : item.summary}</div>`
      }
    </div>`;
}

function referralRow(records: Records, made: ReferralView): Html {
  const { id } = records.practice;
  const promised = promisedLine(made);
  const again = html`<form method="post" action="/${id}/referrals/${made.id}/send"><button>Opnieuw verzenden</button></form>`;
  return html`
    <div class="item">
      <div class="head">
        <span class="num">${dutchDate(localDay(new Date(made.madeAt)))}</span>
        <b>${made.request ? html`<a href="/${id}/referrals/${made.id}">${made.value}</a>` : made.value}</b>
        ${stateTag(made.state)}
      </div>
      ${promised && html`<div>${promised}</div>`}
      ${
        made.answer?.promised.number &&
        html`<div class="muted">Nummer bij de Wally: ${made.answer.promised.number}</div>`
      }
      ${
        made.letters.length > 0 &&
        html`<div class="muted">${made.letters.length === 1 ? '1 brief' : `${made.letters.length} brieven`} ontvangen</div>`
      }
      ${made.state === 'not-sent' && again}
    </div>`;
}

/** How Kortelijn can be opened from a record. */
export interface Offers {
  readonly cards: readonly Card[];
  readonly deepLink: string;
  readonly smart: boolean;
}

/** A card at the opening of the record; its SMART link is a launch of this HIS, which adds the patient itself. */
function cardOf({ summary, detail, links }: Card, here: string, smart: boolean): Html {
  return html`<section class="note" aria-label="Advies"><p><b>${summary}</b></p>${detail && html`<p class="muted">${detail}</p>`}
<div class="acts">${links.map(({ label, url, type }) =>
    type === 'smart'
      ? smart && html`<form method="post" action="${here}/launch/smart-r4"><button>${label}</button></form>`
      : html`<a class="button" href="${url}">${label}</a>`,
  )}</div></section>`;
}

function launchActs(records: Records, here: string, { deepLink, smart }: Offers): Html {
  const ways = Object.entries(launchWays).filter(([way]) => records.practice.launchKey && (smart || way === 'jwt'));
  return html`<details><summary>Andere manieren om Kortelijn te openen</summary><div class="acts">
${ways.map(([way, label]) => html`<form method="post" action="${here}/launch/${way}"><button>${label}</button></form>`)}
<a class="button" href="${deepLink}">Leeg formulier</a></div></details>`;
}

export function recordPage(records: Records, record: RecordView, now: Date, offers: Offers, notice?: string): string {
  const { patient, episodes, journal, referrals } = record;
  const here = `/${records.practice.id}/patients/${patient.id}`;
  return page({
    title: `Dossier – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`
      ${patientBar(records, patient, now)}
      ${notice && html`<p class="note" role="status">${notice}</p>`}
      <div class="acts">
        <a class="button main" href="${here}/refer">Verwijs naar Wally</a>
        <form method="post" action="${here}/open"><button>Openen in Kortelijn</button></form>
      </div>
      ${launchActs(records, here, offers)}
      ${offers.cards.map((one) => cardOf(one, here, offers.smart))}
      <div class="cols">
        <div>
          <section class="card">
            <h2>Episodes</h2>
            <table>
              <tbody>
                ${episodes.map(
                  (one) => html`
                    <tr>
                      <td class="code">${one.icpc}</td>
                      <td>${one.title}</td>
                      <td class="num muted">sinds ${dutchDate(one.since)}</td>
                    </tr>`,
                )}
                ${episodes.length === 0 && html`<tr><td class="muted">Geen episodes.</td></tr>`}
              </tbody>
            </table>
          </section>
          <section class="card">
            <h2>Verwijzingen naar Wally</h2>
            ${referrals.map((made) => referralRow(records, made))}
            ${referrals.length === 0 && html`<div class="item muted">Nog geen verwijzingen.</div>`}
          </section>
        </div>
        <section class="card">
          <h2>Journaal</h2>
          ${journal.map((item) => journalItem(records, record, item))}
          ${journal.length === 0 && html`<div class="item muted">Het journaal is leeg.</div>`}
        </section>
      </div>`,
  });
}

export function letterPage(records: Records, letter: Letter, now: Date): string {
  const patient = letter.patientId === undefined ? undefined : records.patients.get(letter.patientId);
  const { communication } = letter;
  const made = letter.referralId === undefined ? undefined : records.referrals.get(letter.referralId);
  // The first line often comes twice: apart, for the journal, and at the head of the letter.
  const lines = linesOf(communication);
  return page({
    title: `Brief – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`${patient && patientBar(records, patient, now)}
<div class="card narrow"><h2>Inkomende brief</h2><div class="in">
<p>${dutchDate(letterDate(letter))} · van ${letterSender(letter)}${communication.topic?.text && html` · ${communication.topic.text}`}</p>
<pre class="text">${(lines[0] === lines[1] ? lines.slice(1) : lines).join('\n')}</pre></div>
<table><tbody>
<tr><th>Ontvangen</th><td>${dutchTime(letter.arrivedAt)}</td></tr>
<tr><th>Verwijzing</th><td>${made?.value ?? 'niet gekoppeld'}</td></tr>
<tr><th>Gearchiveerd</th><td>${patient ? (letter.filedBy === 'staff' ? 'door een medewerker' : 'automatisch') : 'nog niet'}</td></tr>
</tbody></table></div>
${
  patient
    ? html`<p><a href="/${records.practice.id}/patients/${patient.id}">Naar het dossier van ${fullName(patient)}</a></p>`
    : html`<p><a href="/${records.practice.id}/inbox">Naar het postvak</a></p>`
}`,
  });
}

/** Letters that did not file themselves; the letter's own patient first in the choice when the record knows them. */
export function inboxPage(records: Records): string {
  const { id } = records.practice;
  const patients = [...records.patients.all()].sort((a, b) => listName(a).localeCompare(listName(b), 'nl'));
  const row = (letter: Letter) => {
    const named = letter.communication.contained?.find((one) => one.resourceType === 'Patient');
    const name = named?.resourceType === 'Patient' ? named : undefined;
    return html`<tr><td class="num">${dutchTime(letter.arrivedAt)}</td>
<td><a href="/${id}/letters/${letter.id}">${letterSummary(letter)}</a><div class="muted">${letterSender(letter)}</div></td>
<td>${name?.name?.[0]?.text ?? name?.name?.[0]?.family}<div class="muted num">${name?.birthDate && dutchDate(name.birthDate)}</div></td>
<td>${letter.why}</td>
<td><form class="inline" method="post" action="/${id}/inbox/${letter.id}/file"><label><span class="sr">Patiënt</span>
<select name="patientId" required><option value="">Kies patiënt…</option>
${patients.map((one) => html`<option value="${one.id}">${listName(one)}, ${dutchDate(one.birthDate)}</option>`)}</select></label>
<button>Archiveer</button></form></td></tr>`;
  };
  const letters = inboxOf(records);
  return page({
    title: `Postvak – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`
      <h1>Postvak – niet automatisch gearchiveerd</h1>
      <div class="card">
        <table class="records">
          <thead><tr><th>Ontvangen</th><th>Bericht</th><th>Gaat over</th><th>Waarom hier</th><th>Archiveren bij</th></tr></thead>
          <tbody>
            ${letters.map(row)}
            ${letters.length === 0 && html`<tr><td colspan="5" class="muted">Het postvak is leeg.</td></tr>`}
          </tbody>
        </table>
      </div>`,
  });
}
