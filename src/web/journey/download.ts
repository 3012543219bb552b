import { journeyFile } from '../../feedback/journey-file.ts';
import { auditOf } from '../../feedback/moves.ts';
import { journeyPdf } from '../../feedback/pdf/journey.ts';
import { localDay } from '../../referral/deadlines.ts';
import { isWithdrawn, teamSees } from '../../referral/minimise.ts';
import { readEvents } from '../../store/queue/deliveries.ts';
import { actingFor, sendNotFound, type Visit } from '../acting.ts';
import type { Site } from '../site.ts';
import { readOwn } from '../worklist/referral.ts';
import { filePolicy } from './attachment.ts';
import { type Shown, show } from './referral-view.ts';
import { journeySections, whoText } from './sections.ts';

type Made = { readonly type: string; readonly extension: 'json' | 'pdf'; readonly bytes: Uint8Array };

/** One journey as a file, to the Wally who has it now; that it was taken is committed before the bytes go. */
async function take(
  site: Site,
  visit: Visit,
  id: string,
  make: (shown: Shown, now: Date) => Promise<Made | undefined>,
): Promise<void> {
  const { response, viewer } = visit;
  const journey = await readOwn(site, viewer.actor, id);
  if (!journey || isWithdrawn(journey)) return sendNotFound(visit);
  const acting = await actingFor(site, viewer.actor);
  const made = await make(show(journey, acting.directory, viewer, localDay(acting.now)), acting.now);
  if (!made) return sendNotFound(visit);
  const done = await site.store.commit({
    scope: { practice: journey.practice },
    journey: journey.id,
    audit: [{ ...auditOf('journey-downloaded', journey, acting, 'R'), code: made.extension }],
  });
  if (!done.ok) throw new Error('a download could not be noted');
  response
    .status(200)
    .set({
      'Cache-Control': 'no-store',
      'Content-Type': made.type,
      // A number and no name: file names end up in lists that others see.
      'Content-Disposition': `attachment; filename="${journey.index.number}.${made.extension}"`,
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': filePolicy,
    })
    .end(made.bytes);
}

export function openJson(site: Site, visit: Visit, id: string): Promise<void> {
  return take(site, visit, id, async ({ journey, directory, today }, now) => {
    const bundle = journeyFile(journey, teamSees(journey, directory, today), now.toISOString());
    const bytes = Buffer.from(`${JSON.stringify(bundle, undefined, 2)}\n`);
    return { type: 'application/fhir+json; charset=utf-8', extension: 'json', bytes };
  });
}

export function openPdf(site: Site, visit: Visit, id: string): Promise<void> {
  return take(site, visit, id, async (shown, created) => {
    if (!site.fonts) return undefined;
    const { number } = shown.journey.index;
    const sections = journeySections(shown, await readEvents(site.store, shown.journey.id));
    const bytes = journeyPdf({ number, who: whoText(shown), created, sections }, site.fonts);
    return { type: 'application/pdf', extension: 'pdf', bytes };
  });
}
