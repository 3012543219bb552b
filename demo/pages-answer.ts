import { type Html, html, page } from './html.ts';
import type { MadeReferral, Patient, Promised, Sentence } from './model.ts';
import { spokenDate } from './names.ts';
import { patientBar, practiceBar, stateTag } from './pages.ts';
import type { Records } from './record.ts';

function promiseBox({ who, team, phone, before, number, said }: Promised): Html {
  // Without a name yet, Kortelijn's own sentence says best who will see to it.
  const caller = who ?? (said ? undefined : team && `Iemand van ${team}`);
  const line =
    caller || (before && !said)
      ? html`<p><b>${caller || 'De Wally'}</b> belt de patiënt${before && html` vóór <b>${spokenDate(before)}</b>`}.</p>
${phone && html`<p>Telefoonnummer van de Wally: <b class="num">${phone}</b></p>`}`
      : html`<p>${said ?? 'Kortelijn heeft de verwijzing ontvangen.'}</p>`;
  return html`<div class="promise" role="status">${line}
${number && html`<p>Nummer van deze verwijzing: <b class="code">${number}</b></p>`}</div>`;
}

const listed = (said: readonly Sentence[]): Html | false =>
  said.length > 0 &&
  html`<ul>${said.map(
    ({ text, expression }) =>
      html`<li>${text}${expression.length > 0 && html` <span class="muted code">${expression.join(', ')}</span>`}</li>`,
  )}</ul>`;

/** Warnings in sight, plain information folded away; the promise itself already stands above them. */
function besides(said: readonly Sentence[]): Html {
  const others = said.filter(
    (one, i) =>
      one.code !== 'promise' &&
      said.findIndex((two) => two.text === one.text && `${two.expression}` === `${one.expression}`) === i,
  );
  const loud = listed(others.filter((one) => one.severity !== 'information'));
  const quiet = listed(others.filter((one) => one.severity === 'information'));
  return html`${loud && html`<div class="note" role="alert">${loud}</div>`}
${quiet && html`<details><summary>Wat Kortelijn er verder bij zei</summary>${quiet}</details>`}`;
}

/** What Kortelijn said: who calls and when, or its refusal word for word, or that no answer came. */
export function answerPage(records: Records, patient: Patient, made: MadeReferral, now: Date): string {
  const here = `/${records.practice.id}/patients/${patient.id}`;
  const { answer } = made;
  const said = answer?.sentences ?? [];
  const silence = answer?.status
    ? `Kortelijn gaf antwoord ${answer.status}, zonder ja of nee.`
    : 'Kortelijn gaf geen antwoord.';
  const notSent = html`
    <div class="note" role="status">
      <p>
        <b>De verwijzing is nog niet verzonden.</b> ${silence} Er is niets verloren. Verzend de verwijzing straks
        opnieuw. Die komt nooit dubbel aan.
      </p>
      ${listed(said)}
      <form method="post" action="/${records.practice.id}/referrals/${made.id}/send">
        <button class="main">Opnieuw verzenden</button>
      </form>
    </div>`;
  const refused = html`<div class="refused" role="alert"><p><b>Kortelijn nam deze verwijzing niet aan.</b></p>${listed(said)}
<p><a class="button" href="${here}/refer?from=${made.id}">Pas aan en verwijs opnieuw</a></p></div>`;
  const accepted = html`${promiseBox(answer?.promised ?? {})}${besides(said)}`;
  const shown = made.state === 'accepted' ? accepted : made.state === 'refused' ? refused : notSent;
  return page({
    title: `Verwijzing – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`${patientBar(records, patient, now)}<div class="narrow"><h1>Verwijzing ${made.value} ${stateTag(made.state)}</h1>
${shown}
<p><a href="${here}">Terug naar het dossier</a></p></div>`,
  });
}
