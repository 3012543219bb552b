import { type Html, html, page } from './html.ts';
import { consentGivers, lifeAreaLabels, type Patient, type ReferRequest, referRequestSchema } from './model.ts';
import { ageOn, localDay } from './names.ts';
import { patientBar, practiceBar } from './pages.ts';
import type { Records } from './record.ts';
import { requesterOf } from './refer.ts';

/** Who to call at once; this channel works in working days (safety.md H1). */
const callNow = html`<p><b>Bel nu. Stuur dit niet als verwijzing.</b> Een verwijzing wordt pas op een werkdag gelezen.</p>
<ul><li><b>112</b> – direct gevaar voor iemand</li>
<li><b>Crisisdienst GGZ</b> – het nummer van uw regio, via de huisartsenlijn</li>
<li><b>113</b> of 0800-0113 – gedachten aan zelfdoding, dag en nacht</li>
<li><b>Veilig Thuis 0800-2000</b> – geweld thuis of verwaarlozing, dag en nacht</li></ul>`;

export function stopPage(records: Records, patient: Patient, now: Date): string {
  return page({
    title: `Bel nu – ${records.practice.name}`,
    practice: practiceBar(records),
    body: html`${patientBar(records, patient, now)}<div class="narrow"><div class="stop" role="alert">${callNow}</div>
<p><a href="/${records.practice.id}/patients/${patient.id}">Terug naar het dossier</a></p></div>`,
  });
}

type Choice = readonly [value: string, label: string, checked?: boolean];

const radios = (name: string, choices: readonly Choice[], required = false): Html[] =>
  choices.map(
    ([value, label, checked]) => html`<label class="line"><input type="radio" name="${name}"
      value="${value}"${checked && html` checked`}${required && html` required`}>${label}</label>`,
  );

const tick = (name: string, label: string, checked = false, value = 'yes'): Html =>
  html`<label class="line"><input type="checkbox" name="${name}" value="${value}"${checked && html` checked`}>${label}</label>`;

/** Consent by age: the same law Kortelijn holds to; here only a hint (BW 7:447, 7:450, 7:465). */
function ageHint(age: number): string | false {
  if (age < 12) return 'Jonger dan 12 jaar: de ouders of de voogd geven toestemming.';
  if (age < 16) return '12 tot en met 15 jaar: de jongere zelf én de ouders geven toestemming.';
  return false;
}

/**
 * The refer form. `earlier` is a refused referral whose words are put back, so that nobody types them twice; danger and
 * consent are asked anew, always.
 */
export function referPage(
  records: Records,
  patient: Patient,
  now: Date,
  formId: string,
  earlier?: ReferRequest,
): string {
  const { practice } = records;
  const here = `/${practice.id}/patients/${patient.id}`;
  const age = ageOn(patient.birthDate, localDay(now));
  const gp = requesterOf(records, patient, earlier?.gp);
  const contact = earlier?.contact;
  return page({
    title: `Verwijs naar Wally – ${practice.name}`,
    practice: practiceBar(records),
    body: html`
      ${patientBar(records, patient, now)}
      <h1>Verwijs naar Wally</h1>
      <form class="sheet card" method="post" action="${here}/refer">
        <input type="hidden" name="form" value="${formId}">
        <fieldset>
          <legend>Is er nu acuut gevaar?</legend>
          <div>
            <label class="line"><input type="radio" name="danger" value="yes" id="danger-yes" required>Ja</label>
            <label class="line"><input type="radio" name="danger" value="no" id="danger-no" required>Nee</label>
          </div>
          <p class="hint">Denk aan zelfdoding, geweld thuis of een kind in gevaar.</p>
          <div class="dangerous"><div class="stop">${callNow}</div></div>
        </fieldset>
        <div class="rest">
          <fieldset>
            <legend>Waarom verwijst u?</legend>
            <p class="hint">In gewone woorden. Schrijf niets over andere mensen en geen medische gegevens.</p>
            <label><span class="hint">Reden</span><textarea name="reason">${earlier?.reason}</textarea></label>
            <label>
              <span class="hint">Vraag van de patiënt, in eigen woorden</span>
              <textarea name="question">${earlier?.question}</textarea>
            </label>
          </fieldset>
          <fieldset>
            <legend>Waar gaat het over?</legend>
            <div class="grid">${Object.entries(lifeAreaLabels).map(([code, label]) =>
              tick(
                'lifeAreas',
                label,
                earlier?.lifeAreas.some((one) => one === code),
                code,
              ),
            )}</div>
          </fieldset>
          <div class="two">
            <fieldset>
              <legend>Hoe snel?</legend>
              <div>${radios('priority', [
                ['routine', 'Gewoon', earlier?.priority !== 'urgent'],
                ['urgent', 'Dringend', earlier?.priority === 'urgent'],
              ])}</div>
            </fieldset>
            <fieldset>
              <legend>Verwijzer</legend>
              <label>
                <span class="sr">Huisarts</span>
                <select name="gp">
                  ${practice.gps.map(
                    (one) => html`<option value="${one.id}"${one.id === gp.id && html` selected`}>${one.name}</option>`,
                  )}
                </select>
              </label>
            </fieldset>
          </div>
          <fieldset>
            <legend>Bij welke episode hoort dit?</legend>
            <p class="hint">Dit blijft in uw dossier. De code gaat alleen mee als u dat hieronder aanvinkt.</p>
            <div>${radios('episode', [
              ...patient.episodes.map(
                (one) => [one.id, `${one.icpc} ${one.title}`, earlier?.episode === one.id] as const,
              ),
              ['', 'Geen episode'],
            ])}</div>
            <div>${tick('medical', 'Deel de ICPC-code met de Wally. De patiënt vindt dat goed.')}</div>
          </fieldset>
          <fieldset>
            <legend>Veilig contact</legend>
            <div class="fields">
              <label>
                <span class="hint">Nummer waarop bellen veilig is</span>
                <input type="text" name="phone" autocomplete="off"
                  value="${contact?.phone ?? patient.mobile ?? patient.phone}">
              </label>
              <label>
                <span class="hint">Wanneer bellen</span>
                <input type="text" name="times" autocomplete="off" value="${contact?.times}"
                  placeholder="bijvoorbeeld: werkdagen na 13 uur">
              </label>
            </div>
            <div>
              ${[
                tick('noVoicemail', 'Geen voicemail inspreken', contact?.noVoicemail),
                tick('noLetters', 'Geen post of mail naar huis', contact?.noLetters),
              ]}
              ${tick('unsafe', 'Thuis mag niemand dit weten', contact?.unsafe)}
            </div>
          </fieldset>
          <fieldset>
            <legend>Toestemming: wie gaf die?</legend>
            ${ageHint(age) && html`<p class="hint">${ageHint(age)}</p>`}
            <div>${radios('consentBy', [...Object.entries(consentGivers), ['', 'Nog niet gevraagd']])}</div>
          </fieldset>
          <div class="two">
            <fieldset>
              <legend>Hoe is de toestemming gegeven?</legend>
              <div>${radios('consentHow', [
                ['spoken', 'Mondeling'],
                ['written', 'Schriftelijk'],
              ])}</div>
            </fieldset>
            <fieldset>
              <legend>Mag de Wally u laten weten hoe het ging?</legend>
              <div>${radios('feedback', [
                ['content', 'Ja, met uitleg'],
                ['closure', 'Nee, alleen dat het is afgesloten'],
              ])}</div>
            </fieldset>
          </div>
          <fieldset><button class="main">Verstuur</button> <a class="button" href="${here}">Annuleer</a></fieldset>
        </div>
      </form>`,
  });
}

const list = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);

/** The form as a request; throws ZodError when it was not made by this form. */
export function requestFrom(form: Readonly<Record<string, unknown>>, patient: Patient): ReferRequest {
  const text = (key: string) => String(form[key] ?? '').trim();
  const ticked = (key: string) => form[key] === 'yes';
  const episode = patient.episodes.find((one) => one.id === form.episode);
  const contact = {
    ...(text('phone') && { phone: text('phone') }),
    ...(text('times') && { times: text('times') }),
    noVoicemail: ticked('noVoicemail'),
    noLetters: ticked('noLetters'),
    unsafe: ticked('unsafe'),
  };
  const consent = text('consentBy') && {
    by: text('consentBy'),
    ...(text('consentHow') && { how: text('consentHow') }),
    medical: ticked('medical'),
    feedback: form.feedback === 'content',
  };
  return referRequestSchema.parse({
    ...(text('gp') && { gp: text('gp') }),
    reason: text('reason'),
    ...(text('question') && { question: text('question') }),
    lifeAreas: list(form.lifeAreas),
    priority: text('priority') || 'routine',
    ...(episode && { episode: episode.id }),
    ...(episode && ticked('medical') && { icpc: episode.icpc }),
    ...(consent && { consent }),
    ...(Object.values(contact).some(Boolean) && { contact }),
  });
}
