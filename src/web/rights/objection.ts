import { localDay } from '../../referral/deadlines.ts';
import { readKeeping } from '../../store/keeping.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import type { Event } from '../journey/history-view.ts';
import type { Shown } from '../journey/referral-view.ts';
import type { Site } from '../site.ts';

/**
 * The resident pressed "bezwaar maken" on their own page: said where who must call cannot overlook it, until somebody spoke
 * with them or put the objection on record.
 */
export async function objectionPart(site: Site, shown: Shown, events: readonly Event[]): Promise<Markup | undefined> {
  const asked = events.findLast((one) => one.kind === 'objection-asked');
  if (!asked || events.some((one) => one.kind === 'contact' && one.at > asked.at)) return undefined;
  const [kept] = await readKeeping(site.store, [shown.journey.id]);
  if (kept?.objectedAt && kept.objectedAt >= asked.at) return undefined;
  const { viewer, today } = shown;
  const t = sayIn(viewer.language);
  const day = dayText(localDay(asked.at), viewer.language, today);
  return html`<div class="panel acute">
<p><strong>${t('De inwoner wil bezwaar maken.', 'The resident wants to object.')}</strong>
${t(
  `Gevraagd op ${day}. Bel de inwoner en leg het samen vast.`,
  `Asked on ${day}. Call the resident and put it on record together.`,
)}</p></div>`;
}
