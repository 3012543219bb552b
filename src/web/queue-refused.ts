import { maskedMessage } from '../intake/masked.ts';
import { type Replaying, rehearse, takeAgain } from '../intake/replay.ts';
import { classOfRefusal, errorClasses } from '../referral/error-class.ts';
import { placeName } from '../referral/reading.ts';
import { isRefusal } from '../referral/refusal.ts';
import { seenRefusals } from '../store/queue-counts.ts';
import { listRefused, type RefusedMessage, readRefused } from '../store/refused.ts';
import { noteList, query, send, sendNotFound, sentences, type Visit } from './acting.ts';
import { html, momentText, sayIn } from './html.ts';
import type { PageParts } from './page.ts';
import { queueMenu } from './queue.ts';
import { placeOf, placeText } from './queue-filter.ts';
import { maskedPart, rehearsalPart } from './queue-masked.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './queue-reason.ts';
import { classSaid } from './queue-words.ts';
import type { Site } from './site.ts';

const pageSize = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Messages that were refused and not taken in since, oldest first, of one class when the address says so. */
export async function refusedPage(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const of = errorClasses.find((one) => one === query(request, 'class'));
  const codes = of
    ? [...new Set((await seenRefusals(site.store)).map((one) => one.code))].filter((one) => classOfRefusal(one) === of)
    : undefined;
  const after = placeOf(query(request, 'after'), uuid);
  const [found, directory] = await Promise.all([listRefused(site.store, { codes }, pageSize, after), site.directory()]);
  await noteList(site, viewer.actor, 'refused', found.length);
  const title = t('Geweigerde berichten', 'Refused messages');
  const last = found.at(-1);
  const item = (one: RefusedMessage) =>
    html`<li class="delivery"><div class="lead"><a href="/admin/refused/${one.id}">${momentText(one.receivedAt, viewer.language)}</a> ${directory.practices.get(one.practice)?.name ?? one.practice}</div>
<p class="more"><span>${classSaid[classOfRefusal(one.codes[0] ?? '')].said[viewer.language]}</span><span class="code">${[...new Set(one.codes)].join(' ')}</span><span>${one.door}</span></p></li>`;
  const main = html`<h1>${title}${of && `: ${classSaid[of].said[viewer.language]}`}</h1>${queueMenu(visit, 'refused')}
<p>${t('De afzender kreeg te horen waarom. Wij bewaren een geweigerd bericht 30 dagen, versleuteld; zonder toestemming bewaren wij de inhoud niet.', 'The sender was told why. We keep a refused message for 30 days, encrypted; without consent we do not keep its content.')}</p>
${of && html`<ul class="pills"><li><a href="/admin/refused">${classSaid[of].said[viewer.language]} <span aria-hidden="true">×</span><span class="vh"> (${t('filter weghalen', 'remove filter')})</span></a></li></ul>`}
${found.length > 0 ? html`<ul class="deliveries">${found.map(item)}</ul>` : html`<p class="empty">${t('Geen.', 'None.')}</p>`}
${found.length === pageSize && last && html`<p><a href="/admin/refused?${of && `class=${of}&`}after=${placeText(last.receivedAt, last.id)}">${t('Volgende bladzijde', 'Next page')}</a></p>`}`;
  send(visit, { title, main });
}

async function readOne(site: Site, visit: Visit) {
  const id = String(visit.request.params.id);
  return uuid.test(id) ? readRefused(site.store, id) : undefined;
}

/** One refused message: why, its structure without content, and, when asked, what would become of it now. */
export async function refusedMessagePage(
  site: Site,
  mappings: Replaying['mappings'],
  visit: Visit,
  notice?: PageParts['notice'],
  status = 200,
): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const found = await readOne(site, visit);
  if (!found) return sendNotFound(visit);
  const { message, body } = found;
  const isRehearsed = query(request, 'rehearse') === 'yes' && body;
  const rehearsal = isRehearsed && (await rehearse({ ...site, mappings }, { ...message, body }));
  const at = site.store.clock().toISOString();
  const event = isRehearsed ? 'refused-rehearsed' : 'refused-viewed';
  const line = { ...adminLine(viewer.actor, at, event, { object: `Refused/${message.id}` }), action: 'R' as const };
  await site.store.commit({ scope: { practice: message.practice }, audit: [line] });
  const practice = (await site.directory()).practices.get(message.practice)?.name ?? message.practice;
  const title = t('Geweigerd bericht', 'Refused message');
  const mayTake = rehearsal && !('refused' in rehearsal) && !message.takenAt;
  const main = html`<p><a href="/admin/refused">${t('Naar de geweigerde berichten', 'To the refused messages')}</a></p>
<h1>${title}</h1><p>${practice}, ${message.door}, ${momentText(message.receivedAt, viewer.language)}</p>
${message.takenAt && html`<p class="panel">${t('Dit bericht is later alsnog aangenomen.', 'This message was taken in later.')}</p>`}
<h2>${t('Waarom', 'Why')}</h2><ul>${message.codes.map((code, nth) => html`<li><span class="code">${code}</span> <span class="code">${placeName(message.paths[nth] ?? '')}</span> (<a href="/admin/errors#${classOfRefusal(code)}">${classSaid[classOfRefusal(code)].said[viewer.language]}</a>)</li>`)}</ul>
<h2>${t('Het bericht', 'The message')}</h2>${body ? maskedPart(maskedMessage(message.door, body), viewer) : html`<p>${t('De inhoud is niet bewaard.', 'The content was not kept.')}</p>`}
${body && html`<h2>${t('Proef met de regels van nu', "Trial with today's rules")}</h2>${rehearsal ? rehearsalPart(rehearsal, viewer) : html`<p><a class="button quiet" href="/admin/refused/${message.id}?rehearse=yes">${t('Probeer het zonder iets op te slaan', 'Try it without storing anything')}</a></p>`}`}
${mayTake && html`<section class="move" aria-labelledby="take"><h2 id="take">${t('Alsnog aannemen', 'Take it in after all')}</h2>${smallForm(visit, `/admin/refused/${message.id}/take`, html`${reasonField(visit)}<p class="buttons"><button>${t('Neem het bericht aan', 'Take the message in')}</button></p>`)}</section>`}`;
  send(visit, { title, main, ...(notice && { notice }) }, status);
}

/** Takes a refused message in through the same accept as any door, and notes who did. */
export async function takeRefused(site: Site, mappings: Replaying['mappings'], visit: Visit): Promise<void> {
  const { viewer, request, response } = visit;
  const found = await readOne(site, visit);
  if (!found?.body || found.message.takenAt) return sendNotFound(visit);
  const again = (text: string, status: number) =>
    refusedMessagePage(site, mappings, visit, { kind: 'refused', text }, status);
  const reason = reasonIn(request.body);
  if (isRefusal(reason)) return again(sentences(reason, viewer), 422);
  const { message, body } = found;
  const taken = await takeAgain({ ...site, mappings }, { ...message, body });
  if (isRefusal(taken)) return again(sentences(taken, viewer), 422);
  const at = site.store.clock().toISOString();
  const line = adminLine(viewer.actor, at, 'refused-taken', { object: `Refused/${message.id}`, reason });
  // Taken by two at once: the record has it once, and the mark of the first stands.
  await site.store.commit({
    scope: { practice: message.practice },
    ...(taken.outcome !== 'kept' && { journey: taken.answer.journey }),
    queue: [{ to: 'retaken', id: message.id, by: viewer.actor.id }],
    audit: [line],
  });
  response.redirect(303, `/admin/refused/${message.id}?done=taken`);
}
