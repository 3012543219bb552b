import { describe, expect, test } from 'vitest';
import { type LogFields, openLog } from '../src/log.ts';

const canary = 'Kanariegeel-Zoekmij';

function logged(level = 'info') {
  const lines: string[] = [];
  const log = openLog(level, { write: (line: string) => void lines.push(line) });
  return { log, text: () => lines.join(''), lines: () => lines.map((line) => JSON.parse(line)) };
}

describe('a log line', () => {
  test('carries its event, its time and the fields that are on the list', () => {
    const { log, lines } = logged();
    log.info('delivery-attempted', { journey: 'j', delivery: '7', attempt: 2, outcome: 'record', durationMs: 12 });
    log.warn('relay-put-back', { count: 3 });
    const [first, second] = lines();
    expect(first).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'delivery-attempted',
      journey: 'j',
      delivery: '7',
      attempt: 2,
      outcome: 'record',
      durationMs: 12,
    });
    expect(second).toMatchObject({ level: 40, event: 'relay-put-back', count: 3 });
    expect(first).not.toHaveProperty('hostname');
  });

  test('carries nothing else, also when the types were got around', () => {
    const { log, text, lines } = logged();
    const resource = { resourceType: 'Patient', name: [{ family: canary }] };
    const smuggled = {
      journey: 'j',
      patient: resource,
      name: canary,
      reason: canary,
      msg: canary,
    } as unknown as LogFields;
    log.info('one', smuggled);
    log.warn('two', smuggled);
    log.bug('three', new Error('x'), smuggled);
    expect(text()).not.toContain(canary);
    expect(lines().map((line) => line.journey)).toEqual(['j', 'j', 'j']);
  });

  test('is on one line, whatever a field holds', () => {
    const { log, text } = logged();
    log.info('one', { code: 'a\nb"c' });
    expect(text().trimEnd().split('\n')).toHaveLength(1);
  });

  test('is left out below its level', () => {
    const { log, text } = logged('error');
    log.info('one');
    log.warn('two');
    log.bug('three', undefined);
    expect(text()).not.toMatch(/one|two/);
    expect(text()).toContain('three');
    const silent = logged('silent');
    silent.log.bug('four', new Error('x'));
    expect(silent.text()).toBe('');
  });
});

describe('a bug', () => {
  test('says what kind of error it was and where, never what it said', () => {
    const { log, text, lines } = logged();
    const inner = new Error(canary);
    log.bug('page', new TypeError(`cannot read ${canary}`, { cause: inner }), { route: '/worklist' });
    expect(lines()[0]).toMatchObject({ level: 50, event: 'page', kind: 'TypeError', route: '/worklist' });
    expect(lines()[0].at[0]).toMatch(/log\.test\.ts:\d+/);
    expect(text()).not.toContain(canary);
  });

  test.each([
    ['a message that looks like the lines after it', new Error(`first\n    at ${canary} (file.ts:1:1)\n    at second`)],
    [
      'a message that was changed after it was thrown',
      Object.assign(new Error(`    at ${canary}`), { message: 'other' }),
    ],
    ['a stack that somebody wrote', Object.assign(new Error('x'), { stack: `nothing of it\n    at ${canary}` })],
    ['a text', canary],
    ['an object', { message: canary, stack: `\n    at ${canary}` }],
    ['nothing', undefined],
  ])('%s', (_what, error) => {
    const { log, text, lines } = logged();
    log.bug('page', error);
    expect(text()).not.toContain(canary);
    expect(lines()[0].event).toBe('page');
  });

  test('names a code of the platform or the database, as far as it is one', () => {
    const { log, lines } = logged();
    log.bug('one', Object.assign(new Error('x'), { code: '23505', detail: canary }));
    log.bug('two', Object.assign(new Error('x'), { code: { value: canary } }));
    log.bug('three', Object.assign(new Error('x'), { code: `the value ${canary} is too long for this column` }));
    expect(lines()[0].errorCode).toBe('23505');
    expect(lines()[1]).not.toHaveProperty('errorCode');
    expect(JSON.stringify(lines())).not.toContain(canary);
  });
});
