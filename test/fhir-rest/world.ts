import type { Bundle, Resource } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import { identifiers } from '../../src/fhir/systems.ts';
import { numberChanges } from '../../src/store/changes.ts';
import {
  type Answered,
  type OpenFhirDoor,
  openFhirDoor,
  otherToken,
  practiceToken,
  transaction,
} from '../doubles/fhir-door.ts';
import { delivered, until } from '../doubles/made.ts';
import { sanneToken, teamToken } from '../doubles/wally-systems.ts';

/** Who knocks: the practice, another one, the Wally of the referrals, another one, their team, the region, or one who may not search. */
const tokens = {
  practice: practiceToken,
  other: otherToken,
  nobody: 'nobody-knows-this-one',
  sanne: sanneToken,
  joost: 'cases-of-joost',
  team: teamToken,
  region: 'region',
  narrow: 'narrow',
} as const;
export type Who = keyof typeof tokens;

/** Three referrals of de Brink in one running door: `r-1` in work and answered, `r-2` with codes and a letter, `r-3` new. */
export interface World {
  readonly door: OpenFhirDoor;
  /** Ids by name: `task1`, `request2`, `patient3`, `consent1`, `letter2`, `bytes2`, `communication1`. */
  readonly ids: Readonly<Record<string, string>>;
  ask(who: Who, method: string, path: string, given?: Given): Promise<Answered>;
}

export interface Given {
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const bsn = (value: string) => `${identifiers.bsn}|${value}`;

export async function openWorld(): Promise<World> {
  const door = await openFhirDoor();
  const { store } = door.at;
  const send = async (bundle: Bundle) => expect((await door.ask('POST', '/', bundle)).status).toBe(200);
  await send(transaction('r-1'));
  await send(
    transaction('r-2', ({ add, request, consent, patient }) => {
      patient.name = [{ text: 'A. Çelik-Jansen', family: 'Çelik-Jansen', given: ['Ayşe'] }];
      patient.identifier = [{ system: identifiers.bsn, value: '999911120' }];
      patient.birthDate = '1980-05-01';
      request.authoredOn = '2026-11-20T08:30:00+01:00';
      request.priority = 'urgent';
      consent.provision?.code?.push({
        coding: [{ system: 'https://kortelijn.example/fhir/CodeSystem/consent-detail', code: 'share-medical-codes' }],
      });
      const attachment = {
        contentType: 'application/pdf',
        title: 'Brief',
        data: Buffer.from('%PDF-1.7').toString('base64'),
      };
      const subject = { reference: request.subject?.reference ?? '' };
      add(
        { resourceType: 'DocumentReference', status: 'current', subject, content: [{ attachment }] },
        'urn:uuid:letter',
      );
    }),
  );
  await send(
    transaction('r-3', ({ add, request }) => {
      const attachment = { contentType: 'text/plain', title: 'Brief', data: Buffer.from('brief').toString('base64') };
      const subject = { reference: request.subject?.reference ?? '' };
      add(
        { resourceType: 'DocumentReference', status: 'current', subject, content: [{ attachment }] },
        'urn:uuid:letter',
      );
    }),
  );
  await door.begin('r-1');
  const ids: Record<string, string> = {};
  for (const n of [1, 2, 3]) {
    const journey = await door.journeyOf(`r-${n}`);
    ids[`journey${n}`] = journey.id;
    ids[`task${n}`] = journey.task.resource.id;
    ids[`request${n}`] = journey.serviceRequest.resource.id;
    ids[`patient${n}`] = journey.patient.resource.id;
    ids[`consent${n}`] = journey.consent.resource.id;
    const [letter] = journey.letters;
    if (letter) ids[`letter${n}`] = letter.resource.id;
    if (letter) ids[`bytes${n}`] = letter.resource.content?.[0]?.attachment?.url?.split('/')[1] ?? '';
    const [communication] = journey.communications;
    if (communication) ids[`communication${n}`] = communication.resource.id;
    await delivered(store, journey.id);
  }
  // Numbers wait for every transaction of the server, also of the files that run beside this one.
  await until('all is numbered', async () => {
    await numberChanges(store);
    return (await door.at.owner.query('select from resource_change where seq is null')).rowCount === 0;
  });
  return {
    door,
    ids,
    ask: (who, method, path, given = {}) => {
      const named = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
      const headers = { authorization: `Bearer ${tokens[who]}`, ...given.headers };
      if (!given.form) return door.ask(method, named, given.body, headers);
      const pairs = Object.entries(given.form).map(([name, value]): [string, string] => [
        name,
        value.replaceAll(/\{(\w+)\}/g, (_, one: string) => ids[one] ?? one),
      ]);
      const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
      return door.ask(method, named, new URLSearchParams(pairs).toString(), form);
    },
  };
}

/** `Type/id` of the entries of a Bundle with a search mode. */
export function foundIn(resource: Resource, mode = 'match'): string[] {
  const entries = resource.resourceType === 'Bundle' ? (resource.entry ?? []) : [];
  return entries
    .filter((one) => one.search?.mode === mode)
    .map((one) => `${one.resource?.resourceType}/${one.resource?.id}`);
}

/** The address of a link, without our own host; undefined when the Bundle has no such link. */
export function linkIn(door: OpenFhirDoor, resource: Resource, relation: string): string | undefined {
  const links = resource.resourceType === 'Bundle' ? (resource.link ?? []) : [];
  return links.find((one) => one.relation === relation)?.url?.replace(`${door.url}/fhir/R4`, '');
}
