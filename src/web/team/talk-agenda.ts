import { addDays, beginOfDay } from '../../referral/deadlines.ts';
import type { Practice } from '../../referral/directory/directory.ts';
import { type Cooperation, cooperationOf } from '../../referral/directory/practice-service.ts';
import { type LifeArea, lifeAreas } from '../../referral/life-area.ts';
import { daysOfQuarter } from '../../referral/talk.ts';
import { readDirectoryResource } from '../../store/directory.ts';
import { type AgendaLine, readAgenda } from '../../store/talks.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { facts } from '../journey/referral-view.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';

/** What a talk is about, as it is at this moment: numbers of the quarter, nothing of a person. */
export interface Agenda {
  readonly lines: readonly AgendaLine[];
  readonly cooperation: Cooperation;
}

/** Reads the agenda of the quarter of a local day, for one reader; nothing of it is kept. */
export async function agendaOf(site: Site, practice: Practice, day: string, reader: string): Promise<Agenda> {
  const { first, last } = daysOfQuarter(day);
  const [lines, service] = await Promise.all([
    readAgenda(site.store, {
      practice: practice.id,
      from: beginOfDay(first),
      until: beginOfDay(addDays(last, 1)),
      today: day,
      for: reader,
    }),
    practice.service ? readDirectoryResource(site.store, 'HealthcareService', practice.service.id) : undefined,
  ]);
  return { lines, cooperation: service?.resourceType === 'HealthcareService' ? cooperationOf(service) : {} };
}

/** Numbers of the referrals in question, each a link where its reader has a page of it. */
function numbers(lines: readonly AgendaLine[], area: string, viewer: Viewer): Markup {
  const mayOpen = (one: AgendaLine) => viewer.actor.role !== 'wally' || one.owner === viewer.actor.id;
  return html`
    <ul class="plain">
      ${lines.map(
        (one) =>
          html`<li>${
            mayOpen(one)
              ? html`<a class="number" href="${area}/${one.journey}">${one.number}</a>`
              : html`<span class="number">${one.number}</span>`
          }</li>`,
      )}
    </ul>`;
}

/** How often each life area was named, most first. */
function countedAreas(lines: readonly AgendaLine[]): [LifeArea, number][] {
  const counts = new Map<LifeArea, number>();
  for (const code of lines.flatMap((one) => one.lifeAreas)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** The agenda of a talk, made from the quarter's referrals. */
export function agendaPart({ lines, cooperation }: Agenda, area: string, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const fresh = lines.filter((one) => one.isNew);
  const late = lines.filter((one) => one.isLate);
  const awaiting = lines.filter((one) => one.awaitsPractice);
  const areas = countedAreas(fresh);
  const list = (some: readonly AgendaLine[]) =>
    some.length > 0 && html`${String(some.length)}${numbers(some, area, viewer)}`;
  return html`
    <section aria-labelledby="agenda">
      <h2 id="agenda">${t('Agenda', 'Agenda')}</h2>
      <p class="hint">${t(
        'Kortelijn telt dit nu. Er wordt niets van bewaard, en er staat niemand in.',
        'Kortelijn counts this now. Nothing of it is kept, and nobody is named.',
      )}</p>
      ${facts([
        [t('Verwezen dit kwartaal', 'Referred this quarter'), String(fresh.length)],
        [t('Daarvan gesproken', 'Of these spoken with'), String(fresh.filter((one) => one.wasSpoken).length)],
        [t('Daarvan afgesloten', 'Of these closed'), String(fresh.filter((one) => one.closed).length)],
        [t('Loopt nu', 'Open now'), list(lines.filter((one) => one.isOpen))],
        [t('Te laat', 'Overdue'), list(late)],
        [t('Wacht op antwoord van de praktijk', 'Waits for an answer of the practice'), list(awaiting)],
        [
          t('Leefgebieden', 'Life areas'),
          areas.length > 0 &&
            html`
              <ul class="plain">
                ${areas.map(([code, count]) => html`<li>${lifeAreas[code][viewer.language]}: ${String(count)}</li>`)}
              </ul>`,
        ],
        [t('Wat de praktijk het meest ziet', 'What the practice sees most'), cooperation.problems],
        [t('Doel van de samenwerking', 'Goal of the cooperation'), cooperation.goal],
        [t('Samenwerking evalueren op', 'Evaluate the cooperation on'), cooperation.evaluateOn],
      ])}
    </section>`;
}
