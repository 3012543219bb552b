import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import express from 'express';
import { accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import { type FhirDoor, fhirRouter } from '../../src/intake/fhir/rest.ts';
import { openLog } from '../../src/log.ts';
import { loadMappings, mappingOf } from '../../src/mapping/load.ts';
import { guide } from '../../src/profiles/stored.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { writeCredential } from '../../src/store/access/sessions.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';
import { message, type Parts, partsOf } from '../mapping/messages.ts';
import { loadTestRegion, openTestStore, type TestStore } from './database.ts';
import { committed, journeyOf, notRefused, ownerOf } from './made.ts';
import { openSystems } from './wally-systems.ts';

/** What the door answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Resource;
}

/** The FHIR door alone on a socket, on a store of its own; systems of `wally-systems.ts` knock by their names. */
export interface OpenFhirDoor {
  readonly at: TestStore;
  readonly url: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** The journeys that a number of de Brink stands for. */
  journeysOf(number: string): Promise<Journey[]>;
  /** The one journey of a number; throws when there are more or none. */
  journeyOf(number: string): Promise<Journey>;
  /** Its Wally takes it on and reports once. */
  begin(number: string, final?: boolean): Promise<void>;
  close(): Promise<void>;
}

export const practiceToken = 'fhir-door-of-de-brink';
export const otherToken = 'fhir-door-of-zuidrand';

/** `more`: what else the door knows. */
export async function openFhirDoor(
  more?: (store: Store) => Pick<FhirDoor, 'outbound' | 'onDirectory'>,
): Promise<OpenFhirDoor> {
  const at = await openTestStore();
  const { store } = at;
  await loadTestRegion(store);
  await writeCredential(store, 'de-brink', 'his-de-brink', practiceToken);
  await writeCredential(store, 'zuidrand', 'his-zuidrand', otherToken);
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  // Longer than any file takes: a socket that is closed while it is used again is no answer.
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = directoryReader(store);
  const mapping = mappingOf(await loadMappings(), 'fhir-r4');
  const log = openLog('silent');
  const systems = await openSystems(store, url, directory);
  const { tokens } = systems;
  const parts = { store, directory, mapping, log, tokens, publicUrl: url, bodyBytesMax: 2_000_000, ...more?.(store) };
  app.use('/fhir/R4', fhirRouter(parts));
  const journeysOfNumber = async (number: string) => {
    const { rows } = await at.owner.query<{ journey_id: string }>(
      'select distinct journey_id from referral_number where value = $1 and journey_id is not null',
      [number],
    );
    const found = await Promise.all(rows.map((row) => readJourney(store, { kind: 'line' }, row.journey_id)));
    return found.filter((one) => one !== undefined);
  };
  const journeyOfNumber = async (number: string) => {
    const [journey, ...more] = await journeysOfNumber(number);
    if (!journey || more.length > 0) throw new Error(`${number}: not one journey`);
    return journey;
  };
  return {
    at,
    url,
    ask: async (method, path, body, headers = {}) => {
      const response = await fetch(`${url}/fhir/R4${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
          ...headers,
          authorization: await systems.authorization(headers.authorization ?? `Bearer ${practiceToken}`),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const { status, headers: got } = response;
      return { status, headers: got, text, body: (text ? JSON.parse(text) : undefined) as Resource };
    },
    journeysOf: journeysOfNumber,
    journeyOf: journeyOfNumber,
    begin: async (number, final = false) => {
      const id = (await journeyOfNumber(number)).id;
      const acting = async () => ({
        actor: ownerOf(await journeyOf(store, id)),
        now: at.now,
        newId: store.newId,
        directory: await directory(),
      });
      await committed(store, notRefused(accept(await journeyOf(store, id), await acting())));
      const answer = {
        final,
        contact: 'made' as const,
        contactOn: '2026-11-23',
        firstLine: 'Wij spraken elkaar.',
        outcomes: [{ lifeArea: 'loneliness', outcome: 'helped' as const }],
        residentAgreed: true,
      };
      await committed(store, notRefused(report(await journeyOf(store, id), answer, await acting())));
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await at.close();
    },
  };
}

/** A transaction of de Brink under a number and a message id of its own, after a change. */
export function transaction(number: string, change: (parts: Parts) => void = () => undefined, id = number): Bundle {
  const bundle = message('fhir-loneliness') as Bundle;
  const parts = partsOf(bundle);
  const [identifier] = parts.request.identifier ?? [];
  if (identifier) identifier.value = number;
  for (const { resource, request } of bundle.entry ?? []) {
    if (request) delete request.ifNoneExist;
    if (resource?.resourceType === 'Task') delete resource.identifier;
  }
  bundle.identifier = { system: 'http://de-brink.his.example/message', value: id };
  change(parts);
  return bundle;
}

/** The same referral as a message: its header first, no requests of HTTP. */
export function asMessage(bundle: Bundle, ids: { header: string; envelope: string }, event = 'new-order'): Bundle {
  const entries = (bundle.entry ?? []).map(({ request: _request, ...entry }) => entry);
  const focus = entries.find((one) => one.resource?.resourceType === 'ServiceRequest')?.fullUrl ?? '';
  return {
    resourceType: 'Bundle',
    type: 'message',
    identifier: { system: 'urn:ietf:rfc:3986', value: ids.envelope },
    timestamp: '2026-11-23T09:00:00Z',
    entry: [
      {
        fullUrl: `urn:uuid:${ids.header}`,
        resource: {
          resourceType: 'MessageHeader',
          id: ids.header,
          eventCoding: { system: 'https://kortelijn.example/fhir/CodeSystem/message-event', code: event },
          source: { name: 'HIS de Brink', endpoint: 'https://de-brink.his.example/$process-message' },
          focus: [{ reference: focus }],
        },
      },
      ...entries,
    ],
  };
}

/** The reasons in an OperationOutcome, in its own order. */
export function reasonsIn(resource: Resource | undefined): (string | undefined)[] {
  if (resource?.resourceType !== 'OperationOutcome') return [];
  const reasons = (resource.issue ?? []).map((one) => one.details?.coding?.[0]?.code);
  // Whatever test reads them: what a sender is told stands in the code system that we publish.
  const untold = reasons.filter((one) => one && !Object.hasOwn(guide().refusals, one));
  if (untold.length > 0) throw new Error(`not in the code system of refusals: ${untold}`);
  return reasons;
}
