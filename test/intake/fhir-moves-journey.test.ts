import type { Appointment, Communication, Resource, Task } from '@medplum/fhirtypes';
import { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeSystems } from '../../src/fhir/systems.ts';
import { openTestLine, type TestLine } from '../doubles/line.ts';
import { journeyOf } from '../doubles/made.ts';
import { refer } from '../doubles/walk.ts';
import { teamToken } from '../doubles/wally-systems.ts';
import { appointmentOf, feedback } from './fhir-moves-cases.ts';

let line: TestLine;
beforeAll(async () => {
  line = await openTestLine();
});
afterAll(() => line.close());

test('a whole journey as a Wally’s own case system, with a public client: from the Task to the letters in the record', async () => {
  const { his, at, url } = line;
  const { patients, letters } = his.records('de-brink');
  const [patient] = patients.all();
  const request = { reason: 'Is veel alleen.', lifeAreas: ['loneliness', 'meaning'] };
  await refer({ url, his: his.url }, 'de-brink', patient?.id ?? '', request);
  await line.drain();

  const client = new Client({ baseUrl: `${url}/fhir/R4`, bearerToken: teamToken });
  const { rows } = await at.owner.query<{ id: string; task_id: string }>('select id, task_id from journey');
  const [known] = rows;
  if (!known) throw new Error('no journey');
  const journey = await journeyOf(at.store, known.id);
  const answered = (resource: unknown) => {
    const { response } = Client.httpFor(resource as never) as { response: Response };
    return { status: response.status, version: response.headers.get('etag') ?? '' };
  };
  const read = async () => (await client.read({ resourceType: 'Task', id: known.task_id })) as unknown as Task;
  const saved = async (change: Partial<Task>) => {
    const task = await read();
    const body = { ...task, ...change } as never;
    return client.update({
      resourceType: 'Task',
      id: known.task_id,
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
