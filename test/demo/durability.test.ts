import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { startHis } from '../../demo/his.ts';
import { openShelf } from '../../demo/shelf.ts';
import {
  annie,
  bodyOf,
  brink,
  feedback,
  hisUnderTest,
  made,
  now,
  post,
  practices,
  practicesPath,
  read,
  recordOf,
  type Sent,
  send,
  tempFolder,
} from './his-under-test.ts';

test('everything acknowledged is there after a restart', async () => {
  const dataDir = await tempFolder();
  const first = await hisUnderTest({ dataDir });
  await post(`${first.url}/api/patients`, {
    practice: brink,
    patients: [{ id: 'extra', ownName: 'Test', birthDate: '1990-01-01' }],
  });
  const sent = await post<Sent>(`${first.url}/${brink}/api/patients/p1/refer`, { reason: 'Alleen' });
  expect(sent.body).toMatchObject({ status: 0, referral: { state: 'not-sent', value: '2026-000001' } });
  const { id } = await bodyOf<{ id: string }>(send(first, feedback('m1')));
  const before = await recordOf(first, 'p1');
  await first.close();

  const second = await startHis({ port: 0, dataDir, kortelijn: 'http://127.0.0.1:9', practices, now });
  onTestFinished(() => second.close());
  expect(await recordOf(second, 'p1')).toEqual(before);
  expect((await recordOf(second, 'extra')).patient.ownName).toBe('Test');
  expect((await send(second, feedback('m1'))).headers.get('location')).toContain(id);
  // Referrals known before the restart still file, and their numbers are not given out again.
  expect(await bodyOf(send(second, feedback('m2')))).toMatchObject({ status: 'completed' });
  const next = await post<Sent>(`${second.url}/${brink}/api/patients/p2/refer`, { reason: 'Geld' });
  expect(next.body.referral.value).toBe('2026-000002');
});

test('a record half-written at a crash is not read, and its remains go', async () => {
  const folder = await tempFolder();
  const shelf = await openShelf<{ id: string; n: number }>(folder);
  await shelf.putAll([
    { id: 'a', n: 1 },
    { id: 'b', n: 1 },
  ]);
  await Promise.all([1, 2, 3].map((n) => shelf.put({ id: 'a', n: n * 10 })));
  await shelf.putAll([
    { id: 'b', n: 5 },
    { id: 'c', n: 1 },
  ]);
  await writeFile(join(folder, 'd.json.x.tmp'), '{"id":"d","n"');
  const again = await openShelf<{ id: string; n: number }>(folder);
  expect(again.all().toSorted((x, y) => x.id.localeCompare(y.id))).toEqual([
    { id: 'a', n: 30 },
    { id: 'b', n: 5 },
    { id: 'c', n: 1 },
  ]);
  expect((await readdir(folder)).some((name) => name.endsWith('.tmp'))).toBe(false);
  await expect(shelf.putAll([{ id: '../x', n: 1 }])).rejects.toThrow('file name');
});

/** The project's own Node where it is installed: the one that runs the tests may be older, and reads no TypeScript. */
const installed = join(import.meta.dirname, '../../node_modules/.bin/node');
const node = existsSync(installed) ? installed : process.execPath;

interface Running {
  readonly child: ChildProcess;
  readonly his: string;
  readonly mail: number;
}

async function run(dataDir: string, ...more: string[]): Promise<Running> {
  const main = join(import.meta.dirname, '../../demo/main.ts');
  const args = [main, '--port', '0', '--mail-port', '0', '--data', dataDir, '--practices', practicesPath, ...more];
  const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { his: string; mail: number }) };
}

test('kill -9 in the middle loses nothing acknowledged', async () => {
  const dataDir = await tempFolder();
  const first = await run(dataDir);
  const door = { url: first.his } as Parameters<typeof send>[0];
  await post(`${first.his}/api/referrals`, { practice: brink, referrals: [made] });
  const acknowledged: string[] = [];
  const sending = Array.from({ length: 60 }, async (_, i) => {
    const answer = await send(door, feedback(`m${i}`)).catch(() => undefined);
    if (answer?.status === 201) acknowledged.push(`m${i}`);
    if (acknowledged.length === 20) first.child.kill('SIGKILL');
  });
  await Promise.all(sending);
  expect(acknowledged.length).toBeGreaterThanOrEqual(20);

  const second = await run(dataDir);
  const door2 = { url: second.his } as Parameters<typeof send>[0];
  for (const value of acknowledged) {
    const found = await bodyOf<{ total: number }>(read(door2, `Communication?identifier=urn:test:message|${value}`));
    expect(found.total).toBe(1);
  }
  expect(await bodyOf(fetch(`${second.his}/api/counts`))).toMatchObject({
    practices: { [brink]: { duplicateEffects: 0, inbox: 0 } },
  });
  expect(
    (await recordOf({ url: second.his } as Parameters<typeof recordOf>[0], annie.id)).journal.length,
  ).toBeGreaterThanOrEqual(20);
});

test('ignores SIGINT, ends on SIGTERM and when its parent lets go of stdin', async () => {
  const dataDir = await tempFolder();
  const one = await run(dataDir);
  one.child.kill('SIGINT');
  expect((await fetch(`${one.his}/${brink}`)).status).toBe(200);
  one.child.kill('SIGTERM');
  expect(await once(one.child, 'exit')).toEqual([0, null]);
  const two = await run(dataDir);
  two.child.stdin?.end();
  expect(await once(two.child, 'exit')).toEqual([0, null]);
});

test('--fallback-his and --fallback-mail take a free port when the asked one is taken; without them the start fails', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const port = String((taken.address() as AddressInfo).port);
  const other = await run(await tempFolder(), '--port', port, '--mail-port', port, '--fallback-his', '--fallback-mail');
  expect(other.his).not.toContain(`:${port}`);
  expect((await fetch(other.his)).status).toBe(200);
  const main = join(import.meta.dirname, '../../demo/main.ts');
  const args = [main, '--port', port, '--mail-port', '0', '--data', await tempFolder(), '--practices', practicesPath];
  const failing = spawn(node, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void failing.kill('SIGKILL'));
  expect(await once(failing, 'exit')).toEqual([1, null]);
});
