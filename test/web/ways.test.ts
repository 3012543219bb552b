import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureChange } from '../../src/delivery/deliver.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { claim, offerDue } from '../../src/store/outbox/outbox.ts';
import type { Site } from '../../src/web/site.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import { attemptFeedback, type Browsing, browse, journeyOf, referralOf, referred, siteOver } from './harness.ts';

let at: TestStore;
let site: Site;
let pages: Browsing;
beforeEach(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  site = siteOver(at.store);
  pages = await browse(site);
});
afterEach(async () => {
  await pages.close();
  await at.close();
});

/** Feedback to the practice that has two ways; the first of them says no. */
async function refusedAtFirst(): Promise<string> {
  const { id } = await referred(site, 'aan-de-kade', referralOf(1, { requester: { name: 'E. Blaak' } }));
  await pages.post('sanne', `/worklist/${id}/accept`, {});
  const { task } = await journeyOf(site, id);
  await pages.post('sanne', `/worklist/${id}/report`, {
    step: 'send',
    version: String(task.version),
    contact: 'made',
    contactOn: '2026-11-23',
    firstLine: 'Gesproken; wordt vervolgd.',
    residentAgreed: 'yes',
    final: 'interim',
  });
  await offerDue(at.store, async () => undefined);
  const { rows } = await at.owner.query<{ id: string; generation: number }>(
    `select id::text, generation from delivery where journey_id = $1 and kind = 'feedback'`,
    [id],
  );
  const claimed = rows[0] && (await claim(at.store, rows[0], 60_000));
  if (!claimed) throw new Error('not claimed');
  const { store, directory } = site;
  await committed(
    store,
    await failureChange({ store, directory, random: () => 0.5 }, claimed, new Failure('permanent', 'rejected')),
  );
  return id;
}

test('a message that went on by another way is not called stopped, and the page says what happened', async () => {
  const id = await refusedAtFirst();
  const before = await pages.get('sanne', `/worklist/${id}`);
  expect(before.text).toContain('Daarom gaat het bericht nu langs een andere weg naar de praktijk.');
  expect(before.text).toContain('staat klaar');
  expect(before.text).not.toContain('gestopt');
  await attemptFeedback(site, id, { proof: 'application', landed: true });
  const after = await pages.get('sanne', `/worklist/${id}`);
  expect(after.text).toMatch(/fate delivered">bezorgd bij de praktijk/);
  // This way can prove no more: "in het dossier" is not promised.
  expect(after.text).not.toContain('in het dossier');
});

test('the administrator sees which way was given up, why, and where it went', async () => {
  await refusedAtFirst();
  const { text } = await pages.get('admin', '/admin?state=abandoned');
  expect(text).toContain('het lukte niet; de terugkoppeling ging verder langs de volgende weg naar de praktijk');
  const next = await pages.get('admin', '/admin?destination=practice:aan-de-kade/hl7-aan-de-kade');
  expect(next.text).toContain('Praktijk Voorbeeldkade, weg hl7-aan-de-kade');
  expect(next.text).toContain('nog te versturen');
});
