import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Practice, patientSchema } from '../../demo/model.ts';
import { demoPractices } from '../../scripts/fixture-world.ts';
import { bundleOf } from '../doubles/bundle.ts';
import { canaries, until } from '../doubles/made.ts';
import { linesWith, medvriBytes } from '../doubles/medvri.ts';
import { openMllpClient } from '../doubles/mllp.ts';
import { refMessage } from '../doubles/ref.ts';
import { partOf, stu3 } from '../mapping/stu3-messages.ts';
import { brink, formIn, typed } from '../web/refer-browser.ts';
import { words } from './words.ts';
import { bearer, type World } from './world.ts';

/** What the doubles date on a day that may not have come yet. */
const earlier = (text: string) =>
  text.replaceAll(/(2026-?11-?|26:?11:?)2[0-9]/g, '$119').replaceAll(/2\d-11-2026/g, '19-11-2026');
const earlierBytes = (bytes: Buffer) => Buffer.from(earlier(bytes.toString('latin1')), 'latin1');

async function practiceOf(id: string): Promise<Practice> {
  const found = (await demoPractices()).find((one) => one.id === id);
  if (!found) throw new Error(`no practice ${id}`);
  return found;
}

/** The resident of whom all doors tell, as a GP system has them. */
const patient = patientSchema.parse({
  id: 'canary',
  bsn: canaries.bsn,
  given: [canaries.given],
  callName: canaries.given,
  ownName: canaries.family,
  birthDate: canaries.birthDate,
  mobile: canaries.phone,
  email: canaries.email,
  street: canaries.street,
  houseNumber: '12',
  postcode: canaries.postcode,
  city: 'Voorbeelddorp',
});

/** The journey of a number that a practice gave. */
export async function journeyBy({ owner }: World, number: string): Promise<string> {
  const { rows } = await owner.query<{ id: string }>('select id from journey where practice_referral_id = $1', [
    number,
  ]);
  expect([number, rows.length]).toEqual([number, 1]);
  return rows[0]?.id ?? '';
}

/** A referral of that resident comes in from the system of a practice; gives its journey. */
export async function cameIn(world: World, practice: string, number: string): Promise<string> {
  const bundle = bundleOf(await practiceOf(practice), patient, { number, message: number, reason: canaries.reason });
  // What a sender's machine says of itself goes no further either.
  const beside = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: `his=${canaries.bsn}`,
    baggage: `patient=${canaries.family}`,
    'x-request-id': canaries.bsn,
    'user-agent': canaries.email,
  };
  expect((await world.ask('/fhir/R4', bundle, { ...beside, ...(await bearer(practice)) })).status).toBe(200);
  return journeyBy(world, number);
}

async function fhirDoor({ ask }: World): Promise<void> {
  const ours = await practiceOf('de-brink');
  const bundle = (number: string, reason: string, of = patient) =>
    bundleOf(ours, of, { number, message: `${number}-${reason.length}`, reason });
  expect((await ask('/fhir/R4', bundle('C-fhir', canaries.reason))).status).toBe(200);
  expect((await ask('/fhir/R4', bundle('C-fhir', `${canaries.reason} ${canaries.question}`))).status).toBe(409);
  expect((await ask('/fhir/R4', bundle('C-wrong', canaries.reason, { ...patient, bsn: '999990018' }))).status).toBe(
    422,
  );
  expect((await ask('/fhir/R4', `{"resourceType":"Bundle","note":"${canaries.reason}`)).status).toBe(400);
  expect(
    (await ask('/fhir/R4', bundle('C-nobody', canaries.reason), { authorization: `Bearer ${canaries.bsn}-unknown` }))
      .status,
  ).toBe(401);
}

/** A referral as JSON, right and wrong. */
export async function jsonDoor({ ask }: World, name = 'C-json'): Promise<void> {
  const referral = (number: string, change: object = {}) => ({
    type: 'referral',
    number,
    writtenAt: '2026-11-20T09:00:00+01:00',
    referrer: { name: 'M. van Leeuwen', agb: '01990111' },
    patient: {
      bsn: canaries.bsn,
      familyName: canaries.family,
      callName: canaries.given,
      birthDate: canaries.birthDate,
      phones: [canaries.phone],
      email: canaries.email,
      address: { street: canaries.street, houseNumber: '12', postcode: canaries.postcode, city: 'Voorbeelddorp' },
    },
    reason: canaries.reason,
    question: canaries.question,
    contactPerson: { name: canaries.contactPerson },
    lifeAreas: ['loneliness', canaries.letter],
    unknownField: canaries.reason,
    consent: { by: 'resident', how: 'spoken', on: '2026-11-20', feedback: 'content' },
    ...change,
  });
  const type = { 'content-type': 'application/json' };
  expect((await ask('/intake/json', referral(name), type)).status).toBe(201);
  expect((await ask('/intake/json', referral(name, { reason: canaries.question }), type)).status).toBe(409);
  expect((await ask('/intake/json', referral(`${name}-2`, { consent: undefined }), type)).status).toBeGreaterThan(399);
  expect(
    (await ask('/intake/json', referral(`${name}-3`, { writtenAt: canaries.family, priority: canaries.given }), type))
      .status,
  ).toBe(422);
}

async function stu3Door({ ask }: World): Promise<void> {
  const document = JSON.parse(earlier(JSON.stringify(stu3('letter'))));
  const person = partOf(document, 'Patient');
  Object.assign(person, {
    birthDate: canaries.birthDate,
    name: [{ family: canaries.family, given: [canaries.given], text: canaries.family }],
  });
  person.address[0] = { line: [`${canaries.street} 12`], postalCode: canaries.postcode, city: 'Voorbeelddorp' };
  expect((await ask('/intake/fhir-stu3', document)).status).toBe(201);
  Object.assign(person, { birthDate: canaries.family });
  expect((await ask('/intake/fhir-stu3', document)).status).toBeGreaterThan(399);
}

async function mllpDoor({ service, answers }: World): Promise<void> {
  const port = Number(/"event":"mllp-listening","port":(\d+)/.exec(service.output())?.[1]);
  const client = await openMllpClient(port);
  const obx = [
    `OBX|1|TX|reason^Reden^99KL||${canaries.reason}||||||F`,
    `OBX|2|TX|resident-question^Vraag^99KL||${canaries.question}||||||F`,
  ];
  const said = async (message: string) => {
    client.send(earlier(message));
    const answer = await client.next();
    const code = /\rMSA\|(\w\w)/.exec(answer)?.[1];
    // A yes (RRI) says to its sender whom it is about; a no must not.
    if (code !== 'AA') answers.push({ from: 'MLLP', said: answer });
    return code;
  };
  expect(await said(refMessage({ controlId: 'C1', number: 'C-mllp', change: { OBX: obx } }))).toBe('AA');
  expect(await said(refMessage({ controlId: 'C2', number: 'C-mllp', change: { OBX: obx.slice(1) } }))).toBe('AE');
  expect(
    await said(
      refMessage({
        controlId: 'C3',
        number: 'C-mllp-3',
        change: {
          OBX: obx,
          CON: [],
          PID: [`PID|1||${canaries.bsn}8^^^NLMINBIZA^NNNLD||${canaries.family}|||${canaries.given}`],
        },
      }),
    ),
  ).toBe('AE');
  expect(await said(refMessage({ controlId: 'C4', number: 'C-4', facility: '01999999', change: { OBX: obx } }))).toBe(
    'AR',
  );
  client.end();
}

async function maildropDoor({ maildrop, answers }: World): Promise<void> {
  const lines = linesWith({
    Verwijsnummer: 'C-mail',
    Reden: canaries.reason.slice(0, 60),
    'Vraag van de inwoner': canaries.question,
  });
  await writeFile(join(maildrop, 'one.edi'), earlierBytes(medvriBytes({ control: 'C1', lines })));
  const wrong = linesWith({ Verwijsnummer: 'C-mail-2', Reden: '', 'Vraag van de inwoner': canaries.question });
  await writeFile(
    join(maildrop, 'two.edi'),
    earlierBytes(
      medvriBytes({
        control: 'C2',
        lines: wrong,
        change: { PID: [`PID+1951:02:30+V+${canaries.family}++${canaries.given}+P77+BSN${canaries.bsn}`] },
      }),
    ),
  );
  await writeFile(join(maildrop, 'three.edi'), `${canaries.reason} ${canaries.bsn}`);
  await until('the maildrop is read', async () =>
    (await readdir(maildrop, { withFileTypes: true })).every((one) => !one.isFile()),
  );
  await until('and answered', async () => (await readdir(join(maildrop, 'working')).catch(() => [])).length === 0);
  for (const name of await readdir(join(maildrop, 'out')).catch(() => []))
    answers.push({ from: 'maildrop', said: await readFile(join(maildrop, 'out', name), 'latin1') });
}

async function referForm({ browser }: World): Promise<void> {
  const gp = await browser(brink);
  const first = formIn((await gp.get('/refer')).text, '/refer');
  const open = formIn((await gp.post('/refer', { ...first, danger: 'no', step: 'danger' })).text, '/refer');
  const person = {
    ...open,
    ...typed,
    callName: canaries.given,
    family: canaries.family,
    birthDate: words.dutchDay,
    phone1: canaries.phone,
    street: canaries.street,
    postcode: canaries.postcode,
    bsn: canaries.bsn,
    reason: canaries.reason,
    question: canaries.question,
    consentOn: '2026-11-20',
  };
  expect((await gp.post('/refer', { ...person, birthDate: canaries.family, step: 'preview' })).status).toBe(422);
  const preview = await gp.post('/refer', { ...person, step: 'preview' });
  expect(preview.text).toContain(canaries.family);
  expect((await gp.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' })).status).toBe(303);
}

/** Every door for a referral, with what is right and what is wrong. */
export async function everyDoor(world: World): Promise<void> {
  await fhirDoor(world);
  await jsonDoor(world);
  await stu3Door(world);
  await mllpDoor(world);
  await maildropDoor(world);
  await referForm(world);
}
