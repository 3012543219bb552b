import { listBreaks } from '../../store/access/breaks.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';

const newsMs = 30 * 86_400_000;
const shownMax = 20;

/** The practice reads for a month that an administrator opened one of its referrals: which, who and when, not why. */
export async function breakNews(site: Site, practice: string, viewer: Viewer): Promise<Markup | undefined> {
  const since = new Date(site.store.clock().getTime() - newsMs);
  const found = await listBreaks(site.store, { practice }, since, shownMax);
  if (found.length === 0) return undefined;
  const t = sayIn(viewer.language);
  return html`
    <div class="note" role="status">
      <p>${t(
        'Een beheerder heeft gekeken in een verwijzing van uw praktijk. Wilt u weten waarom? Vraag het de beheerder van uw regio.',
        'An administrator looked into a referral of your practice. Do you want to know why? Ask the administrator of your region.',
      )}</p>
      <ul class="plain">
        ${found.map(
          (one) => html`
            <li><a href="/practice/${one.journey}">${one.number}</a>: ${one.actorName}, ${momentText(one.openedAt, viewer.language)}</li>`,
        )}
      </ul>
    </div>`;
}
