import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { openProbe, type ProbeSettings } from '../../src/connectors/probe.ts';
import type { PracticeEndpoint } from '../../src/referral/directory/channels.ts';
import { channelOf } from '../../src/referral/directory/mllp.ts';
import { type Probed, probeResult } from '../../src/referral/probe.ts';
import { type Certificates, hasOpenssl, makeCertificates } from '../doubles/certificates.ts';
import { freePort } from '../doubles/made.ts';
import { type MllpHis, openMllpHis } from '../doubles/mllp.ts';
import { type Asked, json, type OtherServer, openOtherServer } from '../doubles/web.ts';

const now = new Date();
const probing = (hosts: readonly string[], more: Partial<ProbeSettings> = {}) =>
  openProbe({ hosts: new Set(hosts), send: openOutbound(new Set(hosts)), clock: () => now, ...more });
const channelAt = (kind: PracticeEndpoint['kind'], address: string): PracticeEndpoint => ({
  id: 'x',
  kind,
  address,
  bestProof: 'application',
});
const run = (probe: ReturnType<typeof openProbe>, channel: PracticeEndpoint, secret?: string) =>
  probe({ channel, form: 'Communication', ...(secret && { secret }) }, AbortSignal.timeout(8_000));
const states = (steps: readonly Probed[]) =>
  steps.map((one) => `${one.step} ${one.state}${one.code ? ` ${one.code}` : ''}`);

/** A FHIR server that can do what it says, for who has the key. */
interface Can {
  create: boolean;
  validate: boolean;
  key: string;
}
let server: OtherServer;
const can: Can = { create: true, validate: true, key: 'ours' };
const asked: Asked[] = [];
beforeAll(async () => {
  server = await openOtherServer((one, response) => {
    asked.push(one);
    if (one.path.endsWith('/metadata')) {
      const interaction = can.create ? [{ code: 'create' }] : [{ code: 'read' }];
      const rest = [{ mode: 'server', resource: [{ type: 'Communication', interaction }] }];
      return json(response, 200, { resourceType: 'CapabilityStatement', rest });
    }
    if (one.headers.authorization !== `Bearer ${can.key}`) return json(response, 401, {});
    if (one.path.endsWith('$validate')) return json(response, can.validate ? 200 : 404, {});
    json(response, 200, { resourceType: 'Bundle', type: 'searchset', total: 0 });
  });
});
afterAll(() => server.close());
const fhir = (more: Partial<Can> = {}) => {
  Object.assign(can, { create: true, validate: true, key: 'ours' }, more);
  return run(probing([server.host]), channelAt('fhir', `${server.url}/fhir`), 'ours');
};

describe('FHIR', () => {
  test('all is well: each step, and nothing of anybody was sent', async () => {
    asked.length = 0;
    const steps = await fhir();
    expect(states(steps)).toEqual([
      'address ok',
      'name ok',
      'connect ok',
      'tls not-needed',
      'credential ok',
      'capability ok',
      'write ok',
    ]);
    expect(probeResult(steps)).toEqual({ code: 'ok' });
    expect(asked.filter((one) => one.method === 'POST').map((one) => [one.path, one.body])).toEqual([
      ['/fhir/Communication/$validate', '{"resourceType":"Communication","status":"preparation"}'],
    ]);
  });

  test.each([
    [
      'a refused token',
      { key: 'other' },
      ['credential not-ok unauthorised', 'capability not-reached', 'write not-reached'],
    ],
    ['no create', { create: false }, ['credential ok', 'capability not-ok no-create', 'write not-reached']],
    ['no $validate', { validate: false }, ['credential ok', 'capability ok', 'write not-reached no-validate']],
  ])('%s', async (_, more, end) => {
    expect(states(await fhir(more)).slice(4)).toEqual(end);
  });

  test('a host that is not allowed is refused before its name is looked up; a dead one at the connection', async () => {
    const probe = probing(['127.0.0.1:1']);
    expect(states(await run(probe, channelAt('fhir', 'http://169.254.169.254/fhir'))).slice(0, 2)).toEqual([
      'address not-ok host-not-allowed',
      'name not-reached',
    ]);
    const dead = `127.0.0.1:${await freePort()}`;
    expect(states(await run(probing([dead]), channelAt('fhir', `http://${dead}`)))[2]).toBe(
      'connect not-ok unreachable',
    );
    const nowhere = 'nobody.invalid:8443';
    expect(states(await run(probing([nowhere]), channelAt('fhir', `https://${nowhere}`)))[1]).toMatch(/^name not-ok/);
  });
});

describe.skipIf(!hasOpenssl)('certificates', () => {
  let certificates: Certificates;
  let port: number;
  let close: () => void;
  beforeAll(async () => {
    certificates = makeCertificates('his');
    const tls = createTlsServer(
      { cert: certificates.pem('his.pem'), key: certificates.pem('his.key') },
      (_, response) => response.end('{}'),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => tls.once('listening', resolve));
    port = (tls.address() as AddressInfo).port;
    close = () => {
      tls.closeAllConnections();
      tls.close();
    };
  });
  afterAll(() => {
    close();
    certificates.remove();
  });
  const tlsStep = async (host: string, more: Partial<ProbeSettings>) => {
    const address = `mllps://${host}:${port}`;
    const steps = await run(probing([`${host}:${port}`], more), channelAt('mllp', address));
    return steps.find((one) => one.step === 'tls');
  };

  test('what is wrong with it is said: signer, name, or the day', async () => {
    const ca = { tls: { ca: certificates.pem('ca.pem') } };
    const good = await tlsStep('127.0.0.1', ca);
    expect(good).toMatchObject({ state: 'ok', until: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) });
    expect(await tlsStep('127.0.0.1', {})).toMatchObject({ state: 'not-ok', code: 'certificate-unknown-signer' });
    expect(await tlsStep('localhost', ca)).toMatchObject({ state: 'not-ok', code: 'certificate-other-name' });
    const later = new Date(now.getTime() + 10 * 86_400_000);
    const expired = await tlsStep('127.0.0.1', { ...ca, clock: () => later });
    expect(expired).toMatchObject({ state: 'not-ok', code: 'certificate-expired' });
  });
});

describe('HL7 v2', () => {
  let his: MllpHis;
  beforeAll(async () => {
    his = await openMllpHis();
  });
  afterAll(() => his.close());
  const mllp = (testing: boolean) => {
    const usual = channelOf({
      resourceType: 'Endpoint',
      status: 'active',
      address: his.address,
      connectionType: {},
      payloadType: [],
    });
    const channel = {
      ...channelAt('mllp', his.address),
      channel: { ...usual, ...(testing && { testing: true as const }) },
    };
    return run(probing([his.host]), channel);
  };

  test('a test message goes only where that was agreed, marked as one; any acknowledgement of it will do', async () => {
    expect(states(await mllp(false)).at(-1)).toBe('write not-reached test-not-agreed');
    expect(his.received).toEqual([]);
    his.behave = ['AR'];
    expect(states(await mllp(true)).at(-1)).toBe('write ok');
    expect(his.received.map((one) => one.split('|')[10])).toEqual(['T']);
    expect(his.received[0]).not.toContain('PID');
    his.behave = 'nonsense';
    expect(states(await mllp(true)).at(-1)).toBe('write not-ok no-hl7-answer');
  });
});

test('a mailbox: only in the network, and no letter is written', async () => {
  const port = await freePort();
  const mailbox = { host: '127.0.0.1', port, tls: 'off' as const, domains: new Set(['post.example']) };
  const to = (address: string) => run(probing([], { mailbox }), channelAt('medvri', address));
  expect(states(await to('mailto:1@elsewhere.example'))[0]).toBe('address not-ok host-not-allowed');
  expect(states(await to('mailto:1@post.example')).slice(0, 3)).toEqual([
    'address ok',
    'name ok',
    'connect not-ok unreachable',
  ]);
  const none = await run(probing([]), channelAt('medvri', 'mailto:1@post.example'));
  expect(probeResult(none)).toEqual({ code: 'no-mailbox-network', step: 'address' });
});
