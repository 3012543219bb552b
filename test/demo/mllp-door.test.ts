import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type His, startHis } from '../../demo/his.ts';
import { annie, brink, made, now, post, practices, tempFolder } from './his-under-test.ts';

/** The HIS with its HL7 v2 side, one practice speaking it; the referral `made` is Annie's. */
async function hisOverMllp(dataDir?: string): Promise<His> {
  const his = await startHis({
    port: 0,
    mllp: { port: 0, mayMove: false },
    kortelijn: 'http://127.0.0.1:9',
    practices: practices.map((one) => ({ ...one, hl7: one.id === brink })),
    now,
    dataDir: dataDir ?? (await tempFolder()),
  });
  onTestFinished(() => his.close().catch(() => undefined));
  await post(`${his.url}/api/referrals`, { practice: brink, referrals: [made] });
  return his;
}

interface Said {
  readonly id?: string;
  readonly facility?: string;
  readonly patient?: string;
  readonly family?: string;
  readonly birth?: string;
  readonly type?: string;
  readonly charset?: string;
}
const oru = (said: Said = {}): string =>
  [
    `MSH|^~\\&|KORTELIJN||HIS|${said.facility ?? brink}|20261123100000+0100||${said.type ?? 'ORU^R01^ORU_R01'}|${said.id ?? 'C1'}|P|2.5|||AL|AL|NLD|${said.charset ?? 'UNICODE UTF-8'}`,
    `PID|1||${said.patient ?? 'p1^^^&http://de-brink.his.example/patient&URI^PI'}||${said.family ?? annie.family}^A^^^^^L||${said.birth ?? annie.birthDate.replaceAll('-', '')}`,
    `OBR|1|${made.value}^^${made.system}^URI|KL-1^KORTELIJN|WALLY^Terugkoppeling Wally^99KL|||20261123100000+0100|||||||||||||||20261123100000+0100|||F`,
    'OBX|1|TX|LETTER^Brief^99KL|1|Zoë eet mee \\T\\ zingt.||||||F|||20261123||^Sanne de Wit',
    'OBX|2|TX|LETTER^Brief^99KL|2| ||||||F',
    'OBX|3|TX|LETTER^Brief^99KL|3|U hoeft niets te doen.||||||F',
    'OBX|4|ED|LETTER^Brief^99KL|1|^application^pdf^Base64^JVBERi0=||||||F',
  ]
    .map((one) => `${one}\r`)
    .join('');

/** Sends one message; gives MSA-1 and MSA-2, or `closed`. */
function send(his: His, text: string, encoding: BufferEncoding = 'utf8'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(his.mllpPort ?? 0, '127.0.0.1', () => {
      socket.write(Buffer.concat([Buffer.of(0x0b), Buffer.from(text, encoding), Buffer.of(0x1c, 0x0d)]));
    });
    socket.on('data', (chunk) => {
      resolve(/MSA\|(\w+)\|(\w*)/.exec(chunk.toString())?.slice(1, 3).join(' ') ?? 'nothing');
      socket.destroy();
    });
    socket.on('close', () => resolve('closed'));
    socket.on('error', reject);
  });
}
const lettersOf = (his: His) => his.records(brink).letters.all();

describe('a letter over MLLP', () => {
  test('files itself in the record of the right patient, text and PDF, and is answered AA', async () => {
    const his = await hisOverMllp();
    expect(await send(his, oru())).toBe('AA C1');
    expect(lettersOf(his)).toMatchObject([{ patientId: 'p1', filedBy: 'itself' }]);
    const payload = lettersOf(his)[0]?.communication.payload;
    expect(payload?.[0]?.contentString).toBe('Zoë eet mee & zingt.\n\nU hoeft niets te doen.');
    expect(payload?.[1]?.contentAttachment).toMatchObject({ contentType: 'application/pdf', data: 'JVBERi0=' });
    expect(lettersOf(his)[0]?.communication.sender?.display).toBe('Sanne de Wit');
  });

  test('is stored once, however often and however close together it comes', async () => {
    const his = await hisOverMllp();
    expect(await Promise.all([send(his, oru()), send(his, oru()), send(his, oru())])).toEqual([
      'AA C1',
      'AA C1',
      'AA C1',
    ]);
    expect(lettersOf(his)).toHaveLength(1);
    await send(his, oru({ id: 'C2' }));
    expect(lettersOf(his)).toHaveLength(2);
  });

  test('is read in the character set that it names', async () => {
    const his = await hisOverMllp();
    await send(his, oru({ charset: '8859/1' }), 'latin1');
    expect(lettersOf(his)[0]?.communication.payload?.[0]?.contentString).toContain('Zoë');
  });

  test.each([
    ['another patient’s number', { patient: 'p2^^^&http://de-brink.his.example/patient&URI^PI' }],
    ['another birth date', { birth: '19000101' }],
    ['another name', { family: 'Anders' }],
  ] as const)('with %s waits in the inbox (H3)', async (_what, said) => {
    const his = await hisOverMllp();
    expect(await send(his, oru(said))).toBe('AA C1');
    expect(lettersOf(his)[0]?.patientId).toBeUndefined();
  });

  test.each([
    ['another kind of message', { type: 'ADT^A01' }, 'AE C1'],
    ['no birth date', { birth: ' ' }, 'AE C1'],
    ['a practice that has no such side', { facility: 'zuidrand' }, 'AR C1'],
    ['a practice that is not here', { facility: 'nowhere' }, 'AR C1'],
  ] as const)('%s is answered no and leaves nothing', async (_what, said, answer) => {
    const his = await hisOverMllp();
    expect(await send(his, oru(said))).toBe(answer);
    expect(lettersOf(his)).toEqual([]);
  });

  test.each([
    ['reject', 'AE C1', 0],
    ['error-before', 'AR C1', 0],
    ['error-after', 'AR C1', 1],
    ['down', 'closed', 0],
  ] as const)('switched to %s: %s', async (mode, answer, stored) => {
    const his = await hisOverMllp();
    his.switches.set({ mode }, `${brink}/mllp`);
    expect(await send(his, oru())).toBe(answer);
    expect(lettersOf(his)).toHaveLength(stored);
  });

  test('its FHIR side may be broken meanwhile', async () => {
    const his = await hisOverMllp();
    his.switches.set({ mode: 'down' }, brink);
    expect(await send(his, oru())).toBe('AA C1');
  });
});
