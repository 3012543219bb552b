import type { Actor } from '../referral/actor.ts';
import { type AwaitedWord, awaitedWords, landedBefore } from '../store/keeping.ts';
import type { Scope } from '../store/scope.ts';
import { html, type Markup, sayIn } from './html.ts';
import type { Viewer } from './page.ts';
import type { Site } from './site.ts';
import { waitingText } from './words.ts';

interface Sum {
  readonly name: string;
  readonly count: number;
  readonly since: Date;
}

const sumsBy = (all: readonly AwaitedWord[], nameOf: (one: AwaitedWord) => string): Sum[] =>
  [...Map.groupBy(all, nameOf)]
    .map(([name, own]) => ({
      name,
      count: own.reduce((sum, one) => sum + one.count, 0),
      since: new Date(Math.min(...own.map((one) => one.since.getTime()))),
    }))
    .toSorted((a, b) => b.count - a.count);

function listPart(sums: readonly Sum[], now: Date, { language }: Viewer): Markup {
  const t = sayIn(language);
  const item = ({ name, count, since }: Sum) => {
    const what = count === 1 ? t('verwijzing', 'referral') : t('verwijzingen', 'referrals');
    const waits = `${t('de oudste wacht', 'the oldest waits')} ${waitingText(since, now, language)}`;
    return html`<li><strong>${name}</strong>: ${count} ${what}, ${waits}</li>`;
  };
  return html`<ul class="plain">${sums.map(item)}</ul>`;
}

function scopeOf({ role, organization = '' }: Actor): Scope {
  return role === 'team-lead' ? { kind: 'team', team: organization } : { kind: 'line' };
}

/**
 * What could be erased, but for the word that it stands in the receiver's own record (H16): numbers only, to a team lead by
 * Wally, to an administrator by organisation. Undefined when nothing waits, or nothing is ever erased.
 */
export async function awaitedWordsPart(site: Site, viewer: Viewer): Promise<Markup | undefined> {
  const { actor, language } = viewer;
  const days = site.retentionDays ?? 0;
  const found = days === 0 ? [] : await awaitedWords(site.store, scopeOf(actor), landedBefore(site.store, days));
  if (found.length === 0) return undefined;
  const t = sayIn(language);
  const { roles, teams } = await site.directory();
  const isLead = actor.role === 'team-lead';
  const sums = sumsBy(found, ({ owner, team }) =>
    isLead ? (roles.get(owner ?? '')?.name ?? t('niemand', 'nobody')) : (teams.get(team)?.name ?? team),
  );
  return html`<section class="panel" aria-labelledby="awaited">
<h2 id="awaited">${t('Wacht op een bevestiging', 'Waits for a confirmation')}
<span class="count">${found.reduce((sum, one) => sum + one.count, 0)}</span></h2>
<p>${t(
    `Langer dan ${days} dagen klaar. Kortelijn wist dit pas als de organisatie bevestigt dat het in haar eigen dossier staat.`,
    `Done for more than ${days} days. Kortelijn erases this only when the organisation confirms that it stands in its own record.`,
  )}${isLead && html` <a href="/team/own-record">${t('Bekijk en bevestig', 'Look and confirm')}</a>`}</p>
${listPart(sums, site.store.clock(), viewer)}</section>`;
}
