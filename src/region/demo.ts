import { fileURLToPath } from 'node:url';
import { directoryReader, syncDestinations } from '../store/directory.ts';
import type { Store } from '../store/store.ts';
import { startHisProcess } from './his-process.ts';
import { loadDemoAccess, loadDirectory, pointEndpointsAt } from './load.ts';

const regionFolder = new URL('../../fixtures/region/', import.meta.url);
const usualPorts = { his: 8090, mail: 2525, mllp: 2576 };

/**
 * The invented region: directory into an empty one, users, credentials, and where their GP system is. Its HL7 v2 side is
 * on the same host, on its usual port unless it says another.
 */
export async function loadRegion(
  store: Store,
  login: 'loopback' | 'anywhere',
  hisUrl: string | undefined,
  mllpPort = usualPorts.mllp,
) {
  const directory = directoryReader(store);
  await loadDirectory(store, regionFolder);
  await syncDestinations(store, await directory());
  const users = await loadDemoAccess(store, regionFolder, login === 'anywhere');
  const mllp = hisUrl && `${new URL(hisUrl).hostname}:${mllpPort}`;
  if (hisUrl) await pointEndpointsAt(store, await directory(), hisUrl, mllp);
  return users;
}

/** The simulated GP system with its mail catcher, in a process of its own; a port that is not named may be another one. */
export function startDemoHis(settings: {
  readonly port: number | undefined;
  readonly mailPort: number | undefined;
  readonly dataDir: string;
  readonly kortelijn: string;
}): ReturnType<typeof startHisProcess> {
  const { port, mailPort, ...rest } = settings;
  return startHisProcess({
    ...rest,
    port: port ?? usualPorts.his,
    mailPort: mailPort ?? usualPorts.mail,
    fallback: { his: port === undefined, mail: mailPort === undefined },
    practices: fileURLToPath(new URL('demo-his.json', regionFolder)),
  });
}
