import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Failure } from '../delivery/failure.ts';
import { type Probed, type ProbeStep, probeSteps } from '../referral/probe.ts';

export interface Found {
  readonly state?: Probed['state'];
  readonly code?: string;
  readonly until?: string;
}

/** Steps in their order: each is timed, and after one that failed the rest is not reached. */
export class Steps {
  readonly #done: Probed[] = [];
  #failed = false;

  /** Does one step. What it throws is its failure; what it gives may be one too. */
  async take(step: ProbeStep, act: () => Promise<Found | undefined>): Promise<void> {
    if (this.#failed) return;
    const began = performance.now();
    let found: Found;
    try {
      found = (await act()) ?? {};
    } catch (error) {
      found = { state: 'not-ok', code: error instanceof Failure ? error.code : 'unreachable' };
    }
    const ms = Math.round(performance.now() - began);
    this.#failed = found.state === 'not-ok';
    this.#done.push({ step, ms, ...found, state: found.state ?? 'ok' });
  }

  skip(step: ProbeStep): void {
    if (!this.#failed) this.#done.push({ step, state: 'not-needed', ms: 0 });
  }

  /** Every step, in order; those that were not taken were not reached. */
  all(): Probed[] {
    return probeSteps.map(
      (step) => this.#done.find((one) => one.step === step) ?? { step, state: 'not-reached', ms: 0 },
    );
  }
}

export interface At {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

export interface NetworkSettings {
  /** PEM: ours, and who signed theirs when that is nobody the system trusts. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string } | undefined;
  readonly clock: () => Date;
}

const tlsCodes: readonly (readonly [RegExp, string])[] = [
  [/EXPIRED/, 'certificate-expired'],
  [/NOT_YET_VALID/, 'certificate-not-yet'],
  [/ALTNAME|HOSTNAME/, 'certificate-other-name'],
];

/** What is wrong with the certificate that the other side showed; empty when nothing is. */
function certificateFault(socket: TLSSocket, now: Date): string {
  const { valid_to: end } = socket.getPeerCertificate();
  if (end && Date.parse(end) <= now.getTime()) return 'certificate-expired';
  if (socket.authorized) return '';
  const said = (socket.authorizationError as { code?: string } | null)?.code ?? String(socket.authorizationError);
  return tlsCodes.find(([pattern]) => pattern.test(said))?.[1] ?? 'certificate-unknown-signer';
}

/** Nothing but the handshake: even with a certificate that is wrong, so that it can be said what is wrong with it. */
async function handshake({ host, port }: At, { tls, clock }: NetworkSettings, signal: AbortSignal): Promise<Found> {
  const named = isIP(host) === 0 && { servername: host };
  const socket = connectTls({ host, port, ...tls, minVersion: 'TLSv1.2', rejectUnauthorized: false, ...named });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect', { signal });
    const { valid_to: end } = socket.getPeerCertificate();
    const until = end ? new Date(end).toISOString().slice(0, 10) : undefined;
    const code = certificateFault(socket, clock());
    return { ...(until && { until }), ...(code && { state: 'not-ok' as const, code }) };
  } catch {
    throw new Failure('transient', 'no-tls');
  } finally {
    socket.destroy();
  }
}

/** Name, connection and certificate of a server; nothing is said to it. */
export async function takeNetwork(steps: Steps, at: At, settings: NetworkSettings, signal: AbortSignal): Promise<void> {
  await steps.take('name', async () => {
    await lookup(at.host).catch(() => {
      throw new Failure('transient', 'name-unknown');
    });
    return undefined;
  });
  await steps.take('connect', async () => {
    const socket = connect({ host: at.host, port: at.port });
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect', { signal });
    } finally {
      socket.destroy();
    }
    return undefined;
  });
  if (at.secure) await steps.take('tls', () => handshake(at, settings, signal));
  else steps.skip('tls');
}
