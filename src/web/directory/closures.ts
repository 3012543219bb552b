import type { HealthcareService, HealthcareServiceNotAvailable } from '@medplum/fhirtypes';
import type { Fault } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { type FormParts, lineOf } from '../refer/controls.ts';
import type { Fields } from './book.ts';
import { fault, isDay } from './values.ts';

/** As many rows as the form has; more that came another way, and what is over, stay as they are. */
const closuresMax = 2;
const numbers = Array.from({ length: closuresMax }, (_, n) => n + 1);

/** The closures that have a row: those that are not over. */
const rowsOf = (service: HealthcareService | undefined, today: string) =>
  (service?.notAvailable ?? [])
    .filter(({ during }) => during?.start && (during.end === undefined || during.end.slice(0, 10) >= today))
    .slice(0, closuresMax);

/** Times in which the route takes nobody (HealthcareService.notAvailable) as the form shows them. */
export function closureFields(service: HealthcareService | undefined, today: string): Fields {
  const rows = rowsOf(service, today);
  return Object.fromEntries(
    numbers.flatMap((n) => {
      const { during, description } = rows[n - 1] ?? {};
      return [
        [`closedFrom${n}`, during?.start?.slice(0, 10) ?? ''],
        [`closedTo${n}`, during?.end?.slice(0, 10) ?? ''],
        [`closedWhy${n}`, description ?? ''],
      ];
    }),
  );
}

/** What the form says of them, each where it stood; or what is wrong. Whether a period can be is the directory's rule. */
export function closuresIn(
  fields: Fields,
  service: HealthcareService | undefined,
  today: string,
): { readonly closures: HealthcareServiceNotAvailable[]; readonly faults: readonly Fault[] } {
  const rows = rowsOf(service, today);
  const faults: Fault[] = [];
  const own = numbers.map((n): HealthcareServiceNotAvailable | undefined => {
    const [start = '', end = '', why = ''] = [
      fields[`closedFrom${n}`],
      fields[`closedTo${n}`],
      fields[`closedWhy${n}`],
    ];
    if (!start && !end && !why) return undefined;
    for (const [name, text] of [
      ['closedFrom', start],
      ['closedTo', end],
    ] as const)
      if (text && !isDay(text)) faults.push(fault(`${name}${n}`, 'day'));
    if (!start || !why) faults.push(fault(start ? `closedWhy${n}` : `closedFrom${n}`, 'closure'));
    return { description: why, during: { start, ...(end && { end }) } };
  });
  const kept = (service?.notAvailable ?? []).flatMap((one) => {
    const nth = rows.indexOf(one);
    return nth < 0 ? [one] : (own[nth] ?? []);
  });
  return { closures: [...kept, ...own.slice(rows.length).flatMap((one) => one ?? [])], faults };
}

export function closurePart(parts: FormParts): Markup {
  const t = sayIn(parts.viewer.language);
  return html`<h2>${t('Wanneer de route dicht is', 'When the route is closed')}</h2>
<p class="hint">${t(
    'Wie dan verwijst, leest waarom en wie te bellen. Zonder laatste dag: tot u het weghaalt.',
    'Who refers then reads why and whom to call. Without a last day: until you take it away.',
  )}</p>
${numbers.map(
  (n) =>
    html`<fieldset><legend>${t(`Gesloten ${n}`, `Closed ${n}`)}</legend>
<div class="row">${lineOf(parts, { name: `closedFrom${n}`, type: 'date', label: t('Vanaf', 'From') })}
${lineOf(parts, { name: `closedTo${n}`, type: 'date', label: t('Tot en met', 'Until') })}</div>
${lineOf(parts, { name: `closedWhy${n}`, label: t('Waarom, in het Nederlands', 'Why, in Dutch') })}</fieldset>`,
)}`;
}
