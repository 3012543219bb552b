import { expect } from 'vitest';
import type { Mail } from '../../demo/mail.ts';
import { linkCode, linksOf, linkToken } from '../../src/store/access/links.ts';
import { canaries, journeyOf, ownerOf, until } from '../doubles/made.ts';
import { brink } from '../web/refer-browser.ts';
import { cameIn } from './doors.ts';
import { absentFrom } from './words.ts';
import type { Visitor, World } from './world.ts';

/** A referral from a practice that its Wally has taken up on her own pages. */
export async function takenUp(world: World, practice: string, number: string): Promise<{ id: string; wally: Visitor }> {
  const id = await cameIn(world, practice, number);
  await until('it stands on the worklist', async () => {
    const { rowCount } = await world.owner.query('select from worklist_entry where journey_id = $1', [id]);
    return rowCount === 1;
  });
  const wally = await world.browser(ownerOf(await journeyOf(world.store, id)));
  expect(absentFrom((await wally.get(`/worklist/${id}`)).text, canaries.family)).toEqual([]);
  expect((await wally.post(`/worklist/${id}/accept`)).status).toBe(303);
  return { id, wally };
}

/** A step of the Wally on her page. */
async function move(world: World, wally: Visitor, id: string, key: string, fields: Record<string, string>) {
  const { task } = await journeyOf(world.store, id);
  const answer = await wally.post(`/worklist/${id}/move/${key}`, { version: String(task.version), ...fields });
  expect([key, answer.status, answer.location]).toEqual([key, 303, expect.stringContaining(`done=${key}`)]);
}

/** The first mail to an address that says this, once it came. */
const mailTo = ({ mail }: World, address: string, says: string) =>
  until(`a mail to ${address}`, () => {
    const fits = (one: Mail) => one.to.includes(address) && one.text.includes(says);
    return mail.mails().find(fits);
  });

/** Opens the newest link of a journey, as a mail brought it, with the code that a second mail brought; gives who is in. */
async function inside(
  world: World,
  id: string,
  addresses: readonly [string, string],
): Promise<{ inner: Visitor; path: string }> {
  const [first, second] = addresses;
  const { store } = world;
  const link = (await linksOf(store, 'de-brink', id)).at(-1)?.id ?? '';
  const path = `/link/${linkToken(store.master, link)}`;
  await mailTo(world, first, path);
  // Before the code the page is everybody's who has the mail: all of it is looked through.
  const door = await world.browser(undefined, 'whole');
  expect((await door.get(path)).status).toBe(200);
  expect((await door.post(path, { code: canaries.family })).status).toBe(422);
  expect((await door.post(path, { code: canaries.bsn })).status).toBe(403);
  expect((await door.post(`${path}/code`)).status).toBe(200);
  const code = linkCode(store.master, link);
  await mailTo(world, second, code);
  const inner = await world.browser();
  await inner.get(path);
  expect((await inner.post(path, { code })).location).toBe('/link/case');
  return { inner, path };
}

/** An organisation without an account is led on to: it looks, writes in between and answers, all by the link in its mail. */
export async function onwardByLink(world: World): Promise<void> {
  const { id, wally } = await takenUp(world, 'de-brink', 'C-link');
  await move(world, wally, id, 'refer-on', {
    onwardTo: 'schuldhulp',
    onwardQuestion: canaries.question,
    'area-debts': 'yes',
    onwardBy: 'resident',
    onwardHow: 'spoken',
    onwardOn: '2026-11-20',
    onwardInterim: 'yes',
  });
  const { inner, path } = await inside(world, id, ['post@schuldhulp.example', 'collega@schuldhulp.example']);
  const page = await inner.get('/link/case');
  expect(absentFrom(page.text, canaries.family, canaries.question, canaries.phone)).toEqual([]);
  expect(absentFrom(page.text, canaries.bsn)).toEqual([canaries.bsn]);
  expect((await inner.post('/link/case/decline', { reason: canaries.reason })).status).toBe(422);
  expect((await inner.post('/link/case/accept')).location).toBe('/link/case?done=accepted');
  await inner.get('/link/case');
  const interim = await inner.post('/link/case/interim', { interimText: canaries.reason });
  expect(interim.location).toBe('/link/case?done=interim');
  await inner.get('/link/case');
  const outcome = { firstLine: canaries.letter, 'outcome-debts': 'helped' };
  expect((await inner.post('/link/case/report', outcome)).location).toBe('/link/done');
  expect(absentFrom((await wally.get(`/worklist/${id}`)).text, canaries.letter)).toEqual([]);
  const over = await world.browser(undefined, 'whole');
  expect((await over.get('/link/done')).status).toBe(200);
  expect((await over.get(path)).status).toBe(410);
  // A second one, that ends with the consent: who was asked hears that it is over.
  await ledOnAndWithdrawn(world);
}

async function ledOnAndWithdrawn(world: World): Promise<void> {
  const { id, wally } = await takenUp(world, 'de-brink', 'C-link-over');
  await move(world, wally, id, 'refer-on', {
    onwardTo: 'schuldhulp',
    onwardQuestion: canaries.reason,
    'area-debts': 'yes',
    onwardBy: 'resident',
    onwardHow: 'spoken',
    onwardOn: '2026-11-20',
  });
  await until('its link was mailed', async () => {
    const { rowCount } = await world.owner.query(
      `select from delivery where journey_id = $1 and document_type = 'Link' and state = 'landed'`,
      [id],
    );
    return rowCount === 1;
  });
  await move(world, wally, id, 'end', { endReason: 'consent-withdrawn', sure: 'yes' });
  await mailTo(world, 'post@schuldhulp.example', 'loopt niet meer');
}

/** The Wally asks the practice, which answers by the link in its mail. */
export async function questionByLink(world: World): Promise<void> {
  const { id, wally } = await takenUp(world, 'de-brink', 'C-ask');
  await move(world, wally, id, 'ask', { question: canaries.question });
  const { inner } = await inside(world, id, ['praktijk@brink.example', 'praktijk@brink.example']);
  expect(absentFrom((await inner.get('/link/case')).text, canaries.question)).toEqual([]);
  const answer = await inner.post('/link/case/answer', { answerText: canaries.letter });
  expect(answer.location).toBe('/link/done');
  expect(absentFrom((await wally.get(`/worklist/${id}`)).text, canaries.letter)).toEqual([]);
}

const idIn = (page: string) => /name="id" value="([^"]+)"/.exec(page)?.[1] ?? '';

/** A practice asks something about nobody, and somebody names a resident all the same; the Wally answers likewise. */
export async function questionAboutNobody({ browser, owner }: World): Promise<void> {
  const gp = await browser(brink);
  const id = idIn((await gp.get('/practice/questions')).text);
  const told = `${canaries.given} ${canaries.family}, ${canaries.birthDate}, ${canaries.postcode}: ${canaries.reason}`;
  expect((await gp.post('/practice/questions', { id, text: `${told} ${canaries.bsn}`, sure: 'yes' })).status).toBe(422);
  expect((await gp.post('/practice/questions', { id, text: told })).status).toBe(422);
  const asked = await gp.post('/practice/questions', { id, text: told, sure: 'yes' });
  expect(asked.location).toBe('/practice/questions?done=asked');
  const { rows } = await owner.query<{ id: string }>(
    `select owner_id as id from journey where practice_id = 'de-brink' limit 1`,
  );
  const actor = { id: rows[0]?.id ?? '', name: 'Wally', role: 'wally', organization: 'voorbeeldstreek' } as const;
  const wally = await browser(actor);
  expect(absentFrom((await wally.get(`/worklist/questions?question=${id}`)).text, told)).toEqual([]);
  const answered = await wally.post('/worklist/questions', {
    id,
    text: `${canaries.letter}, ${canaries.family}`,
    sure: 'yes',
  });
  expect(answered.location).toBe('/worklist/questions?done=answered');
  expect(absentFrom((await gp.get('/practice/questions')).text, canaries.letter)).toEqual([]);
}
