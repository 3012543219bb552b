import type { Acting } from '../../feedback/moves.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Journey } from '../../referral/journey.ts';
import { type Move, transition } from '../../referral/lifecycle/lifecycle.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { csrfField } from '../acting.ts';
import { type Controls, errorSummary, type Fault, faultOf, hintOf, ties } from '../form-controls.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** What was typed in the form of one move, field by field; comes back with the page when it is refused. */
export type MoveFields = Readonly<Record<string, string>>;

/** The controls of one move, and what they may look at. */
export interface MoveParts extends Controls {
  readonly journey: Journey;
  readonly directory: Directory;
  readonly now: Date;
  readonly today: string;
}

export type Read<T> = { readonly input: T } | { readonly faults: readonly Fault[] };

/** One move of the table as people make it: its form, how that is read, and its decider. */
export interface MoveForm {
  /** In the address, and in the form's ids. */
  readonly key: string;
  readonly title: Said;
  /** One line after it was done. */
  readonly done: Said;
  /** What is asked once more before it is done; for what cannot be undone. */
  readonly sure?: Said;
  /** Stands open on the page: what is done most, or waits for an answer. */
  readonly shown?: true;
  readonly names: readonly string[];
  /** Which of them hold words that someone wrote. */
  readonly texts?: readonly string[];
  readonly body: (parts: MoveParts) => Markup;
  /** Whether this person may make it now; `reason`: only with one, in the owner's place (H18). */
  readonly offered: (parts: Omit<MoveParts, 'fields' | 'faults'>) => 'no' | 'yes' | 'with-reason';
  readonly decide: (
    fields: MoveFields,
    journey: Journey,
    acting: Acting,
  ) => Change | Refusal | { readonly faults: readonly Fault[] };
}

interface Described<T> extends Omit<MoveForm, 'offered' | 'decide'> {
  readonly move: Move;
  readonly read: (fields: MoveFields, at: { readonly journey: Journey; readonly now: Date }) => Read<T>;
  readonly act: (journey: Journey, input: T, acting: Acting, deviating?: string) => Change | Refusal;
  /** What must be so besides the table's row for the form to make sense. */
  readonly when?: (parts: Omit<MoveParts, 'fields' | 'faults'>) => boolean;
}

export const reasonMin = 3;
export const textMax = 500;
const aReason: Said = {
  nl: 'Schrijf waarom u dit voor de Wally doet.',
  en: "Write why you do this in the owner's place.",
};
const reasonOf = (key: string) => `reason-${key}`;
const emptyRead = { input: undefined };

/** The form of a move whose reader and decider agree on what was read. */
export function moveForm<T>(described: Described<T>): MoveForm {
  const { move, read, act, when, ...form } = described;
  const may = (journey: Journey, actor: Acting['actor'], deviating?: string) =>
    !isRefusal(transition(journey, move, actor, deviating));
  return {
    ...form,
    names: [...form.names, reasonOf(form.key)],
    offered: (parts) => {
      const { journey, viewer } = parts;
      if (when && !when(parts)) return 'no';
      if (may(journey, viewer.actor)) return 'yes';
      return viewer.actor.role === 'team-lead' && may(journey, viewer.actor, 'reason') ? 'with-reason' : 'no';
    },
    decide: (fields, journey, acting) => {
      const deviates = acting.actor.role === 'team-lead' && !may(journey, acting.actor);
      const reason = fields[reasonOf(form.key)] ?? '';
      const found = read(fields, { journey, now: acting.now });
      const faults = 'faults' in found ? [...found.faults] : [];
      // Without a row that lets the lead deviate, the table's own refusal says so.
      if (deviates && reason.length < reasonMin && may(journey, acting.actor, 'reason'))
        faults.unshift({ field: reasonOf(form.key), said: aReason });
      if ('faults' in found || faults.length > 0) return { faults };
      return act(journey, found.input, acting, deviates ? reason : undefined);
    },
  };
}

/** Nothing to read: the button says it all. */
export const nothing = (): Read<undefined> => emptyRead;

interface Box {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
}

/** A day and a time of the clock, side by side. */
export function dayAndTime(parts: MoveParts, on: Box, at: Box, days: { min?: string; max?: string } = {}): Markup {
  const range = html`${days.min && html` min="${days.min}"`}${days.max && html` max="${days.max}"`}`;
  const one = ({ name, label }: Box, type: 'date' | 'time') => html`
    <div class="field">
      <label for="${name}">${label}</label>
      ${faultOf(parts, name)}
      <input type="${type}" id="${name}" name="${name}"
        value="${parts.fields[name]}"${type === 'date' && range}${ties(parts, name, false)}>
    </div>`;
  return html`<div class="row">${one(on, 'date')}${one(at, 'time')}</div>`;
}

/** One line or more of text. Browsers must not remember it: people share computers. */
export function textBox(parts: MoveParts, box: Box & { readonly max: number; readonly rows?: number }): Markup {
  const { name, label, hint, max, rows } = box;
  const tied = ties(parts, name, Boolean(hint));
  return html`
    <div class="field">
      <label for="${name}">${label}</label>
      ${hintOf(name, hint)}
      ${faultOf(parts, name)}
      ${
        rows
          ? html`<textarea id="${name}" name="${name}" rows="${rows}" maxlength="${max}"${tied}>${parts.fields[name]}</textarea>`
          : html`<input type="text" id="${name}" name="${name}" value="${parts.fields[name]}" maxlength="${max}" autocomplete="off"${tied}>`
      }
    </div>`;
}

/** H8: the prompt at every free text. */
export function noNames(viewer: Viewer): string {
  return sayIn(viewer.language)('Noem geen andere mensen bij naam.', 'Do not name other people.');
}

export const button = (label: string, kind: '' | 'quiet' | 'danger' = ''): Markup =>
  html`<p class="buttons"><button class="${kind}">${label}</button></p>`;

/** What was posted and why it was not done, to be shown in the form it came from. */
export interface Posted {
  readonly key: string;
  readonly fields: MoveFields;
  readonly faults: readonly Fault[];
}

export type PanelParts = Omit<MoveParts, 'fields' | 'faults'> & {
  /** Address of the referral's page for this reader; no slash at the end. */
  readonly address: string;
  readonly posted?: Posted;
};

function panel(form: MoveForm, offered: 'yes' | 'with-reason', parts: PanelParts): Markup {
  const { viewer, journey, address, posted } = parts;
  const t = sayIn(viewer.language);
  const mine = posted?.key === form.key ? posted : undefined;
  const own: MoveParts = { ...parts, fields: mine?.fields ?? {}, faults: mine?.faults ?? [] };
  const reason =
    offered === 'with-reason' &&
    textBox(own, {
      name: reasonOf(form.key),
      label: t('Waarom doet u dit voor de Wally?', "Why do you do this in the owner's place?"),
      hint: t(
        'Iedereen die de verwijzing ziet, kan dit later lezen.',
        'Everyone who sees the referral can read this later.',
      ),
      max: textMax,
    });
  const content = html`
    <form method="post" action="${address}/move/${form.key}" class="form" novalidate>
      ${csrfField(viewer)}
      <input type="hidden" name="version" value="${journey.task.version}">
      ${reason}
      ${form.body(own)}
    </form>`;
  const title = form.title[viewer.language];
  return form.shown && offered === 'yes'
    ? html`<section class="move" aria-labelledby="move-${form.key}"><h3 id="move-${form.key}">${title}</h3>${content}</section>`
    : html`<details class="move"${mine && html` open`}><summary>${title}</summary>${content}</details>`;
}

/** The forms of what this person may do now, in their order; nothing that the table would refuse is offered. */
export function movesPart(title: string, forms: readonly MoveForm[], parts: PanelParts): Markup | undefined {
  const { posted, viewer } = parts;
  const t = sayIn(viewer.language);
  const gone = posted && forms.find((one) => one.key === posted.key && one.offered(parts) === 'no');
  // The form it was typed in is not there any more; the words are not thrown away with it.
  const typed = (gone?.texts ?? []).flatMap((name) => posted?.fields[name] || []);
  const kept =
    typed.length > 0 &&
    html`
      <div class="panel">
        <p>${t('Dit typte u:', 'This is what you typed:')}</p>
        ${typed.map((one) => html`<p class="said" lang="nl">${one}</p>`)}
      </div>`;
  const panels = forms.flatMap((form) => {
    const offered = form.offered(parts);
    return offered === 'no' ? [] : [panel(form, offered, parts)];
  });
  if (panels.length === 0 && !kept) return undefined;
  return html`<section class="moves" aria-labelledby="moves"><h2 id="moves">${title}</h2>${kept}${panels}</section>`;
}

/** What was wrong with the form that was posted, above the page. */
export function postedFaults({ posted, viewer }: PanelParts): Markup | undefined {
  return posted && errorSummary(posted.faults, viewer);
}

/** The step before what cannot be undone: what it is, about whom, and yes or back. */
export function surePart(form: MoveForm, fields: MoveFields, about: Markup, parts: PanelParts): Markup {
  const { viewer, address, journey } = parts;
  const t = sayIn(viewer.language);
  const hidden = Object.entries(fields).filter(([, value]) => value !== '');
  return html`
    <h1>${t('Weet u het zeker?', 'Are you sure?')}</h1>
    ${about}
    <p><strong>${form.title[viewer.language]}</strong></p>
    <p>${form.sure?.[viewer.language]}</p>
    <form method="post" action="${address}/move/${form.key}" class="buttons">
      ${csrfField(viewer)}
      <input type="hidden" name="version" value="${journey.task.version}">
      ${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
      <button name="sure" value="yes" class="danger">${t('Ja', 'Yes')}</button>
      <a class="button quiet" href="${address}">${t('Nee, terug', 'No, go back')}</a>
    </form>`;
}
