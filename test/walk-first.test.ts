import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestLine, type TestLine } from './doubles/line.ts';
import { listReferrals } from '../src/store/lists.ts';
import { readJourney } from '../src/store/referrals.ts';
import { accept } from '../src/feedback/moves.ts';
import { report } from '../src/feedback/report.ts';

let line: TestLine;
beforeAll(async () => { line = await openTestLine(); });
afterAll(() => line.close());

test('one referral there and back', async () => {
  const { patients } = await (await fetch(`${line.his.url}/de-brink/api/patients`)).json() as any;
  const p = patients[0];
  const sent = await (await fetch(`${line.his.url}/de-brink/api/patients/${p.id}/refer`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reason: 'Is veel alleen sinds het overlijden van haar man.', question: 'Ik wil weer onder de mensen komen.', lifeAreas: ['loneliness'], priority: 'routine', consent: { by: 'resident', how: 'spoken', medical: false, feedback: true } }) })).json() as any;
  console.log(JSON.stringify(sent).slice(0, 1500));
  await line.drain();
  const list = await listReferrals(line.at.store, { kind: 'owner', owner: 'wally-sanne' }, 'new', 10);
  expect(list).toHaveLength(1);
  console.log(list[0], line.mail.mails().map((m) => m.to));
  const acting = { actor: { id: 'wally-sanne', name: 'Sanne', role: 'wally' as const }, now: line.at.now, newId: line.at.store.newId, directory: await line.directory() };
  const j = await readJourney(line.at.store, { kind: 'line' }, list[0]!.journey);
  expect((await line.at.store.commit(accept(j!, acting) as any)).ok).toBe(true);
  const j2 = await readJourney(line.at.store, { kind: 'line' }, list[0]!.journey);
  expect((await line.at.store.commit(report(j2!, { final: true, contact: 'made', contactOn: '2026-11-23', firstLine: 'Mevrouw gaat naar de eettafel.', outcomes: [{ lifeArea: 'loneliness', outcome: 'led-on' }], residentAgreed: true }, acting) as any)).ok).toBe(true);
  await line.drain();
  const { rows } = await line.at.owner.query('select kind,state,proof,attempts,failure_code from delivery order by id');
  console.log(rows);
  const rec = await (await fetch(`${line.his.url}/de-brink/api/patients/${p.id}`)).json() as any;
  console.log(JSON.stringify(rec.journal[0]), JSON.stringify(rec.referrals).slice(0, 600));
});
