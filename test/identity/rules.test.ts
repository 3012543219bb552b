import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areaOf, areas, isCrossSite, mayOpen } from '../../src/identity/access.ts';
import { demoAllowed } from '../../src/identity/accounts.ts';
import { actorFromClaims } from '../../src/identity/claims.ts';
import { safeReturn } from '../../src/identity/return-path.ts';
import { addressKey, failuresMax, failureWindowMs, SignInThrottle } from '../../src/identity/throttle.ts';
import { hashedName } from '../../src/identity/trail.ts';

function request(headers: Record<string, string>, remoteAddress = '127.0.0.1'): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  const made = new IncomingMessage(socket);
  Object.assign(made.headers, headers);
  return made;
}

describe('who may open what', () => {
  test('the table', () => {
    const table = Object.fromEntries(
      (['practice', 'wally', 'team-lead', 'administrator', 'practice-system', 'line'] as const).map((role) => [
        role,
        areas.filter((area) => mayOpen(role, area)),
      ]),
    );
    expect(table).toEqual({
      practice: ['/refer', '/practice'],
      wally: ['/worklist'],
      'team-lead': ['/team'],
      administrator: ['/admin'],
      'practice-system': [],
      line: [],
    });
  });

  test('an area is a whole path segment', () => {
    expect([areaOf('/admin'), areaOf('/admin/x'), areaOf('/admin?x'), areaOf('/administer'), areaOf('/')]).toEqual([
      '/admin',
      '/admin',
      '/admin',
      undefined,
      undefined,
    ]);
  });
});

describe('a return path', () => {
  const site = 'https://kortelijn.example';

  test('stays on the site whatever is asked, wherever a browser stands', () => {
    const pieces = fc.constantFrom(
      '/',
      '\\',
      '..',
      '.',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '%5c',
      '\t',
      '\n',
      'elders.example',
      'https:',
      'javascript:',
      'a',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }).map((all) => all.join('')),
        (asked) => {
          for (const value of [asked, `/${asked}`]) {
            const path = safeReturn(value);
            if (path === undefined) continue;
            expect(new URL(path, `${site}/login/callback`).origin).toBe(site);
            expect(path).toMatch(/^\/(?![/\\])/);
            expect(safeReturn(path)).toBe(path);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('keeps what pages need and refuses what would turn in circles', () => {
    expect(safeReturn('/refer?handle=abc-_1')).toBe('/refer?handle=abc-_1');
    expect(safeReturn('/')).toBe('/');
    for (const no of [
      '/login',
      '/login?return=/x',
      '/logout',
      '/oauth/auth',
      '',
      'worklist',
      undefined,
      ['/a'],
      `/${'a'.repeat(600)}`,
    ]) {
      expect(safeReturn(no)).toBeUndefined();
    }
    expect(safeReturn('/loginnaam')).toBe('/loginnaam');
  });
});

test('demo users are for this machine only', () => {
  const here = 'http://127.0.0.1:8080';
  const host = { host: '127.0.0.1:8080' };
  expect(demoAllowed(request(host), here)).toBe(true);
  expect(demoAllowed(request({ host: 'localhost:8080' }, '::1'), 'http://localhost:8080')).toBe(true);
  expect(demoAllowed(request(host, '::ffff:127.0.0.1'), here)).toBe(true);
  expect(demoAllowed(request(host, '192.0.2.7'), here)).toBe(false);
  expect(demoAllowed(request(host), 'https://kortelijn.example')).toBe(false);
  expect(demoAllowed(request(host), 'https://127.0.0.1.elders.example')).toBe(false);
  expect(demoAllowed(request({ host: 'elders.example' }), here)).toBe(false);
  expect(demoAllowed(request({}), here)).toBe(false);
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip']) {
    expect(demoAllowed(request({ ...host, [header]: '127.0.0.1' }), here)).toBe(false);
  }
});

test('a sender is another site when the browser says so', () => {
  const url = 'https://kortelijn.example';
  const is = (headers: Record<string, string>) => isCrossSite(request(headers), url);
  expect(is({})).toBe(false);
  expect(is({ origin: url })).toBe(false);
  expect(is({ origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(false);
  expect(is({ origin: `${url}.elders.example` })).toBe(true);
  expect(is({ origin: 'null' })).toBe(true);
  expect(is({ origin: url, 'sec-fetch-site': 'cross-site' })).toBe(true);
  expect(is({ 'sec-fetch-site': 'same-site' })).toBe(true);
});

describe('the throttle', () => {
  const start = Date.UTC(2026, 10, 23);

  test('holds a name at every address, and an address for every name', () => {
    const throttle = new SignInThrottle();
    for (let nth = 0; nth < failuresMax; nth += 1) {
      expect(throttle.begin('name', `198.51.100.${nth}`, start + nth * 1000)).toBeUndefined();
      expect(throttle.begin(`other-${nth}`, 'address', start + nth * 1000)).toBeUndefined();
    }
    expect(throttle.begin('name', '203.0.113.1', start + 5000)).toEqual({ waitS: 895, first: true });
    expect(throttle.begin('name', '203.0.113.1', start + 6000)).toEqual({ waitS: 894, first: false });
    expect(throttle.begin('fresh', 'address', start + 5000)).toEqual({ waitS: 895, first: true });
    expect(throttle.begin('fresh', '203.0.113.1', start + 5000)).toBeUndefined();
    expect(throttle.begin('name', '203.0.113.1', start + failureWindowMs)).toBeUndefined();
    expect(throttle.begin('name', '203.0.113.1', start + failureWindowMs)?.waitS).toBe(1);
  });

  test('never lets more than five failures of a name through in any fifteen minutes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: failureWindowMs / 4 }), { maxLength: 60 }), (gaps) => {
        const throttle = new SignInThrottle();
        let now = start;
        const through: number[] = [];
        for (const [nth, gap] of gaps.entries()) {
          now += gap;
          if (throttle.begin('name', `a${nth}`, now) === undefined) through.push(now);
        }
        for (const at of through) {
          expect(through.filter((one) => one >= at && one < at + failureWindowMs).length).toBeLessThanOrEqual(
            failuresMax,
          );
        }
      }),
    );
  });

  test('the right password clears that name, and of the address only what was that name', () => {
    const throttle = new SignInThrottle();
    for (let nth = 0; nth < 4; nth += 1) throttle.begin('colleague', 'practice', start);
    throttle.succeeded('colleague', 'practice');
    for (let nth = 0; nth < 4; nth += 1) throttle.begin('victim', 'practice', start);
    throttle.begin('attacker', 'practice', start);
    throttle.succeeded('attacker', 'practice');
    expect(throttle.begin('victim', 'practice', start)).toBeUndefined();
    expect(throttle.begin('victim', 'practice', start)).toBeDefined();
  });

  test('its memory is bounded: what was touched longest ago goes', () => {
    const throttle = new SignInThrottle();
    for (let nth = 0; nth < failuresMax; nth += 1) throttle.begin('early', `e${nth}`, start);
    for (let nth = 0; nth < 5_000; nth += 1) throttle.begin(`n${nth}`, `a${nth}`, start);
    expect(throttle.begin('early', 'e9', start)).toBeUndefined();
  });

  test('an address is an IPv4 address or the /64 of an IPv6 one', () => {
    expect(addressKey('::ffff:198.51.100.7')).toBe('198.51.100.7');
    expect(addressKey('2001:db8:0:1:aaaa::1')).toBe(addressKey('2001:db8:0:1:bbbb:cccc:dddd:2'));
    expect(addressKey('2001:db8:0:1::1')).not.toBe(addressKey('2001:db8:0:2::1'));
    expect(addressKey('2001:db8::1')).toBe('2001:db8:0:0');
    expect(addressKey('::1')).toBe('0:0:0:0');
    expect(addressKey(undefined)).toBe('unknown');
  });
});

describe('claims of an external issuer', () => {
  const wally = { id: 'wally-sanne', name: 'Sanne Verhoeven', role: 'wally', organization: 'voorbeeldstreek' };

  test('a whole actor, or role and organization', () => {
    expect(actorFromClaims({ sub: 'x', kortelijn_actor: { ...wally, more: 1 } })).toEqual(wally);
    const { id, ...rest } = wally;
    expect(actorFromClaims({ sub: id, ...rest })).toEqual(wally);
    expect(actorFromClaims({ sub: 'admin-region', role: 'administrator' })).toEqual({
      id: 'admin-region',
      name: 'admin-region',
      role: 'administrator',
    });
  });

  test('anything else is nobody', () => {
    const claims = [
      { sub: 'x' },
      { sub: 'x', role: 'line' },
      { sub: 'x', role: 'practice-system', organization: 'de-brink' },
      { sub: 'x', role: 'wally' },
      { sub: 'x', role: ['wally'], organization: 'voorbeeldstreek' },
      { sub: 'x', role: 'wally', organization: 'voorbeeldstreek', kortelijn_actor: { ...wally, role: 'boss' } },
      { kortelijn_actor: JSON.stringify(wally) },
    ];
    for (const one of claims) expect(actorFromClaims(one)).toBeUndefined();
  });
});

test('a hashed name is the same for the same name, and another under another key', () => {
  const key = Buffer.alloc(32, 1);
  expect(hashedName(key, 'Sanne')).toBe(hashedName(key, 'sanne'));
  expect(hashedName(key, 'sanne')).not.toBe(hashedName(key, 'karim'));
  expect(hashedName(key, 'sanne')).not.toBe(hashedName(Buffer.alloc(32, 2), 'sanne'));
});
