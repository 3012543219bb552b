import { extensions } from '../fhir/systems.ts';
import { addDays, localDay } from '../referral/deadlines.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { type DirectoryVersion, readDirectoryHistory } from '../store/directory.ts';
import { dayText, html, type Markup, sayIn } from './html.ts';
import type { Viewer } from './page.ts';
import type { Site } from './site.ts';

/** So long a practice reads on its own page that its fixed Wally is another one. */
const newsDays = 30;

const wallyIn = ({ resource }: DirectoryVersion): string | undefined =>
  resource.extension?.find((one) => one.url === extensions.fixedWally)?.valueReference?.reference?.split('/')[1];

/**
 * The practice is told once of a new fixed Wally, on the page where it looks for its referrals: a letter would be filed in
 * some resident's record, and one per referral would be many. Undefined when nothing changed lately.
 */
export async function wallyNews(
  site: Site,
  practice: string,
  directory: Directory,
  viewer: Viewer,
): Promise<Markup | undefined> {
  const service = directory.practices.get(practice)?.service;
  if (!service) return undefined;
  const now = site.store.clock();
  const today = localDay(now);
  const history = await readDirectoryHistory(site.store, [{ type: 'HealthcareService', id: service.id }]);
  // Also one that is still to come: then the practice knows it beforehand.
  const changes = history.filter((one) => {
    const before = history.find((other) => other.version === one.version - 1);
    return before !== undefined && wallyIn(before) !== wallyIn(one);
  });
  const [last] = changes.toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime());
  const role = last && directory.roles.get(wallyIn(last) ?? '');
  const since = last && localDay(last.validFrom);
  if (!role || !since || since < addDays(today, -newsDays)) return undefined;
  const t = sayIn(viewer.language);
  const day = dayText(since, viewer.language, today);
  return html`<p class="note" role="status">${t(
    `Uw vaste Wally is ${role.name}, vanaf ${day}.`,
    `Your fixed Wally is ${role.name}, from ${day}.`,
  )} ${t('Bij elke verwijzing ziet u wie die nu heeft.', 'At each referral you see who has it now.')}</p>`;
}
