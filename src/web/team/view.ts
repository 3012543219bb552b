import type { Said } from '../../fhir/outcome.ts';
import { type Directory, isPresent, type Role, wallysOf } from '../../referral/directory/directory.ts';
import type { ListedReferral } from '../../store/lists/lists.ts';
import type { TeamCall } from '../../store/queue/call-list.ts';
import { csrfField, type Visit } from '../acting.ts';
import { birthDateText, dayText, html, type Markup, sayIn } from '../html.ts';
import { telLink } from '../journey/referral-view.ts';
import { type ListPage, noneText, pagesPart } from '../list-pages.ts';
import { dueMark, safetyMark, urgencyMark } from '../marks.ts';
import type { Viewer } from '../page.ts';
import { pressing, stateWords, waitingText } from '../words.ts';

export interface TeamParts {
  readonly viewer: Viewer;
  readonly directory: Directory;
  readonly team: string;
  readonly now: Date;
  readonly today: string;
}

/** What was typed in a from/to form that was refused, and why. */
export interface Typed {
  readonly wally: string;
  readonly from: string;
  readonly to: string;
  readonly fault: Said;
}

const alarmSaid: Record<string, Said> = {
  acute: { nl: 'Acute verwijzing', en: 'Acute referral' },
  'nobody-present': { nl: 'Niemand aanwezig', en: 'Nobody present' },
  'retry-exhausted': { nl: 'Bericht komt niet aan', en: 'A message does not arrive' },
  'call-practice': { nl: 'Bericht van de praktijk is niet aangenomen', en: 'A message of the practice was not taken' },
};

const alarmDo: Record<string, Said> = {
  acute: {
    nl: 'Bel nu, in deze volgorde, tot u iemand spreekt:',
    en: 'Call now, in this order, until you speak to someone:',
  },
  'nobody-present': {
    nl: 'Wijs hieronder iemand aan. Lukt dat vandaag niet, bel dan de praktijk:',
    en: 'Assign someone below. If that is not possible today, call the practice:',
  },
  'retry-exhausted': {
    nl: 'De beheerder kijkt ernaar. Is er haast, bel dan de praktijk:',
    en: 'The administrator looks into it. If it is urgent, call the practice:',
  },
  'call-practice': {
    nl: 'De praktijk kreeg bericht terug waarom. Bel of het goed is aangekomen, er wacht misschien iemand:',
    en: 'The practice was sent back why. Call whether that arrived, someone may be waiting:',
  },
};

/** The phone list: a page of its lines, how many it has, and how many referrals and messages they are about. */
export interface CallPage extends ListPage<TeamCall> {
  readonly lines: number;
  readonly about: number;
}

/** What someone must call about now: a list with names and numbers, acute first; a practice once for each reason. */
export function alarmsPart(page: CallPage, to: (place?: string) => string, visit: Visit, parts: TeamParts): Markup {
  const { viewer, directory, now } = parts;
  const t = sayIn(viewer.language);
  const line = (name: string, phone: string | undefined) =>
    html`<li>${name}${phone ? html` ${telLink(phone)}` : html` (${t('geen nummer bekend', 'no number known')})`}</li>`;
  const called = ({ kind, journey }: TeamCall) =>
    kind === 'call-practice' &&
    html`
      <form method="post" action="/team/${journey}/called">
        ${csrfField(viewer)}<button class="quiet">${t('Ik heb gebeld', 'I have called')}</button>
      </form>`;
  const item = (call: TeamCall): Markup => {
    const owner = directory.roles.get(call.owner ?? '');
    const practice = directory.practices.get(call.practice);
    const numbers = call.numbers.map((one) => html`<span class="number">${one}</span> `);
    const isOne = call.count === 1;
    const left = call.count - call.numbers.length;
    const more = left > 0 && t(`en nog ${left}`, `and ${left} more`);
    const said = alarmSaid[call.kind]?.[viewer.language] ?? call.kind;
    return html`
      <li>
        <h3>
          ${said} ${isOne ? numbers : html`<span class="count">${call.count}</span>`}
          <span class="when">${waitingText(call.since, now, viewer.language)}</span>
        </h3>
        ${!isOne && html`<p class="more">${numbers}${more}</p>`}
        <p>${alarmDo[call.kind]?.[viewer.language]}</p>
        <ol class="calls">
          ${call.kind === 'acute' && owner && line(owner.name, owner.phone)}
          ${line(practice?.name ?? call.practice, practice?.phone)}
        </ol>
        ${called(call)}
      </li>`;
  };
  const what = t('Bellijst', 'Phone list');
  if (page.lines === 0)
    return html`
      <section aria-labelledby="calls">
        <h2 id="calls">${what}</h2>
        <p class="empty">${t('Niemand hoeft nu te bellen.', 'Nobody needs to call now.')}</p>
      </section>`;
  return html`
    <section class="panel acute" aria-labelledby="calls">
      <h2 id="calls">${t('Bellijst: nu doen', 'Phone list: do now')} <span class="count">${page.about}</span></h2>
      ${page.rows.length > 0 ? html`<ul class="alarms">${page.rows.map(item)}</ul>` : noneText(page, visit, '')}
      ${pagesPart(page, { total: page.lines, what, to }, visit)}
    </section>`;
}

/** Gives it to a Wally who is at work today, but for the present owner: one button, or a choice where there are more. */
export function assignForm(
  referral: Pick<ListedReferral, 'journey' | 'number' | 'owner' | 'barred'>,
  { viewer, directory, team, today }: TeamParts,
  list: 'queue' | 'open' = 'open',
): Markup {
  const t = sayIn(viewer.language);
  const wallys = wallysOf(directory, team).filter(
    (role) => isPresent(role, today) && role.id !== referral.owner && !referral.barred.includes(role.id),
  );
  const [only] = wallys;
  if (!only)
    return html`<p class="hint">${t('Er is vandaag niemand anders aanwezig.', 'Nobody else is present today.')}</p>`;
  const number = html`<span class="vh">: ${referral.number}</span>`;
  // What is late and nobody's stands in both lists of the page.
  const id = `${list}-${referral.number}`;
  // A button per Wally weighs more than the referral itself when there are many of both.
  const choice =
    wallys.length === 1
      ? html`<button name="wally" value="${only.id}" class="quiet">${t('Geef aan', 'Give to')} ${only.name}${number}</button>`
      : html`
        <label for="${id}" class="vh">${t('Geef aan', 'Give to')}: ${referral.number}</label>
        <select name="wally" id="${id}" required><option value="">${t('Geef aan …', 'Give to …')}</option>${wallys.map(
          (role) => html`<option value="${role.id}">${role.name}</option>`,
        )}</select><button class="quiet">${t('Geef', 'Give')}${number}</button>`;
  return html`<form method="post" action="/team/${referral.journey}/assign" class="buttons">${csrfField(viewer)}${choice}</form>`;
}

export function row(referral: ListedReferral, parts: TeamParts, owner: Markup | undefined, more: Markup): Markup {
  const { viewer, today } = parts;
  const t = sayIn(viewer.language);
  const state = stateWords(referral.taskStatus, referral.businessStatus, 'team');
  return html`
    <li class="referral">
      <div class="lead">
        <a href="/team/${referral.journey}">${referral.patientName}</a>
        <span class="born">${birthDateText(referral.birthDate, viewer.language)}</span>
      </div>
      <div class="marks">
        ${dueMark(pressing(referral, today), referral.callBefore, parts)}
        ${referral.priority !== 'routine' && urgencyMark(referral.priority, t)}
        ${referral.unsafeContact && safetyMark(t)}
      </div>
      <div class="more">
        ${owner}
        <span>${t(state.nl, state.en)}</span>
        <span>${parts.directory.practices.get(referral.practice)?.name}</span>
        <span class="number">${referral.number}</span>
      </div>
      ${more}
    </li>`;
}

function absenceText(from: string, to: string | undefined, parts: TeamParts): string {
  const { language } = parts.viewer;
  const t = sayIn(language);
  const since = dayText(from, language, parts.today);
  if (to === undefined) return t(`vanaf ${since}, nog niet bekend tot wanneer`, `from ${since}, end not known yet`);
  const until = dayText(to, language, parts.today);
  return from === to ? since : t(`${since} tot en met ${until}`, `${since} to ${until}`);
}

function wallyItem(role: Role, parts: TeamParts, typed: Typed | undefined): Markup {
  const { viewer, today } = parts;
  const t = sayIn(viewer.language);
  const present = isPresent(role, today);
  const substitute = parts.directory.roles.get(role.substitute ?? '');
  const now = role.absences.filter((one) => one.from <= today && (one.to === undefined || today <= one.to));
  const later = role.absences.filter((one) => one.from > today);
  const wally = html`<input type="hidden" name="wally" value="${role.id}">`;
  const form = (content: Markup, kind = '') =>
    html`<form method="post" action="/team/absence" class="${kind}">${csrfField(viewer)}${wally}${content}</form>`;
  const faulty = typed?.wally === role.id ? typed : undefined;
  const fault =
    faulty && html`<p class="error" id="fault-${role.id}" role="alert">${faulty.fault[viewer.language]}</p>`;
  const tied = faulty && html` aria-invalid="true" aria-describedby="fault-${role.id}"`;
  return html`
    <li class="wally">
      <div class="lead">
        <strong>${role.name}</strong>
        <span class="presence ${present ? 'present' : 'absent'}">${
          present ? t('aanwezig', 'present') : t('afwezig', 'absent')
        }</span>
      </div>
      <div class="more">
        ${role.phone && telLink(role.phone)}
        ${substitute && html`<span>${t('vervanger', 'substitute')}: ${substitute.name}</span>`}
      </div>
      ${now.map((one) => html`<p class="why">${absenceText(one.from, one.to, parts)}</p>`)}
      ${form(
        present
          ? html`<button name="act" value="sick" class="quiet">
              ${t('Ziek vandaag', 'Sick today')}<span class="vh">: ${role.name}</span>
            </button>`
          : html`<button name="act" value="back">${t('Weer aanwezig', 'Present again')}<span class="vh">: ${role.name}</span></button>`,
      )}
      ${
        later.length > 0 &&
        html`
          <ul class="plain">
            ${later.map(
              (one) => html`
                <li>
                  ${form(
                    html`
                      <input type="hidden" name="from" value="${one.from}">
                      ${absenceText(one.from, one.to, parts)}
                      <button name="act" value="remove" class="link">${t('weghalen', 'remove')}<span class="vh">:
                      ${role.name}</span></button>`,
                  )}
                </li>`,
            )}
          </ul>`
      }
      <details${faulty && html` open`}>
        <summary>${t('Afwezigheid plannen', 'Plan an absence')}<span class="vh">: ${role.name}</span></summary>
        ${form(html`
          ${fault}
          <div class="row">
            <div class="field">
              <label for="from-${role.id}">${t('Van', 'From')}</label>
              <input type="date" id="from-${role.id}" name="from" value="${faulty?.from}" required${tied}>
            </div>
            <div class="field">
              <label for="to-${role.id}">${t('Tot en met (mag leeg)', 'To (may be empty)')}</label>
              <input type="date" id="to-${role.id}" name="to" value="${faulty?.to}"${tied}>
            </div>
          </div>
          <button name="act" value="plan" class="quiet">${t('Opslaan', 'Save')}</button>`)}
      </details>
    </li>`;
}

/** The Wallys of the team: who is here, and absence in one tap. No reason is asked. */
export function wallysPart(parts: TeamParts, typed: Typed | undefined): Markup {
  const t = sayIn(parts.viewer.language);
  return html`
    <section aria-labelledby="wallys">
      <h2 id="wallys">${t("Wally's vandaag", 'Wallys today')}</h2>
      <ul class="wallys">${wallysOf(parts.directory, parts.team).map((role) => wallyItem(role, parts, typed))}</ul>
    </section>`;
}
