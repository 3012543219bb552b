import type { CapabilityStatement } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeSystems } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { interactions, isDirectoryType } from '../../src/intake/fhir/table.ts';
import { type OpenFhirDoor, openFhirDoor, otherToken, practiceToken, transaction } from '../doubles/fhir-door.ts';

let door: OpenFhirDoor;
beforeAll(async () => {
  door = await openFhirDoor();
});
afterAll(() => door.close());

describe('what the door says of itself', () => {
  test('metadata, Allow and what is routed agree', async () => {
    const { body } = await door.ask('GET', '/metadata');
    expect(validateBaseR4(body).filter((one) => one.severity === 'error')).toEqual([]);
    const [rest] = (body as CapabilityStatement).rest ?? [];
    expect(rest?.operation?.map((one) => one.name)).toEqual(['process-message']);
    const nobody = '01900000-0000-7000-8000-000000000000';
    // A practice changes nothing in the directory; of a Subscription its own is looked up before the body is read.
    const changed = (type: string, ofSubscription: number) =>
      isDirectoryType(type) ? (type === 'Endpoint' ? 422 : 403) : type === 'Subscription' ? ofSubscription : 422;
    for (const [type, codes] of Object.entries(interactions)) {
      // Of an Endpoint the region reads (access-table.test.ts).
      const headers = { authorization: `Bearer ${type === 'Endpoint' ? 'region' : practiceToken}` };
      const said = rest?.resource?.find((one) => one.type === type)?.interaction?.map((one) => one.code);
      expect(said).toEqual(codes);
      const statuses = {
        read: (await door.ask('GET', `/${type}/${nobody}`, undefined, headers)).status,
        update: (await door.ask('PUT', `/${type}/${nobody}`, {}, headers)).status,
        create: (await door.ask('POST', `/${type}`, {}, headers)).status,
      };
      expect({ type, ...statuses }).toEqual({
        type,
        read: 404,
        update: codes.includes('update') ? changed(type, 404) : 405,
        create: codes.includes('create') ? changed(type, 422) : codes.includes('search-type') ? 405 : 404,
      });
    }
    const refused = await door.ask('PUT', `/Patient/${nobody}`, {});
    expect(refused.headers.get('allow')).toBe('GET, HEAD');
  });

  test('the practice reads the letters that it sent, and no other bytes', async () => {
    const data = Buffer.from('%PDF-1.7').toString('base64');
    const bundle = transaction('l-1', ({ add, request }) => {
      const subject = { reference: request.subject?.reference ?? '' };
      const attachment = { contentType: 'application/pdf', title: 'Verwijsbrief', data };
      add(
        { resourceType: 'DocumentReference', status: 'current', subject, content: [{ attachment }] },
        'urn:uuid:letter',
      );
    });
    expect((await door.ask('POST', '/', bundle)).status).toBe(200);
    const [letter] = (await door.journeyOf('l-1')).letters;
    const read = await door.ask('GET', `/DocumentReference/${letter?.resource.id}`);
    expect(read.body).toMatchObject({ type: { coding: [{ system: codeSystems.loinc, code: '57133-1' }] } });
    const url = letter?.resource.content?.[0]?.attachment?.url;
    expect((await door.ask('GET', `/${url}`)).body).toMatchObject({ contentType: 'application/pdf', data });
    const { rows } = await door.at.owner.query<{ id: string }>(
      "select id from resource where type = 'Binary' and id <> $1 limit 1",
      [url?.split('/')[1]],
    );
    expect((await door.ask('GET', `/Binary/${rows[0]?.id}`)).status).toBe(404);
    expect((await door.ask('GET', `/${url}`, undefined, { authorization: `Bearer ${otherToken}` })).status).toBe(404);
  });
});
