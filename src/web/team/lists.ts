import type { Said } from '../../fhir/outcome.ts';
import { assign } from '../../referral/assignment.ts';
import { isPresent } from '../../referral/directory/directory.ts';
import type { Folder } from '../../store/lists/folders.ts';
import type { ListedReferral } from '../../store/lists/lists.ts';
import type { OpenQuestion } from '../../store/questions.ts';
import type { Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';
import { telLink } from '../journey/referral-view.ts';
import { addressFrom, type ListPage, noneText, pagesPart } from '../list-pages.ts';
import { type TeamFolder, teamFolders } from './case.ts';
import { assignForm, row, type TeamParts } from './view.ts';

/** What is late, by whose it is: one line per person, however much there is. */
export function overduePart(
  late: readonly { readonly owner: string | null; readonly count: number }[],
  parts: TeamParts,
): Markup | undefined {
  if (late.length === 0) return undefined;
  const { directory, viewer } = parts;
  const t = sayIn(viewer.language);
  const lines = late.map(({ owner, count }) => {
    const role = directory.roles.get(owner ?? '');
    const name = role?.name ?? t('niemand', 'nobody');
    return html`
      <li>
        <a href="/team?folder=overdue">${t(
          `Te laat: ${count} bij ${name}`,
          `Overdue: ${count} with ${name}`,
        )}</a>${role?.phone && html` ${telLink(role.phone)}`}
      </li>`;
  });
  const total = late.reduce((sum, one) => sum + one.count, 0);
  return html`
    <section class="panel" aria-labelledby="overdue">
      <h2 id="overdue">${t('Te laat', 'Overdue')} <span class="count">${total}</span></h2>
      <ul class="counts">${lines}</ul>
    </section>`;
}

/** Questions about nobody of which the reminder to answer did not help either: whose they are today, not what they ask. */
export function questionsPart(open: readonly OpenQuestion[], parts: TeamParts): Markup | undefined {
  const late = open.filter((one) => one.level > 1);
  if (late.length === 0) return undefined;
  const { directory, viewer, today } = parts;
  const t = sayIn(viewer.language);
  const lines = [...Map.groupBy(late, (one) => one.practice)].map(([id, own]) => {
    const owner = assign(directory, id, undefined, today)?.owner;
    const name = directory.practices.get(id)?.name ?? id;
    return html`
      <li>
        ${t(
          `${own.length} van ${name}`,
          `${own.length} of ${name}`,
        )}${owner && html`: ${owner.name}`}${owner?.phone && html` ${telLink(owner.phone)}`}
      </li>`;
  });
  return html`
    <section class="panel" aria-labelledby="late-questions">
      <h2 id="late-questions">
        ${t('Vragen van praktijken zonder antwoord', 'Questions of practices without an answer')}
        <span class="count">${late.length}</span>
      </h2>
      <ul class="plain">${lines}</ul>
    </section>`;
}

const folderSaid: Record<TeamFolder, Said> = {
  new: { nl: 'Nieuw', en: 'New' },
  me: { nl: 'Bij de Wally', en: 'With the Wally' },
  others: { nl: 'Wacht op anderen', en: 'Waiting for others' },
  overdue: { nl: 'Te laat', en: 'Overdue' },
  done: { nl: 'Klaar', en: 'Done' },
};
const allSaid: Said = { nl: 'Loopt', en: 'Open' };

/** Where the reader is on the page: the folder with what each holds, and what its address says. */
export interface TeamPlace {
  readonly folder: TeamFolder | undefined;
  readonly counts: Readonly<Record<Folder, number>>;
  readonly stays: Readonly<Record<'folder' | 'open' | 'queue' | 'calls', string | undefined>>;
}

/** Referrals that nobody owns yet, each with who could take it; what presses most first. */
export function queuePart(page: ListPage, at: TeamPlace, visit: Visit, parts: TeamParts): Markup {
  const t = sayIn(parts.viewer.language);
  const what = t('Teamwachtrij', 'Team queue');
  const total = at.counts.unassigned;
  return html`
    <section aria-labelledby="queue">
      <h2 id="queue">${what} <span class="count">${total}</span></h2>
      ${
        page.rows.length > 0
          ? html`<ul class="referrals">${page.rows.map((one) => row(one, parts, undefined, assignForm(one, parts, 'queue')))}</ul>`
          : noneText(page, visit, t('Alles is van iemand.', 'Everything has an owner.'))
      }
      ${pagesPart(page, { total, what, to: (place) => addressFrom('/team', at.stays, 'queue', place) }, visit)}
    </section>`;
}

/** The team's referrals in a folder, each with its owner; what an absent person still has stands first (promise 2). */
export function openPart(page: ListPage, at: TeamPlace, visit: Visit, parts: TeamParts): Markup {
  const { directory, today, viewer } = parts;
  const t = sayIn(viewer.language);
  const name = (id: string | null) => directory.roles.get(id ?? '')?.name ?? id;
  const isDone = at.folder === 'done';
  const gone = (one: ListedReferral) => {
    const role = directory.roles.get(one.owner ?? '');
    return !isDone && (!role || !isPresent(role, today));
  };
  const items = page.rows.map((one) => {
    const away = gone(one) && one.owner !== null;
    const owner = html`<span>${t('Bij', 'With')}:
      <strong>${name(one.owner) ?? t('niemand', 'nobody')}</strong>${
        away && html` <span class="presence absent">${t('vandaag afwezig', 'absent today')}</span>`
      }${one.actingFor && html` ${t('neemt waar voor', 'acts for')} ${name(one.actingFor)}`}</span>`;
    if (isDone) return row(one, parts, owner, html``);
    const handOver = gone(one)
      ? assignForm(one, parts)
      : html`
        <details>
          <summary>${t('Overdragen', 'Hand over')}<span class="vh">: ${one.number}</span></summary>
          ${assignForm(one, parts)}
        </details>`;
    return row(one, parts, owner, handOver);
  });
  const title = (at.folder ? folderSaid[at.folder] : allSaid)[viewer.language];
  const total = at.counts[at.folder ?? 'owned'];
  const link = (folder: TeamFolder | undefined, label: string, count: number) => html`
    <li>
      <a href="/team${folder && `?folder=${folder}`}"${folder === at.folder && html` aria-current="page"`}>${label}
      <span class="count">${count}</span></a>
    </li>`;
  return html`
    <section aria-labelledby="open">
      <h2 id="open">${title}</h2>
      <nav class="folders" aria-label="${t('Mappen', 'Folders')}">
        <ul>
          ${link(undefined, allSaid[viewer.language], at.counts.owned)}
          ${teamFolders.map((one) => link(one, folderSaid[one][viewer.language], at.counts[one]))}
        </ul>
      </nav>
      ${
        items.length > 0
          ? html`<ul class="referrals">${items}</ul>`
          : noneText(page, visit, t('Hier staat niets.', 'Nothing here.'))
      }
      ${pagesPart(page, { total, what: title, to: (place) => addressFrom('/team', at.stays, 'open', place) }, visit)}
    </section>`;
}
