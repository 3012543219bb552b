import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKeeping } from '../src/store/keeping.ts';
import { type Commands, openCommands } from './doubles/command.ts';
import { loadTestRegion, openTestStore, type TestStore } from './doubles/database.ts';
import { canaries, referralOf, takeIn } from './doubles/made.ts';

let at: TestStore;
let commands: Commands;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
  commands = openCommands(at);
});
afterAll(async () => {
  commands.close();
  await at.close();
});

/** A referral of de Brink about who has this BSN; gives the number that people read aloud. */
async function numberOf(bsn: string): Promise<string> {
  const patient = { ...referralOf('x').patient, bsn };
  const journey = await takeIn(at.store, { number: 'rights', referral: { patient } });
  return (await readKeeping(at.store, [journey]))[0]?.number ?? '';
}

describe('the commands themselves', () => {
  const asked = ['--reference', 'Z-2026-8', '--by', 'fg-voorbeeld'];

  test('take the person over standard input only, and write folders that only their owner reads', async () => {
    const bsn = '999993653';
    const number = await numberOf(bsn);
    const found = await commands.run('rights', ['find', '--practice', 'de-brink', ...asked], JSON.stringify({ bsn }));
    expect(found).toMatchObject({ code: 0, error: '' });
    expect(found.out).toContain(number);
    expect(found.out).not.toContain(bsn);
    const wrong = await commands.run('rights', ['find', '--practice', 'de-brink', ...asked], '{"bsn":"12"}');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    const out = join(commands.folder, 'access');
    const put = await commands.run('rights', ['access', '--journey', number, '--out', out, ...asked]);
    expect(put).toMatchObject({ code: 0, error: '' });
    expect(statSync(out).mode & 0o077).toBe(0);
    expect(statSync(join(out, 'bundle.json')).mode & 0o077).toBe(0);
    const request = /^request (\S+):/.exec(put.out)?.[1] ?? '';
    const early = await commands.run('rights', ['give', '--request', request, '--folder', out, ...asked]);
    expect(early.code).toBe(1);
    expect(early.error).toContain('has no decision yet');
    const file = join(out, 'redaction.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"decision": null', '"decision": "keep"'));
    expect(await commands.run('rights', ['give', '--request', request, '--folder', out, ...asked])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(out, 'given', 'overzicht.html'), 'utf8')).toContain(canaries.family);
  });

  test('do nothing without a reference and a name, and say what is missing', async () => {
    const said = await commands.run('rights', ['hold', '--journey', 'KL-x']);
    expect(said.code).toBe(1);
    expect(said.error).toMatch(/--reference[\s\S]*--by/);
    const sentence = await commands.run('rights', [
      'hold',
      '--journey',
      'KL-x',
      '--by',
      'a.b',
      '--reference',
      'mevrouw J. wil dit',
    ]);
    expect(sentence.error).toContain('without spaces');
  });

  test('audit verify is 0 when all is well, not 0 when the trail was cut behind an anchor', async () => {
    const anchored = join(commands.folder, 'anchors.ndjson');
    const whole = await commands.run('audit', ['verify']);
    expect(whole).toMatchObject({ code: 0, error: '' });
    expect(whole.out).toMatch(/lines, whole; \d+ not sealed yet; 0 anchors/);
    writeFileSync(anchored, `{"seq":100000,"hash":"${'0'.repeat(64)}"}\n`);
    const cut = await commands.run('audit', ['verify', '--anchor', anchored]);
    expect(cut.code).toBe(1);
    expect(cut.out).toMatch(/^BROKEN at \d+: cut/);
    expect(await commands.run('audit', ['unknown'])).toMatchObject({ code: 1, out: '' });
    const period = ['export', '--from', '2026-01-01', '--to', '2027-01-01', '--format', 'csv', '--by', 'fg-voorbeeld'];
    const exported = await commands.run('audit', period);
    expect(exported).toMatchObject({ code: 0, error: '' });
    expect(exported.out.split('\r\n').length).toBeGreaterThan(6);
  });
});
