import { Writable } from 'node:stream';
import type { AuditEvent } from '@medplum/fhirtypes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportTrail, trailOf } from '../../scripts/audit.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { toAuditEvent, trailColumns } from '../../src/referral/audit-event.ts';
import type { AuditLine } from '../../src/referral/change.ts';
import { readTrail } from '../../src/store/trail.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, reportBack, takeIn } from '../doubles/made.ts';

let at: TestStore;
beforeAll(async () => {
  at = await openTestStore();
  await loadTestRegion(at.store);
});
beforeEach(() => at.owner.query('truncate audit, audit_chain'));
afterAll(() => at.close());

/** Everything that is written to it, as one text. */
function sink(): Writable & { text(): string } {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      parts.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => parts.join('') });
}

describe('an export', () => {
  test('of one referral says who looked, as valid base R4 AuditEvents without content, and is itself in the trail', async () => {
    const journey = await takeIn(at.store, { number: 'looked-at' });
    const other = await takeIn(at.store, { number: 'not-asked' });
    await reportBack(at.store, journey);
    const of = await trailOf(at.store, { number: 'looked-at', practice: 'de-brink' });
    expect(of).toEqual({ journeys: [journey] });
    const out = sink();
    await exportTrail(at.store, of, 'fhir', 'fg-jansen', out);
    const events = out
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEvent);
    const names = events.map((one) => one.subtype?.[0]?.code);
    expect(names).toContain('referral-received');
    expect(names.at(-1)).toBe('audit-exported');
    for (const event of events) expect(validateBaseR4(event)).toEqual([]);
    expect(out.text()).not.toContain(other);
    for (const word of Object.values(canaries)) expect(out.text()).not.toContain(word);
    const number = events[0]?.entity?.find((one) => one.what?.identifier)?.what?.identifier?.value;
    expect(await trailOf(at.store, { journey: number ?? '' })).toEqual(of);
  });

  test('of a period takes every line of it once, sealed or not, over many pages, also as CSV', async () => {
    await at.owner.query(
      `insert into audit (id, recorded_at, line)
       select gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 minute',
              format('{"event":"=cmd,%s","actor":{"id":"a","role":"wally"},"action":"R","outcome":"ok","purpose":"TREAT"}', n)
         from generate_series(0, 6999) n`,
    );
    const of = await trailOf(at.store, { from: '2026-01-02', to: '2026-01-04' });
    let [lines, pages] = [0, 0];
    for await (const page of readTrail(at.store, of)) {
      lines += page.length;
      pages += 1;
    }
    expect([lines, pages]).toEqual([2 * 24 * 60, 2]);
    const out = sink();
    await exportTrail(at.store, of, 'csv', 'fg-jansen', out);
    const rows = out.text().trimEnd().split('\r\n');
    expect(rows[0]).toBe(trailColumns.join(','));
    expect(rows).toHaveLength(1 + lines);
    expect(rows[1]).toContain(`"'=cmd,1440"`);
    await expect(trailOf(at.store, { from: 'yesterday', to: 'today' })).rejects.toThrow(/days/);
    await expect(trailOf(at.store, { journey: 'KL-nothe-re' })).rejects.toThrow(/no referral/);
    await expect(exportTrail(at.store, of, 'xml', 'x', out)).rejects.toThrow(/fhir or csv/);
  });

  test('goes on over a line that someone broke', async () => {
    await at.owner.query(
      `insert into audit (id, recorded_at, line) values (gen_random_uuid(), '2026-02-02', 'broken {')`,
    );
    const out = sink();
    await exportTrail(at.store, await trailOf(at.store, { from: '2026-02-02', to: '2026-02-03' }), 'fhir', 'x', out);
    expect(JSON.parse(out.text()).subtype[0].code).toBe('unreadable');
  });

  test('says what each kind of line is: a sign-in, a refusal, a line about nobody', () => {
    const line: AuditLine = {
      event: 'sign-in',
      at: '2026-11-23T09:00:00Z',
      actor: { id: 'lead-marijke', role: 'team-lead', organization: 'voorbeeldstreek' },
      action: 'E',
      outcome: 'refused',
      code: 'throttled',
      object: 'account/9f',
      request: 'r-1',
      purpose: 'HOPERAT',
    };
    const bare = { seq: 1, recorded: '2026-11-23T09:00:00.123456Z', practice: null, journey: null, number: null };
    const event = toAuditEvent({ ...bare, id: '01890000-0000-7000-8000-000000000001', line });
    expect(validateBaseR4(event)).toEqual([]);
    expect(event).toMatchObject({
      type: { code: '110114' },
      outcome: '4',
      outcomeDesc: 'throttled',
      agent: [
        { who: { reference: 'PractitionerRole/lead-marijke' }, requestor: true },
        { who: { reference: 'Organization/voorbeeldstreek' }, requestor: false },
      ],
      // A hashed name is no reference to a resource.
      entity: [{ name: 'account/9f' }, { name: 'request' }],
    });
  });
});
