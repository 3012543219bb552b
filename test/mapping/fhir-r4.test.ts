import { readFileSync } from 'node:fs';
import type { Condition, Resource } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../scripts/fixture-case.ts';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import type { MappedReferral } from '../../src/referral/format.ts';
import { isLifeArea } from '../../src/referral/life-area.ts';
import { patientSchema, referralSchema } from '../../src/referral/referral.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { received, referralOf } from './fhir-r4-cases.ts';
import { isThere, mappedOf, mapping, mappingText, message, type Parts, places, taken } from './messages.ts';

describe('the mapping as data', () => {
  test.each([...mapping.tables])('%s is a valid ConceptMap to our life areas', (_, table) => {
    expect(validateBaseR4(table).filter((one) => one.severity === 'error')).toEqual([]);
    expect(table).toMatchObject({
      status: 'active',
      url: expect.stringContaining('/ConceptMap/'),
      version: expect.any(String),
    });
    for (const group of table.group ?? []) {
      expect(group).toMatchObject({ source: expect.stringMatching(/^https?:/), target: codeSystems.lifeArea });
      const codes = group.element?.map((one) => one.code);
      expect(new Set(codes).size).toBe(codes?.length);
      for (const { code, target } of group.element ?? []) {
        expect({ code, to: target?.map((one) => isLifeArea(one.code ?? '')) }).toEqual({ code, to: [true] });
        expect(target?.[0]?.equivalence).toMatch(/^(equivalent|wider|narrower|inexact)$/);
      }
    }
  });

  test('every code of every table is translated as the table says', () => {
    for (const group of mapping.tables.get('life-area')?.group ?? []) {
      for (const { code, target } of group.element ?? []) {
        const { referral } = mappedOf(({ request }) => {
          request.category = [{ coding: [{ ...(group.source && { system: group.source }), ...(code && { code }) }] }];
        });
        expect(referral.lifeAreas).toEqual([target?.[0]?.code]);
      }
    }
  });

  test('every table that the code names exists, and every table is named', () => {
    const named = [...mappingText('reasons.ts').matchAll(/translate\('([\w-]+)'/g)].map((match) => match[1]);
    expect([...new Set(named)].sort()).toEqual([...mapping.tables.keys()].sort());
  });

  test('every element that the README names exists in R4', () => {
    const definitions = JSON.parse(
      readFileSync(new URL('../../src/fhir/definitions-r4.json', import.meta.url), 'utf8'),
    ) as {
      snapshot?: { element: { path: string }[] };
    }[];
    const paths = new Set(definitions.flatMap((one) => one.snapshot?.element.map((element) => element.path) ?? []));
    const types = ['ServiceRequest', 'Patient', 'Consent', 'Condition', 'CodeableConcept'];
    const spans = [...mappingText('README.md').matchAll(/`([A-Za-z.]+)`/g)].map((match) => match[1] ?? '');
    const elements = spans.filter((one) => /^[A-Z]\w+\.|^[a-z]\w*(\.\w+)?$/.test(one));
    const exists = (span: string) => {
      const [head = '', tail] = span.split('.');
      if (paths.has(span)) return true;
      return types.some(
        (type) =>
          paths.has(`${type}.${head}`) &&
          (!tail || paths.has(`${type}.${span}`) || paths.has(`CodeableConcept.${tail}`)),
      );
    };
    expect(elements.length).toBeGreaterThan(6);
    expect(elements.filter((one) => !exists(one))).toEqual([]);
  });

  test('every field of a referral is filled by some case', () => {
    const all = taken
      .map((name) => readMessage(mapping, message(name)))
      .filter((one): one is MappedReferral => !isRefusal(one))
      .concat(referralOf(received('letter')));
    const filled = new Set(all.flatMap(({ referral }) => Object.keys(referral)));
    const ofPatient = new Set(all.flatMap(({ referral }) => Object.keys(referral.patient)));
    expect([...filled].sort()).toEqual(Object.keys(referralSchema.shape).sort());
    // Who has died is refused: no case of a taken referral can have it.
    expect([...ofPatient, 'deceased'].sort()).toEqual(Object.keys(patientSchema.shape).sort());
  });

  test('every loss of every case names something that is there', () => {
    for (const name of taken) {
      const received = message(name);
      const found = readMessage(mapping, received);
      for (const loss of isRefusal(found) ? [] : found.losses) {
        expect({ name, path: loss.path, there: isThere(received, loss.path) }).toEqual({
          name,
          path: loss.path,
          there: true,
        });
      }
    }
  });
});

describe('what is carried', () => {
  const icpc = (code: string, display?: string) => ({ system: codeSystems.icpc1, code, ...(display && { display }) });

  test('a medical title becomes the reason only with consent for medical codes (H17)', () => {
    const { referral } = mappedOf(({ request }) => {
      request.reasonCode = [{ coding: [icpc('Z01')], text: 'Armoede' }];
    }, 'fhir-debts');
    expect(referral.reason).toBe('Armoede');
    expect(referral.reasonCodes).toEqual([{ ...icpc('Z01', 'Armoede') }]);
  });

  test('the words of a Condition are a title too: never the reason without consent for them', () => {
    const add = ({ add, request }: Parts) => {
      const condition: Condition = {
        resourceType: 'Condition',
        code: { text: 'Depressie' },
        subject: { reference: request.subject?.reference ?? '' },
      };
      add(condition, 'urn:uuid:00000001-0000-4000-8000-0000000000bb');
      request.reasonReference = [{ reference: 'urn:uuid:00000001-0000-4000-8000-0000000000bb' }];
    };
    expect(JSON.stringify(mappedOf(add).referral)).not.toContain('Depressie');
  });

  test('the performer decides whose consent it is', () => {
    const by = (performer: Parts['consent']['performer']) =>
      mappedOf(({ consent }) => Object.assign(consent, { performer })).referral.consent.by;
    const resident = { reference: 'urn:uuid:00000001-0000-4000-8000-000000000002' };
    expect(by([resident])).toBe('resident');
    expect(by([{ type: 'RelatedPerson', display: 'Moeder' }])).toBe('parents');
    expect(by([resident, { display: 'Ouders of voogd' }])).toBe('resident-and-parents');
    expect(by([{ type: 'RelatedPerson', display: 'Mentor' }])).toBe('representative');
    expect(by([{ display: 'Moeder, mentor van haar zoon' }])).toBe('representative');
    expect(by([resident, { type: 'Organization', display: 'Praktijk' }])).toBe('resident');
  });

  test.each([
    ['x', 'Moeder', 'parents'],
    ['MTH', undefined, 'parents'],
    ['NFTH', undefined, 'parents'],
    ['SIGOTHR', 'Partner', 'representative'],
  ] as const)('a RelatedPerson is who its relationship says: %s %s is %s', (code, display, by) => {
    const { referral } = mappedOf(({ consent, add, request }) => {
      const coding = [{ code, ...(display && { display }) }];
      const patient = { reference: request.subject?.reference ?? '' };
      add({ resourceType: 'RelatedPerson', patient, relationship: [{ coding }] }, 'urn:uuid:related');
      consent.performer = [{ reference: 'urn:uuid:related' }];
    });
    expect(referral.consent.by).toBe(by);
  });

  test('H6: who has custody is read from our extension; a code that is not ours is a loss', () => {
    const said = (valueCode: string) =>
      mappedOf(({ consent }) => consent.extension?.push({ url: extensions.custody, valueCode }));
    const lost = (one: MappedReferral) => one.losses.filter(({ path }) => path.endsWith('.extension[1]'));
    expect(said('guardian').referral.consent.custody).toBe('guardian');
    expect(lost(said('guardian'))).toEqual([]);
    expect(said('aunt').referral.consent).not.toHaveProperty('custody');
    expect(lost(said('aunt'))).toMatchObject([{ why: 'kept-with-source' }]);
  });

  test('scope that is not named is scope that is not given', () => {
    const { referral } = mappedOf(({ consent }) => {
      delete consent.provision;
    });
    expect(referral.consent).toMatchObject({ medicalCodes: false, feedback: 'closure-only' });
  });

  test('what is contained finds what is contained beside it', () => {
    const single = message('fhir-single-request') as Resource & { contained: Resource[]; requester: object };
    single.contained.push(
      { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#d' } },
      {
        resourceType: 'Practitioner',
        id: 'd',
        name: [{ text: 'P. Dekkers' }],
        identifier: [{ system: identifiers.agb, value: '01990112' }],
      },
    );
    single.requester = { reference: '#r' };
    expect(readMessage(mapping, single)).toMatchObject({
      referral: { requester: { name: 'P. Dekkers', agb: '01990112' } },
    });
  });

  test('every life area can be named, more than one at once, and the same one twice is one', () => {
    const { referral, losses } = mappedOf(({ request }) => {
      const area = (code: string) => ({ coding: [{ system: codeSystems.lifeArea, code }] });
      request.category = [area('debts'), area('housing'), area('debts'), area('no-such-area')];
    });
    expect(referral.lifeAreas).toEqual(['debts', 'housing']);
    expect(losses).toContainEqual({ path: `${places.request}.category[3].coding[0]`, why: 'unknown-code' });
    expect(referral.notes).toContain('Leefgebied volgens de verwijzer: no-such-area');
  });

  test.each([
    [
      'an element of the request',
      ({ request }: Parts) => Object.assign(request, { patientInstruction: 'Bel eerst' }),
      `${places.request}.patientInstruction`,
    ],
    [
      'an extension that we do not know',
      ({ request }: Parts) => Object.assign(request, { extension: [{ url: 'http://x.example/y', valueString: 'z' }] }),
      `${places.request}.extension[0]`,
    ],
    [
      'a second contact',
      ({ patient }: Parts) => Object.assign(patient, { contact: [{ name: { text: 'A' } }, { name: { text: 'B' } }] }),
      `${places.patient}.contact[1]`,
    ],
    [
      'a contact without a name',
      ({ patient }: Parts) =>
        Object.assign(patient, { contact: [{ telecom: [{ system: 'phone', value: '06-00000009' }] }] }),
      `${places.patient}.contact[0]`,
    ],
    [
      'supporting information on paper',
      ({ request }: Parts) => request.supportingInfo?.push({ display: 'Brief' }),
      `${places.request}.supportingInfo[1]`,
    ],
    [
      'a reason that is somewhere else',
      ({ request }: Parts) => Object.assign(request, { reasonReference: [{ reference: 'Condition/12' }] }),
      `${places.request}.reasonReference[0]`,
    ],
    [
      'a detail without words',
      ({ request }: Parts) => Object.assign(request, { orderDetail: [{ coding: [{ code: 'x' }] }] }),
      `${places.request}.orderDetail[0]`,
    ],
    [
      'a theme in words',
      ({ request }: Parts) => request.category?.push({ text: 'Vervoer' }),
      `${places.request}.category[2]`,
    ],
  ])('nothing is lost in silence: %s', (_, change, path) => {
    expect(mappedOf(change).losses.map((one) => one.path)).toContain(path);
  });
});
