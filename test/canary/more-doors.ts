import { expect } from 'vitest';
import { canaries } from '../doubles/made.ts';
import { brink } from '../web/refer-browser.ts';
import { bearer, type World } from './world.ts';

/** Searches, checks, moves, launches and cards, and the pages of rights, queue and trail: what each answers names nobody. */
export async function laterDoors({ service, owner, ask, browser, answers }: World): Promise<void> {
  const search = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = new URLSearchParams({ family: canaries.family, birthdate: canaries.birthDate }).toString();
  const found = await fetch(`${service.url}/fhir/R4/Patient/_search`, {
    method: 'POST',
    headers: { ...search, ...(await bearer('de-brink')) },
    body: asked,
  });
  // Whoever may search gets the person back; what stands around it says nothing.
  answers.push({ from: 'Patient/_search', said: JSON.stringify([...found.headers]) });
  expect(found.status).toBe(200);
  await ask(
    '/fhir/R4/Patient/_search',
    new URLSearchParams({ nonsense: canaries.family, _count: canaries.question }).toString(),
    search,
  );
  const person = {
    resourceType: 'Patient',
    name: [{ family: canaries.family, text: 7, given: canaries.given }],
    birthDate: canaries.reason,
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: `${canaries.bsn}0` }],
  };
  await ask('/fhir/R4/Patient/$validate', person);
  const { rows } = await owner.query<{ id: string; task: string }>('select id, task_id as task from journey limit 1');
  const [{ id, task } = { id: '', task: '' }] = rows;
  const move = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'move', valueCode: canaries.question },
      { name: 'text', valueString: canaries.letter },
    ],
  };
  await ask(`/fhir/R4/Task/${task}/$move`, move);
  await ask(
    '/cds-services/kortelijn',
    {
      hook: 'patient-view',
      hookInstance: canaries.question,
      context: { patientId: canaries.bsn },
      prefetch: { patient: person },
    },
    { 'content-type': 'application/json' },
  );
  await ask(
    '/launch/jwt',
    new URLSearchParams({ token: `${canaries.family}.${canaries.reason}.x` }).toString(),
    search,
  );
  const address = {
    family: canaries.family,
    birthDate: canaries.birthDate,
    postcode: canaries.postcode,
    houseNumber: '12',
  };
  const gp = await browser(brink, 'whole');
  expect((await gp.get('/practice/rights')).status).toBe(200);
  expect((await gp.post('/practice/rights', { reference: 'Z-2026-7', ...address })).status).toBe(200);
  const access = { reference: 'Z-2026-7', journeys: id, [`j-${id}`]: 'yes', right: 'access', sure: 'yes' };
  expect((await gp.post('/practice/rights/act', access)).status).toBe(303);
  for (const path of [`/practice/${id}/looked`, `/practice/${id}/looked.csv`, `/practice/${id}/looked.json`])
    expect((await gp.get(path)).status).toBe(200);
}

/** A message, a person handed to the refer page, a launch, and the pages of who has no account: right and wrong. */
export async function doorsWithoutReferral({ ask, browser }: World): Promise<void> {
  const person = {
    resourceType: 'Patient',
    name: [{ family: canaries.family, given: [canaries.given] }],
    birthDate: canaries.birthDate,
    telecom: [{ system: 'phone', value: canaries.phone }],
  };
  const message = {
    resourceType: 'Bundle',
    type: 'message',
    entry: [
      {
        fullUrl: 'urn:uuid:01900000-0000-7000-8000-00000000c0de',
        resource: {
          resourceType: 'MessageHeader',
          // Event and source come back in the answer, as FHIR has it: they are the sender's system, not a person.
          eventCoding: { system: 'http://example.org', code: 'no-such-event' },
          source: { name: 'HIS', endpoint: 'https://his.example.org' },
          reason: { text: canaries.question },
        },
      },
      { fullUrl: `urn:uuid:${canaries.bsn}`, resource: person },
    ],
  };
  expect((await ask('/fhir/R4/$process-message', message)).status).toBeGreaterThan(399);
  const handed = await ask('/refer/context', person, { 'x-practice-referral': 'https://example.org/number|C-context' });
  expect(handed.status).toBe(201);
  expect((await ask('/refer/context', { ...person, birthDate: canaries.family })).status).toBe(422);
  const visitor = await browser();
  const launched = new URLSearchParams({ iss: `https://${canaries.family}.example/fhir`, launch: canaries.reason });
  const callback = new URLSearchParams({ state: canaries.given, code: canaries.bsn });
  for (const path of [
    `/launch?${launched}`,
    `/launch/callback?${callback}`,
    `/link/${encodeURIComponent(canaries.family)}`,
  ])
    expect((await visitor.get(path)).status).toBeGreaterThan(399);
  expect((await visitor.get('/mijn')).status).toBe(200);
  expect((await visitor.post('/mijn', { code: canaries.family, born: canaries.birthDate })).status).toBe(403);
  expect((await visitor.post('/mijn', { code: canaries.bsn, born: canaries.given })).status).toBe(422);
}
