import { Hl7Message } from '@medplum/core';
import type { Communication } from '@medplum/fhirtypes';
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mllpConnector } from '../../src/connectors/mllp.ts';
import type { Parcel } from '../../src/delivery/connector.ts';
import { Failure } from '../../src/delivery/failure.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import { fromControlId } from '../../src/hl7v2/control-id.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import type { MllpChannel } from '../../src/referral/directory/mllp.ts';
import { type Certificates, hasOpenssl, makeCertificates } from '../doubles/certificates.ts';
import { type MllpHis, openMllpHis } from '../doubles/mllp.ts';

const channel: MllpChannel = {
  application: 'VOORBEELDHIS',
  facility: '01990101',
  version: '2.5',
  charset: '8859/1',
  onError: 'hold',
  onReject: 'retry',
  answerWithinMs: 1_800_000,
};
const letter = [
  'Mevrouw eet elke woensdag mee – met “plezier”.',
  '',
  'Uitkomst | en ~ \\ & meer:',
  '- eenzaamheid: geholpen',
];
const document: Communication = {
  resourceType: 'Communication',
  id: 'c1',
  status: 'in-progress',
  identifier: [{ system: identifiers.message, value: 'urn:uuid:x' }],
  contained: [
    {
      resourceType: 'Patient',
      id: 'patient',
      identifier: [{ system: `${identifiers.hl7v2Authority}VOORBEELDHIS`, value: 'P-77' }],
      name: [{ use: 'official', family: 'Šimić & Zn', given: ['Quirijntje'] }],
      birthDate: '1951-04-12',
    },
    { resourceType: 'PractitionerRole', id: 'sender', practitioner: { display: 'Sanne Verhoeven' } },
  ],
  basedOn: [
    { type: 'ServiceRequest', identifier: { system: `${identifiers.hl7v2Authority}VOORBEELDHIS`, value: 'V-1' } },
    { type: 'ServiceRequest', identifier: { system: identifiers.journeyNumber, value: 'KL-00000-00001' } },
  ],
  about: [{ type: 'EpisodeOfCare', identifier: { value: 'E-3', system: `${identifiers.hl7v2Authority}VOORBEELDHIS` } }],
  category: [{ coding: [{ code: 'feedback-final' }] }],
  sent: '2026-12-10T10:00:00Z',
  payload: [{ contentString: 'eerste regel' }, { contentString: letter.join('\n') }],
};

let his: MllpHis;
let write: ReturnType<typeof mappingOf>['format']['fromFeedback'];
beforeAll(async () => {
  his = await openMllpHis();
  write = mappingOf(await loadMappings(), 'hl7v2-ref').format.fromFeedback;
});
afterAll(() => his.close());
beforeEach(() => {
  his.behave = ['AA'];
});

const parcel = (change: Partial<Parcel> = {}): Parcel => ({
  messageId: v7(),
  kind: 'feedback',
  ambiguous: false,
  document,
  address: his.address,
  channel,
  awaitsApplication: true,
  ...change,
});
const send = (one: Parcel, signal = AbortSignal.timeout(20_000)) =>
  mllpConnector({ allowedHosts: new Set([his.host]), write }).send(one, signal);
const failure = async (one: Parcel, signal?: AbortSignal) => {
  const error = await send(one, signal).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Failure ? `${error.kind} ${error.code}` : error;
};

describe('what the practice gets', () => {
  test('an ORU^R01 that files itself: its own patient id, number and episode, the letter line by line, no BSN', async () => {
    const one = parcel();
    await send(one);
    const raw = his.received.at(-1) ?? '';
    const message = Hl7Message.parse(raw);
    const value = (segment: string, field: number, component = 1) =>
      message.getSegment(segment)?.getField(field)?.getComponent(component);
    expect(raw.split('\r')[0]).toMatch(
      /^MSH\|\^~\\&\|KORTELIJN\|\|VOORBEELDHIS\|01990101\|20261210110000\+0100\|\|ORU\^R01\^ORU_R01\|[0-9A-Za-z]{20}\|P\|2\.5\|\|\|AL\|AL\|NLD\|8859\/1$/,
    );
    expect(fromControlId(value('MSH', 10) ?? '')).toBe(one.messageId);
    expect(raw.split('\r')[1]).toBe('PID|1||P-77^^^VOORBEELDHIS^PI||Simic \\T\\ Zn^Quirijntje^^^^^L||19510412');
    expect([value('PV1', 19), value('PV1', 19, 4)]).toEqual(['E-3', 'VOORBEELDHIS']);
    for (const segment of ['ORC', 'OBR']) {
      expect([value(segment, 2), value(segment, 2, 2), value(segment, 3)]).toEqual([
        'V-1',
        'VOORBEELDHIS',
        'KL-00000-00001',
      ]);
    }
    expect(value('OBR', 25)).toBe('F');
    const lines = message.getAllSegments('OBX').map((obx) => [obx.getField(2).toString(), obx.getField(5).toString()]);
    expect(lines).toEqual([
      ['TX', 'Mevrouw eet elke woensdag mee - met "plezier".'],
      ['TX', ' '],
      ['TX', 'Uitkomst \\F\\ en \\R\\ \\E\\ \\T\\ meer:'],
      ['TX', '- eenzaamheid: geholpen'],
    ]);
  });

  test('the same bytes under the same control id when it is sent again', async () => {
    const one = parcel();
    await send(one);
    await send({ ...one, ambiguous: true });
    expect(his.received.at(-1)).toBe(his.received.at(-2));
  });

  test('in the set and version that its system reads', async () => {
    await send(parcel({ channel: { ...channel, charset: 'UNICODE UTF-8', version: '2.4' } }));
    const raw = Buffer.from(his.received.at(-1) ?? '', 'latin1').toString('utf8');
    expect(raw).toContain('|2.4|||AL|AL|NLD|UNICODE UTF-8');
    expect(raw).toContain('Šimić');
    expect(raw).toContain('mee – met “plezier”');
  });
});

describe('what its answer means', () => {
  test('AA: the application has it', async () => {
    expect(await send(parcel())).toEqual({ proof: 'application' });
  });

  test('CA and then AA: the application has it', async () => {
    his.behave = ['CA', 'AA'];
    expect(await send(parcel())).toEqual({ proof: 'application' });
  });

  test('CA, and AA only later: still the application', async () => {
    his.behave = ['CA'];
    const arrived = his.arrived();
    const receipt = send(parcel());
    await arrived;
    his.answer('AA');
    expect(await receipt).toEqual({ proof: 'application' });
  });

  test('CA and nothing more: transport, and when to look again', async () => {
    his.behave = ['CA'];
    expect(await send(parcel(), AbortSignal.timeout(100))).toEqual({ proof: 'transport', answerWithinMs: 1_800_000 });
  });

  test('where the channel has no better proof, CA is enough and nothing more is asked', async () => {
    his.behave = ['CA'];
    expect(await send(parcel({ awaitsApplication: false }))).toMatchObject({ proof: 'transport' });
    expect(his.received.at(-1)).toContain('|AL|NE|NLD|');
  });

  test.each([
    [['AE'], 'permanent rejected'],
    [['CE'], 'permanent rejected'],
    [['CA', 'AE'], 'permanent rejected'],
    [['AR'], 'transient receiver-fault'],
    [['CR'], 'transient receiver-fault'],
    ['hangs-up', 'ambiguous connection-lost'],
    ['nonsense', 'ambiguous receiver-fault'],
  ] as const)('%j is %s', async (behave, expected) => {
    his.behave = behave;
    expect(await failure(parcel())).toBe(expected);
  });

  test('the destination says what AE and AR mean', async () => {
    const turned = { channel: { ...channel, onError: 'retry' as const, onReject: 'hold' as const } };
    his.behave = ['AE'];
    expect(await failure(parcel(turned))).toBe('transient receiver-fault');
    his.behave = ['AR'];
    expect(await failure(parcel(turned))).toBe('permanent rejected');
  });

  test('silence: nobody knows', async () => {
    his.behave = 'silent';
    expect(await failure(parcel(), AbortSignal.timeout(100))).toBe('ambiguous timeout');
  });

  test('an answer to another message is no answer to this one', async () => {
    his.behave = ['AA:ANOTHERMESSAGE'];
    expect(await failure(parcel(), AbortSignal.timeout(100))).toBe('ambiguous timeout');
    his.behave = ['AE:ANOTHERMESSAGE', 'AA'];
    expect(await send(parcel())).toEqual({ proof: 'application' });
  });
});

describe('what is not sent at all', () => {
  test('nobody there: surely without effect', async () => {
    const gone = await openMllpHis();
    await gone.close();
    const connector = mllpConnector({ allowedHosts: new Set([gone.host]), write });
    await expect(connector.send(parcel({ address: gone.address }), AbortSignal.timeout(5_000))).rejects.toMatchObject({
      kind: 'transient',
      code: 'unreachable',
    });
  });

  test.each([
    ['mllp://127.0.0.1:9', 'permanent host-not-allowed'],
    ['http://127.0.0.1:9', 'permanent address-unknown'],
    ['nowhere', 'permanent address-unknown'],
    [undefined, 'permanent no-address'],
  ])('address %j is %s', async (address, expected) => {
    const before = his.received.length;
    const { address: _address, ...rest } = parcel();
    expect(await failure({ ...rest, ...(address && { address }) })).toBe(expected);
    expect(his.received).toHaveLength(before);
  });

  test('TLS is asked of a system that has none', async () => {
    expect(await failure(parcel({ address: `mllps://${his.host}` }), AbortSignal.timeout(300))).toMatch(/^transient/);
  });
});

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let made: Certificates;
  let secure: MllpHis;
  beforeAll(async () => {
    made = makeCertificates('his', 'kortelijn');
    const tls = { cert: made.pem('his.pem'), key: made.pem('his.key'), ca: made.pem('ca.pem'), requestCert: true };
    secure = await openMllpHis({ ...tls, rejectUnauthorized: true });
  });
  afterAll(async () => {
    await secure.close();
    made.remove();
  });
  const over = (tls: { cert?: string; key?: string; ca?: string }) =>
    mllpConnector({ allowedHosts: new Set([secure.host]), write, tls }).send(
      parcel({ address: secure.address }),
      AbortSignal.timeout(5_000),
    );

  test('with our certificate, to a system whose certificate is vouched for', async () => {
    const tls = { cert: made.pem('kortelijn.pem'), key: made.pem('kortelijn.key'), ca: made.pem('ca.pem') };
    expect(await over(tls)).toEqual({ proof: 'application' });
  });

  test('to nobody else', async () => {
    const before = secure.received.length;
    await expect(over({})).rejects.toMatchObject({ kind: 'transient', code: 'certificate' });
    await expect(over({ ca: made.pem('self.pem') })).rejects.toMatchObject({ kind: 'transient', code: 'certificate' });
    expect(secure.received).toHaveLength(before);
  });
});
