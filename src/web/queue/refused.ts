import { maskedMessage } from '../../intake/masked.ts';
import { type Replaying, rehearse, takeAgain } from '../../intake/replay.ts';
import { classOfRefusal } from '../../referral/error-class.ts';
import { placeName } from '../../referral/reading.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { seenRefusals } from '../../store/queue/counts.ts';
import { listRefused, type RefusedFilter, type RefusedMessage, readRefused } from '../../store/queue/refused.ts';
import { noteList, query, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import { html, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import { listRefresh } from '../refresh.ts';
import type { Site } from '../site.ts';
import { address, type Filter, filterOf, placeOf, placeText, toQueue } from './filter.ts';
import { type Drawn, pills, queueMenu, searchPart } from './lists.ts';
import { maskedPart, rehearsalPart } from './masked.ts';
import { adminLine, reasonField, reasonIn, smallForm } from './reason.ts';
import { classSaid } from './words.ts';

const pageSize = 50;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A filter as the store is asked for refused messages: a class by the codes of it that were seen. */
export async function toRefused(site: Site, filter: Filter): Promise<RefusedFilter> {
  const { class: of, code, control } = filter;
  const { practice } = toQueue(filter, await site.directory(), site.store.clock());
  const seen = of && [...new Set((await seenRefusals(site.store)).map((one) => one.code))];
  return { firstCodes: seen?.filter((one) => classOfRefusal(one) === of), code, practice, controlId: control };
}

/** Messages that were refused and not taken in since, oldest first, as the address narrows them. */
export async function refusedPage(site: Site, visit: Visit): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const { practice, class: of, code, control } = filterOf((name) => query(request, name));
  const filter: Filter = {
    ...(practice && { practice }),
    ...(of && { class: of }),
    ...(code && { code }),
    ...(control && { control }),
  };
  const after = placeOf(query(request, 'after'), uuid);
  const [asked, directory] = await Promise.all([toRefused(site, filter), site.directory()]);
  const found = await listRefused(site.store, asked, pageSize, after);
  const drawn: Drawn = { filter, directory, viewer, now: site.store.clock() };
  await noteList(site, viewer.actor, 'refused', found.length);
  const title = t('Geweigerde berichten', 'Refused messages');
  const last = found.at(-1);
  const item = (one: RefusedMessage) => html`
    <li class="delivery">
      <div class="lead">
        <a href="/admin/refused/${one.id}">${momentText(one.receivedAt, viewer.language)}</a>
        ${directory.practices.get(one.practice)?.name ?? one.practice}
      </div>
      <p class="more">
        <span>${classSaid[classOfRefusal(one.codes[0] ?? '')].said[viewer.language]}</span>
        <span class="code">${[...new Set(one.codes)].join(' ')}</span>
        <span>${one.door}</span>
        ${one.controlId && html`<span class="code">${one.controlId}</span>`}
      </p>
    </li>`;
  const main = html`
    <h1>${title}${of && `: ${classSaid[of].said[viewer.language]}`}</h1>
    ${queueMenu(visit, drawn.now, 'refused')}
    <p>${t(
      'De afzender kreeg te horen waarom. Wij bewaren een geweigerd bericht 30 dagen, versleuteld; zonder toestemming bewaren wij de inhoud niet.',
      'The sender was told why. We keep a refused message for 30 days, encrypted; without consent we do not keep its content.',
    )}</p>
    ${searchPart(drawn, '/admin/refused')}
    ${pills(drawn, '/admin/refused')}
    ${
      found.length > 0
        ? html`<ul class="deliveries">${found.map(item)}</ul>`
        : html`<p class="empty">${t('Geen.', 'None.')}</p>`
    }
    ${
      found.length === pageSize &&
      last &&
      html`
        <p>
          <a href="${address(filter, '/admin/refused', placeText(last.receivedAt, last.id))}">${t('Volgende bladzijde', 'Next page')}</a>
        </p>`
    }`;
  send(visit, { title, main, ...listRefresh(visit, drawn.now) });
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
  const main = html`
    <p><a href="/admin/refused">${t('Naar de geweigerde berichten', 'To the refused messages')}</a></p>
    <h1>${title}</h1>
    <p>
      ${practice}, ${message.door},
      ${momentText(message.receivedAt, viewer.language)}${
        message.controlId && html`, <span class="code">${message.controlId}</span>`
      }
    </p>
    ${
      message.takenAt &&
      html`<p class="panel">${t('Dit bericht is later alsnog aangenomen.', 'This message was taken in later.')}</p>`
    }
    <h2>${t('Waarom', 'Why')}</h2>
    <ul>
      ${message.codes.map(
        (code, nth) => html`
          <li>
            <span class="code">${code}</span> <span class="code">${placeName(message.paths[nth] ?? '')}</span>
            (<a href="/admin/errors#${classOfRefusal(code)}">${classSaid[classOfRefusal(code)].said[viewer.language]}</a>)
          </li>`,
      )}
    </ul>
    <h2>${t('Het bericht', 'The message')}</h2>
    ${
      body
        ? maskedPart(maskedMessage(message.door, body), viewer)
        : html`<p>${t('De inhoud is niet bewaard.', 'The content was not kept.')}</p>`
    }
    ${
      body &&
      html`
        <h2>${t('Proef met de regels van nu', "Trial with today's rules")}</h2>
        ${
          rehearsal
            ? rehearsalPart(rehearsal, viewer)
            : html`
              <p>
                <a class="button quiet" href="/admin/refused/${message.id}?rehearse=yes">${t(
                  'Probeer het zonder iets op te slaan',
                  'Try it without storing anything',
                )}</a>
              </p>`
        }`
    }
    ${
      mayTake &&
      html`
        <section class="move" aria-labelledby="take">
          <h2 id="take">${t('Alsnog aannemen', 'Take it in after all')}</h2>
          ${smallForm(
            visit,
            `/admin/refused/${message.id}/take`,
            html`
              ${reasonField(visit)}
              <p class="buttons"><button>${t('Neem het bericht aan', 'Take the message in')}</button></p>`,
          )}
        </section>`
    }`;
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
