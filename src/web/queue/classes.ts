import { classOfFailure, classOfRefusal, type ErrorClass, errorClasses } from '../../referral/error-class.ts';
import { isRefusal } from '../../referral/refusal.ts';
import {
  type ClassSaid,
  countOpen,
  readClasses,
  type Seen,
  seenFailures,
  seenRefusals,
} from '../../store/queue/counts.ts';
import { csrfField, field, send, sentences, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { address } from './filter.ts';
import { queueMenu } from './lists.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './reason.ts';
import { undoForm } from './undo.ts';
import { classSaid } from './words.ts';

/** One class as it stands: what waits because of it, when it was seen, whom it touches, and what was said of it. */
export interface ClassNow {
  readonly class: ErrorClass;
  readonly waiting: number;
  readonly refused: number;
  readonly practices: readonly string[];
  readonly first: Date | undefined;
  readonly last: Date | undefined;
  /** Failed attempts and refused messages of the last day, and of an average day of the last week. */
  readonly day: number;
  readonly usual: number;
  readonly state: 'new' | 'known' | 'solved' | 'regressed';
  readonly said: ClassSaid | undefined;
}

/** Seen again after somebody said that it was solved. */
function stateOf(said: ClassSaid | undefined, last: Date | undefined): ClassNow['state'] {
  if (!said) return 'new';
  return said.state === 'solved' && last && last > said.at ? 'regressed' : said.state;
}

/** Every class that anything was ever seen of, what waits most first. */
export async function classesNow(site: Site): Promise<ClassNow[]> {
  const { store } = site;
  const [open, failures, refusals, said] = await Promise.all([
    countOpen(store),
    seenFailures(store),
    seenRefusals(store),
    readClasses(store),
  ]);
  const found = errorClasses.flatMap((one): ClassNow[] => {
    const waiting = open.filter(({ code, state }) => code && state !== 'sent' && classOfFailure(code) === one);
    const refused = refusals.filter(({ code }) => classOfRefusal(code) === one);
    const seen: readonly Seen[] = [...failures.filter(({ code }) => classOfFailure(code) === one), ...refused];
    const own = said.find((row) => row.class === one);
    if (waiting.length === 0 && seen.length === 0 && !own) return [];
    const times = (of: (row: Seen) => Date) => seen.map(of).toSorted((a, b) => a.getTime() - b.getTime());
    const last = times((row) => row.last).at(-1);
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    return [
      {
        class: one,
        waiting: sum(waiting.map((row) => row.count)),
        refused: sum(refused.map((row) => row.count)),
        practices: [...new Set([...waiting, ...refused.filter((row) => row.count > 0)].map((row) => row.practice))],
        first: times((row) => row.first)[0],
        last,
        day: sum(seen.map((row) => row.day)),
        usual: Math.round((sum(seen.map((row) => row.week)) / 7) * 10) / 10,
        state: stateOf(own, last),
        said: own,
      },
    ];
  });
  return found.toSorted((a, b) => b.waiting + b.refused - (a.waiting + a.refused));
}

const stateSaid = {
  new: { nl: 'nieuw', en: 'new' },
  known: { nl: 'bekend', en: 'known' },
  solved: { nl: 'opgelost', en: 'solved' },
  regressed: { nl: 'terug, na opgelost', en: 'back, after solved' },
} as const;

const practicesShown = 10;

function classItem(one: ClassNow, names: ReadonlyMap<string, { readonly name: string }>, visit: Visit): Markup {
  const { language } = visit.viewer;
  const t = sayIn(language);
  const words = classSaid[one.class];
  const trend =
    one.day > one.usual * 1.5
      ? t('meer dan gewoonlijk', 'more than usual')
      : one.day < one.usual * 0.5
        ? t('minder dan gewoonlijk', 'less than usual')
        : t('als gewoonlijk', 'as usual');
  const shown = one.practices.slice(0, practicesShown).map((id, nth) => {
    const name = names.get(id)?.name;
    return html`${nth > 0 && ', '}${name ? html`<a href="/admin/directory/practices/${id}">${name}</a>` : id}`;
  });
  const more = one.practices.length - shown.length;
  return html`
    <li class="delivery">
      <h2 id="${one.class}">${words.said[language]} <span class="mark">${stateSaid[one.state][language]}</span></h2>
      <ul class="counts">
        ${
          one.waiting > 0 &&
          html`
            <li>
              <a href="${address({ class: one.class })}"><strong>${one.waiting}</strong>
              ${t(one.waiting === 1 ? 'wacht' : 'wachten', 'waiting')}</a>
            </li>`
        }
        ${
          one.refused > 0 &&
          html`
            <li><a href="/admin/refused?class=${one.class}"><strong>${one.refused}</strong> ${t('geweigerd', 'refused')}</a></li>`
        }
        <li>${t(
          `vandaag ${one.day}, gewoonlijk ${one.usual.toLocaleString('nl')} per dag: ${trend}`,
          `today ${one.day}, usually ${one.usual} a day: ${trend}`,
        )}</li>
      </ul>
      <p class="why">${words.cause[language]} <strong>${t('Wie', 'Who')}:</strong> ${words.who[language]}</p>
      <p class="hint">
        ${
          one.first &&
          one.last &&
          t(
            `Eerst gezien ${momentText(one.first, language)}, laatst ${momentText(one.last, language)}.`,
            `First seen ${momentText(one.first, language)}, last ${momentText(one.last, language)}.`,
          )
        } ${shown.length > 0 && html`${t('Praktijken', 'Practices')}: ${shown}${more > 0 && ` +${more}`}.`}
      </p>
      ${one.said && html`<p class="hint">${momentText(one.said.at, language)}, ${one.said.by}: ${one.said.reason}</p>`}
      ${
        one.said?.mayUndo &&
        undoForm(visit, '/admin/errors/undo', 'class', {
          what: words.said[language],
          hidden: html`<input type="hidden" name="class" value="${one.class}">`,
        })
      }
      ${
        one.waiting > 0 &&
        html`
          <form method="post" action="/admin/bulk/preview">
            ${csrfField(visit.viewer)}
            <input type="hidden" name="query" value="class=${one.class}">
            <input type="hidden" name="of" value="all">
            <button class="quiet">
              ${t('Probeer alles van deze soort opnieuw', 'Try everything of this kind again')}<span class="vh">:
              ${words.said[language]}</span>
            </button>
          </form>`
      }
      <details>
        <summary>
          ${t('Zeg wat hiermee is', 'Say what is with this')}<span class="vh">: ${words.said[language]}</span>
        </summary>
        ${smallForm(
          visit,
          '/admin/errors',
          html`
            <input type="hidden" name="class" value="${one.class}">
            ${reasonField(visit, `why-${one.class}`)}
            <p class="buttons">${(['known', 'solved', 'new'] as const).map(
              (state) =>
                html`<button class="quiet" name="state" value="${state}">${stateSaid[state][language]}</button> `,
            )}</p>`,
        )}
      </details>
    </li>`;
}

/** The classes of errors, each with its cause, who must act, and the button. */
export async function classesPage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const t = sayIn(visit.viewer.language);
  const title = t('Soorten fouten', 'Kinds of errors');
  const [classes, directory] = await Promise.all([classesNow(site), site.directory()]);
  const main = html`
    <h1>${title}</h1>
    ${queueMenu(visit, site.store.clock(), 'errors')}
    ${
      classes.length === 0
        ? html`<p class="empty">${t('Er ging nog nooit iets mis.', 'Nothing ever went wrong yet.')}</p>`
        : html`<ul class="deliveries">${classes.map((one) => classItem(one, directory.practices, visit))}</ul>`
    }`;
  send(visit, { title, main, ...listRefresh(visit, site.store.clock()), ...(notice && { notice }) }, status);
}

/** Notes what a person said of a class. */
export async function sayOfClass(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const reason = reasonIn(request.body);
  if (isRefusal(reason)) return classesPage(site, visit, { kind: 'refused', text: sentences(reason, viewer) }, 422);
  const of = errorClasses.find((one) => one === field(request.body, 'class'));
  const state = (['known', 'solved', 'new'] as const).find((one) => one === field(request.body, 'state'));
  if (of && state) {
    const at = site.store.clock().toISOString();
    await site.store.commit({
      scope: { practice: '' },
      queue: [{ to: 'class', class: of, state, by: viewer.actor.id, at, reason }],
      audit: [adminLine(viewer.actor, at, 'error-class-changed', { object: of, code: state, reason })],
    });
  }
  response.redirect(303, '/admin/errors?done=yes');
}
