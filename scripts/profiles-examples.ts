import { readFile } from 'node:fs/promises';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { profiles } from '../src/fhir/systems.ts';
import { loadMapping } from '../src/mapping/load.ts';
import { toAuditEvent } from '../src/referral/audit-event.ts';
import type { Change } from '../src/referral/change.ts';
import { fixturesFolder } from './fixture-case.ts';
import { playJourney, readJourneyFixture } from './fixture-journey.ts';

/** What goes in at a door and what comes back, as the fixtures have it. */
export interface DoorExample {
  readonly door: string;
  readonly story: string;
  readonly sent: string;
  readonly answered: string;
}

const stage = (path: string) => readFile(new URL(path, fixturesFolder), 'utf8');
const resourcesIn = async (path: string): Promise<Resource[]> => {
  const found = JSON.parse(await stage(path)) as Bundle | Resource[];
  return Array.isArray(found) ? found : (found.entry ?? []).flatMap(({ resource }) => (resource ? [resource] : []));
};

const doors = [
  ['fhir', 'fhir-loneliness', '0-received.json', '2-answer.json'],
  ['fhir-refused', 'fhir-bsn-invalid', '0-received.json', '1-refused.json'],
  ['fhir-message', 'fhir-r4-message', '0-received.json', '2-answer.json'],
  ['json', 'json-loneliness', '0-received.json', '2-answer.json'],
  ['mllp', 'mllp-loneliness', '0-received.hl7', '2-answer.hl7'],
  ['mllp-feedback', 'mllp-loneliness', '6-sent.hl7', ''],
  ['medvri', 'medvri-loneliness', '0-received.edi', ''],
] as const;

/** A line of the trail of a journey that the fixtures tell, as its AuditEvent. */
async function trailLine(): Promise<Resource> {
  const changes: Change[] = [];
  const fixture = await readJourneyFixture('journey-not-reached');
  await playJourney(fixture, await loadMapping('json'), (change) => changes.push(change));
  const [change] = changes.filter(({ audit }) => audit.some((one) => one.event === 'task-accepted'));
  const [line] = change?.audit ?? [];
  if (!change || !line) throw new Error('no line of the trail to show');
  const { practice } = change.scope;
  const id = '00000000-0000-7000-8000-00000000a001';
  return toAuditEvent({ id, seq: 1, recorded: line.at, practice, journey: id, number: 'KL-00000-00001', line });
}

/** One example of each profile by resource type, and one of each door. Everyone in them is invented. */
export async function examples() {
  const all = [
    ...(await resourcesIn('fhir-loneliness/2-bundle.json')),
    ...(await resourcesIn('fhir-loneliness/5-communication.json')).slice(-1),
    ...(await resourcesIn('journey-youth/6-end.json')).filter((one) => one.resourceType === 'Appointment'),
    await trailLine(),
    ...(await resourcesIn('region/directory.json')).filter((one) =>
      ['wally-sanne', 'wally-of-de-brink', 'de-brink'].includes(one.id ?? ''),
    ),
  ];
  const resources: Record<string, Resource> = {};
  for (const one of all) if (one.resourceType in profiles) resources[one.resourceType] ??= one;
  return {
    resources,
    doors: await Promise.all(
      doors.map(
        async ([door, story, sent, answered]): Promise<DoorExample> => ({
          door,
          story,
          sent: await stage(`${story}/${sent}`),
          answered: answered && (await stage(`${story}/${answered}`)),
        }),
      ),
    ),
  };
}
