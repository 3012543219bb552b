import type { Request } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { isLifeArea, lifeAreaCodes, lifeAreas } from '../../referral/life-area.ts';
import type { Narrow } from '../../store/lists/narrow.ts';
import { query } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

const ages = ['0-11', '12-17', '18-26', '27-44', '45-64', '65-79', '80+'];
const waiting = [3, 7, 14, 30];

const names = {
  area: { nl: 'Leefgebied', en: 'Life area' },
  urgency: { nl: 'Hoe snel', en: 'How soon' },
  practice: { nl: 'Praktijk', en: 'Practice' },
  age: { nl: 'Leeftijd', en: 'Age' },
  days: { nl: 'Hoe lang hier', en: 'How long here' },
} as const satisfies Record<string, Said>;
type Name = keyof typeof names;

/** The filters in an address, as they were read: only values that exist, so that an address cannot say anything else. */
export type Filters = Readonly<Partial<Record<Name, string>>>;

interface Choices {
  readonly directory: Directory;
  readonly viewer: Viewer;
}

function choicesOf({ directory, viewer }: Choices): Record<Name, readonly (readonly [value: string, label: string])[]> {
  const t = sayIn(viewer.language);
  return {
    area: lifeAreaCodes.map((code) => [code, lifeAreas[code][viewer.language]]),
    urgency: [
      ['routine', t('gewoon', 'routine')],
      ['urgent', t('dringend of acuut', 'urgent or acute')],
    ],
    practice: [...directory.practices.values()]
      .map(({ id, name }) => [id, name] as const)
      .toSorted(([, a], [, b]) => a.localeCompare(b, 'nl')),
    age: ages.map((one) => [one, t(`${one} jaar`, `${one} years`)]),
    days: waiting.map((one) => [String(one), t(`${one} dagen of langer`, `${one} days or longer`)]),
  };
}

export function filtersIn(request: Request, choices: Choices): Filters {
  const known = choicesOf(choices);
  return Object.fromEntries(
    (Object.keys(names) as Name[]).flatMap((name) => {
      const value = query(request, name);
      return known[name].some(([one]) => one === value) ? [[name, value]] : [];
    }),
  );
}

export function narrowOf({ area = '', urgency, practice, age, days }: Filters): Narrow {
  return {
    ...(isLifeArea(area) && { lifeArea: area }),
    ...((urgency === 'routine' || urgency === 'urgent') && { priority: urgency }),
    ...(practice && { practice }),
    ...(age && { ageBand: age }),
    ...(days && { days: Number(days) }),
  };
}

/** The list's address with these filters, from a place on: it can be kept and shared, and names no resident. */
export function listAddress(folder: string, filters: Filters, after?: string): string {
  return `/worklist?${new URLSearchParams({ folder, ...filters, ...(after && { after }) })}`;
}

/** What the list is narrowed to, in words, for the heading; empty when it is whole. */
export function filtersText(filters: Filters, choices: Choices): string {
  const known = choicesOf(choices);
  return (Object.entries(filters) as [Name, string][])
    .map(([name, value]) => known[name].find(([one]) => one === value)?.[1] ?? '')
    .join(', ');
}

/** The filters that work now, each to be taken away with one tap, and the form that sets them: one GET, with a button. */
export function filterPart(folder: string, filters: Filters, choices: Choices): Markup {
  const { language } = choices.viewer;
  const t = sayIn(language);
  const known = choicesOf(choices);
  const active = Object.keys(filters) as Name[];
  const pills = active.map((name) => {
    const { [name]: _, ...rest } = filters;
    const label = known[name].find(([one]) => one === filters[name])?.[1];
    return html`
      <li>
        <a href="${listAddress(folder, rest)}">${label}<span class="vh">:
        ${t('haal dit filter weg', 'remove this filter')}</span> <span aria-hidden="true">×</span></a>
      </li>`;
  });
  const select = (name: Name) => html`
    <div class="field short">
      <label for="${name}">${names[name][language]}</label>
      <select id="${name}" name="${name}">
        <option value="">${t('alles', 'all')}</option>
        ${known[name].map(
          ([value, label]) =>
            html`<option value="${value}"${filters[name] === value && html` selected`}>${label}</option>`,
        )}
      </select>
    </div>`;
  return html`
    ${active.length > 0 && html`<ul class="pills">${pills}</ul>`}
    <details class="filters">
      <summary>${t('Filter de lijst', 'Filter the list')}</summary>
      <form method="get" action="/worklist">
        <input type="hidden" name="folder" value="${folder}">
        <div class="row">${(Object.keys(names) as Name[]).map(select)}</div>
        <p class="buttons"><button class="quiet">${t('Toon', 'Show')}</button></p>
      </form>
    </details>`;
}
