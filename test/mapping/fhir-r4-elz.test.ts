import type { Composition, DocumentReference, Patient, Resource } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { received, referralOf, refusedAt } from './fhir-r4-cases.ts';
import { isThere } from './messages.ts';

const composition = 'Bundle.entry[6].resource';
const partOf = <T extends Resource>(story: string, n: number) => {
  const bundle = received(story);
  return { bundle, part: bundle.entry?.[n]?.resource as T };
};
const kept = (story: string) => partOf<Composition>(story, 6);

describe('a Nictiz ELZ referral', () => {
  test('status completed is taken; the reason is that of the core section, the code its Condition', () => {
    const { referral, intent } = referralOf(received('elz'));
    expect(intent).toBe('refer');
    expect(referral.reason).toBe(
      'Mevrouw komt na een scheiding moeilijk rond en heeft brieven ongeopend laten liggen.',
    );
    expect(referral.reasonCodes).toEqual([
      { system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'Z01', display: 'Armoede/financiële problemen' },
    ]);
    // "Verwijsbrief" says what kind of message it is, not which life area.
    expect(referral.lifeAreas).toEqual([]);
  });

  test('the other three sections are told as not shared, and nothing of them goes along (H17)', () => {
    const { referral, losses } = referralOf(received('elz'));
    expect(losses.filter((one) => one.why === 'not-shared').map((one) => one.path)).toEqual(
      [1, 2, 3].map((n) => `${composition}.section[0].section[${n}]`),
    );
    expect(JSON.stringify(referral)).not.toMatch(/POH-GGZ|post doornemen|Slaapt slecht/);
  });

  test('with consent for medical content they are notes, by their titles', () => {
    const { referral, losses } = referralOf(received('elz-medical'));
    expect(referral.notes).toEqual([
      'Ingestelde behandeling: Gesprekken met de POH-GGZ, geen medicatie.',
      'Procedurevoorstel: Graag samen de post doornemen.',
      'Verder van belang: Slaapt slecht sinds september.',
    ]);
    expect(losses.map((one) => one.why)).toEqual(['kept-as-text', 'kept-as-text', 'kept-as-text']);
  });

  test('without ext-TextValue the narrative is a title: the reason only with consent for it', () => {
    const strip = (story: string) => {
      const { bundle, part } = kept(story);
      for (const one of part.section?.[0]?.section ?? []) delete one.extension;
      return bundle;
    };
    expect(refusedAt(strip('elz'))).toEqual([['required-reason', `${composition}.section[0].section[0]`]]);
    expect(referralOf(strip('elz-medical')).referral.reason).toMatch(/^Reden bericht: Mevrouw komt/);
  });

  test('an entry that is no Condition here, a Composition that nothing leads to: lost, each at its place', () => {
    const { bundle, part } = kept('elz');
    part.section?.[0]?.section?.[1]?.entry?.push({ reference: 'Observation/1' });
    const section = part.section?.[0]?.section?.[1];
    if (section) section.entry = [{ reference: 'Observation/1' }];
    bundle.entry?.push({
      resource: { ...part, title: 'Een andere' },
      request: { method: 'POST', url: 'Composition' },
    });
    const { losses } = referralOf(bundle);
    const lost = losses.filter((one) => one.why === 'kept-with-source').map((one) => one.path);
    expect(lost).toEqual([
      `${composition}.section[0].section[1].entry[0]`,
      `Bundle.entry[${(bundle.entry?.length ?? 0) - 1}].resource`,
    ]);
    for (const path of lost) expect(isThere(bundle, path)).toBe(true);
  });

  test('a Condition of somebody else is nothing of this resident', () => {
    const bundle = received('elz');
    const condition = bundle.entry?.[7]?.resource as { subject?: object };
    condition.subject = { reference: 'urn:uuid:someone' };
    bundle.entry?.push({
      fullUrl: 'urn:uuid:someone',
      resource: { resourceType: 'Patient', name: [{ family: 'Ander' }] },
      request: { method: 'POST', url: 'Patient' },
    });
    const { referral, losses } = referralOf(bundle);
    expect(referral.reasonCodes).toEqual([]);
    expect(losses.map((one) => one.path)).toEqual(
      expect.arrayContaining(['Bundle.entry[7].resource', `Bundle.entry[${(bundle.entry?.length ?? 0) - 1}].resource`]),
    );
  });
});

describe('nl-core patients', () => {
  const patient = (change: (one: Patient) => void) => {
    const { bundle, part } = partOf<Patient>('deviations', 0);
    change(part);
    return referralOf(bundle);
  };

  test.each([
    ['NL1', 'van Dijk'],
    ['NL2', 'van den Berg'],
    ['NL3', 'van den Berg-van Dijk'],
    ['NL4', 'van Dijk-van den Berg'],
  ])('assembly order %s without a family name in one piece: %s', (order, family) => {
    const { referral } = patient((one) => {
      const [name] = one.name ?? [];
      delete name?.family;
      Object.assign(name?.extension?.[0] ?? {}, { valueCode: order });
    });
    expect(referral.patient.name.family).toBe(family);
  });

  test('a family name that is whole stays as it was written', () => {
    const { referral } = patient((one) => Object.assign(one.name?.[0] ?? {}, { family: 'van den Berg - van Dijk' }));
    expect(referral.patient.name.family).toBe('van den Berg - van Dijk');
  });

  test('call name among the given names, initials apart; written as strings: taken, with a warning at each', () => {
    const { referral, losses } = patient(() => undefined);
    expect(referral.patient.name).toMatchObject({ callName: 'Truus', given: 'G.J.' });
    const warned = losses.filter((one) => one.why === 'deviates').map((one) => one.path);
    expect(warned).toEqual([
      ...[0, 1, 2].map((n) => `Bundle.entry[0].resource.name[0].given[${n}].extension[0]`),
      'Bundle.entry[1].resource.identifier[0].system',
      'Bundle.entry[2].resource.identifier[0].system',
    ]);
    expect(referral.requester.agb).toBe('01990111');
  });

  test('a fax and a web address are no phones, of the resident and of the contact', () => {
    const { referral, losses } = patient(() => undefined);
    expect(referral.patient).toMatchObject({
      phones: ['06-00002003', '099 9100204'],
      email: 'truus@voorbeeld.example',
    });
    expect(referral.contactPerson).toEqual({ name: 'Kees van den Berg', phone: '06-00002005', relation: 'zoon' });
    expect(losses.map((one) => one.path)).toEqual(
      expect.arrayContaining([
        'Bundle.entry[0].resource.telecom[1]',
        'Bundle.entry[0].resource.telecom[2]',
        'Bundle.entry[0].resource.contact[0].telecom[1]',
        'Bundle.entry[0].resource.contact[1]',
      ]),
    );
  });

  test('gender only in the code of the zib', () => {
    const { referral } = patient((one) => void delete one.gender);
    expect(referral.patient.gender).toBe('female');
  });

  const secret: readonly (readonly [string, (one: Patient) => void])[] = [
    ['the record is restricted', () => undefined],
    [
      'the address is masked',
      (one) => {
        delete one.meta;
        const extension = [
          { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' as const },
        ];
        Object.assign(one.address?.[0] ?? {}, { extension });
      },
    ],
  ];
  test.each(secret)('a secret address goes nowhere: %s', (_, change) => {
    const { bundle, part } = partOf<Patient>('secret-address', 0);
    change(part);
    const { referral, losses } = referralOf(bundle);
    expect(JSON.stringify(referral)).not.toMatch(/Geheimlaan|8299/);
    expect(losses).toContainEqual({ path: 'Bundle.entry[0].resource.address[0]', why: 'kept-with-source' });
  });

  test('an address that is not secret goes along', () => {
    const { bundle, part } = partOf<Patient>('secret-address', 0);
    delete part.meta;
    expect(referralOf(bundle).referral.patient.address?.street).toBe('Geheimlaan');
  });
});

describe('letters', () => {
  const letter = (change: (one: DocumentReference) => void = () => undefined) => {
    const { bundle, part } = partOf<DocumentReference>('letter', 6);
    change(part);
    return referralOf(bundle);
  };

  test('come from a Binary beside them; what stays at its sender’s is told', () => {
    const { referral, losses } = letter();
    expect(referral.letters?.map(({ title, contentType }) => [title, contentType])).toEqual([
      ['Verwijsbrief', 'application/pdf'],
    ]);
    expect(Buffer.from(referral.letters?.[0]?.base64 ?? '', 'base64').toString()).toMatch(/^%PDF-/);
    expect(losses).toEqual([{ path: 'Bundle.entry[6].resource.content[1]', why: 'kept-with-source' }]);
  });

  test('or stand in the attachment itself', () => {
    const { referral } = letter((one) => {
      one.content = [{ attachment: { contentType: 'text/plain; charset=utf-8', data: 'SGFsbG8=' } }];
    });
    expect(referral.letters).toEqual([{ title: 'Verwijsbrief', contentType: 'text/plain', base64: 'SGFsbG8=' }]);
  });

  test('about somebody else are not carried', () => {
    const { bundle, part } = partOf<DocumentReference>('letter', 6);
    part.subject = { reference: 'urn:uuid:someone' };
    bundle.entry?.push({
      fullUrl: 'urn:uuid:someone',
      resource: { resourceType: 'Patient', name: [{ family: 'Ander' }] },
      request: { method: 'POST', url: 'Patient' },
    });
    const { referral, losses } = referralOf(bundle);
    expect(referral.letters).toBeUndefined();
    expect(losses.map((one) => one.path)).toContain('Bundle.entry[6].resource');
  });

  test('are kept and not shared without consent for medical content', () => {
    const { bundle } = partOf('letter', 6);
    const text = JSON.stringify(bundle).replace('share-medical-codes', 'share-reason');
    const { referral, losses } = referralOf(JSON.parse(text) as object);
    expect(referral.letters).toHaveLength(1);
    expect(losses).toContainEqual({ path: 'Bundle.entry[6].resource.content[0]', why: 'not-shared' });
  });
});
