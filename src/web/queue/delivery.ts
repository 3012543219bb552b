import { maskJson } from '../../fhir/mask.ts';
import { type Replaying, rehearse } from '../../intake/replay.ts';
import { channelAt } from '../../referral/directory/channels.ts';
import type { Practice } from '../../referral/directory/directory.ts';
import { readAttempts } from '../../store/queue/attempts.ts';
import { type ListedDelivery, readDelivery } from '../../store/queue/deliveries.ts';
import { readFirstSource, readInbound } from '../../store/queue/inbound.ts';
import { readLastPress } from '../../store/queue/undo.ts';
import { readResource } from '../../store/referrals.ts';
import { ContentErased } from '../../store/store.ts';
import { query, send, sendNotFound, type Visit } from '../acting.ts';
import { failureSaid } from '../admin/failure-words.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { actionsOf, mayEditAddress, otherWays } from './actions.ts';
import { attemptsPart } from './attempts.ts';
import { address } from './filter.ts';
import { lossesPart, mappingPart, maskedPart, rehearsalPart } from './masked.ts';
import { adminLine, reasonField, smallForm } from './reason.ts';
import { undoPart } from './undo.ts';
import { actionSaid, destinationName, kindSaid, reasonSaid, stateSaid } from './words.ts';

/**
 * The document that a delivery carries, to be masked; undefined when it carries none, or it was erased. One that cannot be
 * opened is named so: the page of a message on which we break is the page that is needed.
 */
async function documentOf(site: Site, one: ListedDelivery) {
  if (!one.documentId || one.kind !== 'feedback') return undefined;
  try {
    return (await readResource(site.store, { practice: one.practice }, 'Communication', one.documentId))?.resource;
  } catch (error) {
    if (error instanceof ContentErased) return undefined;
    site.log.bug('delivery-page', error, { delivery: one.id });
    return 'unreadable';
  }
}

function waysPart(one: ListedDelivery, practice: Practice | undefined, visit: Visit): Markup | undefined {
  const t = sayIn(visit.viewer.language);
  const ways = practice && one.kind === 'feedback' ? otherWays(one, practice) : [];
  if (ways.length === 0 || one.state === 'landed' || one.state === 'abandoned') return undefined;
  return html`
    <section class="move" aria-labelledby="reassign">
      <h2 id="reassign">${t('Stuur het langs een andere weg', 'Send it by another way')}</h2>
      <p>${t(
        'Kijk eerst of de praktijk het bericht niet al heeft: de nieuwe weg weet dat niet.',
        'First see whether the practice does not have the message already: the new way does not know that.',
      )}</p>
      ${smallForm(
        visit,
        `/admin/deliveries/${one.id}/reassign`,
        html`
          <div class="field">
            <label for="way">${t('Weg', 'Way')}</label>
            <select id="way" name="way">
              ${ways.map((way) => html`<option value="${way.id}">${way.id} (${way.kind})</option>`)}
            </select>
          </div>
          ${reasonField(visit, 'reassign-reason')}
          <p class="buttons"><button class="quiet">${t('Stuur het daarlangs', 'Send it that way')}</button></p>`,
      )}
    </section>`;
}

function addressPart(one: ListedDelivery, practice: Practice | undefined, visit: Visit): Markup | undefined {
  const t = sayIn(visit.viewer.language);
  const channel = practice && channelAt(practice, one.destination);
  if (!channel || !mayEditAddress(one)) return undefined;
  return html`
    <section class="move" aria-labelledby="edit">
      <h2 id="edit">${t('Verbeter het adres en stuur opnieuw', 'Correct the address and send again')}</h2>
      ${smallForm(
        visit,
        `/admin/deliveries/${one.id}/address`,
        html`
          <div class="field">
            <label for="address">${t('Adres van de verbinding', 'Address of the connection')}</label>
            <input type="text" id="address" name="address" value="${channel.address}" maxlength="300" autocomplete="off">
          </div>
          ${reasonField(visit, 'address-reason')}
          <p class="buttons"><button class="quiet">${t('Bewaar en stuur opnieuw', 'Save and send again')}</button></p>`,
      )}
      <p>
        <a class="button quiet" href="/admin/directory/endpoints/${channel.id}">${t(
          'De hele verbinding in de adreslijst',
          'The whole connection in the directory',
        )}</a>
      </p>
    </section>`;
}

/** One delivery: where it is, what was tried, what it looks like without content, and what can be done. */
export async function deliveryPage(
  site: Site,
  mappings: Replaying['mappings'],
  visit: Visit,
  notice?: PageParts['notice'],
  status = 200,
): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const id = String(request.params.id);
  const one = /^\d{1,18}$/.test(id) ? await readDelivery(site.store, id) : undefined;
  if (!one) return sendNotFound(visit);
  const isRehearsed = query(request, 'rehearse') === 'yes';
  const [attempts, last, document, inbound, directory, source] = await Promise.all([
    readAttempts(site.store, id),
    readLastPress(site.store, id),
    documentOf(site, one),
    readInbound(site.store, one.journey),
    site.directory(),
    isRehearsed ? readFirstSource(site.store, one.journey) : undefined,
  ]);
  const rehearsal = source && (await rehearse({ ...site, mappings }, source));
  const at = site.store.clock().toISOString();
  const line = {
    ...adminLine(viewer.actor, at, isRehearsed ? 'message-rehearsed' : 'delivery-viewed', { object: `Delivery/${id}` }),
    action: 'R' as const,
  };
  await site.store.commit({ scope: { practice: one.practice }, journey: one.journey, audit: [line] });
  const practice = directory.practices.get(one.practice);
  const kind = kindSaid[one.kind]?.[viewer.language] ?? one.kind;
  const title = `${one.number || t('Bericht', 'Message')}: ${kind}`;
  const reason = one.reason && (reasonSaid[one.reason]?.[viewer.language] ?? one.reason);
  const fact = (label: string, value: Markup | string | null | undefined | false) =>
    value && html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  const actions = actionsOf(one);
  const main = html`
    <p><a href="/admin">${t('Naar de wachtrij', 'To the queue')}</a></p>
    <h1>${title}</h1>
    <dl class="facts brief">
      ${fact(t('Status', 'State'), stateSaid[one.state][viewer.language])}
      ${fact(
        t('Ontvanger', 'Receiver'),
        html`<a href="/admin/destination?id=${encodeURIComponent(one.destination)}">${destinationName(
          one.destination,
          directory,
          viewer,
        )}</a>`,
      )}
      ${fact(t('Praktijk', 'Practice'), practice?.name ?? one.practice)}
      ${fact(t('Sinds', 'Since'), momentText(one.createdAt, viewer.language))}
      ${fact(t('Code', 'Code'), one.failureCode)}
      ${fact(t('Reden', 'Reason'), reason)}
      ${fact(
        t('Ons nummer van het bericht', 'Our number of the message'),
        html`<span class="code">${one.messageId}</span>`,
      )}
    </dl>
    ${one.failureCode && html`<p class="why">${failureSaid(one.failureCode)[viewer.language]}</p>`}
    ${
      one.number &&
      html`
        <p>
          <a href="${address({ number: one.number }, '/admin/journeys')}">${t(
            'De hele verwijzing, stap voor stap',
            'The whole referral, step by step',
          )}</a>. ${t('Moet u echt in de inhoud kijken?', 'Do you really have to see the content?')}
          <a href="${address({ number: one.number }, '/admin/break-glass')}">${t('Noodinzage', 'Break-glass')}</a>
        </p>`
    }
    ${
      actions.length > 0 &&
      html`
        <section class="move" aria-labelledby="act">
          <h2 id="act">${t('Wat kunt u doen?', 'What can you do?')}</h2>
          ${smallForm(
            visit,
            `/admin/deliveries/${id}/act`,
            html`
              ${reasonField(visit)}
              <p class="buttons">${actions.map(
                (action) =>
                  html`<button class="${action === 'retry' ? '' : 'quiet'}" name="action" value="${action}">${
                    action === 'give-up'
                      ? t('Geef deze mail op', 'Give this mail up')
                      : actionSaid[action][viewer.language]
                  }</button> `,
              )}</p>`,
          )}
        </section>`
    }
    ${undoPart(visit, id, last)}
    ${addressPart(one, practice, visit)}
    ${waysPart(one, practice, visit)}
    <h2>${t('Pogingen', 'Tries')}</h2>
    ${attemptsPart(attempts, viewer)}
    ${
      document &&
      html`
        <h2>${t('Het bericht', 'The message')}</h2>
        ${
          document === 'unreadable'
            ? html`<p class="empty">${t(
                'Kortelijn kan dit bericht niet lezen. Meld het nummer bij de ontwikkelaars.',
                'Kortelijn cannot read this message. Report the number to the developers.',
              )}</p>`
            : maskedPart(maskJson(document), viewer)
        }`
    }
    <h2>${t('Waarmee het begon', 'What it began with')}</h2>
    ${inbound.map(
      (came) => html`
        <p>
          ${momentText(came.receivedAt, viewer.language)}: ${came.door} (${came.intent})
          <span class="code">${came.controlId.replaceAll(/\d{6,}/g, (digits) => `…${digits.slice(-3)}`)}</span>${
            came.mapping && html`, ${t('gelezen met', 'read with')} ${mappingPart(came.mapping, viewer)}`
          }
        </p>
        ${lossesPart(came.losses, viewer)}`,
    )}
    ${
      inbound.length > 0 &&
      !isRehearsed &&
      html`
        <p>
          <a class="button quiet" href="/admin/deliveries/${id}?rehearse=yes">${t(
            'Lees het bericht nog eens met de regels van nu',
            "Read the message once more with today's rules",
          )}</a>
        </p>`
    }
    ${
      isRehearsed &&
      (rehearsal
        ? rehearsalPart(rehearsal, viewer)
        : html`<p class="empty">${t(
            'Het bericht zelf is niet (meer) bewaard.',
            'The message itself is not kept (any more).',
          )}</p>`)
    }`;
  send(visit, { title, main, ...(notice && { notice }) }, status);
}
