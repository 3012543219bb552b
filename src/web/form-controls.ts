import type { Said } from '../fhir/outcome.ts';
import { html, type Markup, sayIn } from './html.ts';
import type { Viewer } from './page.ts';

/** A fault of one field; the error summary links to it by its id. */
export interface Fault {
  readonly field: string;
  readonly said: Said;
}

/** What every control of a form needs: what was typed, what was wrong with it, and for whom. */
export interface Controls {
  readonly viewer: Viewer;
  readonly fields: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
}

/** What went wrong, above the form, each with a link to its field. */
export function errorSummary(faults: readonly Fault[], viewer: Viewer): Markup | undefined {
  if (faults.length === 0) return undefined;
  const t = sayIn(viewer.language);
  return html`<div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors">
<h2 id="errors">${t('Dit is nog niet goed', 'This is not right yet')}</h2>
<ul>${faults.map((one) => html`<li><a href="#${one.field}">${one.said[viewer.language]}</a></li>`)}</ul></div>`;
}

export function faultOf({ faults, viewer }: Controls, name: string): Markup | undefined {
  const fault = faults.find((one) => one.field === name);
  return fault && html`<p class="error" id="${name}-error">${fault.said[viewer.language]}</p>`;
}

export function hintOf(name: string, hint: string | undefined): Markup | undefined {
  return hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : undefined;
}

/** The attributes that tie a control to its hint and its error. */
export function ties(parts: Controls, name: string, hint: boolean): Markup {
  const wrong = parts.faults.some((one) => one.field === name);
  const ids = [hint && `${name}-hint`, wrong && `${name}-error`].filter(Boolean).join(' ');
  return html`${ids && html` aria-describedby="${ids}"`}${wrong && html` aria-invalid="true"`}`;
}

export type Choice = readonly [value: string, label: string, hint?: string];

/** Choices of which one counts; nothing is chosen beforehand. The first has the field's own id, so that its error links to it. */
export function radiosOf(
  parts: Controls,
  name: string,
  legend: string,
  choices: readonly Choice[],
  hint?: string,
): Markup {
  return html`<fieldset><legend>${legend}</legend>${hintOf(name, hint)}${faultOf(parts, name)}
${choices.map(([value, label, more], nth) => {
  const id = nth === 0 ? name : `${name}-${value}`;
  return html`<div class="choice">
<input type="radio" id="${id}" name="${name}" value="${value}"${
    parts.fields[name] === value && html` checked`
  }${ties(parts, name, Boolean(hint))}>
<label for="${id}">${label}${more && html` <span class="hint">${more}</span>`}</label></div>`;
})}</fieldset>`;
}
