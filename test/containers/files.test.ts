import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { settings } from '../../src/settings.ts';
import { productionPackages, readCompose, readImage, root } from './compose.ts';

const compose = readCompose();
const image = readImage();
const services = Object.entries(compose.services);
const own = services.filter(([, one]) => one.build !== undefined);

describe('the compose file', () => {
  test.each(services)('%s has no more rights and room than it needs', (_, one) => {
    expect(one.user).toMatch(/^(1000:1000|redis)$/);
    expect([one.read_only, one.cap_drop, one.cap_add]).toEqual([true, ['ALL'], []]);
    expect(one.security_opt).toEqual(['no-new-privileges:true']);
    const { cpus, memory, pids } = one.deploy.resources.limits;
    expect([Number(cpus) > 0, /^\d+[MG]$/.test(String(memory)), Number(pids) > 0]).toEqual([true, true, true]);
    expect(one.logging.options).toEqual({ 'max-size': '10m', 'max-file': '5' });
  });

  test.each(services)('%s can write where it writes, and only there', (name, one) => {
    const writable = [...one.tmpfs, ...one.volumes.filter((line) => !line.endsWith(':ro'))];
    for (const line of one.tmpfs) expect(line).toMatch(/^\/\w+(\/\w+)*(:\w+=\w+(,\w+=\w+)*)?$/);
    const needed: Record<string, string[]> = {
      postgres: ['/tmp', '/run/postgresql', '/var/lib/postgresql'],
      redis: ['/data'],
    };
    const places = writable.map((line) => line.split(':').find((part) => part.startsWith('/')));
    expect(places.sort()).toEqual((needed[name] ?? ['/tmp', image.environment.DATA_DIR]).sort());
  });

  test.each(services)('%s comes from a named version', (_, one) => {
    expect(one.image).toMatch(one.build ? /^kortelijn$/ : /^\w+:\d+-bookworm$/);
  });

  test.each(services)('%s gets its secrets as files, and only those it reads', (_, one) => {
    const asked = new Set<string>();
    for (const [key, value] of Object.entries(one.environment)) {
      expect(value).not.toMatch(/:\/\/[^/]*:[^/@]*@/);
      if (/PASS|SECRET|KEY|TOKEN/.test(key)) expect(value).toMatch(/^\/run\/secrets\/\w+$/);
      if (value.startsWith('/run/secrets/')) asked.add(value.slice('/run/secrets/'.length));
    }
    for (const line of one.volumes) {
      const [file = ''] = line.split(':');
      if (file.endsWith('.sh'))
        for (const [, name = ''] of read(file).matchAll(/\/run\/secrets\/(\w+)/g)) asked.add(name);
    }
    expect([...asked].sort()).toEqual(one.secrets.map(({ source }) => source).sort());
    // A mounted file keeps its owner: only this user can read it.
    expect(read('docker/make-secrets.sh')).toContain('chown -R 1000:1000 secrets');
    if (one.secrets.length > 0) expect(one.user).toBe('1000:1000');
    for (const { source } of one.secrets) {
      expect(compose.secrets[source]?.file).toBe(`./secrets/${source}`);
      expect(read('docker/make-secrets.sh')).toContain(`make ${source} `);
    }
  });

  test.each(own)('%s: its settings are settings, and good ones', (name, one) => {
    const environment = { ...image.environment, ...one.environment };
    const known = [...Object.keys(settings), 'TZ', 'PGPASSFILE', 'NODE_OPTIONS'];
    expect(Object.keys(environment).filter((key) => !known.includes(key))).toEqual([]);
    if (one.command === undefined)
      expect(readConfig(environment)).toMatchObject({
        MIGRATE: name === 'migrate' || name === 'region' ? 'only' : 'off',
      });
    // main.ts ends itself within ten seconds.
    expect(Number.parseInt(one.stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(10);
  });

  test('every role runs somewhere, once', () => {
    const roles = own.flatMap(([, one]) => one.environment.ROLES?.split(',') ?? []);
    expect(roles.sort()).toEqual(['clock', 'deliver', 'http', 'mllp', 'relay']);
  });

  test('from outside only the doors are reached, and only from this machine', () => {
    const reached = services.filter(([, one]) => one.ports.length > 0).map(([name]) => name);
    expect(reached.sort()).toEqual(['his', 'http', 'mllp']);
    for (const [, one] of services) for (const line of one.ports) expect(line).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const name of ['postgres', 'redis']) expect(compose.services[name]?.networks).toEqual(['inside']);
    expect(compose.networks.inside?.internal).toBe(true);
  });

  test('what waits for health waits for something that tells it', () => {
    for (const [, one] of services)
      for (const [other, { condition }] of Object.entries(one.depends_on)) {
        const health = compose.services[other]?.healthcheck;
        if (condition === 'service_healthy') expect(health?.test).toBeDefined();
        if (condition === 'service_completed_successfully') expect(health?.disable).toBe(true);
      }
  });
});

const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const filesIn = (folder: string): string[] =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && one.name.endsWith('.ts'))
    .map((one) => join(one.parentPath, one.name));

describe('the image', () => {
  const ignored = read('.dockerignore').split('\n').filter(Boolean);

  test('copies what is there, and nothing that the build does not get to see', () => {
    for (const source of image.copied) {
      expect(statSync(new URL(source, root), { throwIfNoEntry: false })).toBeDefined();
      expect(ignored.filter((line) => source === line || source.startsWith(`${line}/`))).toEqual([]);
    }
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.data', 'test', 'secrets', 'node_modules', '.env*']));
  });

  test('has the packages that its code imports, and no others', () => {
    const [build = []] = image.stages;
    expect(build.filter((one) => one.name === 'RUN')).toEqual([
      { name: 'RUN', rest: 'npm ci --omit=dev --omit=optional' },
    ]);
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const imported = new Set(
      image.shipped
        .filter((one) => !one.includes('.') && !one.startsWith('fixtures'))
        .flatMap(filesIn)
        .flatMap((file) => [
          ...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'/gms),
        ])
        .map(([, name = '']) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter((name) => !name.startsWith('node:')),
    );
    expect([...imported].filter((name) => !(name in dependencies))).toEqual([]);
    expect(productionPackages()).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  });

  test('runs as its own user, under a Node that the project runs on, and holds no secret', () => {
    const last = image.stages.at(-1) ?? [];
    expect(last.find((one) => one.name === 'USER')?.rest).toBe('node');
    const versions = image.stages.map((stage) => stage[0]?.rest.replace(/ AS \w+$/, ''));
    expect(new Set(versions).size).toBe(1);
    const major = Number(/^node:(\d+)-bookworm-slim$/.exec(versions[0] ?? '')?.[1]);
    expect(major).toBe(Number(process.versions.node.split('.')[0]));
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(engines.node.startsWith(`>=${major}`)).toBe(true);
    expect(Object.keys(image.environment).filter((key) => /PASS|SECRET|KEY|TOKEN/.test(key))).toEqual([]);
    expect(image.stages.flat().filter((one) => one.name === 'ARG')).toEqual([]);
  });
});
