import type { Appointment, Bundle, Communication, Resource, Task } from '@medplum/fhirtypes';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeSystems } from '../../src/fhir/systems.ts';
import { mountIssuer } from '../../src/identity/issuer.ts';
import { registrationChange } from '../../src/identity/registration.ts';
import { openLog } from '../../src/log.ts';
import { theLine } from '../../src/referral/actor.ts';
import { issuerErrorPage } from '../../src/web/login.ts';
import { systemKey, tokenOf } from '../doubles/app.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { committed, journeyOf } from '../doubles/made.ts';
import { refer } from '../doubles/walk.ts';
import { appointmentOf, feedback } from './fhir-moves-cases.ts';

let line: TestLine;
beforeAll(async () => {
  line = await openTestLine();
});
afterAll(() => line.close());

/** A token as the case system of Voorbeeldstreek gets it: registered by the administrator, asked for with its own key. */
async function tokenOfTeam({ app, at, url }: TestLine): Promise<string> {
  const { store } = at;
  const fetchKeys = () => Promise.reject(new Error('its keys are registered'));
  const errorPage = issuerErrorPage;
  const issuer = await mountIssuer({ store, publicUrl: url, log: openLog('silent'), errorPage, fetchKeys });
  app.use('/oauth', issuer.router);
  const key = await systemKey();
  const client = {
    id: 'case-system',
    name: 'Case system',
    kind: 'team',
    party: 'voorbeeldstreek',
    scopes: ['system/*.cruds'],
    jwks: { keys: [{ ...key.jwk }] },
  } as const;
  await committed(store, registrationChange('registered', client, theLine, at.now.toISOString()));
  const ask = (method: string, path: string, init: object = {}) => fetch(`${url}${path}`, { ...init, method });
  return tokenOf({ ask, url }, client.id, key, 'system/Task.rus system/Communication.cru system/Appointment.crus');
}

test('a whole journey as a Wally’s own case system, with a public client: from its token and the search for its Task to the letters in the record', async () => {
  const { his, at, url } = line;
  const { patients, letters } = his.records('de-brink');
  const [patient] = patients.all();
  const request = { reason: 'Is veel alleen.', lifeAreas: ['loneliness', 'meaning'] };
  await refer({ url, his: his.url }, 'de-brink', patient?.id ?? '', request);
  await line.drain();

  const client = new Client({ baseUrl: `${url}/fhir/R4`, bearerToken: await tokenOfTeam(line) });
  const searchParams = { status: 'requested', owner: 'PractitionerRole/wally-sanne' };
  const { entry = [] } = (await client.search({ resourceType: 'Task', searchParams })) as unknown as Bundle<Task>;
  const [found] = entry.map(({ resource }) => resource);
  expect([entry.length, found?.status]).toEqual([1, 'requested']);
  const taskId = found?.id ?? '';
  const { rows } = await at.owner.query<{ id: string }>('select id from journey where task_id = $1', [taskId]);
  const [known] = rows;
  if (!known) throw new Error('no journey');
  const journey = await journeyOf(at.store, known.id);
  const answered = (resource: unknown) => {
    const { response } = Client.httpFor(resource as never) as { response: Response };
    return { status: response.status, version: response.headers.get('etag') ?? '' };
  };
  const read = async () => (await client.read({ resourceType: 'Task', id: taskId })) as unknown as Task;
  const saved = async (change: Partial<Task>) => {
    const task = await read();
    const body = { ...task, ...change } as never;
    return client.update({
      resourceType: 'Task',
      id: taskId,
      body,
      options: { headers: { 'If-Match': answered(task).version } },
    }) as unknown as Promise<Task>;
  };
  const created = async <T extends Resource>(body: T) =>
    (await client.create({ resourceType: body.resourceType, body: body as never })) as unknown as T & { id: string };

  expect((await saved({ status: 'received' })).status).toBe('received');
  expect((await saved({ status: 'accepted' })).status).toBe('accepted');
  const type = { coding: [{ system: codeSystems.taskOutput, code: 'contact' }] };
  const valueAnnotation = { time: at.now.toISOString(), text: 'contact' };
  const started = await saved({ output: [...((await read()).output ?? []), { type, valueAnnotation }] });
  expect([started.status, started.businessStatus?.coding?.[0]?.code]).toEqual(['in-progress', 'contact-made']);

  const meeting = await created<Appointment>(appointmentOf(journey));
  expect(answered(meeting).status).toBe(201);
  const moved = (await client.patch({
    resourceType: 'Appointment',
    id: meeting.id,
    jsonPatch: [
      { op: 'test', path: '/status', value: 'booked' },
      { op: 'replace', path: '/start', value: '2026-11-26T10:00:00.000Z' },
      { op: 'replace', path: '/end', value: '2026-11-26T11:00:00.000Z' },
    ],
    options: { headers: { 'If-Match': answered(meeting).version } },
  })) as unknown as Appointment;
  expect([moved.id, moved.start]).toEqual([meeting.id, '2026-11-26T10:00:00.000Z']);

  const interim = await created<Communication>(feedback(journey, false));
  expect(interim.status).toBe('in-progress');
  await line.drain();
  const landed = (await client.read({ resourceType: 'Communication', id: interim.id })) as unknown as Communication;
  expect(landed.status).toBe('completed');

  const final = await created<Communication>(
    feedback(journey, true, { payload: [{ contentString: 'Mevrouw gaat naar de eettafel.' }] }),
  );
  expect((await read()).status).toBe('completed');
  await line.drain();
  const texts = letters.all().map(({ communication }) => communication.payload?.[0]?.contentString);
  expect(texts).toEqual(['Wij spraken elkaar.', 'Mevrouw gaat naar de eettafel.']);
  expect(his.counts()['de-brink']).toMatchObject({ effects: 2, duplicateEffects: 0, inbox: 0 });
  const now = await journeyOf(at.store, known.id);
  expect([now.serviceRequest.resource.status, now.communications.at(-1)?.resource.id]).toEqual(['completed', final.id]);

  const tooLate = saved({ status: 'accepted' });
  await expect(tooLate).rejects.toMatchObject({ response: { status: 409 } });
});
