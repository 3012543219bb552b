import { connect as connectTls } from 'node:tls';
import { Hl7Message } from '@medplum/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listenMllp, type MllpListener, type MllpListening } from '../../src/intake/mllp/listen.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Certificates, hasOpenssl, makeCertificates } from '../doubles/certificates.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries } from '../doubles/made.ts';
import { giveMllp, type MllpClient, openMllpClient } from '../doubles/mllp.ts';
import { type RefParts, refMessage } from '../doubles/ref.ts';

const limits = {
  messageBytesMax: 200_000,
  messageMs: 30_000,
  idleMs: 30_000,
  connectionsMax: 50,
  connectionsPerAddressMax: 20,
};
const here = '127.0.0.0/8';

let at: TestStore;
let mappings: Awaited<ReturnType<typeof loadMappings>>;
const lines: string[] = [];
const log = openLog('debug', { write: (line: string) => void lines.push(line) });
const opened: { close(): Promise<void> | void }[] = [];

beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  mappings = await loadMappings();
  await giveMllp(at.store, 'de-brink', { peer: { facility: '01990101', addressRange: here } }, 'beside');
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
afterAll(() => at.close());

async function openDoor(change: Partial<MllpListening> = {}): Promise<MllpListener> {
  const listener = await listenMllp(
    { store: at.store, directory: directoryReader(at.store), log, mappings, answered: async () => false },
    { ...limits, host: '127.0.0.1', port: 0, usualPort: 0, ...change },
  );
  opened.push(listener);
  return listener;
}

async function openClient(change: Partial<MllpListening> = {}): Promise<MllpClient> {
  const client = await openMllpClient((await openDoor(change)).port);
  opened.push({ close: client.end });
  return client;
}

/** Sends and gives the answer, taken apart by another parser. */
async function ask(client: MllpClient, parts: RefParts | string, encoding?: BufferEncoding) {
  client.send(typeof parts === 'string' ? parts : refMessage(parts), encoding);
  return read(await client.next());
}

function read(raw: string) {
  const message = Hl7Message.parse(raw);
  const value = (segment: string, field: number, component = 1) =>
    message.getSegment(segment)?.getField(field)?.getComponent(component) ?? '';
  return {
    raw,
    value,
    code: value('MSA', 1),
    to: value('MSA', 2),
    errors: message
      .getAllSegments('ERR')
      .map((one) =>
        [one.getField(2).toString(), one.getField(3).getComponent(1), one.getField(5).getComponent(1)].join(' '),
      ),
  };
}

const count = async (table: string, where = 'true') =>
  Number((await at.owner.query(`select count(*) as n from ${table} where ${where}`)).rows[0].n);

describe('a referral over MLLP', () => {
  test('is answered after it is stored: who calls, before which day, under the practice’s number', async () => {
    const client = await openClient();
    const answer = await ask(client, { controlId: 'FIRST', number: 'V-first' });
    expect([answer.code, answer.to]).toEqual(['AA', 'FIRST']);
    expect(answer.value('MSH', 9, 3)).toBe('RRI_I12');
    expect(Buffer.from(answer.value('MSA', 3), 'latin1').toString('utf8')).toMatch(
      /^Sanne Verhoeven .* belt de inwoner vóór donderdag 26 november\. Nummer: 06-00001011\.$/,
    );
    expect([answer.value('RF1', 6), answer.value('RF1', 6, 2), answer.value('RF1', 11)]).toEqual([
      'V-first',
      'VOORBEELDHIS',
      expect.stringMatching(/^KL-/),
    ]);
    expect(answer.value('PRD', 2)).toBe('Sanne Verhoeven');
    expect(answer.value('PID', 3)).toBe('P-77');
    expect(answer.raw).not.toContain(canaries.bsn);
    const { rows } = await at.owner.query(
      `select practice_id, application, message_type, door from inbound where control_id = 'FIRST'`,
    );
    expect(rows).toEqual([
      { practice_id: 'de-brink', application: 'VOORBEELDHIS', message_type: 'REF^I12', door: 'mllp' },
    ]);
    expect(await count('delivery', `kind = 'worklist'`)).toBe(1);
  });

  test('a resend gets the same answer under a new id, and makes nothing new', async () => {
    const client = await openClient();
    const first = await ask(client, { controlId: 'SAME', number: 'V-same' });
    const before = await count('journey');
    const again = await ask(
      client,
      refMessage({ controlId: 'SAME', number: 'V-same' }).replace('20261123100000+0100', '20261123110000+0100'),
    );
    expect(again.raw.split('\r').slice(1)).toEqual(first.raw.split('\r').slice(1));
    expect(again.value('MSH', 10)).not.toBe(first.value('MSH', 10));
    expect(await count('journey')).toBe(before);
  });

  test('the same control id, or the same number, with other content is a conflict', async () => {
    const client = await openClient();
    const other = { OBX: ['OBX|1|TX|reason^^99KL||Iets heel anders'] };
    expect((await ask(client, { controlId: 'C1', number: 'V-c1' })).code).toBe('AA');
    for (const parts of [
      { controlId: 'C1', number: 'V-c2', change: other },
      { controlId: 'C3', number: 'V-c1', change: other },
    ]) {
      const answer = await ask(client, parts);
      expect([answer.code, answer.errors]).toEqual(['AE', ['RF1^1^6^1 205 same-number-other-content']]);
    }
  });

  test('ten of the same at once, over as many connections, are one referral', async () => {
    const { port } = await openDoor();
    const clients = await Promise.all(Array.from({ length: 10 }, () => openMllpClient(port)));
    const before = await count('journey');
    const answers = await Promise.all(clients.map((client) => ask(client, { controlId: 'TEN', number: 'V-ten' })));
    expect(new Set(answers.map((one) => `${one.code} ${one.value('RF1', 11)}`)).size).toBe(1);
    expect(answers[0]?.code).toBe('AA');
    expect(await count('journey')).toBe(before + 1);
    for (const client of clients) client.end();
  });

  test('acute priority is stored, alarmed, and answered with a warning (H1)', async () => {
    const client = await openClient();
    const answer = await ask(client, {
      controlId: 'ACUTE',
      number: 'V-acute',
      change: { RF1: ['RF1|P|S||||V-acute^HIS|20261123'] },
    });
    expect(answer.code).toBe('AA');
    expect(answer.value('MSA', 3)).toMatch(/^Deze verwijzing heeft spoed.*bel nu ook zelf/);
    expect(await count('alarm', `kind = 'acute' and resolved_at is null`)).toBe(1);
  });

  test('what was lost is said in the answer', async () => {
    const client = await openClient();
    const answer = await ask(client, { controlId: 'LOSS', number: 'V-loss', more: ['AL1|1|DA|penicilline'] });
    expect(answer.raw).toMatch(/NTE\|2\|\|AL1: Dit is niet doorgestuurd/);
    expect(answer.raw).not.toContain('penicilline');
  });
});

describe('answers as MSH-15 and MSH-16 ask', () => {
  test('CA, after the commit, and then the application’s yes', async () => {
    const client = await openClient();
    client.send(refMessage({ controlId: 'ENH', number: 'V-enh', ack: ['AL', 'AL'] }));
    const commit = read(await client.next());
    expect([commit.code, commit.to, commit.value('MSH', 9)]).toEqual(['CA', 'ENH', 'ACK']);
    expect(await count('inbound', `control_id = 'ENH'`)).toBe(1);
    expect(read(await client.next())).toMatchObject({ code: 'AA', to: 'ENH' });
  });

  test('who asks for nothing gets nothing, and is taken all the same', async () => {
    const client = await openClient();
    client.send(refMessage({ controlId: 'QUIET', number: 'V-quiet', ack: ['NE', 'NE'] }));
    const answer = await ask(client, { controlId: 'LOUD', number: 'V-loud' });
    expect(answer.to).toBe('LOUD');
    expect(await count('inbound', `control_id = 'QUIET'`)).toBe(1);
  });

  test('a refusal that nobody asked to hear from the application is CE, never CA', async () => {
    const client = await openClient();
    const answer = await ask(client, { controlId: 'CE1', number: 'V-ce', ack: ['AL', 'NE'], change: { CON: [] } });
    expect([answer.code, answer.errors]).toEqual(['CE', ['CON^1 207 consent-missing']]);
  });
});

describe('refusals', () => {
  test('without consent nothing is kept but ids and a hash', async () => {
    const client = await openClient();
    const answer = await ask(client, { controlId: 'NOCON', number: 'V-nocon', change: { CON: [] } });
    expect([answer.code, answer.to, answer.errors]).toEqual(['AE', 'NOCON', ['CON^1 207 consent-missing']]);
    const { rows } = await at.owner.query(
      `select practice_id, application, door, control_id, codes, paths, sealed from refused where 'consent-missing' = any(codes) order by received_at, id`,
    );
    expect(rows.at(-1)).toEqual({
      practice_id: 'de-brink',
      application: 'VOORBEELDHIS',
      door: 'mllp',
      control_id: 'NOCON',
      codes: ['consent-missing'],
      paths: ['CON'],
      sealed: null,
    });
    expect(await count('journey', `practice_referral_id = 'V-nocon'`)).toBe(0);
  });

  test('a wrong BSN and an impossible date are said at once, each in its place; the message is kept sealed', async () => {
    const client = await openClient();
    const answer = await ask(client, {
      controlId: 'BAD',
      change: { PID: ['PID|1||Z1^^^HIS~123456789^^^NLMINBIZA^NNNLD||Kanariegeel-Zoekmij^Q||19510231'] },
    });
    expect([answer.code, answer.errors]).toEqual([
      'AE',
      ['PID^1^3^2^1 102 bsn-invalid', 'PID^1^7^1 102 impossible-date'],
    ]);
    const { rows } = await at.owner.query(`select sealed from refused where 'bsn-invalid' = any(codes)`);
    expect(rows).toHaveLength(1);
    expect(rows[0].sealed).toBeInstanceOf(Buffer);
    expect(rows[0].sealed.toString('latin1')).not.toContain('Kanariegeel');
  });

  test.each([
    [
      'another message',
      'MSH|^~\\&|H|01990101|K|R|20261123||ADT^A01|X1|P|2.5\r',
      'AR',
      ['MSH^1^9^1^1 200 message-type'],
    ],
    [
      'a question about a referral',
      'MSH|^~\\&|H|01990101|K|R|20261123||REF^I15|X2|P|2.5\r',
      'AR',
      ['MSH^1^9^1^2 201 event-code'],
    ],
    ['a test', 'MSH|^~\\&|H|01990101|K|R|20261123||REF^I12|X3|T|2.5\r', 'AR', ['MSH^1^11^1 202 processing-id']],
    ['another version', 'MSH|^~\\&|H|01990101|K|R|20261123||REF^I12|X4|P|3.0\r', 'AR', ['MSH^1^12^1 203 version-id']],
    ['no control id', 'MSH|^~\\&|H|01990101|K|R|20261123||REF^I12||P|2.5\r', 'AE', ['MSH^1^10^1 101 missing-field']],
    [
      'a name of a system that is none',
      `MSH|^~\\&|${'H'.repeat(9_000)}|01990101|K|R|20261123||REF^I12|${'9'.repeat(9_000)}|P|2.5\r`,
      'AE',
      ['MSH^1^10^1 102 does-not-fit', 'MSH^1^3^1 102 does-not-fit'],
    ],
    [
      'an unknown character set',
      'MSH|^~\\&|H|01990101|K|R|20261123||REF^I12|X5|P|2.5||||||8859/2\r',
      'AR',
      ['MSH^1^18^1 102 data-type'],
    ],
    [
      'a line that is no segment',
      'MSH|^~\\&|H|01990101|K|R|20261123||REF^I12|X6|P|2.5\rPID|1\rvrije tekst\r',
      'AR',
      ['PID^1 100 not-parseable'],
    ],
  ])('%s', async (_, message, code, errors) => {
    const answer = await ask(await openClient(), message);
    expect([answer.code, answer.errors]).toEqual([code, errors]);
  });

  test('bytes that are not of the declared set are refused: a name is not guessed', async () => {
    const client = await openClient();
    const answer = await ask(
      client,
      { controlId: 'SET', number: 'V-set', change: { PID: ['PID|1||||Bjørg^A||19510412'] } },
      'latin1',
    );
    expect([answer.code, answer.errors]).toEqual(['AR', ['MSH^1^18^1 102 data-type']]);
    expect(
      (
        await ask(
          client,
          { controlId: 'SET2', number: 'V-set', charset: '8859/1', change: { PID: ['PID|1||||Bjørg^A||19510412'] } },
          'latin1',
        )
      ).code,
    ).toBe('AA');
  });

  test('the answer is in the set that the message was in', async () => {
    const client = await openClient();
    const latin = await ask(client, { controlId: 'L1', number: 'V-l1', charset: '8859/1' }, 'latin1');
    expect(latin.value('MSH', 18)).toBe('8859/1');
    expect(latin.value('MSA', 3)).toContain('vóór');
    const ascii = await ask(client, { controlId: 'A1', number: 'V-a1', charset: 'ASCII' });
    expect(ascii.value('MSA', 3)).toContain('voor donderdag');
  });

  test('in English when MSH-19 asks for it', async () => {
    const client = await openClient();
    const answer = await ask(
      client,
      refMessage({ controlId: 'EN', number: 'V-en' }).replace('|UNICODE UTF-8\r', '|UNICODE UTF-8|EN\r'),
    );
    expect(answer.value('MSA', 3)).toContain('calls the resident before Thursday');
  });

  test('another practice’s AGB in the message is not taken from this peer', async () => {
    const prd = 'PRD|RP|Osinga^T.|||||01990113^VEKTIS|||Praktijk^^^^^VEKTIS^^^^01990102';
    const answer = await ask(await openClient(), { controlId: 'OTHER', number: 'V-other', change: { PRD: [prd] } });
    expect([answer.code, answer.errors]).toEqual(['AE', ['PRD^1^10^1^10 207 other-practice']]);
  });
});

describe('peers', () => {
  const stranger = { code: 'AR', errors: ['MSH^1^4^1 204 unknown-peer'] };

  test('a name that is not known gets AR, keeps its connection and leaves nothing', async () => {
    const client = await openClient();
    const before = await count('refused');
    expect(await ask(client, { controlId: 'WHO', facility: '99999999' })).toMatchObject({ ...stranger, to: 'WHO' });
    expect(await ask(client, { controlId: 'WHO2', facility: '' })).toMatchObject(stranger);
    expect(await count('refused')).toBe(before);
    expect((await ask(client, { controlId: 'KNOWN', number: 'V-known' })).code).toBe('AA');
  });

  test('a known name from another address is a stranger', async () => {
    await giveMllp(at.store, 'zuidrand', { peer: { facility: '01990102', addressRange: '10.0.0.0/8' } }, 'beside');
    expect(await ask(await openClient(), { facility: '01990102', controlId: 'ADDR' })).toMatchObject(stranger);
  });

  test('the consent agreement of a peer counts for its own messages', async () => {
    const agreement = { since: '2026-01-05', how: 'spoken', medicalCodes: false, feedback: 'content' };
    await giveMllp(
      at.store,
      'aan-de-kade',
      { peer: { facility: '01990103', addressRange: here }, agreement },
      'beside',
    );
    const client = await openClient();
    expect(
      (await ask(client, { facility: '01990103', controlId: 'AGREED', number: 'V-agreed', change: { CON: [] } })).code,
    ).toBe('AA');
    expect((await ask(client, { controlId: 'NOTAGREED', number: 'V-not', change: { CON: [] } })).code).toBe('AE');
  });
});

describe('the wire', () => {
  test('good, bad and good in one packet: AA, AR, AA', async () => {
    const client = await openClient();
    const frames = [
      refMessage({ controlId: 'G1', number: 'V-g1' }),
      'ONZIN',
      refMessage({ controlId: 'G2', number: 'V-g2' }),
    ];
    client.write(Buffer.concat(frames.map((one) => Buffer.from(`\x0b${one}\x1c\r`, 'utf8'))));
    const codes = [];
    for (const _ of frames) codes.push(read(await client.next()));
    expect(codes.map((one) => `${one.code} ${one.to}`)).toEqual(['AA G1', 'AR ', 'AA G2']);
  });

  test('a message that broke off is answered AR and never joined with the next', async () => {
    const client = await openClient();
    const whole = refMessage({ controlId: 'BROKEN', number: 'V-broken' });
    client.write(`\x0b${whole.slice(0, whole.indexOf('PID|1') + 20)}`);
    client.write(`\x0b${refMessage({ controlId: 'WHOLE', number: 'V-whole' })}\x1c\r`);
    expect(read(await client.next())).toMatchObject({ code: 'AR', to: 'BROKEN', errors: [' 100 truncated'] });
    expect(read(await client.next())).toMatchObject({ code: 'AA', to: 'WHOLE' });
    expect(await count('inbound', `control_id = 'BROKEN'`)).toBe(0);
  });

  test('of a header that broke off no half number is acknowledged', async () => {
    const client = await openClient();
    const whole = refMessage({ controlId: 'HALFNUMBER' });
    client.write(
      `\x0b${whole.slice(0, whole.indexOf('HALFNUMBER') + 4)}\x0b${refMessage({ controlId: 'AFTER', number: 'V-after' })}\x1c\r`,
    );
    expect(read(await client.next())).toMatchObject({ code: 'AR', to: '' });
    expect(read(await client.next()).to).toBe('AFTER');
  });

  test('byte by byte it is the same message', async () => {
    const client = await openClient();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(`\x0b${refMessage({ controlId: 'BYTES', number: 'V-bytes' })}\x1c\r`))
      client.write(Buffer.of(byte));
    expect(read(await client.next())).toMatchObject({ code: 'AA', to: 'BYTES' });
  });

  test('one too large is refused while it comes in, and the connection goes on', async () => {
    const client = await openClient({ messageBytesMax: 5_000 });
    client.send(
      refMessage({ controlId: 'LARGE', more: [`OBX|9|ED|PDF||^application^pdf^Base64^${'A'.repeat(20_000)}`] }),
    );
    expect(read(await client.next())).toMatchObject({ code: 'AE', to: 'LARGE', errors: [' 207 too-large'] });
    expect((await ask(client, { controlId: 'SMALL', number: 'V-small' })).code).toBe('AA');
  });

  test('a sender that closes its half after the message still gets its answer', async () => {
    const client = await openClient();
    client.socket.end(Buffer.from(`\x0b${refMessage({ controlId: 'HALF', number: 'V-half' })}\x1c\r`));
    expect(read(await client.next())).toMatchObject({ code: 'AA', to: 'HALF' });
    await client.closed;
  });

  test('a slow sender loses its connection, however it trickles', async () => {
    const client = await openClient({ messageMs: 300 });
    client.write('\x0bMSH|^~\\&|');
    const trickle = setInterval(() => client.write('x'), 5);
    await client.closed;
    clearInterval(trickle);
  });

  test('an idle connection is closed', async () => {
    const client = await openClient({ idleMs: 20 });
    await client.closed;
  });

  test('who speaks another protocol is hung up on', async () => {
    const client = await openClient();
    client.write('GET / HTTP/1.1\r\n'.repeat(10_000));
    await client.closed;
  });

  test('one address has no more connections than it may', async () => {
    const { port } = await openDoor({ connectionsPerAddressMax: 1 });
    const first = await openMllpClient(port);
    const second = await openMllpClient(port);
    await second.closed;
    expect((await ask(first, { controlId: 'ONE', number: 'V-one' })).code).toBe('AA');
    first.end();
  });

  test('closing lets the message under way be answered', async () => {
    let isHandled = () => {};
    const handled = new Promise<void>((resolve) => {
      isHandled = resolve;
    });
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reader = directoryReader(at.store);
    const directory = async () => {
      isHandled();
      await gate;
      return reader();
    };
    const listener = await listenMllp(
      { store: at.store, directory, log, mappings, answered: async () => false },
      { ...limits, host: '127.0.0.1', port: 0, usualPort: 0 },
    );
    const [client, idle] = await Promise.all([openMllpClient(listener.port), openMllpClient(listener.port)]);
    client.send(refMessage({ controlId: 'LAST', number: 'V-last' }));
    client.send(refMessage({ controlId: 'TOOLATE', number: 'V-toolate' }));
    await handled;
    const closing = listener.close();
    await idle.closed;
    goOn();
    expect(read(await client.next())).toMatchObject({ code: 'AA', to: 'LAST' });
    await closing;
    await expect(client.next()).rejects.toThrow('closed');
    expect(await count('inbound', `control_id = 'TOOLATE'`)).toBe(0);
  });

  test('a fault of ours is AR, a bug AE, and both keep the connection', async () => {
    const client = await openMllpClient(
      (await openBroken(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))).port,
    );
    expect(await ask(client, { controlId: 'F1' })).toMatchObject({ code: 'AR', to: 'F1', errors: [' 207 try-again'] });
    expect(await ask(client, { controlId: 'F2' })).toMatchObject({ code: 'AR', to: 'F2' });
    client.end();
    const other = await openMllpClient((await openBroken(new TypeError(`cannot read ${canaries.family}`))).port);
    expect(await ask(other, { controlId: 'B1' })).toMatchObject({ code: 'AE', to: 'B1', errors: [' 207 bug'] });
    expect(await ask(other, { controlId: 'B2' })).toMatchObject({ code: 'AE', to: 'B2' });
    other.end();
  });

  test('nothing of a message stands in the log', () => {
    expect(lines.length).toBeGreaterThan(20);
    for (const canary of [canaries.family, 'Kanariegeel', 'Zoekmij', canaries.bsn, 'V-first', '19510412'])
      expect(lines.join('')).not.toContain(canary);
  });
});

/** A door whose directory cannot be read: what a database that is away, or a bug, looks like from there. */
async function openBroken(error: Error): Promise<MllpListener> {
  const listener = await listenMllp(
    { store: at.store, directory: () => Promise.reject(error), log, mappings, answered: async () => false },
    { ...limits, host: '127.0.0.1', port: 0, usualPort: 0 },
  );
  opened.push(listener);
  return listener;
}

describe.skipIf(!hasOpenssl)('TLS with client certificates', () => {
  let made: Certificates;
  beforeAll(() => {
    made = makeCertificates('server', 'his', 'other');
  });
  afterAll(() => made.remove());
  const pem = (file: string) => made.pem(file);
  const fingerprint = (name: string) => made.fingerprint(name);

  const serverTls = (ca: boolean) => ({
    cert: pem('server.pem'),
    key: pem('server.key'),
    ...(ca && { ca: pem('ca.pem') }),
  });
  const clientTls = (name?: string) => ({
    ca: pem('ca.pem'),
    ...(name && { cert: pem(`${name}.pem`), key: pem(`${name}.key`) }),
  });

  test('a certificate that the directory names is the practice; another one of the same CA is a stranger', async () => {
    await giveMllp(at.store, 'zuidrand', { peer: { facility: '01990102', certificate: fingerprint('his') } }, 'beside');
    const { port } = await openDoor({ tls: serverTls(true) });
    const his = await openMllpClient(port, clientTls('his'));
    expect((await ask(his, { facility: '01990102', controlId: 'TLS1', number: 'V-tls1' })).code).toBe('AA');
    his.end();
    const other = await openMllpClient(port, clientTls('other'));
    expect(await ask(other, { facility: '01990102', controlId: 'TLS2' })).toMatchObject({ code: 'AR', to: 'TLS2' });
    other.end();
  });

  test('with a CA nobody else gets in, without a certificate or with one of their own', async () => {
    const { port } = await openDoor({ tls: serverTls(true) });
    for (const name of [undefined, 'self']) {
      const client = await openMllpClient(port, clientTls(name));
      client.send(refMessage({ facility: '01990102', controlId: 'TLS3' }));
      await expect(client.next()).rejects.toThrow('closed');
    }
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is too old', async (version) => {
    const { port } = await openDoor({ tls: serverTls(false) });
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0', rejectUnauthorized: false };
    const socket = connectTls({ port, host: '127.0.0.1', ...old });
    const ended = await new Promise((resolve) => {
      socket
        .on('secureConnect', () => resolve('connected'))
        .on('error', (error) => resolve((error as { code?: string }).code));
    });
    socket.destroy();
    expect(ended).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  test('without a CA the directory decides: no certificate, no practice', async () => {
    const { port } = await openDoor({ tls: serverTls(false) });
    const bare = await openMllpClient(port, clientTls());
    expect((await ask(bare, { facility: '01990102', controlId: 'TLS4' })).code).toBe('AR');
    bare.end();
    const his = await openMllpClient(port, clientTls('his'));
    expect((await ask(his, { facility: '01990102', controlId: 'TLS5', number: 'V-tls5' })).code).toBe('AA');
    his.end();
  });

  test('a plain connection shows no certificate', async () => {
    expect(await ask(await openClient(), { facility: '01990102', controlId: 'PLAIN' })).toMatchObject({ code: 'AR' });
  });
});
