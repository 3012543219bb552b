import pg from 'pg';
import { countCpu } from './cpu.ts';
import { quantile } from './figures.ts';
import { FhirLoad } from './http-load.ts';
import { type Footprint, footprint, limitOf, rowsPerJourney } from './limit.ts';
import { fhirMessages } from './messages.ts';
import type { BenchDatabase } from './place.ts';
import type { Bench, Figures } from './scale.ts';
import { startService } from './service.ts';

const warmUp = 300;

/** Fifty journeys of a database for their rows, and how many there are in all. */
export async function someJourneys(database: BenchDatabase): Promise<{ count: number; fifty: string[] }> {
  const client = new pg.Client({ ...database.login, options: '-c search_path=kortelijn' });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from journey order by received_at, id');
    return { count: rows.length, fifty: rows.slice(-50).map((row) => row.id) };
  } finally {
    await client.end();
  }
}

/** The FHIR door alone, in a process of its own: what it acknowledges per second, and how soon at a steady 50 per second. */
export async function measureIntake(bench: Bench): Promise<Figures> {
  const { place, scale } = bench;
  const database = await place.fresh();
  let rows: Footprint;
  const figures: Record<string, number> = {};
  try {
    const service = await startService(place, database, { ROLES: 'http' }, bench.profileDir);
    try {
      const messages = fhirMessages(place.practices, 0, warmUp + scale.intake + scale.steady);
      const load = await FhirLoad.open(service.url, 32);
      await load.flood(messages.slice(0, warmUp), bench.phaseMsMax);
      const cpuOf = countCpu('intake', { service: service.pid, database: place.serverPid });
      const flood = await load.flood(messages.slice(warmUp, warmUp + scale.intake), bench.phaseMsMax);
      Object.assign(figures, cpuOf(flood.count));
      const steady = await load.steady(messages.slice(warmUp + scale.intake), 50);
      load.close();
      const acknowledged = Math.min(warmUp, messages.length) + flood.count + steady.count;
      const { count, fifty } = await someJourneys(database);
      if (count !== acknowledged) throw new Error(`${acknowledged} acknowledged, ${count} stored`);
      rows = await footprint(database, fifty);
      figures['intake perSecond'] = flood.count / (flood.elapsedMs / 1_000);
      figures['intake medianMs'] = quantile(flood.latenciesMs, 0.5);
      figures['intake p99Ms'] = quantile(flood.latenciesMs, 0.99);
      figures['intake at50 medianMs'] = quantile(steady.latenciesMs, 0.5);
      figures['intake at50 p99Ms'] = quantile(steady.latenciesMs, 0.99);
      figures['intake rows'] = rowsPerJourney(rows);
      figures['intake bytes'] = messages[0]?.body.length ?? 0;
    } finally {
      await service.stop();
    }
  } finally {
    await database.drop();
  }
  const limit = { journeys: scale.limit, connections: scale.limitConnections };
  return { ...figures, ...(await limitOf(place, 'intake limit', rows, limit)) };
}
