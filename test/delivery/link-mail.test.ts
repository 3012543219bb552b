import { afterAll, beforeAll, expect, test } from 'vitest';
import { revokeLink, sendLinkAnew } from '../../src/feedback/by-link.ts';
import { end } from '../../src/feedback/ending.ts';
import { accept } from '../../src/feedback/moves.ts';
import { referOn } from '../../src/feedback/onward.ts';
import type { Actor } from '../../src/referral/actor.ts';
import { linkCode, linksOf, linkToken } from '../../src/store/access/links.ts';
import { canaries, journeyOf, notRefused } from '../doubles/made.ts';
import { onward as toBudgetcoaches } from '../feedback/onward-region.ts';
import { type DeliveryBench, openDeliveryBench } from './delivery-bench.ts';

const sanne: Actor = { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: 'voorbeeldstreek' };
/** To the organisation of the region that works by link. */
const onward = { ...toBudgetcoaches, organization: 'schuldhulp' };
let bench: DeliveryBench;
let journey: string;

beforeAll(async () => {
  bench = await openDeliveryBench();
});
afterAll(() => bench.close());

async function act(decider: typeof accept | ((...of: Parameters<typeof accept>) => ReturnType<typeof sendLinkAnew>)) {
  const { store, now } = bench.at;
  const acting = { actor: sanne, now, newId: store.newId, directory: await bench.delivering.directory() };
  const done = await store.commit(notRefused(decider(await journeyOf(store, journey), acting)));
  expect(done.ok).toBe(true);
}
const childOf = async () => (await journeyOf(bench.at.store, journey)).children[0]?.resource.id ?? '';
const mails = () => bench.mail.mails().filter((one) => !one.to.some((to) => to.includes('voorbeeldstreek')));

test('H12: link and code go by two mails to two addresses, without a word about a resident, and into no log', async () => {
  const { store } = bench.at;
  journey = await bench.referred('link-1');
  await act(accept);
  await act((...of) => referOn(of[0], onward, of[1]));
  await bench.round();
  const [link] = await linksOf(store, 'de-brink', journey);
  const token = linkToken(store.master, link?.id ?? '');
  const [first] = mails();
  expect(first?.to).toEqual(['post@schuldhulp.example']);
  expect(first?.text).toContain(`https://kortelijn.example/link/${token}`);
  expect(first?.text).not.toContain(linkCode(store.master, link?.id ?? ''));
  await store.commit({
    scope: { practice: 'de-brink' },
    journey,
    outbox: [
      {
        messageId: store.newId(),
        kind: 'notify',
        destination: 'mail',
        recipient: 'schuldhulp',
        document: { type: 'LinkCode', id: link?.id ?? '' },
      },
    ],
    audit: [],
  });
  await bench.round();
  const second = mails()[1];
  expect(second?.to).toEqual(['collega@schuldhulp.example']);
  expect(second?.text).toContain(linkCode(store.master, link?.id ?? ''));
  for (const mail of [first, second]) {
    const raw = Buffer.from(mail?.raw ?? '', 'base64').toString();
    for (const word of [...Object.values(canaries), 'KL-', journey, onward.question]) expect(raw).not.toContain(word);
  }
  expect(bench.logged()).not.toContain(token);
});

test('a link that was revoked or replaced before its mail left is not mailed any more', async () => {
  const before = mails().length;
  const task = await childOf();
  await act((...of) => sendLinkAnew(of[0], task, of[1]));
  await act((...of) => sendLinkAnew(of[0], task, of[1]));
  await act((...of) => revokeLink(of[0], task, of[1]));
  // In their order: the next one goes when the one before it has ended.
  for (let round = 0; round < 2; round += 1) await bench.round();
  expect(mails()).toHaveLength(before);
  const { rows } = await bench.at.owner.query(
    `select state, reason from delivery where document_type = 'Link' order by id desc limit 2`,
  );
  expect(rows).toEqual([
    { state: 'abandoned', reason: 'superseded' },
    { state: 'abandoned', reason: 'superseded' },
  ]);
});

test('H10: when the consent is withdrawn the organisation hears that it is over, and only that', async () => {
  const before = mails().length;
  await act((...of) => end(of[0], 'consent-withdrawn', of[1]));
  await bench.round();
  const [mail, ...more] = mails().slice(before);
  expect([mail?.to, more]).toEqual([['post@schuldhulp.example'], []]);
  expect(mail?.text).toContain('loopt niet meer');
  expect(mail?.text).toContain('https://kortelijn.example/link/');
});
