import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

export const root = new URL('../../', import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, root), 'utf8');

/** `${NAME:-usual}` with nothing in the environment: what a fresh checkout runs with. */
const usual = (text: string) => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);
const healthcheck = z.looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() });
const service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string().transform(usual)).default({}),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  networks: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  secrets: z.array(z.strictObject({ source: z.string() })).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition })).default({}),
  healthcheck: healthcheck.optional(),
  deploy: z.object({ resources: z.object({ limits: z.record(z.string(), z.union([z.string(), z.number()])) }) }),
  logging: z.object({ options: z.record(z.string(), z.string()) }),
});
export type Service = z.infer<typeof service>;

const compose = z.looseObject({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});
export type Compose = z.infer<typeof compose>;

/** The compose file as Compose reads it: anchors and merge keys followed, variables at their usual values. */
export function readCompose(): Compose {
  return compose.parse(parse(textOf('docker-compose.yml'), { merge: true }));
}

/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

export interface Image {
  /** From each FROM to the next. */
  readonly stages: readonly (readonly Instruction[])[];
  /** Of the last stage: what a container gets that says nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  /** What the build copies from the checkout, and what of it goes into the last stage. */
  readonly copied: readonly string[];
  readonly shipped: readonly string[];
}

const copiedBy = (stage: readonly Instruction[]) =>
  stage
    .filter((one) => one.name === 'COPY' && !one.rest.startsWith('--from'))
    .flatMap((one) => one.rest.split(/\s+/).slice(0, -1));

/** Reads the Dockerfile; knows the forms that it uses, and throws at another. */
export function readImage(): Image {
  const lines = textOf('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not understood: ${line}`);
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  const last = stages.at(-1) ?? [];
  const find = (name: string) => last.find((one) => one.name === name)?.rest ?? '';
  const listIn = (text: string) => z.array(z.string()).parse(JSON.parse(text.slice(text.indexOf('['))));
  return {
    stages,
    environment: Object.fromEntries(
      find('ENV')
        .split(' ')
        .map((pair) => pair.split('=') as [string, string]),
    ),
    command: listIn(find('CMD')),
    healthcheck: listIn(find('HEALTHCHECK')),
    copied: stages.flatMap(copiedBy),
    shipped: copiedBy(last),
  };
}

/** The names at the top of node_modules that `npm ci --omit=dev --omit=optional` leaves. */
export function productionPackages(): string[] {
  const lock = z.record(z.string(), z.looseObject({ dev: z.boolean().optional(), optional: z.boolean().optional() }));
  const { packages } = z.looseObject({ packages: lock }).parse(JSON.parse(textOf('package-lock.json')));
  return Object.entries(packages).flatMap(([path, one]) => {
    const [, name = '', nested] = path.split('node_modules/').map((part) => part.replace(/\/$/, ''));
    const stays = !one.dev && !one.optional && !one.devOptional;
    return name !== '' && nested === undefined && stays ? [name] : [];
  });
}
