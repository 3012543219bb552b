import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import { alarmSaid } from '../../referral/alarm-words.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { isRefusal } from '../../referral/refusal.ts';
import type { AlarmAnswer, RegionAlarm } from '../../referral/region-alarm.ts';
import { readSignals } from '../../store/queue/alarm-observed.ts';
import { type AlarmCarriage, readAlarm, readAlarms, readDigest, readUnsent } from '../../store/queue/alarms.ts';
import { field, query, send, sendNotFound, sentences, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts, Viewer } from '../page.ts';
import { queueMenu } from '../queue/lists.ts';
import { adminLine, reasonField, reasonIn, smallForm } from '../queue/reason.ts';
import { destinationName } from '../queue/words.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { callsPage } from './calls.ts';
import { failureSaid } from './failure-words.ts';

const hourMs = 3_600_000;
const endedShownMs = 7 * 24 * hourMs;
/** The look comes each minute: after this long without one nobody watches. */
const watchedMs = 10 * 60_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const rests = {
  hour: { ms: hourMs, said: { nl: 'een uur', en: 'an hour' } },
  day: { ms: 24 * hourMs, said: { nl: 'een dag', en: 'a day' } },
  week: { ms: 7 * 24 * hourMs, said: { nl: 'een week', en: 'a week' } },
} as const;

const things: Readonly<Record<string, Said>> = {
  '': { nl: 'verwijzingen bij niemand', en: 'referrals with nobody' },
  broken: { nl: 'een regel klopt niet', en: 'a line is wrong' },
  unsealed: { nl: 'nieuwe regels worden niet verzegeld', en: 'new lines are not sealed' },
  mllp: { nl: 'ons eigen certificaat (MLLP)', en: 'our own certificate (MLLP)' },
  'sign-in': { nl: 'de sleutel voor inloggen', en: 'the key for signing in' },
  database: { nl: 'de grootte', en: 'the size' },
  connections: { nl: 'de verbindingen', en: 'the connections' },
};

/** What an alarm is about, by name: a receiver, a practice, a Wally, a connection, or a thing of ours. */
function subjectName(id: string, directory: Directory, viewer: Viewer): string {
  const known = things[id] ?? undefined;
  if (known) return known[viewer.language];
  const practices = [...directory.practices.values()];
  const byEndpoint = practices.find((one) => one.channels.some((channel) => channel.id === id));
  const found = directory.roles.get(id)?.name ?? directory.practices.get(id)?.name ?? byEndpoint?.name;
  return found ?? destinationName(id, directory, viewer);
}

interface Drawn {
  readonly directory: Directory;
  readonly visit: Visit;
  readonly unsent: readonly AlarmCarriage[];
}

/** An alarm or digest that did not leave: which way, and why. */
function unsentPart(id: string, { directory, visit, unsent }: Drawn): Markup | undefined {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const own = unsent.filter((one) => one.alarm === id && (one.code !== null || one.state === 'held'));
  if (own.length === 0) return undefined;
  return html`
    <p class="why">
      ${t('Niet verstuurd', 'Not sent')}:
      ${own
        .map(
          (one) =>
            `${destinationName(one.destination, directory, viewer)} (${one.code ? failureSaid(one.code)[viewer.language] : one.state})`,
        )
        .join('; ')}
    </p>`;
}

function answerPart({ answer }: RegionAlarm, visit: Visit): Markup | undefined {
  if (!answer) return undefined;
  const { language } = visit.viewer;
  const t = sayIn(language);
  const rest = answer.until && ` ${t('Stil tot', 'Quiet until')} ${momentText(new Date(answer.until), language)}.`;
  return html`
    <p class="hint">
      ${t('Gezien', 'Seen')}, ${momentText(new Date(answer.at), language)}, ${answer.by}: ${answer.reason}.${rest}
    </p>`;
}

function openItem(one: RegionAlarm, drawn: Drawn): Markup {
  const { directory, visit } = drawn;
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const said = alarmSaid[one.class];
  const names = one.subjects.map((id, nth) => {
    const name = subjectName(id, directory, viewer);
    const shown = directory.practices.has(id) ? html`<a href="/admin/directory/practices/${id}">${name}</a>` : name;
    return html`${nth > 0 && ', '}${shown}`;
  });
  const inside = html`
    <input type="hidden" name="revision" value="${one.revision}">
    ${reasonField(visit, `why-${one.class}`)}
    <p class="buttons">
      <button name="do" value="acknowledged">
        ${t('Ik heb het gezien', 'I have seen it')}<span class="vh">: ${said.title[viewer.language]}</span>
      </button>
      ${Object.entries(rests).map(
        ([name, { said: rest }]) =>
          html`<button class="quiet" name="do" value="${name}">${t('Stil voor', 'Quiet for')} ${rest[viewer.language]}</button> `,
      )}
    </p>`;
  return html`
    <li class="delivery" id="${one.class}">
      <h2>${said.title[viewer.language]} <span class="count">${one.count}</span></h2>
      <p class="why">${said.cause[viewer.language]} <strong>${t('Wie', 'Who')}:</strong> ${said.who[viewer.language]}</p>
      <p class="more">
        <span>${t('Sinds', 'Since')} ${momentText(new Date(one.begunAt), viewer.language)}</span>
        ${names.length > 0 && html`<span>${names}</span>`}
        <a href="${said.path}">${t('Ga erheen', 'Go there')}<span class="vh">: ${said.title[viewer.language]}</span></a>
      </p>
      ${unsentPart(one.id, drawn)}
      ${answerPart(one, visit)}
      <details>
        <summary>
          ${t('Zeg dat u het weet', 'Say that you know')}<span class="vh">: ${said.title[viewer.language]}</span>
        </summary>
        ${smallForm(visit, `/admin/alarms/${one.id}`, inside)}
      </details>
    </li>`;
}

/** Whether anybody watches, and whether alarms can leave: what an empty page may not hide. */
async function watchPart(site: Site, viewer: Viewer): Promise<Markup> {
  const t = sayIn(viewer.language);
  const [looked] = await readSignals(site.store, 'looked');
  const [ways] = await readSignals(site.store, 'alarm-channels');
  const isWatched = looked && site.store.clock().getTime() - looked.seenAt.getTime() <= watchedMs;
  return html`
    ${
      isWatched
        ? html`<p class="hint">${t('Laatst gekeken', 'Last looked')}: ${momentText(looked.seenAt, viewer.language)}.</p>`
        : html`<p class="panel">${t(
            'Niemand kijkt: het proces met de rol “clock” is al een tijd niet langs geweest. Wat hieronder staat kan oud zijn.',
            'Nobody watches: the process with the role "clock" has not looked for a while. What stands below may be old.',
          )}</p>`
    }
    ${
      (ways?.value ?? 0) === 0 &&
      html`<p class="panel">${t(
        'Alarmen staan alleen op deze bladzijde. Stel ALARM_MAIL_TO of ALARM_WEBHOOK_URL in om ze ook te krijgen.',
        'Alarms stand on this page only. Set ALARM_MAIL_TO or ALARM_WEBHOOK_URL to get them too.',
      )}</p>`
    }`;
}

async function alarmsPage(site: Site, visit: Visit, notice?: PageParts['notice'], status = 200): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const now = site.store.clock();
  const [directory, alarms, digest] = await Promise.all([
    site.directory(),
    readAlarms(site.store, new Date(now.getTime() - endedShownMs)),
    readDigest(site.store),
  ]);
  const unsent = await readUnsent(site.store, [...alarms.map((one) => one.id), ...(digest ? [digest.id] : [])]);
  const drawn = { directory, visit, unsent };
  const open = alarms.filter((one) => one.overAt === null);
  const ended = alarms.filter((one) => one.overAt !== null);
  const title = t('Alarmen', 'Alarms');
  const main = html`
    <h1>${title} <span class="count">${open.length}</span></h1>
    ${queueMenu(visit, site.store.clock(), 'alarms')}
    ${await watchPart(site, viewer)}
    ${
      open.length > 0
        ? html`<ul class="deliveries">${open.map((one) => openItem(one, drawn))}</ul>`
        : html`<p class="empty">${t('Er is nu niets aan de hand.', 'Nothing is wrong now.')}</p>`
    }
    ${
      digest &&
      html`
        <p>${t('Laatste ochtendbericht', 'Last morning digest')}: ${momentText(digest.madeAt, viewer.language)}.</p>
        ${unsentPart(digest.id, drawn)}`
    }
    ${
      ended.length > 0 &&
      html`
        <h2>${t('Voorbij, deze week', 'Over, this week')}</h2>
        <ul class="plain">
          ${ended.map(
            (one) => html`
              <li>
                ${alarmSaid[one.class].title[viewer.language]}: ${momentText(new Date(one.openedAt), viewer.language)} –
                ${momentText(new Date(one.overAt ?? ''), viewer.language)}
                ${unsentPart(one.id, drawn)}
              </li>`,
          )}
        </ul>`
    }`;
  const done = query(visit.request, 'done') === 'yes' && { kind: 'done' as const, text: t('Genoteerd.', 'Noted.') };
  const shown = notice ?? (done || undefined);
  send(visit, { title, main, ...listRefresh(visit, site.store.clock()), ...(shown && { notice: shown }) }, status);
}

/** Notes that a person knows, or wants no more of it for a while; the alarm stays on the page until its trouble is over. */
async function answerAlarm(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const t = sayIn(viewer.language);
  const id = String(request.params.id);
  const alarm = uuid.test(id) ? await readAlarm(site.store, id) : undefined;
  if (!alarm || alarm.overAt) return sendNotFound(visit);
  const reason = reasonIn(request.body);
  const refused = (text: string, status: number) => alarmsPage(site, visit, { kind: 'refused', text }, status);
  if (isRefusal(reason)) return refused(sentences(reason, viewer), 422);
  const asked = field(request.body, 'do');
  const rest = Object.hasOwn(rests, asked) ? rests[asked as keyof typeof rests] : undefined;
  if (!rest && asked !== 'acknowledged')
    return refused(t('Kies wat u wilt. Er is niets veranderd.', 'Choose what you want. Nothing was changed.'), 422);
  const now = site.store.clock();
  const at = now.toISOString();
  const answer: AlarmAnswer = {
    as: rest ? 'snoozed' : 'acknowledged',
    by: viewer.actor.id,
    at,
    reason,
    until: rest ? new Date(now.getTime() + rest.ms).toISOString() : null,
  };
  const done = await site.store.commit({
    scope: { practice: '' },
    journey: alarm.id,
    regionAlarm: { to: 'written', alarm: { ...alarm, revision: alarm.revision + 1, answer } },
    audit: [
      adminLine(viewer.actor, at, rest ? 'alarm-snoozed' : 'alarm-acknowledged', {
        object: `Alarm/${alarm.id}`,
        code: alarm.class,
        reason,
      }),
    ],
  });
  if (done.ok) response.redirect(303, '/admin/alarms?done=yes');
  else
    await refused(
      t('Het alarm veranderde net. Probeer het nog een keer.', 'The alarm just changed. Please try again.'),
      409,
    );
}

/** The administrator's alarms and phone list, with their whole addresses. No patient data. */
export function alarmPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const on = (handle: (site: Site, visit: Visit) => Promise<void>) =>
    visiting('administrator', viewerOf, (visit) => handle(site, visit));
  router.get('/admin/alarms', on(alarmsPage));
  router.post('/admin/alarms/:id', on(answerAlarm));
  router.get('/admin/calls', on(callsPage));
  return router;
}
