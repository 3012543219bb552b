import { readdir, readFile } from 'node:fs/promises';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { z } from 'zod';
import { answerSchema } from '../src/feedback/answer.ts';
import { toOutcome } from '../src/fhir/outcome.ts';
import { codeSystems } from '../src/fhir/systems.ts';
import { validateBaseR4 } from '../src/fhir/validate.ts';
import { withPromise } from '../src/intake/fhir/answer.ts';
import { transactionIssues } from '../src/intake/fhir/bundle.ts';
import { transactionResponse } from '../src/intake/fhir/transaction.ts';
import { type Mapping, runMapping } from '../src/mapping/run.ts';
import { singly } from '../src/referral/bundle.ts';
import { type DirectoryResource, readDirectory } from '../src/referral/directory/directory.ts';
import type { MappedReferral } from '../src/referral/format.ts';
import { receive } from '../src/referral/receive.ts';
import { referralHash } from '../src/referral/referral.ts';
import { httpStatus, isRefusal, type Refusal, refusals, refuse } from '../src/referral/refusal.ts';
import { withAbsence } from '../src/web/team/absence.ts';
import { caseSchema, type Fixture, type Played } from './fixture-story.ts';
import { taken, worked } from './fixture-work.ts';

export const fixturesFolder = new URL('../fixtures/', import.meta.url);
/** The address that the stages name; the walk has another one and puts this in its place. */
export const publicUrl = 'https://kortelijn.example';

/** A stage as it stands in its file. */
export const asText = (content: unknown): string => `${JSON.stringify(content, null, 2)}\n`;

export async function readJson(name: string, file: string, folder = fixturesFolder): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`${name}/${file}`, folder), 'utf8'));
}

/**
 * The folders of all cases in alphabetical order, with what their case.json says. Those that name a format are played by
 * fixture-play; of the others the first part of the name is the door.
 */
export async function allCases(): Promise<{ name: string; format: string | undefined }[]> {
  const entries = await readdir(fixturesFolder, { withFileTypes: true });
  const names = entries.filter((one) => one.isDirectory() && one.name !== 'region').map((one) => one.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const { format } = (await readJson(name, 'case.json')) as { format?: string };
      return { name, format };
    }),
  );
}

/** The folders of all cases of one of the doors with a player of its own, in alphabetical order. */
export async function casesOfDoor(door: 'fhir' | 'mllp'): Promise<string[]> {
  const all = await allCases();
  return all.filter(({ name, format }) => !format && name.startsWith(`${door}-`)).map(({ name }) => name);
}

/** The folders of all cases of the FHIR door. */
export const caseNames = (): Promise<string[]> => casesOfDoor('fhir');

/** Reads what people wrote of a case: case.json and stages 0 and 4. Throws when that is not as the README says. */
export async function readFixture(name: string): Promise<Fixture> {
  const files = await readdir(new URL(`${name}/`, fixturesFolder));
  const has = (file: string) => files.includes(file);
  const answer = has('4-answer.json') ? await readJson(name, '4-answer.json') : [];
  const many = Array.isArray(answer);
  return {
    ...caseSchema.parse(await readJson(name, 'case.json')),
    name,
    received: (await readJson(name, '0-received.json')) as Resource,
    again: has('0-received-again.json') ? ((await readJson(name, '0-received-again.json')) as Resource) : undefined,
    answers: z.array(answerSchema).parse(many ? answer : [answer]),
    many,
  };
}

/** The region's directory resources, with the absences of a case in them. */
export async function regionWith(absent: Fixture['absent']): Promise<(DirectoryResource & { id: string })[]> {
  const bundle = (await readJson('region', 'directory.json')) as {
    entry: { resource: DirectoryResource & { id: string } }[];
  };
  return bundle.entry.map(({ resource }) => {
    const absence = resource.resourceType === 'PractitionerRole' ? absent[resource.id] : undefined;
    if (!absence || resource.resourceType !== 'PractitionerRole') return resource;
    return withAbsence(resource, { from: absence.from, ...(absence.to && { to: absence.to }) });
  });
}

/** Ids that count, so that the same case gives the same bytes. */
export function countedIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `00000000-0000-7000-8000-${String(count).padStart(12, '0')}`;
  };
}

/** What a FHIR door makes of a message before it looks at anything else: base R4, the transaction, the mapping. */
export function readMessage(mapping: Mapping, received: Resource): MappedReferral | Refusal {
  const base = validateBaseR4(received).filter((one) => one.severity === 'error');
  const issues = base.length > 0 || received.resourceType !== 'Bundle' ? base : transactionIssues(received as Bundle);
  if (issues.length > 0) return refuse(...issues);
  const mapped = runMapping(mapping, received, new Map());
  if (!isRefusal(mapped) && !('referral' in mapped)) throw new Error('this case is no referral');
  return mapped;
}

const refused = (refusal: Refusal) => ({
  status: httpStatus(refusal),
  outcome: toOutcome(refusal.refused, 'nl', codeSystems.refusal),
});

/** Stages 1, 2, 5 and the resources of 3, from stages 0 and 4 with the functions that the line itself uses. */
export function play(fixture: Fixture, mapping: Mapping, region: readonly DirectoryResource[]): Played {
  const directory = readDirectory(region, 1);
  const newId = countedIds();
  const stages = new Map<string, unknown>();
  const stopped = (refusal: Refusal): Played => ({
    stages: stages.set('1-refused.json', refused(refusal)),
    notices: [],
    communications: [],
  });
  const mapped = readMessage(mapping, fixture.received);
  if (isRefusal(mapped)) return stopped(mapped);
  const hash = referralHash(mapped.referral);
  const actor = {
    id: `his-${fixture.practice}`,
    name: `his-${fixture.practice}`,
    role: 'practice-system',
    organization: fixture.practice,
  } as const;
  const arrival = {
    application: actor.id,
    controlId: fixture.name,
    messageType: fixture.received.resourceType,
    intent: mapped.intent,
    door: 'fhir',
    hash,
  };
  const source = {
    contentType: 'application/fhir+json',
    base64: Buffer.from(JSON.stringify(fixture.received)).toString('base64'),
  };
  const decided = receive(
    {
      practice: fixture.practice,
      actor,
      referral: mapped.referral,
      losses: mapped.losses,
      places: mapped.places,
      arrival,
      source,
      undoMs: 0,
    },
    { directory, now: new Date(fixture.now), newId },
  );
  if (isRefusal(decided)) return stopped(decided);
  const { answer, change, resources } = decided;
  const answerTo = (received: Resource, replayed: boolean) =>
    received.resourceType === 'Bundle'
      ? transactionResponse(
          received as Bundle,
          { outcome: replayed ? 'replayed' : 'new', answer, replayed },
          `${publicUrl}/fhir/R4`,
          'nl',
        )
      : withPromise(resources.serviceRequest, answer);
  stages.set('1-referral.json', { referral: mapped.referral, losses: mapped.losses });
  const entry = singly(resources).map((resource: Resource) => ({
    fullUrl: `urn:uuid:${resource.id}`,
    resource,
  }));
  stages.set('2-bundle.json', { resourceType: 'Bundle', type: 'collection', entry });
  stages.set('2-answer.json', answerTo(fixture.received, false));
  if (fixture.again) {
    const again = readMessage(mapping, fixture.again);
    if (isRefusal(again)) throw new Error(`${fixture.name}: 0-received-again.json is refused by itself`);
    const same = Buffer.from(referralHash(again.referral)).equals(hash);
    if (same) stages.set('2-answer-again.json', answerTo(fixture.again, true));
    else stages.set('1-refused-again.json', refused(refuse(refusals.conflict(again.places.number))));
  }
  const { delivered, communications, notices } = worked(fixture, directory, newId, taken(change));
  stages.set('3-delivered.json', delivered);
  if (communications.length > 0) stages.set('5-communication.json', fixture.many ? communications : communications[0]);
  return { stages, notices, communications };
}
