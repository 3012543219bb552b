import { readdir, readFile } from 'node:fs/promises';
import type { AuditEvent, Bundle, Resource } from '@medplum/fhirtypes';
import { allCases, fixturesFolder } from '../../scripts/fixture-case.ts';
import { playJourney, readJourneyFixture } from '../../scripts/fixture-journey.ts';
import { profiles } from '../../src/fhir/systems.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { toAuditEvent } from '../../src/referral/audit-event.ts';
import type { Change } from '../../src/referral/change.ts';
import { openMemoryLine } from '../referral/model-line.ts';
import { Story } from '../referral/model-play.ts';

/** A resource that the line makes, and where it was found. */
export interface Made {
  readonly from: string;
  readonly resource: Resource;
}

const stories = 6;
const made = /^(2-bundle|5-communication|6-end|directory)(-\d)?\.json$/;

/** What stands in the stages of the fixtures that are made by command, and the directory of the region. */
async function inFixtures(): Promise<Made[]> {
  const folders = [...(await allCases()).map((one) => one.name), 'region'];
  const found = await Promise.all(
    folders.map(async (name) => {
      const files = (await readdir(new URL(`${name}/`, fixturesFolder))).filter((file) => made.test(file));
      const texts = files.map(async (file): Promise<Made[]> => {
        const json = JSON.parse(await readFile(new URL(`${name}/${file}`, fixturesFolder), 'utf8')) as
          | Bundle
          | Resource[];
        const resources = Array.isArray(json)
          ? json
          : json.resourceType === 'Bundle'
            ? (json.entry ?? []).map((one) => one.resource)
            : [json];
        return resources.flatMap((resource) =>
          resource ? [{ from: `${name}/${file}`, resource: resource as Resource }] : [],
        );
      });
      return (await Promise.all(texts)).flat();
    }),
  );
  return found.flat();
}

const trailOf = ({ scope, journey = '', audit }: Change, from: string): Made[] =>
  audit.map((line, n) => {
    const { practice } = scope;
    const id = `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    const resource: AuditEvent = toAuditEvent({
      id,
      seq: n + 1,
      recorded: line.at,
      practice,
      journey,
      number: 'KL-00000-00001',
      line,
    });
    return { from, resource };
  });

/** Every version of every resource of the journeys that the fixtures tell, and the line of the trail of each step. */
async function inJourneys(): Promise<Made[]> {
  const mapping = await loadMapping('json');
  const names = (await allCases()).map((one) => one.name).filter((name) => name.startsWith('journey-'));
  const all: Made[] = [];
  for (const name of names)
    await playJourney(await readJourneyFixture(name), mapping, (change) => {
      all.push(...(change.resources ?? []).map(({ resource }) => ({ from: name, resource })));
      all.push(...trailOf(change, name));
    });
  return all;
}

/** Stories of the model, always the same ones: they make moves that no fixture tells (rest, no, recall, taking over). */
async function inStories(): Promise<Made[]> {
  const all: Made[] = [];
  let last = 0;
  const newId = () => `00000000-0000-7000-9000-${String(++last).padStart(12, '0')}`;
  for (let seed = 1; seed <= stories; seed++) {
    const line = openMemoryLine(new Date('2026-11-23T08:30:00Z'), newId, {
      moved: () => undefined,
      committed: (change) => {
        all.push(...(change.resources ?? []).map(({ resource }) => ({ from: `story ${seed}`, resource })));
        all.push(...trailOf(change, `story ${seed}`));
      },
    });
    const actions = Array.from({ length: 40 }, (_, n) => (seed * 7919 + n * 104_729) % 2_147_483_647);
    await new Story(line, `P${seed}`, { rows: new Map(), lengths: [] }).play(actions);
  }
  return all;
}

/** Everything that the line makes in the fixtures and in those stories, and that has a profile of ours. */
export async function everythingMade(): Promise<Made[]> {
  const all = [...(await inFixtures()), ...(await inJourneys()), ...(await inStories())];
  return all.filter(({ resource }) => resource.resourceType in profiles);
}
