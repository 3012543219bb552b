import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type pg from 'pg';
import type { Browser } from 'playwright-core';
import { v7 } from 'uuid';
import { openLog } from '../../src/log.ts';
import { openPool } from '../../src/store/database.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readMasterKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { lookOf } from '../../src/web/look.ts';
import { worklistPages } from '../../src/web/worklist/worklist.ts';
import { findChromium, openChromium } from '../../test/doubles/browser.ts';
import { quantile } from './figures.ts';
import { FhirLoad } from './http-load.ts';
import { fhirMessages } from './messages.ts';
import type { Place } from './place.ts';
import type { Bench, Figures } from './scale.ts';
import { startService } from './service.ts';

const owner = 'wally-sanne';
const rounds = 20;
const fillMsMax = 120_000;

/** Referrals that came in at the FHIR door, each with its sealed documents, all on the worklist of one Wally. */
async function fill(bench: Bench, database: Awaited<ReturnType<Place['fresh']>>, pool: pg.Pool): Promise<void> {
  const { place, scale } = bench;
  const service = await startService(place, database, { ROLES: 'http' });
  try {
    const load = await FhirLoad.open(service.url, 32);
    const sent = await load.flood(fhirMessages(place.practices, 0, scale.listed), fillMsMax);
    load.close();
    if (sent.count !== scale.listed) throw new Error(`${sent.count} of ${scale.listed} referrals were taken in`);
  } finally {
    await service.stop();
  }
  await pool.query('update journey set owner_id = $1, undo_until = null', [owner]);
  await pool.query(
    `insert into worklist_entry (practice_id, journey_id, task_id, assignment, owner_id, visible_at)
     select practice_id, id, task_id, assignment, owner_id, now() from journey`,
  );
  await pool.query('analyze');
}

/** A visit in a fresh page of Chromium: milliseconds until everything that was asked for stands painted. */
async function paint(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage();
  try {
    await page.goto(url, { waitUntil: 'load' });
    // As text: it runs in the page, which has names of its own. After two frames the first one was painted.
    return await page.evaluate<number>(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))',
    );
  } finally {
    await page.close();
  }
}

/**
 * The worklist of a Wally with so many new referrals, as a browser asks for it: the page as the service makes it, with its
 * styles and its script. Without a Chromium on this machine nothing is painted.
 */
export async function measureWorklist(bench: Bench): Promise<Figures> {
  const { place } = bench;
  const database = await place.fresh();
  const pool = openPool(database.login, undefined, 10);
  const chromium = findChromium();
  try {
    await fill(bench, database, pool);
    const store = openStore(pool, await readMasterKey(place.masterKeyFile, false), () => new Date(), v7);
    const site = { store, directory: directoryReader(store), publicUrl: 'http://127.0.0.1', log: openLog('silent') };
    const actor = { id: owner, name: 'Wally', role: 'wally', organization: 'voorbeeldstreek' } as const;
    const app = express();
    for (const [path, handler] of await lookOf('kortelijn')) app.get(path, handler);
    app.use(worklistPages(site, () => ({ actor, language: 'nl', csrf: 'x' })));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/worklist`;
    const browser = chromium && (await openChromium(chromium));
    const [first, whole, painted]: [number[], number[], number[]] = [[], [], []];
    try {
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        const response = await fetch(url);
        first.push(performance.now() - began);
        const text = await response.text();
        whole.push(performance.now() - began);
        if (response.status !== 200 || !text.includes(`>${bench.scale.listed}<`))
          throw new Error(`the worklist does not count ${bench.scale.listed} referrals (${response.status})`);
        if (browser) painted.push(await paint(browser, url));
      }
    } finally {
      if (browser) await browser.close();
      server.close();
      server.closeAllConnections();
    }
    return {
      'page first byte p95Ms': quantile(first, 0.95),
      'page last byte p95Ms': quantile(whole, 0.95),
      ...(painted.length > 0 && { 'page full paint p95Ms': quantile(painted, 0.95) }),
    };
  } finally {
    await pool.end();
    await database.drop();
  }
}
