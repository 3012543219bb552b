import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Directory } from '../referral/directory/directory.ts';
import { fedSystems } from '../referral/directory/fed-systems.ts';
import { verifyAudit } from '../store/audit.ts';
import { measureDatabase, noteSignal, readSignals } from '../store/queue/alarm-observed.ts';
import type { Store } from '../store/store.ts';

/** What a process can measure of its own surroundings. */
export interface Measuring {
  readonly store: Store;
  readonly dataDir: string;
  readonly queueReachable: () => Promise<boolean>;
  /** When the key that signs log-ins was made. */
  readonly keyMadeAt: () => Promise<Date | undefined>;
}

/** Measures disk, queue, clocks, database and key, each under the name of this machine or of the thing. Gives 0: nothing moved. */
export async function measureHere({ store, dataDir, queueReachable, keyMadeAt }: Measuring): Promise<number> {
  const machine = hostname();
  const disk = await statfs(dataDir);
  await noteSignal(store, 'disk', machine, disk.blocks > 0 ? disk.bavail / disk.blocks : 1);
  await noteSignal(store, 'queue-away', machine, (await queueReachable()) ? 0 : 1);
  const { bytes, taken, driftMs } = await measureDatabase(store);
  await noteSignal(store, 'clock-drift', machine, driftMs);
  await noteSignal(store, 'database-size', 'database', bytes);
  await noteSignal(store, 'database-connections', 'connections', taken);
  const made = await keyMadeAt();
  if (made) await noteSignal(store, 'key', 'sign-in', made.getTime());
  return 0;
}

const dailyMs = 20 * 3_600_000;

/** A duty that need not be done again on the same day, by whatever process and however often that starts. */
export function daily(store: Store, signal: string, run: () => Promise<number>): () => Promise<number> {
  return async () => {
    const since = store.clock().getTime() - dailyMs;
    const done = (await readSignals(store, signal)).some((one) => one.seenAt.getTime() > since);
    return done ? 0 : run();
  };
}

/** Looks at the certificate that a system shows; the moment at which it ends, or undefined when it shows none. */
export type LookAtCertificate = (host: string, port: number) => Promise<Date | undefined>;

/** Notes when the certificates end: those of the systems that we send to, as they show them, and our own. Gives 0. */
export async function lookAtCertificates(
  store: Store,
  directory: Directory,
  look: LookAtCertificate,
  own: Date | undefined,
): Promise<number> {
  if (own) await noteSignal(store, 'certificate', 'mllp', own.getTime());
  const shown = [
    ...[...directory.practices.values()].flatMap(({ channels }) => channels),
    ...fedSystems(directory).map(({ endpoint, address }) => ({ id: endpoint, address })),
  ];
  const secure = shown.filter((one) => /^(https|mllps):/.test(one.address));
  for (const { id, address } of secure) {
    const url = new URL(address.replace(/^mllps:/, 'https:'));
    const ends = await look(url.hostname, Number(url.port || 443));
    if (ends) await noteSignal(store, 'certificate', id, ends.getTime());
  }
  return 0;
}

/** Computes the chain of the trail again and notes where it breaks (0: nowhere). Gives 0. */
export async function checkTrail(store: Store): Promise<number> {
  const { broken, slippedIn } = await verifyAudit(store);
  await noteSignal(store, 'audit', 'chain', broken?.seq ?? (slippedIn > 0 ? 1 : 0));
  return 0;
}
