import { readdirSync, readFileSync } from 'node:fs';
import type { ConceptMap, Condition, Resource } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format } from '../../mappings/fhir-r4/to-referral.ts';
import { caseNames, readFixture, readMessage } from '../../scripts/fixture-case.ts';
import { codeSystems, extensions, identifiers } from '../../src/fhir/systems.ts';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { type Mapping, runMapping } from '../../src/mapping/run.ts';
import type { Mapped } from '../../src/referral/format.ts';
import { isLifeArea } from '../../src/referral/life-area.ts';
import { patientSchema, referralHash, referralSchema } from '../../src/referral/referral.ts';
import { httpStatus, isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { isThere, leadsSomewhere, type Parts, partsOf, readMessages, resent } from './messages.ts';

const folder = new URL('../../mappings/fhir-r4/', import.meta.url);
const text = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const tableNames = readdirSync(new URL('codes/', folder)).map((file) => file.replace('.json', ''));
const tables = new Map(tableNames.map((name) => [name, JSON.parse(text(`codes/${name}.json`)) as ConceptMap]));
const mapping: Mapping = { format, tables };
const message = await readMessages();
const names = await caseNames();
const taken: string[] = [];
for (const name of names) if ((await readFixture(name)).expected.outcome === 'accepted') taken.push(name);

/** The message of a case after a change, as the door makes a referral of it. */
function read(change: (parts: Parts) => void, name = 'fhir-loneliness'): Mapped | Refusal {
  const parts = partsOf(message(name));
  change(parts);
  return readMessage(mapping, parts.bundle);
}

function mappedOf(change: (parts: Parts) => void = () => undefined, name?: string): Mapped {
  const found = read(change, name);
  if (isRefusal(found)) throw new Error(found.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return found;
}

describe('the mapping as data', () => {
  test.each([...tables])('%s is a valid ConceptMap to our life areas', (_, table) => {
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
    for (const group of tables.get('life-area')?.group ?? []) {
      for (const { code, target } of group.element ?? []) {
        const { referral } = mappedOf(({ request }) => {
          request.category = [{ coding: [{ ...(group.source && { system: group.source }), ...(code && { code }) }] }];
        });
        expect(referral.lifeAreas).toEqual([target?.[0]?.code]);
      }
    }
  });

  test('every table that the code names exists, and every table is named', () => {
    const named = [...text('to-referral.ts').matchAll(/translate\('([\w-]+)'/g)].map((match) => match[1]);
    expect([...new Set(named)].sort()).toEqual([...tableNames].sort());
  });

  test('every element that the README names exists in R4', () => {
    const definitions = JSON.parse(
      readFileSync(new URL('../../src/fhir/definitions-r4.json', import.meta.url), 'utf8'),
    ) as {
      snapshot?: { element: { path: string }[] };
    }[];
    const paths = new Set(definitions.flatMap((one) => one.snapshot?.element.map((element) => element.path) ?? []));
    const types = ['ServiceRequest', 'Patient', 'Consent', 'Condition', 'CodeableConcept'];
    const spans = [...text('README.md').matchAll(/`([A-Za-z.]+)`/g)].map((match) => match[1] ?? '');
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
      .filter((one): one is Mapped => !isRefusal(one));
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

const sr = 'Bundle.entry[5].resource';
const given = 'Bundle.entry[4].resource';
const person = 'Bundle.entry[0].resource';

/** One row per rule: what is done to a good message, and exactly what is said about it. */
const rules: readonly (readonly [
  string,
  (parts: Parts) => void,
  code: string,
  reason: string,
  path: string,
  status: number,
])[] = [
  [
    'no ServiceRequest',
    ({ without }) => {
      without('ServiceRequest');
      without('Task');
    },
    'required',
    'no-referral',
    'Bundle.entry',
    422,
  ],
  [
    'two referrals',
    ({ add, request }) => add(structuredClone(request), 'urn:uuid:00000001-0000-4000-8000-000000000099'),
    'not-supported',
    'several-referrals',
    'Bundle.entry',
    422,
  ],
  [
    'subject is nobody in the message',
    ({ request }) => {
      request.subject = { reference: 'Patient/unknown' };
    },
    'required',
    'required-patient',
    `${sr}.subject`,
    422,
  ],
  [
    'no name',
    ({ patient }) => {
      delete patient.name;
    },
    'required',
    'required-patient-name',
    `${person}.name`,
    422,
  ],
  [
    'a name without family or text',
    ({ patient }) => {
      patient.name = [{ given: ['Gerda'] }];
    },
    'required',
    'required-patient-name',
    `${person}.name`,
    422,
  ],
  [
    'no birth date',
    ({ patient }) => {
      delete patient.birthDate;
    },
    'required',
    'required-birth-date',
    `${person}.birthDate`,
    422,
  ],
  [
    'only a month of birth',
    ({ patient }) => {
      patient.birthDate = '1948-03';
    },
    'value',
    'impossible-date',
    `${person}.birthDate`,
    422,
  ],
  [
    'a BSN that cannot be',
    ({ patient }) => {
      patient.identifier = [{ system: identifiers.bsn, value: '999930334' }];
    },
    'value',
    'bsn-invalid',
    `${person}.identifier[0].value`,
    422,
  ],
  [
    'a BSN under its OID that cannot be',
    ({ patient }) => {
      patient.identifier = [{ value: 'x' }, { system: identifiers.bsnOid, value: '12345678' }];
    },
    'value',
    'bsn-invalid',
    `${person}.identifier[1].value`,
    422,
  ],
  [
    'no Consent',
    ({ without, request }) => {
      delete request.supportingInfo;
      without('Consent');
    },
    'forbidden',
    'consent-missing',
    'Bundle.entry[4].resource.supportingInfo',
    403,
  ],
  [
    'a Consent that is not active',
    ({ consent }) => {
      consent.status = 'inactive';
    },
    'forbidden',
    'consent-missing',
    `${given}.status`,
    403,
  ],
  [
    'a Consent that denies',
    ({ consent }) => {
      consent.provision = { type: 'deny' };
    },
    'forbidden',
    'consent-missing',
    `${given}.provision.type`,
    403,
  ],
  [
    'a Consent about somebody else',
    ({ consent, add }) => {
      consent.patient = { reference: 'urn:uuid:00000001-0000-4000-8000-0000000000aa' };
      add({ resourceType: 'Patient', name: [{ family: 'Ander' }] }, 'urn:uuid:00000001-0000-4000-8000-0000000000aa');
    },
    'forbidden',
    'consent-missing',
    `${sr}.supportingInfo`,
    403,
  ],
  [
    'no date of consent',
    ({ consent }) => {
      delete consent.dateTime;
    },
    'required',
    'required-consent-date',
    `${given}.dateTime`,
    422,
  ],
  [
    'only a month of consent',
    ({ consent }) => {
      consent.dateTime = '2026-11';
    },
    'value',
    'value-whole-day',
    `${given}.dateTime`,
    422,
  ],
  [
    'nobody gave consent',
    ({ consent }) => {
      delete consent.performer;
    },
    'required',
    'required-consent-by',
    `${given}.performer`,
    422,
  ],
  [
    'not said how consent was given',
    ({ consent }) => {
      delete consent.extension;
    },
    'required',
    'required-consent-how',
    `${given}.extension`,
    422,
  ],
  [
    'no number',
    ({ request }) => {
      delete request.identifier;
    },
    'required',
    'required-referral-number',
    `${sr}.identifier`,
    422,
  ],
  [
    'a number without a system',
    ({ request }) => {
      request.identifier = [{ value: '2026-001001' }];
    },
    'required',
    'required-referral-number',
    `${sr}.identifier`,
    422,
  ],
  [
    'a draft',
    ({ request }) => {
      request.status = 'draft';
    },
    'value',
    'value-status',
    `${sr}.status`,
    422,
  ],
  [
    'a plan',
    ({ request }) => {
      request.intent = 'plan';
    },
    'value',
    'value-intent',
    `${sr}.intent`,
    422,
  ],
  [
    'no day of writing',
    ({ request }) => {
      delete request.authoredOn;
    },
    'required',
    'required-authored-on',
    `${sr}.authoredOn`,
    422,
  ],
  [
    'only a year of writing',
    ({ request }) => {
      request.authoredOn = '2026';
    },
    'value',
    'value-whole-day',
    `${sr}.authoredOn`,
    422,
  ],
  [
    'no reason',
    ({ request }) => {
      delete request.reasonCode;
    },
    'required',
    'required-reason',
    `${sr}.reasonCode`,
    422,
  ],
  [
    'only a medical title for a reason, and no consent for that (H17)',
    ({ request }) => {
      request.reasonCode = [{ coding: [{ system: codeSystems.icpc1, code: 'P76' }], text: 'Depressie' }];
    },
    'required',
    'required-reason',
    `${sr}.reasonCode`,
    422,
  ],
  [
    'a reason that is too long',
    ({ request }) => {
      request.reasonCode = [{ text: 'x'.repeat(8001) }];
    },
    'value',
    'does-not-fit',
    sr,
    422,
  ],
  [
    'not even R4',
    ({ request }) => {
      Object.assign(request, { status: 'aktief' });
    },
    'code-invalid',
    'code-not-allowed',
    `${sr}.status`,
    422,
  ],
];

describe('refusals', () => {
  test.each(rules)('%s', (_, change, code, reason, path, status) => {
    const found = read(change);
    if (!isRefusal(found)) throw new Error('was taken');
    expect(found.refused.map((one) => ({ code: one.code, reason: one.reason, path: one.path }))).toEqual([
      { code, reason, path },
    ]);
    expect(httpStatus(found)).toBe(status);
    for (const one of found.refused) expect(one.said.nl).not.toBe(one.said.en);
  });

  test('every sentence of the contract is said by some rule', () => {
    const said = new Set(rules.map(([, , , reason]) => reason));
    expect(Object.keys(format.says).filter((key) => !said.has(key.replace(':', '-')))).toEqual([]);
  });

  test('everything that is wrong is said at once', () => {
    const found = read(({ patient, consent, request }) => {
      delete patient.birthDate;
      delete consent.dateTime;
      request.status = 'draft';
    });
    expect(isRefusal(found) && found.refused.map((one) => one.reason)).toEqual([
      'value-status',
      'required-birth-date',
      'required-consent-date',
    ]);
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
    expect(losses).toContainEqual({ path: `${sr}.category[3].coding[0]`, why: 'unknown-code' });
    expect(referral.notes).toContain('Leefgebied volgens de verwijzer: no-such-area');
  });

  test.each([
    [
      'an element of the request',
      ({ request }: Parts) => Object.assign(request, { patientInstruction: 'Bel eerst' }),
      `${sr}.patientInstruction`,
    ],
    [
      'an extension that we do not know',
      ({ request }: Parts) => Object.assign(request, { extension: [{ url: 'http://x.example/y', valueString: 'z' }] }),
      `${sr}.extension[0]`,
    ],
    [
      'a second contact',
      ({ patient }: Parts) => Object.assign(patient, { contact: [{ name: { text: 'A' } }, { name: { text: 'B' } }] }),
      `${person}.contact[1]`,
    ],
    [
      'a contact without a name',
      ({ patient }: Parts) =>
        Object.assign(patient, { contact: [{ telecom: [{ system: 'phone', value: '06-00000009' }] }] }),
      `${person}.contact[0]`,
    ],
    [
      'supporting information on paper',
      ({ request }: Parts) => request.supportingInfo?.push({ display: 'Brief' }),
      `${sr}.supportingInfo[1]`,
    ],
    [
      'a reason that is somewhere else',
      ({ request }: Parts) => Object.assign(request, { reasonReference: [{ reference: 'Condition/12' }] }),
      `${sr}.reasonReference[0]`,
    ],
    [
      'a detail without words',
      ({ request }: Parts) => Object.assign(request, { orderDetail: [{ coding: [{ code: 'x' }] }] }),
      `${sr}.orderDetail[0]`,
    ],
    ['a theme in words', ({ request }: Parts) => request.category?.push({ text: 'Vervoer' }), `${sr}.category[2]`],
  ])('nothing is lost in silence: %s', (_, change, path) => {
    expect(mappedOf(change).losses.map((one) => one.path)).toContain(path);
  });
});

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

/** Every place in a JSON value that could be dropped or changed. */
function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key])]);
}

const drop = ({ holder, key }: Place) => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
};
const garbage = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '#', 'urn:uuid:x', '2026-13-45', '9'.repeat(300), '\u0000', {}, []),
);
const someCase = fc.constantFrom(...names);

describe('whatever comes', () => {
  test('drops never throw, and a refusal points at something', () => {
    fc.assert(
      fc.property(someCase, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (name, picks) => {
        const received = message(name);
        for (const pick of picks) {
          const all = places(received);
          const place = all[pick % all.length];
          if (place) drop(place);
        }
        // What a door has checked before, and what it has not: neither may throw.
        if (received.resourceType) runMapping(mapping, received, new Map());
        const found = readMessage(mapping, received);
        if (!isRefusal(found)) return;
        for (const one of found.refused) expect(leadsSomewhere(received, one.path) ? '' : one.path).toBe('');
      }),
      { numRuns: 400 },
    );
  });

  test('changes never throw: mapped, or refused with a place in the message', () => {
    fc.assert(
      fc.property(someCase, fc.array(fc.tuple(fc.nat(), garbage), { minLength: 1, maxLength: 4 }), (name, changes) => {
        const received = message(name);
        for (const [pick, value] of changes) {
          const all = places(received);
          const place = all[pick % all.length];
          if (place) place.holder[place.key] = structuredClone(value);
        }
        const found = readMessage(mapping, received);
        if (!isRefusal(found)) {
          expect(referralSchema.safeParse(found.referral).success).toBe(true);
          return;
        }
        expect(found.refused).not.toHaveLength(0);
        for (const one of found.refused) expect(leadsSomewhere(received, one.path) ? '' : one.path).toBe('');
      }),
      { numRuns: 400 },
    );
  });
});

const hashOf = (received: Resource): string => {
  const found = readMessage(mapping, received);
  if (isRefusal(found)) throw new Error('refused');
  return Buffer.from(referralHash(found.referral)).toString('hex');
};

describe('the hash of what a message says (decision 2)', () => {
  test('new uuids, times and message numbers change nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...taken), fc.nat(), fc.integer({ min: 0, max: 59 }), (name, seed, minute) => {
        const at = `2026-12-24T10:${String(minute).padStart(2, '0')}:00+01:00`;
        expect(hashOf(resent(message(name), seed, at))).toBe(hashOf(message(name)));
      }),
      { numRuns: 60 },
    );
  });

  test.each<readonly [string, (parts: Parts) => void]>([
    ['number', ({ request }) => void Object.assign(request.identifier?.[0] ?? {}, { value: '2026-999999' })],
    ['priority', ({ request }) => void Object.assign(request, { priority: 'urgent' })],
    ['reason', ({ request }) => void Object.assign(request.reasonCode?.[0] ?? {}, { text: 'Anders' })],
    ['life area', ({ request }) => void Object.assign(request.category?.[1]?.coding?.[0] ?? {}, { code: 'debts' })],
    ['question', ({ request }) => void Object.assign(request.extension?.[0] ?? {}, { valueString: 'Anders?' })],
    [
      'safe contact',
      ({ request }) =>
        void request.extension?.push({
          url: extensions.safeContact,
          extension: [{ url: 'unsafe', valueBoolean: true }],
        }),
    ],
    ['note', ({ request }) => void Object.assign(request, { note: [{ text: 'Nog iets' }] })],
    ['family name', ({ patient }) => void Object.assign(patient.name?.[0] ?? {}, { family: 'Heuvels' })],
    ['call name', ({ patient }) => void Object.assign(patient.name?.[1] ?? {}, { given: ['Ger'] })],
    ['birth date', ({ patient }) => void Object.assign(patient, { birthDate: '1948-03-13' })],
    ['gender', ({ patient }) => void Object.assign(patient, { gender: 'male' })],
    ['phone', ({ patient }) => void Object.assign(patient.telecom?.[0] ?? {}, { value: '099 910 31 12' })],
    ['postcode', ({ patient }) => void Object.assign(patient.address?.[0] ?? {}, { postalCode: '8299 GB' })],
    ['BSN', ({ patient }) => void patient.identifier?.shift()],
    ['contact person', ({ patient }) => void Object.assign(patient, { contact: [{ name: { text: 'Zus' } }] })],
    ['day of consent', ({ consent }) => void Object.assign(consent, { dateTime: '2026-11-22' })],
    [
      'how consent was given',
      ({ consent }) => void Object.assign(consent.extension?.[0] ?? {}, { valueCode: 'written' }),
    ],
    ['scope of consent', ({ consent }) => void consent.provision?.code?.pop()],
  ])('another %s is another hash', (_, change) => {
    const parts = partsOf(message('fhir-loneliness'));
    change(parts);
    expect(hashOf(parts.bundle)).not.toBe(hashOf(message('fhir-loneliness')));
  });
});
