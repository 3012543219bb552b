import { readdir, readFile } from 'node:fs/promises';
import type { OperationOutcome, Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseNames, fixturesFolder, readFixture } from '../scripts/fixture-case.ts';
import type { Fixture } from '../scripts/fixture-story.ts';
import { hisPatient, openWorld, practiceNumber, type World } from '../scripts/fixture-world.ts';
import { normalisePhone, validBsn } from '../src/fhir/identifiers.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';

const names = await caseNames();
const fixtures = new Map<string, Fixture>();
for (const name of names) fixtures.set(name, await readFixture(name));
const texts = new Map<string, ReadonlyMap<string, string>>();
for (const name of names) {
  const folder = new URL(`${name}/`, fixturesFolder);
  const files = await readdir(folder);
  const read = async (file: string) => [file, await readFile(new URL(file, folder), 'utf8')] as const;
  texts.set(name, new Map(await Promise.all(files.sort().map(read))));
}
const filesOf = (name: string): ReadonlyMap<string, string> => texts.get(name) ?? new Map();
const fixtureOf = (name: string): Fixture => {
  const found = fixtures.get(name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
};
const jsonOf = (name: string, file: string): unknown => JSON.parse(filesOf(name).get(file) ?? 'null');

const byHand = ['0-received.json', 'case.json'];
const taken = ['1-referral.json', '2-answer.json', '2-bundle.json', '3-delivered.json'];
const reported = ['4-answer.json', '5-communication.json', '6-returned.json'];

/** The files a case must have, no more and no less. */
function expectedFiles(fixture: Fixture): string[] {
  const { outcome, again } = fixture.expected;
  if (outcome === 'refused') return [...byHand, '1-refused.json'].sort();
  const second = { same: '2-answer-again.json', conflict: '1-refused-again.json' };
  return [...byHand, ...taken, ...reported, ...(again ? ['0-received-again.json', second[again.outcome]] : [])].sort();
}

/** The FHIR resources in a stage, each of them whole. */
function resourcesIn(file: string, content: unknown): Resource[] {
  if (file.startsWith('1-refused')) return [(content as { outcome: Resource }).outcome];
  if (file.startsWith('0-') || file.startsWith('2-')) return [content as Resource];
  if (file.startsWith('3-')) return Object.values(content as object).filter((one) => 'resourceType' in one);
  return file.startsWith('5-') ? ([content].flat() as Resource[]) : [];
}

let world: World | undefined;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.each(names)('%s', (name) => {
  const fixture = fixtureOf(name);

  test('has every file of its kind and no other', () => {
    expect([...filesOf(name).keys()]).toEqual(expectedFiles(fixture));
    expect(fixture.answeredAt).toHaveLength(fixture.answers.length);
  });

  test('every stage is what the code gives today; read and regenerate with npm run fixtures', async () => {
    const made = (await world?.stagesOf(fixture)) ?? [];
    const kept = [...filesOf(name)].filter(([file]) => !/^(0|4|case)/.test(file));
    expect(Object.fromEntries(kept)).toEqual(Object.fromEntries(made));
  });

  test('every FHIR stage is valid base R4', () => {
    for (const [file, text] of filesOf(name)) {
      for (const resource of resourcesIn(file, JSON.parse(text))) {
        const wrong = validateBaseR4(resource).filter((one) => one.severity === 'error');
        expect({ file, wrong }).toEqual({ file, wrong: [] });
      }
    }
  });

  test('every refusal says what and where, in Dutch, with the status that is expected', () => {
    for (const [file, text] of [...filesOf(name)].filter(([one]) => one.startsWith('1-refused'))) {
      const { status, outcome } = JSON.parse(text) as { status: number; outcome: OperationOutcome };
      expect(status).toBe(file === '1-refused.json' ? fixture.expected.status : fixture.expected.again?.status);
      expect(outcome.issue).not.toHaveLength(0);
      for (const issue of outcome.issue) {
        expect(issue.code).toMatch(/^[a-z-]+$/);
        expect(issue.details?.coding?.[0]?.code).toMatch(/^[a-z-]+$/);
        expect(issue.details?.text).toMatch(/\.$/);
        expect(issue.expression?.[0]).toMatch(/^(Bundle|ServiceRequest)/);
      }
    }
  });

  test('no number in it can be anybody’s', () => {
    for (const text of filesOf(name).values()) {
      for (const [bsn] of text.matchAll(/(?<![\d-])\d{9}(?![\d-])/g)) {
        expect({ bsn, invented: !validBsn(bsn) || /^(9999\d{5}|123456782|111222333)$/.test(bsn) }).toEqual({
          bsn,
          invented: true,
        });
      }
      for (const [, agb] of text.matchAll(/"(01\d{6})"/g)) expect(agb).toMatch(/^0199/);
      for (const [mail] of text.matchAll(/[\w.-]+@[\w.-]+/g)) expect(mail).toMatch(/\.example$/);
      for (const [, postcode] of text.matchAll(/"(\d{4} ?[A-Za-z]{2})"/g)) expect(postcode).toMatch(/^8299/);
      for (const [, phone = ''] of text.matchAll(/"((?:\+31|0)[\d -]{8,14})"/g)) {
        const dialled = normalisePhone(phone);
        if (dialled) expect(dialled).toMatch(/^(060000\d{4}|099\d{7}|0570000\d{3})$/);
      }
    }
  });
});

describe.each(names.filter((name) => fixtureOf(name).expected.outcome === 'accepted'))('%s, taken', (name) => {
  const fixture = fixtureOf(name);

  test('the Wally sees no BSN and no medical code without consent', () => {
    const { referral } = jsonOf(name, '1-referral.json') as {
      referral: { patient: { bsn?: string }; consent: { medicalCodes: boolean }; reasonCodes: { code: string }[] };
    };
    const delivered = filesOf(name).get('3-delivered.json') ?? '';
    if (referral.patient.bsn) expect(delivered).not.toContain(referral.patient.bsn);
    for (const { code } of referral.reasonCodes)
      expect(delivered.includes(`"${code}"`)).toBe(referral.consent.medicalCodes);
  });

  test('a mail holds nothing of the referral', () => {
    const { patient, mails } = jsonOf(name, '3-delivered.json') as {
      patient: { name: { family?: string }[]; birthDate: string };
      mails: { text: string[]; subject: string }[];
    };
    expect(mails).not.toHaveLength(0);
    const secret = [patient.birthDate, patient.name[0]?.family ?? '', practiceNumber(fixture.received).value];
    for (const mail of mails) {
      for (const one of secret) expect(`${mail.subject} ${mail.text.join('\n')}`).not.toContain(one);
    }
  });

  test('what comes back stands in the record, completed', () => {
    const { journal, letters } = jsonOf(name, '6-returned.json') as {
      journal: { summary: string; by: string }[];
      letters: { status: string; text: string[] }[];
    };
    expect(journal).toHaveLength(fixture.answers.length);
    for (const letter of letters) expect(letter.status).toBe('completed');
    for (const entry of journal) expect(entry.by).toMatch(/^\p{Lu}.+, sociaal werker$/u);
  });
});

test('the ten stories that must be there are there', () => {
  const stories = [
    'loneliness',
    'debts',
    'housing',
    'relations',
    'substitute',
    'both-absent',
    'no-bsn',
    'refusal',
    'duplicate',
    'conflict',
  ];
  expect(names).toEqual(expect.arrayContaining(stories.map((one) => `fhir-${one}`)));
});

test('each taken case has its own numbers within its practice', () => {
  const all = [...fixtures.values()].filter((one) => one.expected.outcome === 'accepted');
  const numbers = all.map((one) => `${one.practice} ${practiceNumber(one.received).value}`);
  const patients = all.map((one) => `${one.practice} ${hisPatient(one).id}`);
  expect(new Set(numbers).size).toBe(all.length);
  expect(new Set(patients).size).toBe(all.length);
});

test('content that the resident does not share is nowhere on its way back', () => {
  const closed = [...fixtures.values()].filter(
    (one) => one.name === 'fhir-closure-only' || one.name === 'fhir-representative',
  );
  expect(closed).toHaveLength(2);
  for (const fixture of closed) {
    const back = `${filesOf(fixture.name).get('5-communication.json')}${filesOf(fixture.name).get('6-returned.json')}`;
    for (const answer of fixture.answers) {
      for (const content of [answer.firstLine, answer.plan, answer.appointment?.place]) {
        if (content) expect(back).not.toContain(content);
      }
      for (const one of answer.outcomes) expect(back).not.toContain(`"${one.outcome}"`);
    }
  }
});
