import type { Task } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { payloadContent } from '../../src/fhir/subscription-status.ts';
import { codeSystems } from '../../src/fhir/systems.ts';
import { canaries, journeyOf, until } from '../doubles/made.ts';
import { focusesOf } from '../doubles/subscriber.ts';
import { cameIn, journeyBy } from './doors.ts';
import { takenUp } from './outsiders.ts';
import { absentFrom } from './words.ts';
import { bearer, type World } from './world.ts';

/** Asks to be told; whoever asked reads back what it wrote, so only what stands around a yes is looked through. */
async function asksToBeTold({ service, subscriber, answers }: World, criteria: string): Promise<Response> {
  const response = await fetch(`${service.url}/fhir/R4/Subscription`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', ...(await bearer('de-brink')) },
    body: JSON.stringify({
      resourceType: 'Subscription',
      status: 'requested',
      reason: canaries.reason,
      criteria,
      channel: {
        type: 'rest-hook',
        endpoint: subscriber.url,
        header: [`Authorization: Bearer ${canaries.family}`],
        payload: 'application/fhir+json',
        _payload: { extension: [{ url: payloadContent, valueCode: 'id-only' }] },
      },
    }),
  });
  const said = response.ok ? '' : await response.clone().text();
  answers.push({ from: 'Subscription', said: `${JSON.stringify([...response.headers])} ${said}` });
  return response;
}

const statusOf = async ({ owner }: World, id: string) =>
  (await owner.query<{ status: string }>('select status from subscription where id = $1', [id])).rows[0]?.status;

/** A practice's system is told of changes, while it listens, while it breaks, and until it stops listening for good. */
export async function toldOfChanges(world: World): Promise<void> {
  const { subscriber, owner } = world;
  const named = await asksToBeTold(world, `Task?patient.family=${canaries.family}&patient.identifier=${canaries.bsn}`);
  expect(named.status).toBeGreaterThan(399);
  const made = await asksToBeTold(world, 'Task');
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  await until('its handshake was answered', async () => (await statusOf(world, id)) === 'active');
  // What it asked to be sent with each notice is its own secret: it stands there, and nowhere with us in the open.
  expect(subscriber.heard[0]?.authorization).toBe(`Bearer ${canaries.family}`);
  subscriber.status = 500;
  const journey = await cameIn(world, 'de-brink', 'C-told');
  const { task } = await journeyOf(world.store, journey);
  const heardOf = (taken: boolean) =>
    subscriber.heard
      .filter((one) => one.type === 'event-notification')
      .some(({ body, number }) => {
        const isAbout = body !== '' && focusesOf(body).includes(`Task/${task.resource.id}`);
        return isAbout && subscriber.taken().includes(number) === taken;
      });
  await until('a notice of it was refused', () => heardOf(false));
  subscriber.status = 200;
  await until('and taken after that', () => heardOf(true));
  const events = await fetch(`${world.service.url}/fhir/R4/Subscription/${id}/$events`, {
    headers: await bearer('de-brink'),
  });
  world.answers.push({ from: '$events', said: await events.text() });
  subscriber.status = 410;
  await cameIn(world, 'de-brink', 'C-told-2');
  await until('it is told no more', async () => (await statusOf(world, id)) === 'error');
  const { rowCount } = await owner.query(
    `select from delivery where kind = 'subscription' and failure_code is not null`,
  );
  expect(rowCount).toBeGreaterThan(0);
}

/** The Wallys' organisation keeps its work in a case system of its own, which is away, then breaks with all it was sent, then keeps it. */
export async function keptInCaseSystem(world: World): Promise<void> {
  const { cases, owner, store } = world;
  const codes = async () =>
    (
      await owner.query<{ code: string }>(
        `select distinct a.failure_code as code from attempt a join delivery d on d.id = a.delivery_id where d.kind = 'case' and a.failure_code is not null`,
      )
    ).rows.length;
  cases.mode = 'telltale';
  const { id } = await takenUp(world, 'de-brink', 'C-case');
  const { task, patient } = await journeyOf(store, id);
  const carried = () => cases.requests.filter(({ body }) => body.includes(patient.resource.id));
  await until(
    'it was refused there with everything that was sent',
    async () => carried().length > 0 && (await codes()) > 0,
  );
  cases.mode = 'well';
  const there = () =>
    cases
      .all()
      .find(({ resource }) => resource.resourceType === 'Task' && JSON.stringify(resource).includes(task.resource.id));
  const copy = (await until('it stands there', there, 60_000)).resource as Task;
  const kept = cases
    .all()
    .map((one) => JSON.stringify(one.resource))
    .join('\n');
  expect(absentFrom(kept, canaries.family, canaries.reason, canaries.street)).toEqual([]);
  expect(absentFrom(cases.requests.map((one) => one.body).join('\n'), canaries.bsn)).toEqual([canaries.bsn]);
  // Someone there writes to the practice about it; it is heard when their system is asked again.
  cases.write({
    resourceType: 'Communication',
    status: 'completed',
    category: [{ coding: [{ system: codeSystems.communicationCategory, code: 'question' }] }],
    subject: { reference: copy.for?.reference ?? '' },
    partOf: [{ reference: `Task/${copy.id}` }],
    sender: { reference: 'Practitioner/77', display: canaries.contactPerson },
    payload: [{ contentString: canaries.letter }],
  });
  await owner.query(`update destination set asked_at = null where id like 'case:%'`);
}

/** What was written in the case system has come back. */
export async function heardFromCaseSystem(world: World): Promise<void> {
  const id = await journeyBy(world, 'C-case');
  await until('what was written there is heard', async () => {
    const { communications } = await journeyOf(world.store, id);
    return communications.some((one) => JSON.stringify(one.resource.payload).includes(canaries.letter));
  });
}
