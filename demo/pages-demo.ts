import { html, page } from './html.ts';
import type { Mail } from './mail.ts';
import { dutchTime } from './names.ts';
import type { Records } from './record.ts';
import { countsOf } from './record.ts';
import { mllpSide, modes, type Switch, type Switches } from './switches.ts';

const mailPart = (mail: Mail) => {
  const files = mail.attachments.map((one) => one.filename || one.contentType).join(', ');
  return html`
    <section class="card narrow">
      <h2 class="as-is">${mail.subject || 'zonder onderwerp'}</h2>
      <div class="in">
        <p class="muted">
          <span class="num">${dutchTime(mail.at)}</span> · van ${mail.from} · aan ${mail.to.join(', ')}
        </p>
        <pre class="text">${mail.text}</pre>
        ${mail.attachments.length > 0 && html`<p class="muted">Bijlagen: ${files}</p>`}
      </div>
    </section>`;
};

/** Mails that were caught, newest first. */
export function mailPage(mails: readonly Mail[]): string {
  return page({
    title: 'Opgevangen mail',
    body: html`
      <h1>Opgevangen mail</h1>
      <p class="muted">Deze mail is nergens heen gegaan. <a href="/mail.json">Als JSON</a></p>
      ${mails.toReversed().map(mailPart)}
      ${mails.length === 0 && html`<div class="card"><div class="in muted">Nog geen mail.</div></div>`}`,
  });
}

export const modeLabels: Record<Switch['mode'], string> = {
  normal: 'Normaal',
  slow: 'Traag (wacht, daarna normaal)',
  down: 'Uit (verbinding wordt verbroken)',
  refuse: 'Weigert (503)',
  'error-before': 'Fout, niets opgeslagen (500)',
  'error-after': 'Fout, wel opgeslagen (500)',
  'hang-after': 'Opgeslagen, geeft nooit antwoord',
  reject: 'Wijst de inhoud af (422)',
  'rate-limit': 'Te druk (429 met Retry-After)',
};

/** The switches: for everyone, and for each practice. */
export function switchesPage(practices: Iterable<Records>, switches: Switches): string {
  const { global, practices: own } = switches.all();
  const sheet = (
    id: string,
    title: string,
    now: Switch,
    follows: boolean,
    counts?: ReturnType<typeof countsOf>,
  ) => html`
    <section class="card">
      <h2>${title}</h2>
      <form class="in" method="post" action="/switches">
        <input type="hidden" name="practice" value="${id}">
        <div class="fields">
          <label>
            <span class="hint">Gedrag</span>
            <select name="mode">
              ${modes.map(
                (mode) =>
                  html`<option value="${mode}"${mode === now.mode && html` selected`}>${modeLabels[mode]}</option>`,
              )}
            </select>
          </label>
          <label>
            <span class="hint">Welk deel van de verzoeken (0 tot 1)</span>
            <input type="number" name="share" min="0" max="1" step="0.05" value="${now.share}">
          </label>
          <label>
            <span class="hint">Wachttijd in milliseconden</span>
            <input type="number" name="delayMs" min="0" value="${now.delayMs}">
          </label>
          <label>
            <span class="hint">Retry-After in seconden</span>
            <input type="number" name="retryAfterSeconds" min="0" value="${now.retryAfterSeconds}">
          </label>
        </div>
        <p>
          <label class="line"><input type="checkbox" name="deduplicates"
            value="yes"${now.deduplicates && html` checked`}>Herkent dubbele berichten</label>
          <label class="line"><input type="checkbox" name="files"
            value="yes"${now.files && html` checked`}>Archiveert automatisch</label>
        </p>
        <div class="acts">
          <button class="main">Stel in</button>
          <button name="reset" value="yes">${id ? 'Volg de algemene stand' : 'Alles normaal'}</button>
          ${follows && html`<span class="tag">volgt de algemene stand</span>`}
          ${!follows && now.mode !== 'normal' && html`<span class="tag wait">${modeLabels[now.mode]}</span>`}
        </div>
        ${
          counts &&
          html`
            <p class="muted">
              Verzoeken: ${counts.requests} · opgeslagen: ${counts.effects} · dubbel: ${counts.duplicateEffects} · in
              het postvak: ${counts.inbox}
            </p>`
        }
      </form>
    </section>`;
  const hl7Sheet = ({ practice }: Records) => {
    const side = mllpSide(practice.id);
    return sheet(side, `${practice.name}, HL7 (MLLP)`, own[side] ?? global, !(side in own));
  };
  return page({
    title: 'Storingen',
    body: html`
      <div class="narrow">
        <h1>Storingen nadoen</h1>
        <p class="muted">
          Zo gedraagt dit HIS zich. Een praktijk zonder eigen stand volgt de algemene stand. De HL7-kant (MLLP) van een
          praktijk heeft een eigen stand: zo ziet u een bericht langs de andere weg gaan.
        </p>
        ${sheet('', 'Algemeen', global, false)}
        ${[...practices].map((one) => [
          sheet(
            one.practice.id,
            one.practice.name,
            own[one.practice.id] ?? global,
            !(one.practice.id in own),
            countsOf(one),
          ),
          one.practice.hl7 && hl7Sheet(one),
        ])}
      </div>`,
  });
}
