import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { CapabilityStatement, Communication } from '@medplum/fhirtypes';
import { Failure } from '../delivery/failure.ts';
import { Frames, frame } from '../hl7v2/frame.ts';
import { fieldOf, parseMessage, segmentOf } from '../hl7v2/message.ts';
import type { Probe, ProbeTarget } from '../referral/probe.ts';
import { greetMailbox, type MailboxSettings } from './medvri-mail.ts';
import type { Send } from './outbound.ts';
import { type At, type Found, type NetworkSettings, Steps, takeNetwork } from './probe-steps.ts';

export interface ProbeSettings extends NetworkSettings {
  /** `host:port` that may be reached; anything else is refused before a name is looked up (SSRF). */
  readonly hosts: ReadonlySet<string>;
  readonly send: Send;
  /** The way into the network of mailboxes; absent: there is none. */
  readonly mailbox?: Omit<MailboxSettings, 'write' | 'from' | 'number'> | undefined;
}

const headersOf = ({ secret }: ProbeTarget) => ({
  accept: 'application/fhir+json',
  ...(secret && { authorization: `Bearer ${secret}` }),
});
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Where an address leads; thrown: what is wrong with it, before anything is looked up. */
function placeOf(address: string, settings: ProbeSettings, schemes: RegExp): At {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !schemes.test(url.protocol)) throw new Failure('permanent', 'no-address');
  if (!settings.hosts.has(url.host)) throw new Failure('permanent', 'host-not-allowed');
  const secure = /^(https|mllps):$/.test(url.protocol);
  const usual = url.protocol.startsWith('http') ? (secure ? 443 : 80) : 2575;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || usual), secure };
}

/** About nobody: a message in preparation that says what it is. `$validate` looks at it and keeps nothing. */
const harmless: Communication = { resourceType: 'Communication', status: 'preparation' };

async function probeFhir(target: ProbeTarget, settings: ProbeSettings, steps: Steps, signal: AbortSignal) {
  const base = target.channel.address.replace(/\/$/, '');
  const type = target.form === 'Composition' ? 'Bundle' : target.form;
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown) =>
    settings.send({
      method,
      url: `${base}/${path}`,
      headers: { ...headersOf(target), ...(body !== undefined && { 'content-type': 'application/fhir+json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
  const refusedFor = (status: number): Found | undefined =>
    status === 401 || status === 403 ? { state: 'not-ok', code: 'unauthorised' } : undefined;
  await steps.take('credential', async () => {
    const { status } = await ask('GET', `${type}?_summary=count&identifier=urn:kortelijn|test`);
    if (status >= 500 && status !== 501) return { state: 'not-ok', code: 'receiver-fault' };
    return refusedFor(status);
  });
  await steps.take('capability', async () => {
    const { status, text } = await ask('GET', 'metadata');
    const said = status === 200 ? (parse(text) as CapabilityStatement | undefined) : undefined;
    if (said?.resourceType !== 'CapabilityStatement') return { state: 'not-ok', code: 'no-capability-statement' };
    const resources = (said.rest ?? []).flatMap((one) => one.resource ?? []);
    const creates = resources.some(
      (one) => one.type === type && one.interaction?.some((each) => each.code === 'create'),
    );
    return creates ? undefined : { state: 'not-ok', code: 'no-create' };
  });
  await steps.take('write', async () => {
    if (type !== 'Communication') return { state: 'not-reached', code: 'no-harmless-write' };
    const { status } = await ask('POST', 'Communication/$validate', harmless);
    if (status < 300 || status === 422) return undefined;
    return refusedFor(status) ?? { state: 'not-reached', code: 'no-validate' };
  });
}

/** A query that asks for nothing, marked as test (MSH-11 T, table 0103): any acknowledgement of it says that they read us. */
async function testMessage(
  { channel }: ProbeTarget,
  at: At,
  settings: ProbeSettings,
  signal: AbortSignal,
): Promise<Found> {
  const { application = '', facility = '', version = '2.5' } = channel.channel ?? {};
  const moment = settings.clock().toISOString().replace(/\D/g, '').slice(0, 14);
  const id = `TEST${moment}`;
  const header = `MSH|^~\\&|KORTELIJN||${application}|${facility}|${moment}||NMQ^N01|${id}|T|${version}`;
  const message = `${header}\rQRD|${moment}|R|I|${id}|||1^RD|ALL|OTH|TEST\r`;
  const named = isIP(at.host) === 0 && { servername: at.host };
  const to = { host: at.host, port: at.port };
  const socket = at.secure ? connectTls({ ...to, ...settings.tls, ...named }) : connect(to);
  socket.on('error', () => undefined);
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await once(socket, at.secure ? 'secureConnect' : 'connect', { signal });
    socket.write(frame(Buffer.from(message, 'latin1')));
    const frames = new Frames(1_000_000);
    for await (const chunk of socket)
      for (const one of frames.push(chunk as Buffer)) {
        const read =
          one.kind === 'message' ? parseMessage(Buffer.from(one.bytes).toString('latin1'), 'ASCII') : undefined;
        const msa = read && !('unreadable' in read) ? segmentOf(read, 'MSA') : undefined;
        if (!read || 'unreadable' in read || !msa) return { state: 'not-ok', code: 'no-hl7-answer' };
        if (fieldOf(read, msa, 2) === id) return {};
      }
    return { state: 'not-ok', code: 'no-hl7-answer' };
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

async function probeMailbox(
  target: ProbeTarget,
  { mailbox, ...settings }: ProbeSettings,
  steps: Steps,
  signal: AbortSignal,
) {
  await steps.take('address', async () => {
    if (!mailbox) throw new Failure('permanent', 'no-mailbox-network');
    const domain = target.channel.address.slice(target.channel.address.lastIndexOf('@') + 1).toLowerCase();
    if (!mailbox.domains.has(domain)) throw new Failure('permanent', 'host-not-allowed');
    return undefined;
  });
  if (!mailbox) return;
  const { host, port, tls } = mailbox;
  await takeNetwork(steps, { host, port, secure: tls === 'on' }, settings, signal);
  await steps.take('credential', async () => {
    await greetMailbox(mailbox);
    return undefined;
  });
  steps.skip('capability');
  // Whatever goes to a mailbox is filed there: no test is so harmless that staff need not look at it.
  await steps.take('write', async () => ({ state: 'not-reached', code: 'no-harmless-write' }));
}

/** Tests one connection step by step, by the rules of sending: the same hosts, the same certificates. */
export function openProbe(settings: ProbeSettings): Probe {
  return async (target, signal) => {
    const steps = new Steps();
    const { channel } = target;
    if (channel.kind === 'medvri') {
      await probeMailbox(target, settings, steps, signal);
      return steps.all();
    }
    const isFhir = channel.kind === 'fhir';
    let at: At | undefined;
    await steps.take('address', async () => {
      at = placeOf(channel.address, settings, isFhir ? /^https?:$/ : /^mllps?:$/);
      return undefined;
    });
    if (!at) return steps.all();
    const place = at;
    await takeNetwork(steps, place, isFhir ? { clock: settings.clock } : settings, signal);
    if (isFhir) {
      await probeFhir(target, settings, steps, signal);
      return steps.all();
    }
    steps.skip('credential');
    steps.skip('capability');
    await steps.take('write', async () =>
      channel.channel?.testing
        ? testMessage(target, place, settings, signal)
        : { state: 'not-reached', code: 'test-not-agreed' },
    );
    return steps.all();
  };
}
