import { isAbsolute } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../src/config.ts';
import { roles, settings } from '../src/settings.ts';

const good = (environment: Record<string, string>): Config => {
  const config = readConfig(environment);
  if ('faults' in config) throw new Error(JSON.stringify(config.faults));
  return config;
};
const faultsOf = (environment: Record<string, string>): string[] => {
  const config = readConfig(environment);
  return 'faults' in config ? config.faults.map((fault) => fault.setting) : [];
};
const canary = 'KANARIE-7f3a';

describe('settings', () => {
  test('nothing set is a whole configuration: the demo on this machine', () => {
    const config = good({});
    expect(config).toMatchObject({
      PORT: undefined,
      HOST: '127.0.0.1',
      DEMO: 'on',
      demo: true,
      ROLES: [...roles],
      OUTBOUND_HOSTS: [],
      DELIVERY_TIMEOUT_MS: 10_000,
      logLevel: 'warn',
    });
    expect(isAbsolute(config.dataDir)).toBe(true);
    expect(config.masterKeyFile).toBe(`${config.dataDir}/master.key`);
  });

  test('empty, and blank, mean not set', () => {
    const blank = Object.fromEntries(Object.keys(settings).map((name) => [name, '']));
    expect(good(blank)).toEqual(good({}));
    expect(good({ PORT: '  ', SMTP_PORT: ' ', DATABASE_URL: ' ' })).toEqual(good({}));
  });

  test('what is set is read', () => {
    expect(
      good({
        PORT: '8081',
        DATABASE_URL: 'postgres://app@db.example/kortelijn',
        DATABASE_OWNER_URL: 'postgresql:///kortelijn?host=/run/postgresql&user=owner',
        ROLES: 'http, clock',
        DEMO: 'off',
        MASTER_KEY_FILE: '/run/secrets/key',
        OUTBOUND_HOSTS: 'his.example, 127.0.0.1:8090 ,',
        DELIVERY_TIMEOUT_MS: '500',
      }),
    ).toMatchObject({
      PORT: 8081,
      ROLES: ['http', 'clock'],
      demo: false,
      masterKeyFile: '/run/secrets/key',
      OUTBOUND_HOSTS: ['his.example', '127.0.0.1:8090'],
      DELIVERY_TIMEOUT_MS: 500,
      logLevel: 'info',
    });
  });

  test('each has a text that says what it is for, as one or two sentences', () => {
    for (const [name, { what }] of Object.entries(settings)) {
      expect(name).toMatch(/^[A-Z][A-Z_]+$/);
      expect([name, what]).toEqual([name, expect.stringMatching(/^\S.{10,160}\.$/)]);
    }
  });
});

describe('wrong settings', () => {
  const wrong = {
    PORT: canary,
    PUBLIC_URL: canary,
    DATABASE_URL: `mysql://user:${canary}@db.example/x`,
    DATABASE_OWNER_URL: canary,
    ROLES: `http,${canary}`,
    DEMO: canary,
    HIS_PORT: '70000',
    SMTP_PORT: '-1',
    SMTP_SECURE: canary,
    OUTBOUND_HOSTS: `his.example/${canary}`,
    ISSUER_URL: `ftp://${canary}`,
    BODY_BYTES_MAX: '1',
    DELIVERY_TIMEOUT_MS: '1.5',
    DELIVERY_CONCURRENCY: canary,
    LOG_LEVEL: canary,
  };

  test('are told all at once, by name and never by value', () => {
    const config = readConfig(wrong);
    expect(new Set(faultsOf(wrong))).toEqual(new Set([...Object.keys(wrong)]));
    expect(JSON.stringify(config)).not.toContain(canary);
    expect(JSON.stringify(config)).not.toContain('70000');
    for (const fault of 'faults' in config ? config.faults : []) expect(fault.why.length).toBeGreaterThan(20);
  });

  test.each(Object.entries(wrong))('%s alone is named', (name, value) => {
    expect(faultsOf({ [name]: value })).toContain(name);
  });

  test.each([
    ['a share of the roles without a database that several processes can use', { ROLES: 'http' }, ['ROLES']],
    ['an issuer without our id there', { ISSUER_URL: 'https://id.example' }, ['ISSUER_CLIENT_ID']],
    ['a second factor that nobody is asked for', { ISSUER_ACR: 'mfa' }, ['ISSUER_ACR']],
    ['an owner of nothing', { DATABASE_OWNER_URL: 'postgres://o@db.example/x' }, ['DATABASE_OWNER_URL']],
    [
      'a database that outlives this machine with a key that does not',
      { DEMO: 'off', DATABASE_URL: 'postgres://o@db.example/x' },
      ['MASTER_KEY_FILE'],
    ],
    ['people who sign in over an open line', { PUBLIC_URL: 'http://kortelijn.example' }, ['PUBLIC_URL']],
  ])('%s', (_what, environment: Record<string, string>, faults) => {
    expect(faultsOf(environment)).toEqual(faults);
  });

  test('whatever stands in the environment: a configuration or faults, never an exception, never a value', () => {
    const names = Object.keys(settings);
    const value = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom('0', '-0', '1e3', '0x10', 'NaN', 'Infinity', '__proto__', 'http://', 'postgres://', 'on', 'off'),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (environment) => {
        const config = readConfig(environment);
        if (!('faults' in config)) return;
        expect(config.faults.length).toBeGreaterThan(0);
        const said = JSON.stringify(
          readConfig(Object.fromEntries(Object.entries(environment).map(([name, one]) => [name, `${one}${canary}`]))),
        );
        if (said.startsWith('{"faults"')) expect(said).not.toContain(canary);
        for (const fault of config.faults) expect(names).toContain(fault.setting);
      }),
    );
  });
});
