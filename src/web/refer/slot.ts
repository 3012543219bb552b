import { faultOf, hintOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { appointmentMoment } from '../journey/referral-view.ts';
import { type FormParts, optionalMark } from './controls.ts';

/** The free moments of the Wally's consulting hours at the practice; nothing where she holds none, or none is free. */
export function slotPart(
  parts: FormParts & { readonly slots: readonly string[]; readonly today: string },
): Markup | undefined {
  const { viewer, fields, slots, today } = parts;
  const t = sayIn(viewer.language);
  const isWrong = parts.faults.some((one) => one.field === 'slot');
  if (slots.length === 0 && !isWrong) return undefined;
  const choices = [
    ['', t('geen afspraak', 'no appointment')],
    ...slots.map((slot) => [slot, appointmentMoment(slot, viewer.language, today)]),
  ];
  return html`<div class="field">
<label for="slot">${t(
    'Meteen een afspraak op het spreekuur in uw praktijk?',
    'An appointment in the consulting hours at your practice at once?',
  )}${optionalMark(viewer)}</label>
${hintOf(
  'slot',
  t(
    'De Wally belt de inwoner ook. Er gaat geen brief of sms over uit.',
    'The Wally calls the resident, too. No letter or text message is sent about it.',
  ),
)}
${faultOf(parts, 'slot')}
<select id="slot" name="slot"${ties(parts, 'slot', true)}>
${choices.map(
  ([value, label]) =>
    html`<option value="${value}"${value !== '' && value === fields.slot && html` selected`}>${label}</option>`,
)}
</select></div>`;
}
