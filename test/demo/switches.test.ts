import { describe, expect, test } from 'vitest';
import { createSwitches, type Mode } from '../../demo/switches.ts';
import { brink, feedback, hisUnderTest, post, read, send } from './his-under-test.ts';

describe('switches of the FHIR door', () => {
  test.each([
    ['refuse', 503, 0],
    ['error-before', 500, 0],
    ['error-after', 500, 1],
    ['reject', 422, 0],
    ['rate-limit', 429, 0],
  ] as const)('%s answers %i with %i effects', async (mode, status, effects) => {
    const his = await hisUnderTest();
    his.switches.set({ mode, retryAfterSeconds: 7 });
    const answer = await send(his, feedback('m1'));
    expect(answer.status).toBe(status);
    if (mode === 'rate-limit') expect(answer.headers.get('retry-after')).toBe('7');
    if (mode === 'refuse') expect(answer.headers.get('connection')).toBe('close');
    expect(his.counts()[brink]).toMatchObject({ requests: 1, effects });
  });

  test('down: the socket is cut, without effect, reading too', async () => {
    const his = await hisUnderTest();
    his.switches.set({ mode: 'down' });
    await expect(send(his, feedback('m1'))).rejects.toThrow('fetch failed');
    await expect(read(his, 'Patient/p1')).rejects.toThrow('fetch failed');
    expect(his.counts()[brink]).toMatchObject({ requests: 1, effects: 0 });
  });

  test('hang-after: the effect is there, the answer never comes; reading tells', async () => {
    const his = await hisUnderTest();
    his.switches.set({ mode: 'hang-after' });
    const leave = new AbortController();
    his.onEffect = () => leave.abort();
    await expect(send(his, feedback('m1'), { signal: leave.signal })).rejects.toThrow('aborted');
    expect(await (await read(his, 'Communication?identifier=urn:test:message|m1')).json()).toMatchObject({ total: 1 });
  });

  test('slow: answers after the delay', async () => {
    const his = await hisUnderTest();
    his.switches.set({ mode: 'slow', delayMs: 30 });
    expect((await send(his, feedback('m1'))).status).toBe(201);
  });

  test('a HIS that is closed while slow does not keep the process', async () => {
    const his = await hisUnderTest();
    his.switches.set({ mode: 'slow', delayMs: 600_000 });
    const waiting = send(his, feedback('m1'));
    const ended = expect(waiting).rejects.toThrow('fetch failed');
    while (his.counts()[brink]?.requests === 0) await new Promise(setImmediate);
    await his.close();
    await ended;
  });

  test('the hook runs after the effect and before the answer; what it throws is a 500 with the effect kept', async () => {
    const his = await hisUnderTest();
    let seen = 0;
    his.onEffect = (communication, practice) => {
      expect(practice).toBe(brink);
      expect(his.records(practice).letters.get(communication.id)).toBeDefined();
      seen += 1;
      throw new Error('gone');
    };
    expect((await send(his, feedback('m1'))).status).toBe(500);
    expect(seen).toBe(1);
    his.onEffect = () => undefined;
    expect((await send(his, feedback('m1'))).status).toBe(200);
  });

  test('a practice’s own switch goes before the global one', async () => {
    const his = await hisUnderTest();
    await post(`${his.url}/api/switches`, { mode: 'error-before' });
    const set = await post(`${his.url}/api/switches`, { practice: brink, mode: 'normal' });
    expect(set.body).toMatchObject({ global: { mode: 'error-before' }, practices: { [brink]: { mode: 'normal' } } });
    expect((await send(his, feedback('m1'))).status).toBe(201);
    await post(`${his.url}/api/switches`, { practice: brink, reset: true });
    expect((await send(his, feedback('m2'))).status).toBe(500);
    await post(`${his.url}/api/switches`, { reset: true });
    expect((await send(his, feedback('m2'))).status).toBe(201);
    expect((await post(`${his.url}/api/switches`, { mode: 'banana' })).status).toBe(400);
    expect((await post(`${his.url}/api/switches`, { practice: 'nowhere', mode: 'down' })).status).toBe(404);
  });

  test('the page sets them too', async () => {
    const his = await hisUnderTest();
    const form = new URLSearchParams({
      practice: brink,
      mode: 'rate-limit',
      share: '0.5',
      delayMs: '10',
      retryAfterSeconds: '3',
      files: 'yes',
    });
    await fetch(`${his.url}/switches`, { method: 'POST', body: form });
    expect(his.switches.get(brink)).toMatchObject({
      mode: 'rate-limit',
      share: 0.5,
      retryAfterSeconds: 3,
      files: true,
      deduplicates: false,
    });
    expect(await (await fetch(`${his.url}/switches`)).text()).toContain('Te druk');
  });
});

describe('share', () => {
  const draw = (share: number, seed: number, mode: Mode = 'error-before') => {
    const switches = createSwitches();
    switches.set({ mode, share, seed });
    return Array.from({ length: 400 }, () => switches.decide('a', true).mode === mode);
  };

  test('the same seed decides alike, another seed otherwise, and the part hit is about the share', () => {
    expect(draw(0.3, 5)).toEqual(draw(0.3, 5));
    expect(draw(0.3, 5)).not.toEqual(draw(0.3, 6));
    const hit = draw(0.3, 5).filter(Boolean).length;
    expect(hit).toBeGreaterThan(90);
    expect(hit).toBeLessThan(150);
    expect(draw(0, 5)).not.toContain(true);
    expect(draw(1, 5)).not.toContain(false);
  });

  test('modes about an effect spare reading', () => {
    const switches = createSwitches();
    switches.set({ mode: 'hang-after' });
    expect(switches.decide('a', false).mode).toBe('normal');
    switches.set({ mode: 'down', hits: 'create' });
    expect(switches.decide('a', false).mode).toBe('normal');
    expect(switches.decide('a', true).mode).toBe('down');
  });
});
