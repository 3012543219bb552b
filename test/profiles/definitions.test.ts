import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, OperationOutcome } from '@medplum/fhirtypes';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../scripts/profiles.ts';
import { codeSystems, conceptMaps, extensions, identifiers, operations, profiles } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { definitionsRouter } from '../../src/intake/definitions.ts';
import { maps } from '../../src/profiles/concept-maps.ts';
import { guide, supportedProfiles } from '../../src/profiles/stored.ts';
import { TRANSITIONS } from '../../src/referral/lifecycle/transitions.ts';
import { words } from '../intake/refusals-table-words.ts';

const ours = 'https://kortelijn.example/fhir/';
const own = (uris: Readonly<Record<string, string>>) => Object.values(uris).filter((uri) => uri.startsWith(ours));
const urls = (type: string) =>
  guide()
    .definitions.filter((one) => one.resourceType === type)
    .map((one) => (one.resourceType === 'NamingSystem' ? one.uniqueId[0]?.value : one.url));

describe('what we publish', () => {
  test('is what the source gives today; make it again with npm run profiles', async () => {
    for (const [file, text] of Object.entries(await generate()))
      expect(readFileSync(new URL(`../../src/profiles/${file}`, import.meta.url), 'utf8') === text, file).toBe(true);
  });

  test('is valid base R4, with required bindings, and has no two of one id', () => {
    const { definitions } = guide();
    for (const one of definitions) expect([one.id, validateBaseR4(one)]).toEqual([one.id, []]);
    const keys = definitions.map((one) => `${one.resourceType}/${one.id}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has every URI of the vocabulary, and nothing beside it', () => {
    expect(urls('StructureDefinition').sort()).toEqual([...own(profiles), ...own(extensions)].sort());
    expect(urls('CodeSystem').sort()).toEqual(own(codeSystems).sort());
    expect(urls('ConceptMap').sort()).toEqual(own(conceptMaps).sort());
    expect(urls('OperationDefinition').sort()).toEqual(own(operations).sort());
    // Those that end in a slash are the beginning of many.
    expect(urls('NamingSystem').sort()).toEqual(
      own(identifiers)
        .filter((uri) => !uri.endsWith('/'))
        .sort(),
    );
    expect(urls('ValueSet').length).toBe(urls('CodeSystem').length);
    expect(Object.values(supportedProfiles).flat().sort()).toEqual(own(profiles).sort());
  });

  test('has every state of the table', () => {
    const published = Object.keys(guide().terms[codeSystems.businessStatus]?.codes ?? {});
    const used = TRANSITIONS.flatMap((row) => row.businessStatus ?? []);
    expect(published.toSorted()).toEqual([...new Set(['new', ...used])].sort());
  });

  test('has every code that the doors were seen to say', () => {
    const said = new Set(Object.keys(words).map((key) => key.split(':')[0] ?? ''));
    const fixtures = new URL('../../fixtures/', import.meta.url);
    for (const folder of readdirSync(fixtures, { withFileTypes: true }).filter((one) => one.isDirectory()))
      for (const file of readdirSync(new URL(`${folder.name}/`, fixtures)).filter((one) =>
        /^[12]-(refused|answer).*json$/.test(one),
      ))
        for (const [, code = ''] of readFileSync(new URL(`${folder.name}/${file}`, fixtures), 'utf8').matchAll(
          /CodeSystem\/refusal",\s*"code": "([^"]+)"/g,
        ))
          said.add(code);
    expect(said.size).toBeGreaterThan(60);
    expect([...said].filter((code) => !Object.hasOwn(guide().refusals, code))).toEqual([]);
  });
});

type Node = { readonly [key: string]: unknown };
/** Every element of a stage: [where it stands as a path of its resource, the element]. */
function elementsOf(value: unknown, at = ''): [string, Node][] {
  if (Array.isArray(value)) return value.flatMap((one) => elementsOf(one, at));
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  const here = typeof node.resourceType === 'string' ? node.resourceType : at;
  const inner = Object.entries(node).flatMap(([key, one]) =>
    elementsOf(one, here && `${here}.${key.replace('_', '')}`),
  );
  return [[here, node], ...inner];
}

describe('the stages of the fixtures', () => {
  const root = new URL('../../fixtures/', import.meta.url);
  const stages = readdirSync(root, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .flatMap(({ name }) => readdirSync(new URL(`${name}/`, root)).map((file) => `${name}/${file}`))
    .filter((path) => /\/[1-6]-.*\.json$/.test(path) || path === 'region/directory.json')
    .map((path) => [path, elementsOf(JSON.parse(readFileSync(new URL(path, root), 'utf8')))] as const);

  test('have each extension of ours where its definition lets it stand', () => {
    const contexts = new Map(
      guide().structures.map((one) => [one.url, (one.context ?? []).map((each) => each.expression)]),
    );
    const seen = new Set<string>();
    for (const [path, elements] of stages)
      for (const [at, node] of elements)
        for (const { url } of (Array.isArray(node.extension) ? node.extension : []) as { url: string }[])
          if (contexts.has(url)) {
            expect(contexts.get(url), `${path} ${url}`).toContain(at);
            seen.add(`${url} ${at}`);
          }
    expect(seen.size).toBeGreaterThan(10);
  });

  // A validator cannot compare an instant with a day of the same date: it says that per-1 does not hold.
  test('have no period whose begin is not before its end as R4 compares them', () => {
    let periods = 0;
    for (const [path, elements] of stages)
      for (const [at, { start, end }] of elements)
        if (typeof start === 'string' && typeof end === 'string' && at.endsWith('eriod')) {
          periods += 1;
          const length = Math.min(start.length, end.length);
          const isSure = start.slice(0, length) < end.slice(0, length) || start === end;
          expect(isSure, `${path} ${at}`).toBe(true);
        }
    expect(periods).toBeGreaterThan(50);
  });

  test('name each entry of a Bundle that is no request and no answer (bdl, fullUrl)', () => {
    for (const [path, elements] of stages)
      for (const [, node] of elements)
        if (node.resourceType === 'Bundle' && node.type === 'collection')
          for (const entry of node.entry as { fullUrl?: string }[])
            expect(entry.fullUrl, path).toMatch(/^(urn:uuid:|https:)/);
  });
});

describe('concept maps', () => {
  test('each life area has a target or says that there is none', () => {
    const areas = Object.keys(guide().terms[codeSystems.lifeArea]?.codes ?? {});
    for (const map of maps) {
      const [group] = map.group ?? [];
      expect(group?.element?.map(({ code }) => code)).toEqual(areas);
      const known = guide().terms[group?.target ?? '']?.codes;
      for (const { target = [] } of group?.element ?? [])
        for (const { code, equivalence } of target) {
          expect(code === undefined).toBe(equivalence === 'unmatched');
          if (known && code) expect(Object.keys(known)).toContain(code);
        }
    }
  });

  test("Gravity's is the mirror of the table that reads it", () => {
    const path = '../../mappings/fhir-r4/codes/life-area.json';
    const table = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as (typeof maps)[number];
    const mirror: Readonly<Record<string, string>> = {
      wider: 'narrower',
      equivalent: 'equivalent',
      inexact: 'inexact',
    };
    const read = (table.group?.[0]?.element ?? []).flatMap(({ code, target = [] }) =>
      target.map((one) => `${one.code} ${mirror[one.equivalence ?? '']} ${code}`),
    );
    const ownMap = maps.find((one) => one.url === conceptMaps.lifeAreaToGravity);
    const said = (ownMap?.group?.[0]?.element ?? []).flatMap(({ code, target = [] }) =>
      target.flatMap((one) => (one.code ? [`${code} ${one.equivalence} ${one.code}`] : [])),
    );
    expect(said.sort()).toEqual(read.sort());
  });
});

type Body = Pick<Bundle, 'entry' | 'total' | 'link'> & Pick<OperationOutcome, 'id' | 'issue'>;

describe('served under /fhir/R4', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const app = express().use('/fhir/R4', definitionsRouter('http://k.example'));
    server = createServer(app).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir/R4`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${path}`, { headers });
    expect(answer.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const found = async (path: string) => (await get(path)).body.entry?.map((one) => one.resource?.id);

  test('each can be read, and found by its URL', async () => {
    for (const { resourceType, id } of guide().definitions) {
      const read = await get(`/${resourceType}/${id}`);
      expect([read.status, read.body.id]).toEqual([200, id]);
    }
    const lifeArea = encodeURIComponent(codeSystems.lifeArea);
    expect(await found(`/CodeSystem?url=${lifeArea}`)).toEqual(['life-area']);
    expect(await found(`/CodeSystem?url=${lifeArea}%7C0.1.0`)).toEqual(['life-area']);
    expect(await found(`/CodeSystem?url=${lifeArea}%7C9`)).toEqual([]);
    expect(await found(`/NamingSystem?url=${encodeURIComponent(identifiers.journeyNumber)}`)).toEqual([
      'journey-number',
    ]);
    expect(await found('/StructureDefinition?name=referralt')).toEqual(['referral-task']);
    expect(await found('/ConceptMap?status=draft')).toEqual([]);
    expect(await found('/ConceptMap?_id=life-area-to-gravity,life-area-to-zrm-2017')).toHaveLength(2);
  });

  test('a search is a valid Bundle that says what counted; what is not known is refused when asked strictly', async () => {
    const { body } = await get('/ConceptMap?status=active&colour=red');
    expect(validateBaseR4(body)).toEqual([]);
    expect(body.total).toBe(3);
    expect(body.link).toEqual([{ relation: 'self', url: 'http://k.example/fhir/R4/ConceptMap?status=active' }]);
    const strict = await get('/ConceptMap?colour=red', { prefer: 'handling=strict' });
    expect([strict.status, strict.body.issue?.[0]?.code]).toEqual([400, 'not-supported']);
    const gone = await get('/CodeSystem/nothing');
    expect([gone.status, gone.body.issue?.[0]?.details?.coding?.[0]?.code]).toEqual([404, 'no-such-definition']);
  });

  test('nothing can be written, and what is not a definition goes on to the door for referrals', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await fetch(`${url}/CodeSystem/life-area`, { method })).headers.get('content-type')).toMatch(
        /text\/html/,
      );
    expect((await fetch(`${url}/Patient/1`)).status).toBe(404);
  });
});
