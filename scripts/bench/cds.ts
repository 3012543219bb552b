import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { v7 } from 'uuid';
import { signAs } from '../../demo/launch.ts';
import { cdsRouter } from '../../src/intake/launch/cds-hooks.ts';
import { openLog } from '../../src/log.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { quantile } from './figures.ts';
import type { Place } from './place.ts';
import type { Figures } from './scale.ts';

const path = '/cds-services/refer-patient-view';
const rounds = 200;
/** The first calls load code: a service that runs has done that. */
const warmUp = 20;

const problem = (code: string) => ({
  resource: {
    resourceType: 'Condition',
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code }] },
  },
});
// A record with many episodes, of which two are social.
const conditions = {
  resourceType: 'Bundle',
  type: 'searchset',
  entry: ['K86', 'T90', 'R96', 'L84', 'P76', 'A04', 'Z01', 'Z15'].map(problem),
};

/** How long a GP system waits for our cards at the opening of a record, its JWT checked, one call at a time (CDS Hooks 2.0). */
export async function measureCds(place: Place): Promise<Figures> {
  const practice = place.practices.find((one) => one.launchKey);
  if (!practice) throw new Error('no practice of the region signs its launches');
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 4);
  const publicUrl = 'http://127.0.0.1';
  try {
    const store = openStore(pool, await readMasterKey(place.masterKeyFile, false), () => new Date(), v7);
    const app = express();
    app.use(
      cdsRouter({ store, directory: directoryReader(store), publicUrl, log: openLog('silent'), demo: 'anywhere' }),
    );
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const times: number[] = [];
    try {
      for (let round = 0; round < warmUp + rounds; round += 1) {
        const token = await signAs(practice, {}, `${publicUrl}${path}`, new Date());
        const call = {
          hook: 'patient-view',
          hookInstance: randomUUID(),
          context: { userId: 'Practitioner/1', patientId: '1' },
          prefetch: { conditions },
        };
        const began = performance.now();
        const response = await fetch(url, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(call),
        });
        const { cards } = (await response.json()) as { cards?: readonly unknown[] };
        if (cards?.length !== 1) throw new Error(`the hook answered ${response.status} with ${cards?.length} cards`);
        if (round >= warmUp) times.push(performance.now() - began);
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
    return { 'cds medianMs': quantile(times, 0.5), 'cds p99Ms': quantile(times, 0.99) };
  } finally {
    await pool.end();
    await database.drop();
  }
}
