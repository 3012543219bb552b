import { Router } from 'express';
import { withoutBsn } from '../../fhir/identifiers.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import type { AuditLine, Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Journey } from '../../referral/journey.ts';
import { isWithdrawn } from '../../referral/minimise.ts';
import type { OutboxRow } from '../../referral/outbox-row.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { type Broken, glassBroken, journeyOfNumber, listBreaks, readBroken } from '../../store/access/breaks.ts';
import { type ForeignText, readForeignTexts } from '../../store/queue/attempts.ts';
import { readEvents } from '../../store/queue/deliveries.ts';
import {
  actingFor,
  csrfField,
  decide,
  field,
  journeyOf,
  noteList,
  query,
  send,
  sendNotFound,
  sentences,
  type ViewerOf,
  type Visit,
  visiting,
} from '../acting.ts';
import { type Controls, errorSummary, type Fault, faultOf, hintOf, ties } from '../form-controls.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import { eventsPart } from '../journey/history-view.ts';
import { consentPart, facts, reachPart, recognition, show, whyPart } from '../journey/referral-view.ts';
import { acuteNote } from '../journey/referrer-view.ts';
import { destinationName } from '../queue/words.ts';
import type { Site } from '../site.ts';
import { stateWords } from '../words.ts';

/** So long an administrator may look; it ends by itself. */
const openMs = 6 * 3_600_000;
const shownMax = 200;
const reasonMin = 10;
const reasonMax = 500;

const faultSaid = {
  number: {
    nl: 'Onder dit nummer is er geen verwijzing die u kunt openen.',
    en: 'There is no referral with this number that you can open.',
  },
  reason: {
    nl: `Schrijf in ${reasonMin} tot ${reasonMax} tekens waarom u moet kijken.`,
    en: `Write in ${reasonMin} to ${reasonMax} characters why you must look.`,
  },
} as const satisfies Record<string, Said>;

function line(event: string, actor: Actor, at: string, action: AuditLine['action'], taskId: string): AuditLine {
  const who = { id: actor.id, role: actor.role };
  return { event, at, actor: who, action, outcome: 'ok', object: `Task/${taskId}`, purpose: 'BTG' };
}

/** A mail without content to those of the practice who have an address: something waits for them on their page. */
function tellPractice(directory: Directory, practice: string, newId: () => string): OutboxRow[] {
  return [...directory.roles.values()]
    .filter((one) => one.organization === practice && one.email)
    .map((one) => ({ messageId: newId(), kind: 'notify', destination: 'mail', recipient: one.id }));
}

function item(one: Broken, directory: Directory, visit: Visit, now: Date): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const isOpen = one.expiresAt > now;
  const mine = isOpen && one.actor === viewer.actor.id;
  const until = `${isOpen ? t('tot', 'until') : t('voorbij sinds', 'over since')} ${momentText(one.expiresAt, viewer.language)}`;
  const practice = directory.practices.get(one.practice)?.name ?? one.practice;
  return html`
    <li class="referral">
      <div class="lead">
        ${mine ? html`<a href="/admin/break-glass/${one.journey}">${one.number}</a>` : one.number}
        <span>${practice}</span>
      </div>
      <div class="more"><span>${one.actorName}</span><span>${momentText(one.openedAt, viewer.language)}</span><span>${until}</span></div>
      <p class="why">${one.reason}</p>
    </li>`;
}

function form(parts: Controls): Markup {
  const t = sayIn(parts.viewer.language);
  const hint = t(
    'Zonder naam of gegevens van de inwoner. De reden blijft bewaard.',
    'Without the name or data of the resident. The reason is kept.',
  );
  return html`
    ${errorSummary(parts.faults, parts.viewer)}
    <form method="post" action="/admin/break-glass" class="form">
      ${csrfField(parts.viewer)}
      <div class="field">
        <label for="number">${t('Nummer van de verwijzing', 'Number of the referral')}</label>
        ${faultOf(parts, 'number')}
        <input id="number" name="number" value="${parts.fields.number}" autocomplete="off"${ties(parts, 'number', false)}>
      </div>
      <div class="field">
        <label for="reason">${t('Waarom moet u kijken?', 'Why must you look?')}</label>
        ${hintOf('reason', hint)}
        ${faultOf(parts, 'reason')}
        <textarea id="reason" name="reason" rows="3"${ties(parts, 'reason', true)}>${parts.fields.reason}</textarea>
      </div>
      <p class="buttons">
        <button class="danger">${t(
          'Zes uur openen; de praktijk krijgt bericht',
          'Open for six hours; the practice is told',
        )}</button>
      </p>
    </form>`;
}

type Typed = { readonly number: string; readonly reason: string };

async function list(site: Site, visit: Visit, typed: Typed, faults: readonly Fault[] = [], refused?: string) {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const now = site.store.clock();
  const [found, directory] = await Promise.all([
    listBreaks(site.store, { practice: undefined }, new Date(0), shownMax),
    site.directory(),
  ]);
  await noteList(site, viewer.actor, 'break-glass', found.length);
  const title = t('Noodinzage', 'Break-glass');
  const main = html`
    <h1>${title}</h1>
    <p>${t(
      'U ziet geen gegevens van inwoners. Moet het echt, dan kunt u één verwijzing zes uur openen, met een reden. ' +
        'U kunt alleen kijken. De praktijk krijgt bericht en alles staat in het logboek.',
      'You see no data of residents. If you really must, you can open one referral for six hours, with a reason. ' +
        'You can only look. The practice is told, and everything is in the audit trail.',
    )}</p>
    ${form({ viewer, fields: typed, faults })}
    <h2>${t('Alle keren', 'Every time')} <span class="count">${found.length}</span></h2>
    ${
      found.length > 0
        ? html`<ul class="referrals">${found.map((one) => item(one, directory, visit, now))}</ul>`
        : html`<p class="empty">${t('Dit is nog nooit gebeurd.', 'This has never happened.')}</p>`
    }`;
  const wrong = faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  const notice = refused && { notice: { kind: 'refused' as const, text: refused } };
  send(visit, { title: `${wrong}${title}`, main, ...notice }, faults.length > 0 ? 422 : refused ? 409 : 200);
}

async function breakIt(site: Site, visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const { actor } = viewer;
  const typed = { number: field(request.body, 'number'), reason: field(request.body, 'reason') };
  const found = typed.number.length <= 40 ? await journeyOfNumber(site.store, typed.number) : undefined;
  const isReason = typed.reason.length >= reasonMin && typed.reason.length <= reasonMax;
  const wrong = [...(found ? [] : (['number'] as const)), ...(isReason ? [] : (['reason'] as const))];
  if (!found || wrong.length > 0)
    return list(
      site,
      visit,
      typed,
      wrong.map((name) => ({ field: name, said: faultSaid[name] })),
    );
  const { journey, practice, taskId } = found;
  const outcome = await decide(
    site,
    actor,
    async () => found,
    (_, acting): Change => {
      const at = acting.now.toISOString();
      const expiresAt = new Date(acting.now.getTime() + openMs).toISOString();
      const broken = { actor: { id: actor.id, name: actor.name }, openedAt: at, expiresAt };
      return {
        scope: { practice },
        journey,
        breakGlass: glassBroken(site.store, broken, typed.reason),
        outbox: tellPractice(acting.directory, practice, acting.newId),
        audit: [line('break-glass', actor, at, 'E', taskId)],
      };
    },
  );
  if (isRefusal(outcome)) return list(site, visit, typed, [], sentences(outcome, viewer));
  response.redirect(303, `/admin/break-glass/${journey}`);
}

function body(journey: Journey, shown: ReturnType<typeof show>, visit: Visit, events: Markup): Markup {
  const t = sayIn(visit.viewer.language);
  const { index } = journey;
  const { roles, practices } = shown.directory;
  const state = stateWords(index.taskStatus, index.businessStatus, 'team');
  const back = html`<p><a href="/admin/break-glass">${t('Terug naar noodinzage', 'Back to break-glass')}</a></p>`;
  const marks = html`
    <p class="marks"><span class="state">${t(state.nl, state.en)}</span><span class="number">${index.number}</span></p>`;
  // H10: need does not read what the resident took the consent for away.
  if (isWithdrawn(journey)) return html`${back}<h1>${index.number}</h1>${marks}${events}`;
  return html`
    ${back}
    ${recognition(shown, 'h1')}
    ${marks}
    ${acuteNote(shown)}
    ${facts([
      [t('Bij wie', 'With whom'), roles.get(index.owner ?? '')?.name ?? t('nog niemand', 'nobody yet')],
      [t('Praktijk', 'Practice'), practices.get(journey.practice)?.name],
    ])}
    <div class="columns"><div>${whyPart(shown)}</div><div>${reachPart(shown)}${consentPart(shown)}</div></div>
    ${events}`;
}

const textsShown = 50;

/** What other systems said when they did not take something of this referral: as they said it, so it may hold anything; but no BSN (promise 4). */
function foreignPart(
  texts: readonly ForeignText[],
  { directory, viewer }: ReturnType<typeof show>,
): Markup | undefined {
  if (texts.length === 0) return undefined;
  const t = sayIn(viewer.language);
  return html`
    <h2>${t('Wat andere systemen antwoordden', 'What other systems answered')}</h2>
    <ul class="deliveries">
      ${texts.map((one) => {
        const at = momentText(one.at, viewer.language);
        const where = destinationName(one.destination, directory, viewer);
        return html`
          <li class="delivery">
            <div class="lead"><a href="/admin/deliveries/${one.delivery}">${where}</a></div>
            <div class="more"><span>${at}</span>${one.code && html`<span class="code">${one.code}</span>`}</div>
            <pre class="sample" tabindex="0" role="region" aria-label="${where}, ${at}">${withoutBsn(one.text)}</pre>
          </li>`;
      })}
    </ul>`;
}

/** One referral as its Wally sees it, to read only, while it is open to this administrator. */
async function open(site: Site, visit: Visit): Promise<void> {
  const { viewer } = visit;
  const id = journeyOf(visit.request);
  const journey = id && (await readBroken(site.store, viewer.actor.id, id));
  if (!journey) return sendNotFound(visit);
  const acting = await actingFor(site, viewer.actor);
  const at = acting.now.toISOString();
  // H10: what others said may repeat what the resident took the consent for away.
  const texts = isWithdrawn(journey) ? [] : await readForeignTexts(site.store, journey.id, textsShown);
  const viewed = (event: string) => line(event, viewer.actor, at, 'R', journey.task.resource.id);
  const audit = [viewed('referral-viewed'), ...(texts.length > 0 ? [viewed('foreign-text-viewed')] : [])];
  const noted = await site.store.commit({ scope: { practice: journey.practice }, journey: journey.id, audit });
  if (!noted.ok) throw new Error('a view could not be noted');
  const shown = show(journey, acting.directory, viewer, localDay(acting.now));
  const events = html`${foreignPart(texts, shown)}${eventsPart(shown, await readEvents(site.store, journey.id))}`;
  const title = `${sayIn(viewer.language)('Noodinzage', 'Break-glass')} ${journey.index.number}`;
  send(visit, { title, main: body(journey, shown, visit, events) });
}

/** The administrator's way to one referral in need, and the list of every time it was used. */
export function breakGlassPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const admin = (handle: (visit: Visit) => Promise<void>) => visiting('administrator', viewerOf, handle);
  router.get(
    '/admin/break-glass',
    admin((visit) => list(site, visit, { number: query(visit.request, 'number').slice(0, 40), reason: '' })),
  );
  router.post(
    '/admin/break-glass',
    admin((visit) => breakIt(site, visit)),
  );
  router.get(
    '/admin/break-glass/:journey',
    admin((visit) => open(site, visit)),
  );
  return router;
}
