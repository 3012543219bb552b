import { Hl7Message } from '@medplum/core';
import type { OperationOutcome } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeSystems } from '../../src/fhir/systems.ts';
import { errorConditions } from '../../src/hl7v2/ack.ts';
import type { MllpClient } from '../doubles/mllp.ts';
import { type Ask, cases, type FhirRow, later, type MllpRow } from './refusals-table.ts';
import { doorRows } from './refusals-table-door.ts';
import { openTable, type Table } from './refusals-table-doors.ts';
import { contentRows } from './refusals-table-fhir.ts';
import { mllpRows } from './refusals-table-mllp.ts';
import { words } from './refusals-table-words.ts';

const fhirRows = [...contentRows, ...doorRows];
const languages = ['nl', 'en'] as const;
type Language = (typeof languages)[number];

let table: Table;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table?.close());

const wordsOf = (key: string, language: Language): string => {
  const found = words[key];
  if (!found) throw new Error(`no words for ${key}`);
  return found[language];
};
const reasonOf = (key: string) => key.split(':')[0] ?? '';

const practiceOf = ({ by = 'de-brink' }: { readonly by?: Ask['by'] | 'de-brink' }): string => by;

function request(url: string, ask: Ask, language: Language): Promise<Response> {
  const { method = 'POST', path = '/', headers = {}, body } = ask;
  return fetch(`${url}/fhir/R4${path}`, {
    method,
    headers: {
      'content-type': 'application/fhir+json',
      ...(ask.by !== 'nobody' && { authorization: `Bearer key-of-${practiceOf(ask)}` }),
      ...(language === 'en' && { 'accept-language': 'en-GB, nl;q=0.5' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
}

/** What stands in the messages and may stand in no refusal. */
const secrets = /Heuvel|Gerda|999930|1948-0|Kanariegeel|Quirijntje|999990019|V-77|19510/;

describe.each(languages)('the FHIR door, %s', (language) => {
  test.each(fhirRows.map((row, n) => [row.row, row.what, row, `F-${n}-${language}`] as const))(
    '%s: %s',
    async (_row, _what, row, number) => {
      const { url } = table.doorsOf(row);
      const first = row.first && (await request(url, row.first(number), language));
      const firstBody = first && (await first.json());
      expect(first?.ok ?? true).toBe(true);
      if (row.meanwhile) await table.end(number, row.meanwhile);
      const before = await table.counted();
      const ask = row.ask(number);
      const answer = await request(url, ask, language);
      const text = await answer.text();
      expect(answer.status, text).toBe(row.status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
      for (const [name, value] of Object.entries(row.headers ?? {})) expect(answer.headers.get(name)).toMatch(value);
      if (row.says)
        expect((JSON.parse(text) as OperationOutcome).issue.map((one) => [one.severity, one.details?.text])).toEqual([
          ['information', wordsOf(row.says, language)],
        ]);
      else if (row.told.length === 0) {
        expect(answer.headers.get('location')).toBe(first?.headers.get('location') ?? null);
        expect(comparable(JSON.parse(text))).toEqual(comparable(firstBody));
      } else {
        const outcome: OperationOutcome = {
          resourceType: 'OperationOutcome',
          issue: row.told.map(([code, key, place]) => ({
            severity: 'error',
            code: code as 'structure',
            details: {
              coding: [{ system: codeSystems.refusal, code: reasonOf(key) }],
              text: wordsOf(key, language),
            },
            ...(place && { expression: [place] }),
          })),
        };
        expect(JSON.parse(text)).toEqual(outcome);
        expect(text).not.toMatch(secrets);
      }
      await table.expectKept(row.kept, before, {
        bytes: Buffer.from(ask.body ?? ''),
        practice: practiceOf(ask),
        application: `his-${practiceOf(ask)}`,
        door: 'fhir',
        codes: row.told.map(([, key]) => reasonOf(key)),
        paths: row.told.map(([, , place = '']) => place),
      });
    },
  );
});

/** A replay says 200 where the first said 201; nothing else may differ. */
const comparable = (body: unknown) => JSON.parse(JSON.stringify(body).replaceAll('201 Created', '200 OK'));

/** MSH-19: the language that the answer is asked in. */
function inEnglish(message: string): string {
  const [head = '', ...rest] = message.split('\r');
  const fields = head.split('|');
  while (fields.length < 19) fields.push('');
  fields[18] = 'EN';
  return [fields.join('|'), ...rest].join('\r');
}
const asked = (sent: string | Buffer, language: Language): Buffer => {
  const text = Buffer.isBuffer(sent) ? sent.toString('latin1') : sent;
  return Buffer.from(language === 'en' ? inEnglish(text) : text, Buffer.isBuffer(sent) ? 'latin1' : 'utf8');
};

async function answerTo(client: MllpClient, bytes: Buffer): Promise<Hl7Message> {
  // A message that breaks off says so itself, with a VT of its own and no end; the next VT shows it.
  if (bytes[0] === 0x0b) client.write(Buffer.concat([bytes, Buffer.from('\x0b')]));
  else client.write(Buffer.concat([Buffer.from('\x0b'), bytes, Buffer.from('\x1c\r')]));
  return Hl7Message.parse(Buffer.from(await client.next(), 'latin1').toString('utf8'));
}

describe.each(languages)('the MLLP door, %s', (language) => {
  const rows = mllpRows.filter((row) => language === 'nl' || row.dutchOnly === undefined);
  test.each(rows.map((row, n) => [row.row, row.what, row, `M-${n}-${language}`] as const))(
    '%s: %s',
    async (_row, _what, row, number) => {
      const client = await table.doorsOf(row).connect();
      const first = row.first && (await answerTo(client, asked(row.first(number), language)));
      expect(first?.getSegment('MSA')?.getField(1).toString() ?? 'AA').toBe('AA');
      if (row.meanwhile) await table.end(number, row.meanwhile);
      const before = await table.counted();
      const bytes = asked(row.ask(number), language);
      const answer = await answerTo(client, bytes);
      const field = (segment: string, n: number) => answer.getSegment(segment)?.getField(n)?.toString() ?? '';
      const said = row.errors.map(([, , key]) => escaped(wordsOf(key, language)));
      expect([field('MSA', 1), ...answer.getAllSegments('ERR').map((one) => one.getField(8).toString())]).toEqual([
        row.code,
        ...said,
      ]);
      if (row.says) expect(field('MSA', 3)).toBe(escaped(wordsOf(row.says, language)));
      else if (row.errors.length === 0) {
        const rest = (message: Hl7Message | undefined) => message?.toString().split('\r').slice(1);
        expect(rest(answer)).toEqual(rest(first));
      } else {
        expect(field('MSA', 3)).toBe(said[0]);
        expect(
          answer.getAllSegments('ERR').map((one) => [2, 3, 4, 5, 7].map((n) => one.getField(n).toString())),
        ).toEqual(
          row.errors.map(([place, condition, key]) => [
            place,
            `${condition}^${errorConditions[condition as keyof typeof errorConditions]}^HL70357`,
            'E',
            `${reasonOf(key)}^^99KL`,
            '',
          ]),
        );
        expect(answer.toString()).not.toMatch(secrets);
      }
      await table.expectKept(row.kept, before, {
        bytes,
        practice: bytes.includes('01990199') ? 'no-wally' : 'de-brink',
        application: 'VOORBEELDHIS',
        door: 'mllp',
        codes: row.errors.map(([, , key]) => reasonOf(key)),
        paths: [...(row.paths ?? row.errors.map(([place]) => pathOf(place)))],
      });
    },
  );
});

/** As a sentence stands in a field, whose delimiters may not be in it. */
const escaped = (text: string) => text.replaceAll('^', '\\S\\').replaceAll('&', '\\T\\');

/** ERL as we write paths: `MSH^1^9^1^2` is MSH-9.2. */
const pathOf = (place: string) => {
  const [segment = '', , field, , component] = place.split('^');
  return `${segment}${field ? `-${field}` : ''}${component ? `.${component}` : ''}`;
};

describe('the table', () => {
  const met = (rows: readonly (FhirRow | MllpRow)[]) => new Set(rows.map((one) => one.row));
  const both = [
    ['FHIR', met(fhirRows)],
    ['MLLP', met(mllpRows)],
  ] as const;

  test('every case of it is met at both doors, or is put off with a reason and a number', () => {
    const open = cases.flatMap((one) =>
      both.flatMap(([door, rows]) =>
        rows.has(one) || later.some((put) => put.row === one && put.doors.includes(door)) ? [] : [`${door}: ${one}`],
      ),
    );
    expect(open).toEqual([]);
    for (const put of later) console.info(`later: issue ${put.issue}, ${put.doors.join(' and ')}, ${put.what}`);
    expect(later).toHaveLength(6);
  });

  test('every sentence is used, and no two rows have one name', () => {
    const used = [...fhirRows.flatMap((one) => one.told), ...mllpRows.flatMap((one) => one.errors)];
    const keys = new Set([...used.flat(), ...[...fhirRows, ...mllpRows].map((one) => one.says)]);
    expect(Object.keys(words).filter((one) => !keys.has(one))).toEqual([]);
    for (const rows of [fhirRows, mllpRows])
      expect(new Set(rows.map((one) => `${one.row}: ${one.what}`)).size).toBe(rows.length);
  });

  test('nothing of a message stands in the log', () => {
    expect(table.lines.length).toBeGreaterThan(fhirRows.length);
    expect(table.lines.join('')).not.toMatch(secrets);
  });
});
