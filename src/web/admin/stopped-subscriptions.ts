import { endedChange } from '../../intake/subscription/follow.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import type { Client } from '../../store/access/clients.ts';
import type { Store } from '../../store/store.ts';
import { type Subscription, stoppedSubscriptions } from '../../store/subscriptions.ts';
import { sendNotFound, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import { adminLine, reasonField, reasonIn, smallForm } from '../queue/reason.ts';
import type { Site } from '../site.ts';
import { failureSaid } from './failure-words.ts';

/** Ends a subscription that has stopped, so that nobody waits for it any more; false when it is not (any longer) there. */
export async function endSubscription(store: Store, actor: Actor, id: string, reason: string): Promise<boolean> {
  const one = (await stoppedSubscriptions(store)).find((stopped) => stopped.id === id);
  if (!one) return false;
  const at = store.clock().toISOString();
  const line = adminLine(actor, at, 'subscription-ended', { object: `Subscription/${id}`, reason });
  return (await store.commit({ ...endedChange(one, at, ''), audit: [line] })).ok;
}

/** Systems that asked to be told of changes and are not any more: why, since when, and who must act. No address, no patient data. */
export async function stoppedPart(
  site: Site,
  visit: Visit,
  { clients, directory }: { readonly clients: readonly Client[]; readonly directory: Directory },
): Promise<Markup | undefined> {
  const stopped = await stoppedSubscriptions(site.store);
  if (stopped.length === 0) return undefined;
  const { language } = visit.viewer;
  const t = sayIn(language);
  const whose = ({ client, practice }: Subscription) =>
    [clients.find((one) => one.id === client)?.name ?? client, directory.practices.get(practice)?.name]
      .filter(Boolean)
      .join(', ');
  return html`
    <h2 id="stopped">
      ${t('Krijgen geen bericht meer', 'Are told no more')} <span class="count">${stopped.length}</span>
    </h2>
    <p>${t(
      'Deze systemen wilden horen wat er verandert, maar antwoordden niet meer. ' +
        'De leverancier herstelt het adres en vraagt het opnieuw aan. Komt het niet terug? Beëindig het dan hier.',
      'These systems asked to be told of changes, but answer no more. The supplier mends the address and asks for it again. Does it not come back? Then end it here.',
    )}</p>
    <ul class="deliveries">
      ${stopped.map(
        (one) => html`
          <li class="delivery held">
            <div class="lead">${whose(one)}</div>
            <div class="more">
              <span>${one.type}</span>
              <span>${t('sinds', 'since')} ${momentText(one.changedAt, language)}</span>
              <span class="code">${one.error}</span>
            </div>
            <p class="why">${failureSaid(one.error ?? '')[language]}</p>
            <details>
              <summary>${t('Beëindigen', 'End')}<span class="vh">: ${whose(one)}</span></summary>
              ${smallForm(
                visit,
                `/admin/clients/stopped/${one.id}`,
                html`
                  ${reasonField(visit, `why-${one.id}`)}
                  <p class="buttons"><button class="quiet">${t('Beëindig', 'End it')}</button></p>`,
              )}
            </details>
          </li>`,
      )}
    </ul>`;
}

/** Does what its button says; a refusal is shown by `again`. */
export async function endStopped(site: Site, visit: Visit, again: (refusal: Refusal) => Promise<void>): Promise<void> {
  const reason = reasonIn(visit.request.body);
  if (isRefusal(reason)) return again(reason);
  const done = await endSubscription(site.store, visit.viewer.actor, String(visit.request.params.id), reason);
  if (done) visit.response.redirect(303, '/admin/clients?done=ended');
  else sendNotFound(visit);
}
