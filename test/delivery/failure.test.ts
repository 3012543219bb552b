import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Failure,
  fromNetwork,
  fromStatus,
  isLanded,
  lookAgainMs,
  retryAfter,
  retryDelayMs,
} from '../../src/delivery/failure.ts';
import { restMs } from '../../src/delivery/relay.ts';
import { failureSaid } from '../../src/web/admin/failure-words.ts';

const shown = ({ kind, code, retryAfterMs }: Failure) => [kind, code, retryAfterMs];

describe('why there was no receipt', () => {
  test.each([
    [301, 'permanent', 'redirected'],
    [302, 'permanent', 'redirected'],
    [307, 'permanent', 'redirected'],
    [400, 'permanent', 'rejected'],
    [401, 'transient', 'unauthorised', 60_000],
    [403, 'transient', 'unauthorised', 60_000],
    [404, 'permanent', 'address-unknown'],
    [405, 'permanent', 'rejected'],
    [408, 'ambiguous', 'timeout'],
    [409, 'permanent', 'rejected'],
    [410, 'permanent', 'address-unknown'],
    [412, 'permanent', 'rejected'],
    [413, 'permanent', 'rejected'],
    [422, 'permanent', 'rejected'],
    [429, 'transient', 'busy', 5_000],
    [500, 'ambiguous', 'receiver-fault'],
    [502, 'ambiguous', 'receiver-fault'],
    [503, 'transient', 'unavailable'],
    [504, 'ambiguous', 'receiver-fault'],
  ] as const)('status %i is %s: %s', (status, kind, code, wait?: number) => {
    expect(shown(fromStatus(status, undefined))).toEqual([kind, code, wait]);
  });

  test('whatever the status: a receiver that may have acted is never just sent to again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 999 }), (status) => {
        const failure = fromStatus(status, 4_000);
        expect(failure.code).toMatch(/^[a-z-]{3,30}$/);
        if (status >= 500 && status !== 503) expect(failure.kind).toBe('ambiguous');
        if (failure.kind === 'transient') expect([401, 403, 429, 503]).toContain(status);
        if (failure.kind !== 'permanent') expect(failure.retryAfterMs).toBe(4_000);
      }),
    );
  });

  test.each([
    ['ECONNREFUSED', 'TypeError', 'transient', 'unreachable'],
    ['ENOTFOUND', 'TypeError', 'transient', 'unreachable'],
    ['EAI_AGAIN', 'TypeError', 'transient', 'unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'TypeError', 'transient', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'TypeError', 'transient', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TypeError', 'transient', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TypeError', 'transient', 'certificate'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TypeError', 'transient', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TypeError', 'transient', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TypeError', 'transient', 'certificate'],
    ['ECONNRESET', 'TypeError', 'ambiguous', 'connection-lost'],
    ['UND_ERR_SOCKET', 'TypeError', 'ambiguous', 'connection-lost'],
    [undefined, 'TypeError', 'ambiguous', 'connection-lost'],
    [undefined, 'TimeoutError', 'ambiguous', 'timeout'],
    [undefined, 'AbortError', 'ambiguous', 'timeout'],
  ] as const)('%s (%s) is %s: %s', (code, name, kind, said) => {
    expect(shown(fromNetwork(code, name))).toEqual([kind, said, undefined]);
  });

  test('every code has a sentence that says who must act', () => {
    const codes = [
      'not-confirmed',
      'fault',
      'answer-too-large',
      'host-not-allowed',
      'no-address',
      'mail-deferred',
      'mail-rejected',
    ];
    for (let status = 300; status < 600; status += 1) codes.push(fromStatus(status, undefined).code);
    for (const code of ['ECONNREFUSED', 'CERT_HAS_EXPIRED', 'ECONNRESET']) codes.push(fromNetwork(code, '').code);
    codes.push(fromNetwork(undefined, 'TimeoutError').code);
    for (const code of codes)
      expect([code, failureSaid(code).nl]).not.toEqual([code, expect.stringContaining(`code ${code}`)]);
  });
});

describe('when it is tried again', () => {
  const now = new Date('2026-11-23T09:00:00Z');
  test.each([
    ['120', 120_000],
    ['0', 1_000],
    ['1', 1_000],
    ['99999999', 86_400_000],
    ['Mon, 23 Nov 2026 09:02:00 GMT', 120_000],
    ['Mon, 23 Nov 2026 08:00:00 GMT', 1_000],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['', undefined],
    [null, undefined],
  ])('Retry-After %j is %j milliseconds', (header, ms) => {
    // A text that Date.parse takes for some year long ago is a moment that has passed.
    expect([ms, ms === undefined ? 1_000 : ms]).toContain(retryAfter(header, now));
  });

  test('between half a second and five minutes, longer with every attempt, never for all at the same moment', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, random, (attempt, one, two) => {
        const ms = retryDelayMs(attempt, one);
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(500);
        expect(ms).toBeLessThanOrEqual(300_000);
        // However the dice fall, the next one waits at least as long as this one's shortest, and its own full double.
        expect(retryDelayMs(attempt + 1, 0)).toBeGreaterThanOrEqual(retryDelayMs(attempt, 0));
        expect(retryDelayMs(attempt + 1, one)).toBeGreaterThanOrEqual(ms);
        if (attempt < 8) expect(retryDelayMs(attempt + 1, one)).toBeGreaterThanOrEqual(ms * 2 - 1);
        if (Math.abs(one - two) > 0.01) expect(retryDelayMs(attempt, two)).not.toBe(ms);
        const look = lookAgainMs(attempt, one);
        expect(look).toBeGreaterThanOrEqual(ms);
        expect(look).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });

  test.each([
    [null, 1_000],
    [0, 20],
    [-30, 20],
    [5, 20],
    [400, 400],
    [5_000, 1_000],
    // Overdue and not offered: its turn has not come. Looking again at once would keep the database busy for nothing.
    [-60, 1_000],
    [-86_400_000, 1_000],
  ])('with %j ms until something is due the relay rests %i ms', (untilDue, rest) => {
    expect(restMs(untilDue)).toBe(rest);
  });
});

test('landed is as good as the channel can prove, no less', () => {
  const proofs = ['transport', 'application', 'record'] as const;
  for (const [n, proof] of proofs.entries()) {
    for (const [m, best] of proofs.entries()) expect(isLanded(proof, best)).toBe(n >= m);
  }
});
