import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInterchange } from '../../src/edifact/interchange.ts';
import { readMedvri } from '../../src/edifact/medvri.ts';
import { extensions } from '../../src/fhir/systems.ts';
import { type MaildropDoor, openMaildrop } from '../../src/intake/maildrop/maildrop.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { openAlarms } from '../../src/store/lists/lists.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { linesWith, type MedvriParts, medvriBytes, usualLines } from '../doubles/medvri.ts';

const mappings = await loadMappings();
const team = 'voorbeeldstreek';
const ours = '500000002';

let at: TestStore;
let parts: MaildropDoor;
let folder: string;
let logged: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kortelijn-maildrop-'));
  at = await openTestStore();
  await loadTestRegion(at.store);
  await registerMailbox('his-de-brink', '500000001');
  logged = [];
  const log = openLog('info', { write: (line: string) => logged.push(line) });
  parts = { store: at.store, directory: directoryReader(at.store), log, mappings };
});
afterEach(async () => {
  await at.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes a mailbox number into the Endpoint of a practice. */
async function registerMailbox(endpoint: string, number: string, writes?: string): Promise<void> {
  const done = await at.store.commit({
    scope: { practice: '' },
    directory: [
      {
        validFrom: '2026-01-01T00:00:00Z',
        resource: {
          resourceType: 'Endpoint',
          id: endpoint,
          status: 'active',
          connectionType: { code: 'hl7-fhir-rest' },
          payloadType: [{ text: 'FHIR' }],
          address: 'http://127.0.0.1:1/fhir',
          extension: [
            {
              url: extensions.medvriMailbox,
              extension: [
                { url: 'number', valueString: number },
                ...(writes ? [{ url: 'writes', valueString: writes }] : []),
              ],
            },
          ],
        },
      },
    ],
    audit: [],
  });
  expect(done.ok).toBe(true);
}

const open = (isKept = false) => openMaildrop(parts, { folder, addresses: [ours], isKept });
const drop = (name: string, message: MedvriParts | Buffer = {}) =>
  writeFile(join(folder, name), Buffer.isBuffer(message) ? message : medvriBytes(message));
/** Two looks: the first sees a file, the second takes it when nobody wrote in it since. */
async function looks(maildrop = open()): Promise<number> {
  return (await maildrop.look()) + (await maildrop.look());
}
const files = async (place: string) =>
  (await readdir(join(folder, place), { withFileTypes: true })).filter((one) => one.isFile()).map((one) => one.name);
const journeys = async () => {
  const { rows } = await at.owner.query<{ number: string; status: string }>(
    'select practice_referral_id as number, task_status as status from journey order by 1',
  );
  return rows.map((one) => `${one.number} ${one.status}`);
};
const refusedRows = async () => (await at.owner.query('select door, codes, sealed is null as bare from refused')).rows;
const outcomes = () =>
  logged
    .map((line) => JSON.parse(line) as { event: string; outcome?: string; code?: string })
    .filter((one) => one.event !== 'level');

/** The answers in out/, as the practice's system reads them. */
async function answers() {
  const names = await files('out');
  return Promise.all(
    names.map(async (name) => {
      const interchange = readInterchange(await readFile(join(folder, 'out', name)));
      if ('unreadable' in interchange) throw new Error(interchange.unreadable);
      const [message] = interchange.messages;
      const medvri = message && readMedvri(interchange, message);
      if (!medvri || 'unreadable' in medvri) throw new Error('no MEDVRI');
      return { name, medvri, text: medvri.lines.map((one) => one.text).join('\n') };
    }),
  );
}

describe('a message in the folder', () => {
  test('is taken in, and nothing of it stays on the disk', async () => {
    await drop('Jansen 1951.edi');
    expect(await looks()).toBe(1);
    expect(await journeys()).toEqual(['V-1 requested']);
    for (const place of ['', 'working', 'done', 'refused', 'unknown', 'out']) expect(await files(place)).toEqual([]);
    const text = logged.join('\n');
    expect(text).toContain('"outcome":"new"');
    expect(text).not.toMatch(/Jansen|Kanariegeel|V-1/);
  });

  test('kept where the operator wants that', async () => {
    await drop('a.edi');
    await drop('b.edi', { control: 'REF2', lines: linesWith({ Verwijsnummer: 'V-2', Urgentie: 'gauw' }) });
    await drop('c.edi', { control: 'REF3', lines: linesWith({ Verwijsnummer: 'V-3', Toestemming: '' }) });
    await looks(open(true));
    expect(await files('done')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.a\.edi$/)]);
    // Without consent nothing of it stays, whatever the setting says.
    expect(await files('refused')).toEqual([expect.stringMatching(/\.b\.edi$/)]);
  });

  test('is not taken while somebody writes in it', async () => {
    const whole = medvriBytes();
    const maildrop = open();
    await drop('half.edi', whole.subarray(0, 200));
    await maildrop.look();
    await drop('half.edi', whole.subarray(0, 400));
    await maildrop.look();
    await drop('half.edi', whole);
    await utimes(join(folder, 'half.edi'), new Date(), new Date(Date.now() + 5000));
    await maildrop.look();
    expect([await journeys(), await answers()]).toEqual([[], []]);
    await maildrop.look();
    expect(await journeys()).toEqual(['V-1 requested']);
  });

  test('is not taken under a name of something unfinished, nor when it is empty, a folder or a link', async () => {
    await drop('a.edi.tmp');
    await drop('.hidden');
    await drop('empty.edi', Buffer.alloc(0));
    await mkdir(join(folder, 'sub'));
    const elsewhere = join(folder, 'sub', 'other.edi');
    await writeFile(elsewhere, medvriBytes());
    await symlink(elsewhere, join(folder, 'link.edi'));
    expect(await looks()).toBe(0);
    await rename(join(folder, 'a.edi.tmp'), join(folder, 'a.edi'));
    expect(await looks()).toBe(1);
    expect(await journeys()).toEqual(['V-1 requested']);
  });

  test('the same name for two messages loses neither', async () => {
    const maildrop = open();
    await drop('medvri.edi');
    await maildrop.look();
    // The process stops after the rename; the gateway writes the next one under the same name.
    await rename(join(folder, 'medvri.edi'), join(folder, 'working', 'medvri.edi'));
    await drop('medvri.edi', { control: 'REF2', lines: linesWith({ Verwijsnummer: 'V-2' }) });
    expect(await looks()).toBe(2);
    expect(await journeys()).toEqual(['V-1 requested', 'V-2 requested']);
  });
});

describe('after a crash', () => {
  test('between the move to working and the commit: it is read then', async () => {
    await open().look();
    await writeFile(join(folder, 'working', '01.a.edi'), medvriBytes());
    expect(await open().look()).toBe(1);
    expect([await journeys(), await files('working')]).toEqual([['V-1 requested'], []]);
  });

  test('between the commit and the removal: the same referral, once', async () => {
    await drop('a.edi');
    await looks();
    await writeFile(join(folder, 'working', '01.a.edi'), medvriBytes());
    expect(await open().look()).toBe(1);
    expect(await journeys()).toEqual(['V-1 requested']);
    expect(outcomes().map((one) => one.outcome)).toEqual(['new', 'replayed']);
    expect(await files('working')).toEqual([]);
  });

  test('between two messages of one interchange: the first is the same, the second comes in', async () => {
    const both = { more: [linesWith({ Verwijsnummer: 'V-2' })] };
    await drop('first.edi');
    await looks();
    await writeFile(join(folder, 'working', '01.both.edi'), medvriBytes(both));
    await open().look();
    expect(await journeys()).toEqual(['V-1 requested', 'V-2 requested']);
  });

  test('between a refusal and its removal: one line on the phone list, one answer under the same reference', async () => {
    const no = { lines: linesWith({ Toestemming: '' }) };
    await drop('a.edi', no);
    await looks();
    const [first] = await answers();
    await writeFile(join(folder, 'working', '01.a.edi'), medvriBytes(no));
    await open().look();
    expect((await answers()).map((one) => one.name)).toEqual([first?.name]);
    expect(await openAlarms(at.store, team)).toHaveLength(1);
  });

  test('half an answer is never in the gateway’s hands', async () => {
    await drop('a.edi', { lines: linesWith({ Toestemming: '' }) });
    await looks();
    const [whole] = await answers();
    const reference = whole?.name.replace('.edi', '') ?? '';
    await rename(join(folder, 'out', `${reference}.edi`), join(folder, 'out', `.${reference}.tmp`));
    await writeFile(join(folder, 'out', `.${reference}.tmp`), 'UNB+UN');
    await writeFile(join(folder, 'working', '01.a.edi'), medvriBytes({ lines: linesWith({ Toestemming: '' }) }));
    await open().look();
    expect((await answers()).map((one) => one.text)).toEqual([whole?.text]);
    expect(await files('out')).toHaveLength(1);
  });

  test('while the record is away everything waits, and comes in when it is back', async () => {
    let isAway = true;
    const directory = async () => {
      if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return parts.directory();
    };
    await drop('a.edi');
    const maildrop = openMaildrop({ ...parts, directory }, { folder, addresses: [ours], isKept: false });
    expect(await looks(maildrop)).toBe(0);
    expect(await files('working')).toHaveLength(1);
    expect(outcomes().map((one) => one.event)).toEqual(['maildrop-waits']);
    isAway = false;
    expect(await maildrop.look()).toBe(1);
    expect(await journeys()).toEqual(['V-1 requested']);
  });
});

test('a file that meets a fault of ours rests for five minutes, and holds up no other', async () => {
  let calls = 0;
  const directory = async () => {
    calls += 1;
    if (calls === 1) throw new TypeError('a fault of ours');
    return parts.directory();
  };
  const maildrop = openMaildrop({ ...parts, directory }, { folder, addresses: [ours], isKept: false });
  await drop('a.edi');
  await drop('b.edi', { control: 'REF2', lines: linesWith({ Verwijsnummer: 'V-2' }) });
  expect(await looks(maildrop)).toBe(1);
  expect(await maildrop.look()).toBe(0);
  at.now = new Date(at.now.getTime() + 300_000);
  expect(await maildrop.look()).toBe(1);
  expect(await journeys()).toEqual(['V-1 requested', 'V-2 requested']);
  expect(outcomes().map((one) => one.event)).toContain('maildrop-file');
});

test('a folder that is not there is told, and not made', async () => {
  await rm(folder, { recursive: true });
  expect(await open().look()).toBe(0);
  expect(outcomes()).toEqual([expect.objectContaining({ event: 'maildrop-away', code: 'ENOENT' })]);
  await expect(readdir(folder)).rejects.toThrow();
});

describe('sent again, or later', () => {
  test('a resend under a new interchange is the same referral', async () => {
    await drop('a.edi');
    await looks();
    await drop('b.edi', { control: 'REF2' });
    await looks();
    expect(outcomes().map((one) => one.outcome)).toEqual(['new', 'replayed']);
    expect([await journeys(), await answers()]).toEqual([['V-1 requested'], []]);
  });

  test('a system that always uses the same reference still sends two referrals', async () => {
    await drop('a.edi');
    await looks();
    const tomorrow = medvriBytes({ lines: linesWith({ Verwijsnummer: 'V-2' }) })
      .toString('latin1')
      .replace('261123:0957', '261124:0957');
    await drop('b.edi', Buffer.from(tomorrow, 'latin1'));
    await looks();
    expect(await journeys()).toEqual(['V-1 requested', 'V-2 requested']);
  });

  test('the same letter without a number is the same referral while that is open; with another word it is not', async () => {
    const bare = (control: string, more: Readonly<Record<string, string>> = {}, day = '261123') =>
      Buffer.from(
        medvriBytes({ control, lines: linesWith({ Verwijsnummer: '', ...more }) })
          .toString('latin1')
          .replaceAll('261123', day)
          .replace('26:11:23', '26:11:24'),
        'latin1',
      );
    for (const [n, message] of [
      bare('REF1'),
      bare('REF2', {}, '261124'),
      bare('REF3', { Reden: 'Anders' }),
    ].entries()) {
      await drop(`${n}.edi`, message);
      await looks();
    }
    expect(outcomes().map((one) => one.outcome)).toEqual(['new', 'replayed', 'new']);
    expect(await journeys()).toEqual(['REF1/1 requested', 'REF3/1 requested']);
    expect((await at.owner.query("select from audit where line like '%referral-again%'")).rowCount).toBe(1);
    // Under either name it is one referral: what is taken back is not revived by the letter (H15).
    await drop('4.edi', medvriBytes({ control: 'REF4', lines: ['Intrekken: REF2/1'] }));
    await looks();
    await drop('5.edi', bare('REF5'));
    await looks();
    expect(outcomes().map((one) => one.outcome ?? one.code)).toEqual([
      ...['new', 'replayed', 'new'],
      ...['cancelled', 'cancelled-earlier'],
    ]);
    expect(await journeys()).toEqual(['REF1/1 cancelled', 'REF3/1 requested']);
    // Once it has ended by itself the same words may be a new need.
    await at.owner.query("update journey set task_status = 'completed' where practice_referral_id = 'REF3/1'");
    await drop('6.edi', bare('REF6', { Reden: 'Anders' }));
    await looks();
    expect(outcomes().at(-1)?.outcome).toBe('new');
    expect(await journeys()).toContain('REF6/1 requested');
  });

  test('other content under the same number is a conflict; the first stands', async () => {
    await drop('a.edi');
    await looks();
    await drop('b.edi', { control: 'REF2', lines: linesWith({ Reden: 'Iets heel anders' }) });
    await looks();
    expect(await journeys()).toEqual(['V-1 requested']);
    const [answer] = await answers();
    expect(answer?.text).toContain('Onder dit nummer hebben wij al een verwijzing');
  });

  test('an older correction after a newer one is refused and answered; the newer one stands (H15)', async () => {
    const correction = (minute: string, control: string) =>
      Buffer.from(
        medvriBytes({ control, lines: linesWith({ Correctie: 'V-1', Reden: `Van ${minute}` }) })
          .toString('latin1')
          .replace('261123:0957', `261123:${minute}`),
        'latin1',
      );
    await drop('a.edi');
    await looks();
    await drop('c.edi', correction('1030', 'REF3'));
    await looks();
    await drop('b.edi', correction('1029', 'REF2'));
    await looks();
    expect(outcomes().map((one) => one.outcome ?? one.code)).toEqual(['new', 'corrected', 'older-correction']);
    const [answer] = await answers();
    expect(answer?.text).toContain('Wij hebben al een nieuwere correctie');
  });

  test('a withdrawal that comes before its referral refuses it; one after it withdraws', async () => {
    await drop('a.edi', { control: 'REF0', lines: ['Intrekken: V-1', 'Reden: vergissing'] });
    await looks();
    await drop('b.edi');
    await looks();
    expect(outcomes().map((one) => one.outcome ?? one.code)).toEqual(['kept', 'cancelled-earlier']);
    expect(await journeys()).toEqual([]);
    await drop('c.edi', { control: 'REF2', lines: linesWith({ Verwijsnummer: 'V-2' }) });
    await looks();
    await drop('d.edi', { control: 'REF3', lines: ['Intrekken: V-2'] });
    await looks();
    expect(await journeys()).toEqual(['V-2 cancelled']);
  });
});

describe('several messages in one interchange', () => {
  test('each on its own, and what is kept of one holds nothing of another', async () => {
    const wrong = linesWith({ Verwijsnummer: 'V-2', Urgentie: 'gauw', Reden: 'Iets van een ander' });
    await drop('a.edi', { more: [wrong, linesWith({ Verwijsnummer: 'V-3' })] });
    await looks();
    expect(await journeys()).toEqual(['V-1 requested', 'V-3 requested']);
    expect((await answers()).map((one) => one.text)).toEqual([expect.stringContaining('Uw verwijsnummer: V-2')]);
    const { rows } = await at.owner.query<{ journey_id: string; id: string }>(
      "select journey_id, id from resource where type = 'Binary'",
    );
    expect(rows).toHaveLength(2);
    for (const { id } of rows) {
      const source = await at.owner.query('select octet_length(sealed) as length from document where id = $1', [id]);
      expect(source.rows[0].length).toBeLessThan(2 * medvriBytes().length);
    }
  });
});

describe('a refusal', () => {
  test('goes back as MEDVRI with what, why and what to do, and no word about the resident', async () => {
    await drop('a.edi', { lines: linesWith({ Toestemming: '', Urgentie: 'gauw' }) });
    await looks();
    const [answer, ...more] = await answers();
    expect(more).toEqual([]);
    expect(answer?.medvri.envelope).toMatchObject({ sender: ours, receiver: '500000001' });
    expect(answer?.medvri.patient).toBeUndefined();
    expect(answer?.medvri.lines.every((one) => one.text.length <= 70)).toBe(true);
    const text = answer?.text.replaceAll('\n', ' ');
    expect(text).toContain('NIET aangenomen');
    expect(text).toContain('Uw bericht: REF1/1 van 23-11-2026 09:57');
    expect(text).toContain('Uw verwijsnummer: V-1');
    expect(text).toContain('Uw nummer van de inwoner: P77');
    expect(text).toContain('Er staat geen toestemming van de inwoner bij.');
    expect(text).toContain('Sociaal Werk Voorbeeldstreek, 0570-000100');
    expect(text).not.toMatch(/Kanariegeel|Quirijntje|999990019|1951|Zeldzame|06-00777/);
  });

  test('stands on the phone list until a message under that number is taken', async () => {
    await drop('a.edi', { lines: linesWith({ Urgentie: 'gauw' }) });
    await drop('b.edi', { control: 'REF2', lines: linesWith({ Verwijsnummer: 'V-2', Urgentie: 'gauw' }) });
    await looks();
    const alarms = await openAlarms(at.store, team);
    expect(alarms.map((one) => [one.kind, one.practice])).toEqual([
      ['call-practice', 'de-brink'],
      ['call-practice', 'de-brink'],
    ]);
    await drop('c.edi', { control: 'REF3' });
    await looks();
    expect(await openAlarms(at.store, team)).toHaveLength(1);
  });

  test('is kept sealed, and without consent only as ids and hash', async () => {
    await drop('a.edi', { lines: linesWith({ Urgentie: 'gauw' }) });
    await drop('b.edi', { control: 'REF2', lines: linesWith({ Toestemming: '' }) });
    // Its own contract refuses it before anyone would have read that the answer was no.
    const nobody = ['PID++V+Kanariegeel::Zoekmij::Quirijntje:Q.+P77+BSN999990019'];
    await drop('c.edi', { control: 'REF3', change: { PID: nobody }, lines: linesWith({ Toestemming: 'nee' }) });
    await looks();
    expect(await refusedRows()).toEqual(
      expect.arrayContaining([
        { door: 'maildrop', codes: ['value-priority'], bare: false },
        { door: 'maildrop', codes: ['consent-missing'], bare: true },
        { door: 'maildrop', codes: ['required-birth-date'], bare: true },
      ]),
    );
  });

  test.each<[string, Buffer, string]>([
    [
      'bytes that do not fit their set',
      medvriBytes({ syntax: 'UNOA', lines: [...usualLines, 'Zoë'] }),
      'tekenset in UNB-1',
    ],
    [
      'a count that is wrong',
      Buffer.from(medvriBytes().toString('latin1').replace('UNT+16', 'UNT+15')),
      'UNT klopt niet',
    ],
    ['half a message', medvriBytes().subarray(0, 300), 'brak af'],
    ['a message without end', Buffer.concat([medvriBytes(), Buffer.alloc(300_000, 'x')]), 'te groot'],
    ['a test', medvriBytes({ isTest: true }), 'geen tests'],
    [
      'another message',
      Buffer.from(medvriBytes().toString('latin1').replace('MEDVRI', 'MEDLAB')),
      'Stuur een verwijzing als MEDVRI',
    ],
  ])('of %s', async (_, bytes, words) => {
    await drop('a.edi', bytes);
    expect(await looks()).toBe(1);
    const [answer] = await answers();
    expect(answer?.text.replaceAll('\n', ' ')).toContain(words);
    expect([await files('working'), await journeys()]).toEqual([[], []]);
  });

  test('the characters that a practice really writes are read as the directory says', async () => {
    await registerMailbox('his-de-brink', '500000001', 'CP850');
    const text = medvriBytes({ syntax: 'UNOA', lines: [...usualLines, 'Opmerking: Zo#'] });
    await drop('a.edi', Buffer.from(text.map((byte) => (byte === 0x23 ? 0x89 : byte))));
    await looks();
    expect(await journeys()).toEqual(['V-1 requested']);
  });
});

describe('an urgent referral', () => {
  test('is taken, and answered with the warning to call too (H1)', async () => {
    await drop('a.edi', { lines: linesWith({ Urgentie: 'spoed' }) });
    await looks();
    const [answer] = await answers();
    expect(answer?.text.replaceAll('\n', ' ')).toContain('bel nu ook zelf');
    expect((await openAlarms(at.store, team)).map((one) => one.kind)).toEqual(['acute']);
  });
});

describe('a stranger', () => {
  test.each<[string, Buffer]>([
    ['an unknown mailbox', medvriBytes({ sender: '599999999' })],
    ['a letter for somebody else', medvriBytes({ receiver: '577777777' })],
    ['no interchange', Buffer.from('Beste Wally, mevrouw Kanariegeel …')],
  ])('%s: put aside untouched, nothing kept, no answer, the log has a hash only', async (_, bytes) => {
    await drop('x.edi', bytes);
    await looks();
    const [name = ''] = await files('unknown');
    expect(await readFile(join(folder, 'unknown', name))).toEqual(bytes);
    expect([await refusedRows(), await answers(), await openAlarms(at.store, team)]).toEqual([[], [], []]);
    expect(outcomes()).toEqual([
      expect.objectContaining({ event: 'maildrop-stranger', code: expect.stringMatching(/^[0-9a-f]{16}$/) }),
    ]);
    expect(logged.join()).not.toMatch(/599999999|Kanariegeel/);
  });

  test('a number that two practices claim is nobody’s', async () => {
    await registerMailbox('his-zuidrand', '500000001');
    await drop('a.edi');
    await looks();
    expect([await journeys(), (await files('unknown')).length]).toEqual([[], 1]);
  });
});
