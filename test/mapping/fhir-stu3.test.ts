import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { narrativeText } from '../../mappings/fhir-stu3/narrative.ts';
import { codeSystems } from '../../src/fhir/systems.ts';
import { runMapping } from '../../src/mapping/run.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped, MappedReferral, MappedSupplement } from '../../src/referral/format.ts';
import { type FhirPatientSource, patientFromFhir } from '../../src/referral/patient-from-fhir.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { mapping, partOf, stu3, type Wire } from './stu3-messages.ts';

const agreed: ConsentAgreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };
const narrow: ConsentAgreement = { ...agreed, medicalCodes: false };

const run = (message: Wire, agreement?: ConsentAgreement) => runMapping(mapping, message, new Map(), agreement);

function mapped(message: Wire, agreement?: ConsentAgreement): Mapped {
  const said = run(message, agreement);
  if (isRefusal(said)) throw new Error(said.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return said;
}
const referral = (message: Wire, agreement?: ConsentAgreement) => mapped(message, agreement) as MappedReferral;
const refused = (message: Wire, agreement?: ConsentAgreement) => {
  const said = run(message, agreement);
  return isRefusal(said) ? said.refused.map((one) => [one.reason, one.path]) : [];
};
const lostAt = (said: Mapped) => said.losses.map((one) => `${one.why} ${one.path}`);

/** A case with something changed in it. */
function changed(story: string, change: (document: Wire, part: (type: string) => Wire) => void): Wire {
  const document = stu3(story);
  change(document, (type) => partOf(document, type));
  return document;
}

describe('the documents of ZorgDomein', () => {
  test('a referral letter is a referral under its ZD number, with the letter', () => {
    const { intent, messageKey, practiceAgb, referral: said } = referral(stu3('letter'), agreed);
    expect([intent, messageKey]).toEqual(['refer', '3f0c6c1e-0001-4a57-9f7e-000000000001']);
    expect(practiceAgb).toEqual({ value: '01990101', path: 'Bundle.entry[4].resource.identifier' });
    expect(said).toMatchObject({
      practiceReferralId: { value: 'ZD200700101' },
      requester: { name: 'M. van Leeuwen', agb: '01990111' },
      reason:
        'Mevrouw is sinds het overlijden van haar man veel alleen.\nZij wil graag weer onder de mensen komen & kookte vroeger in het buurthuis.',
      residentQuestion: 'Met wie kan ik weer eens samen eten?',
      lifeAreas: ['loneliness'],
      reasonCodes: [{ code: 'Z29' }],
      patient: {
        name: { family: 'de Vosbrink', callName: 'Anneke', given: 'A.' },
        address: { street: 'Voorbeeldstraat', houseNumber: '12', postcode: '8299AB' },
      },
    });
    // The Binary that a DocumentReference names is one letter, not two.
    expect(said.letters?.map(({ title, contentType }) => [title, contentType])).toEqual([
      ['Verwijsbrief', 'application/pdf'],
    ]);
    expect(Buffer.from(said.letters?.[0]?.base64 ?? '', 'base64').toString('latin1')).toMatch(/^%PDF/);
  });

  test('an appointment request announces, and says no more than it knows', () => {
    const { intent, referral: said } = referral(stu3('announced'), narrow);
    expect([intent, said.reason, said.priority]).toEqual(['announce', 'De verwijsbrief volgt.', 'urgent']);
    const letter = referral(stu3('announced', 2), narrow);
    expect([letter.intent, letter.referral.practiceReferralId]).toEqual(['refer', said.practiceReferralId]);
    expect(letter.referral.reason.split('\n')).toContain('de huur is betaald');
  });

  test('a letter without a reason is refused; only an announcement may do without', () => {
    const bare = changed('letter', (_, part) => {
      part('Composition').section = [];
    });
    expect(refused(bare, agreed)).toEqual([['required-reason', 'Bundle.entry[0].resource.section']]);
  });

  test('references of a version, and roles in the manner of Nictiz, are followed', () => {
    const document = changed('letter', (_, part) => {
      const letter = part('Composition');
      letter.subject.reference += '/_history/3';
      delete letter.extension;
      delete part('ReferralRequest').requester;
      letter.author = [
        {
          extension: [
            {
              url: 'http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference',
              valueReference: { reference: 'PractitionerRole/verwijzer' },
            },
          ],
          reference: 'Practitioner/huisarts',
        },
      ];
    });
    const said = referral(document, agreed);
    expect(said.referral.requester).toEqual({ name: 'M. van Leeuwen', agb: '01990111' });
    expect(said.practiceAgb?.value).toBe('01990101');
  });

  test('at most ten letters, whatever their base64 looks like; the others are told', () => {
    const many = changed('letter', (document, part) => {
      const bytes = part('Binary');
      bytes.content = bytes.content.replaceAll(/(.{76})/g, '$1\r\n');
      for (let n = 0; n < 10; n += 1) document.entry.push({ resource: { ...bytes, id: `bijlage-${n}` } });
    });
    const said = referral(many, agreed);
    expect(said.referral.letters?.length).toBe(10);
    expect(lostAt(said)).toContain('kept-with-source Bundle.entry[17].resource');
  });

  test.each(['constructor', 'toString', '__proto__'])(
    'a resource that says it is a %s is only a loss',
    (resourceType) => {
      const strange = changed(
        'letter',
        (document) => void document.entry.push({ resource: { resourceType, id: 'x' } }),
      );
      const said = referral(strange, agreed);
      expect(lostAt(said).filter((one) => /entry\[\d+\]\.resource$/.test(one))).not.toEqual([]);
    },
  );

  test('the day is that of the Netherlands', () => {
    const late = changed('letter', (_, part) => {
      part('Composition').date = '2026-11-22T23:30:00Z';
    });
    expect(referral(late, agreed).referral.consent.on).toBe('2026-11-23');
  });

  test('an amended letter is a correction; one that replaces another names its number', () => {
    const amended = changed('letter', (_, part) => {
      part('Composition').status = 'amended';
    });
    expect(referral(amended, agreed)).toMatchObject({ intent: 'correct' });
    const replacing = changed('letter', (_, part) => {
      part('Composition').relatesTo = [{ code: 'replaces', targetIdentifier: { value: 'ZD200700100' } }];
    });
    expect(referral(replacing, agreed)).toMatchObject({ intent: 'correct', replaces: { value: 'ZD200700100' } });
  });

  test('a supplement and a questionnaire bring letters, and no text that may be medical', () => {
    const said = mapped(stu3('supplement', 2), agreed) as MappedSupplement;
    expect(said).toMatchObject({
      intent: 'supplement',
      number: { value: 'ZD200700103' },
      about: { family: 'Boszicht', birthDate: '1983-10-29' },
      text: 'Opmerking: Mevrouw is op maandag niet thuis.',
      letters: [{ title: 'Brief woningcorporatie' }],
    });
    expect(lostAt(said)).toEqual(['not-shared Bundle.entry[0].resource.section[1].text']);
    expect(mapped(stu3('supplement', 3), agreed)).toMatchObject({
      intent: 'supplement',
      letters: [{ title: 'Bijlage 1' }],
    });
    const empty = stu3('supplement', 3);
    empty.entry = empty.entry.filter((one: Wire) => one.resource.resourceType !== 'Binary');
    expect(refused(empty)).toEqual([['required-supplement-content', 'Bundle.entry[0].resource']]);
  });

  test('a cancellation names whom it is about, and why; it needs no consent', () => {
    expect(mapped(stu3('cancellation', 2))).toMatchObject({
      intent: 'cancel',
      number: { value: 'ZD200700105' },
      about: { family: 'Boszicht', birthDate: '1983-10-29' },
      reason: 'Mevrouw heeft zelf al een woning gevonden.',
    });
  });

  test.each([
    ['request-form', 'other-service'],
    ['teleconsult-request-form', 'other-service'],
    ['something-new', 'document-type'],
  ])('%s is refused by name', (code, reason) => {
    const document = changed('letter', (_, part) => {
      part('Composition').type.coding[0].code = code;
    });
    expect(refused(document, agreed)).toEqual([[reason, 'Bundle.entry[0].resource.type']]);
  });
});

describe('a Task', () => {
  test('with status cancelled withdraws the referral with its ZD number, of whom it says', () => {
    expect(mapped(stu3('task-cancelled', 2))).toMatchObject({
      intent: 'cancel',
      number: { value: 'ZD200700104' },
      about: { family: 'Boszicht', birthDate: '1983-10-29' },
      reason: 'Mevrouw heeft zelf al een woning gevonden.',
    });
  });

  const task = (change: Wire) => ({ ...stu3('task-cancelled', 2), ...change });
  test.each([
    ['another status', { status: 'accepted' }, 'value-task-status', 'Task.status'],
    ['no number', { basedOn: undefined, identifier: undefined }, 'required-referral-number', 'Task.identifier'],
    [
      'two numbers',
      { basedOn: [{ identifier: { value: 'ZD200700104' } }, { identifier: { value: 'ZD200700105' } }] },
      'required-referral-number',
      'Task.identifier',
    ],
    ['nobody', { for: undefined }, 'required-about', 'Task.for'],
    ['somebody who did not come along', { for: { reference: 'Patient/1' } }, 'required-about', 'Task.for'],
  ])('%s is refused', (_what, change, reason, path) => {
    expect(refused(task(change))).toEqual([[reason, path]]);
  });

  test('a ZD number counts wherever it stands; the words beside the patient will do', () => {
    const said = task({
      basedOn: [{ reference: 'Task/1' }],
      identifier: [{ value: '8a0b' }, { value: 'ZD200700104' }],
      for: { display: 'S. Boszicht' },
    });
    expect(mapped(said)).toMatchObject({ number: { value: 'ZD200700104' }, about: { family: 'S. Boszicht' } });
  });
});

describe('consent', () => {
  test('is never inferred from sending', () => {
    expect(refused(stu3('no-consent'))).toEqual([['consent-missing', 'Bundle.entry']]);
    // Before the agreement there was none.
    expect(refused(stu3('no-consent'), { ...agreed, since: '2026-12-01' })).toEqual([
      ['consent-missing', 'Bundle.entry'],
    ]);
  });

  test('by agreement speaks for the resident, on the day of the letter, and says so', () => {
    const { consent, notes } = referral(stu3('letter'), narrow).referral;
    expect(consent).toEqual({
      by: 'resident',
      how: 'spoken',
      on: '2026-11-23',
      medicalCodes: false,
      feedback: 'content',
    });
    expect(notes).toContain('Toestemming volgens de afspraak met de praktijk van 2026-01-05.');
  });

  test('of the message itself says who, how and what, whatever the agreement says', () => {
    const said = referral(stu3('own-consent'), agreed);
    expect(said.referral.consent).toEqual({
      by: 'resident-and-parents',
      how: 'written',
      on: '2026-11-23',
      medicalCodes: false,
      feedback: 'content',
    });
    expect(said.referral.notes).toEqual([]);
    expect(said.places.consentBy).toBe('Bundle.entry[7].resource.consentingParty');
  });

  const own = (change: Wire) =>
    changed('own-consent', (_, part) => {
      Object.assign(part('Consent'), change);
    });
  const detail = (code: string) => [{ system: codeSystems.consentDetail, code }];
  test.each([
    ['inactive', { status: 'inactive' }, 'consent-missing', '.status'],
    ['rejected', { status: 'rejected' }, 'consent-missing', '.status'],
    ['opted out', { policyRule: 'http://hl7.org/fhir/ConsentPolicy/opt-out' }, 'consent-missing', '.policyRule'],
    ['ended', { period: { end: '2026-11-22' } }, 'consent-missing', '.period.end'],
    ['limited', { except: [{ type: 'deny', class: [{ code: 'x' }] }] }, 'consent-missing', '.except[0]'],
    [
      'a carer, with a name',
      { consentingParty: [{ reference: 'Practitioner/huisarts', display: 'E. Blaak' }] },
      'required-consent-by',
      '.consentingParty',
    ],
    ['nobody', { consentingParty: undefined }, 'required-consent-by', '.consentingParty'],
    ['not said how', { extension: [] }, 'required-consent-how', '.extension'],
    ['no date', { dateTime: undefined }, 'required-consent-date', '.dateTime'],
    ['half a date', { dateTime: '2026-11' }, 'impossible-date', '.dateTime'],
  ])('that is %s is none', (_what, change, reason, path) => {
    expect(refused(own(change), agreed)).toEqual([[reason, `Bundle.entry[7].resource${path}`]]);
  });

  test('that was rejected outweighs another that was given', () => {
    const both = changed('own-consent', (document, part) => {
      document.entry.push({ resource: { ...part('Consent'), id: 'later', status: 'rejected' } });
    });
    expect(refused(both, agreed)).toEqual([['consent-missing', 'Bundle.entry[8].resource.status']]);
  });

  test('about somebody else is none, and no agreement speaks over it', () => {
    expect(refused(own({ patient: { reference: 'Patient/ander' } }), agreed)).toEqual([
      ['consent-missing', 'Bundle.entry'],
    ]);
  });

  test('covers what is permitted and not denied', () => {
    const said = own({
      except: [
        { type: 'permit', code: detail('share-medical-codes') },
        { type: 'permit', code: detail('feedback-content') },
        { type: 'deny', code: detail('feedback-content') },
      ],
      sourceIdentifier: { value: '1' },
    });
    expect(referral(said).referral.consent).toMatchObject({ medicalCodes: true, feedback: 'closure-only' });
  });
});

describe('what may not go along (H17)', () => {
  test('without consent for medical data unknown sections and titles of codes stay behind, and are told', () => {
    const said = referral(stu3('losses'), narrow);
    const { letters: _letters, reasonCodes: _codes, ...shown } = said.referral;
    expect(JSON.stringify(shown)).not.toMatch(/Metformine|Diabetes/);
    expect(lostAt(said)).toEqual(
      expect.arrayContaining([
        'not-shared Bundle.entry[0].resource.section[1].text',
        'not-shared Bundle.entry[6].resource.content[0].attachment',
        'kept-with-source Bundle.entry[1].resource.contact[1]',
        'kept-with-source Bundle.entry[1].resource.maritalStatus',
        'kept-with-source Bundle.entry[5].resource.relevantHistory',
        'kept-with-source Bundle.entry[5].resource.serviceRequested[0]',
        'kept-with-source Bundle.entry[7].resource',
      ]),
    );
  });

  test('the title of a code stands in for a reason only with that consent', () => {
    const coded = changed('losses', (_, part) => {
      part('Composition').section = [];
    });
    expect(refused(coded, narrow)).toEqual([['required-reason', 'Bundle.entry[0].resource.section']]);
    expect(referral(coded, agreed).referral.reason).toBe('Diabetes mellitus type 2');
  });

  test('with it they go along as notes', () => {
    const said = referral(stu3('losses'), agreed);
    expect(said.referral.notes).toContain('Medicatie: Metformine 500 mg');
    expect(lostAt(said)).toContain('kept-as-text Bundle.entry[0].resource.section[1].text');
  });
});

describe('what cannot be', () => {
  test.each([
    [
      'no patient',
      (part: Wire) => Object.assign(part('Composition'), { subject: undefined }),
      'required-patient',
      '[0].resource.subject',
    ],
    [
      'a month as birth date',
      (part: Wire) => Object.assign(part('Patient'), { birthDate: '1957-03' }),
      'impossible-date',
      '[1].resource.birthDate',
    ],
    [
      '30 February',
      (part: Wire) => Object.assign(part('Patient'), { birthDate: '1957-02-30' }),
      'impossible-date',
      '[1].resource.birthDate',
    ],
    [
      'a false BSN',
      (part: Wire) =>
        part('Patient').identifier.push({ system: 'urn:oid:2.16.840.1.113883.2.4.6.3', value: '123456789' }),
      'bsn-invalid',
      '[1].resource.identifier[1].value',
    ],
    [
      'a name that is a number',
      (part: Wire) => Object.assign(part('Patient').name[0], { family: 7 }),
      'wrong-value',
      '[1].resource.name[0].family',
    ],
    [
      'no name',
      (part: Wire) => Object.assign(part('Patient'), { name: [{ given: ['A.'] }] }),
      'required-patient-name',
      '[1].resource.name',
    ],
    [
      'a withdrawn letter',
      (part: Wire) => Object.assign(part('Composition'), { status: 'entered-in-error' }),
      'value-status',
      '[0].resource.status',
    ],
    [
      'a withdrawn request',
      (part: Wire) => Object.assign(part('ReferralRequest'), { status: 'cancelled' }),
      'value-status',
      '[5].resource.status',
    ],
    [
      'an unknown priority',
      (part: Wire) => Object.assign(part('ReferralRequest'), { priority: 'spoed' }),
      'value-priority',
      '[5].resource.priority',
    ],
    [
      'no number',
      (part: Wire) => Object.assign(part('Composition'), { identifier: {} }),
      'required-referral-number',
      '[0].resource.identifier.value',
    ],
    [
      'a date without its zone',
      (part: Wire) => Object.assign(part('Composition'), { date: '2026-11-23T08:55:00' }),
      'impossible-date',
      '[0].resource.date',
    ],
    [
      'a broken attachment',
      (part: Wire) => Object.assign(part('Binary'), { content: 'JVBERi0=%' }),
      'value-attachment',
      '[6].resource.content[0].attachment.base64',
    ],
    [
      'a NUL',
      (part: Wire) => Object.assign(part('Patient').name[0], { text: 'A\u0000' }),
      'control-characters',
      '[1].resource.name[0].text',
    ],
  ])('%s', (_what, change, reason, path) => {
    const document = changed('letter', (_, part) => {
      change(part);
    });
    expect(refused(document, agreed)).toEqual([[reason, `Bundle.entry${path}`]]);
  });

  test('a request about another person than the letter (H3), or two parts with one id', () => {
    const other = changed('letter', (document, part) => {
      document.entry.push({ resource: { ...part('Patient'), id: 'ander', birthDate: '1990-01-01' } });
      part('ReferralRequest').subject = { reference: 'Patient/ander' };
    });
    expect(refused(other, agreed)).toEqual([['other-patient', 'Bundle.entry[5].resource.subject']]);
    const scan = changed('letter', (document, part) => {
      document.entry.push({ resource: { ...part('Patient'), id: 'ander', birthDate: '1990-01-01' } });
      part('DocumentReference').subject = { reference: 'Patient/ander' };
    });
    expect(refused(scan, agreed)).toEqual([['other-patient', 'Bundle.entry[6].resource.subject']]);
    const two = changed('letter', (document, part) => {
      document.entry.push({ resource: { ...part('ReferralRequest'), id: 'tweede' } });
    });
    expect(refused(two, agreed)).toEqual([['several-referrals', 'Bundle.entry[8].resource']]);
    const twice = changed('letter', (document, part) => {
      document.entry.push({ resource: { ...part('Patient'), birthDate: '1990-01-01' } });
    });
    expect(refused(twice, agreed)).toEqual([['same-id-twice', 'Bundle.entry']]);
  });

  test('something else than a document, or R4', () => {
    expect(refused({ resourceType: 'Bundle', type: 'transaction', entry: [] })).toEqual([['no-document', 'Bundle']]);
    expect(refused({ resourceType: 'ServiceRequest' })).toEqual([['no-document', 'ServiceRequest']]);
    expect(refused({})).toEqual([['no-document', '']]);
  });

  test('a nest without end', () => {
    let section: Wire = { text: { div: '<div>x</div>' } };
    for (let n = 0; n < 200; n += 1) section = { section: [section] };
    const deep = changed('letter', (_, part) => {
      part('Composition').section = [section];
    });
    expect(refused(deep, agreed)).toEqual([['too-deep', 'Bundle']]);
  });

  test('whatever stands anywhere: an answer, never an exception', () => {
    const places: string[][] = [];
    const walk = (value: Wire, at: string[]) => {
      places.push(at);
      if (typeof value === 'object' && value !== null)
        for (const key of Object.keys(value)) walk(value[key], [...at, key]);
    };
    const stories = ['letter', 'own-consent'].map((story) => stu3(story));
    for (const one of stories) walk(one, []);
    fc.assert(
      fc.property(
        fc.constantFrom(...stories),
        fc.constantFrom(...places.filter((one) => one.length > 0)),
        fc.jsonValue(),
        (story, at, value) => {
          const message = structuredClone(story);
          const holder = at.slice(0, -1).reduce((inner: Wire, key) => inner?.[key], message);
          if (typeof holder !== 'object' || holder === null) return;
          holder[at.at(-1) ?? ''] = value;
          const said = run(message, agreed);
          if (isRefusal(said)) expect(said.refused.every((one) => one.said.nl !== '')).toBe(true);
          else expect(said.losses.every((one) => one.path.startsWith('Bundle.entry['))).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('narrative as text', () => {
  test.each([
    ['<div xmlns="http://www.w3.org/1999/xhtml"><p>a</p><p>b<br/>c</p></div>', 'a\nb\nc'],
    ['<div><ul><li>een</li><li>twee</li></ul></div>', 'een\ntwee'],
    ['<div><table><tr><td>2019</td><td>val</td></tr></table></div>', '2019 val'],
    ['<div>a &amp;lt;b&amp;gt; &lt;i&gt; &#233; &#x20AC; &euro;</div>', 'a &lt;b&gt; <i> é € &euro;'],
    ['<div>voor<script>alert("x < y")</script>na<style>p{}</style></div>', 'voorna'],
    ['<div>a<!-- <p>intern</p> -->b - c</div>', 'ab - c'],
    ['<div>  veel \n\n ruimte&#160;hier </div>', 'veel ruimte hier'],
    ['geen opmaak, 2 < 3', 'geen opmaak, 2 < 3'],
    ['<p>&#0;&#55296;</p>', ''],
    ['<div><p', '<p'],
    ['<p>a &constructor; &toString; &__proto__; b</p>', 'a &constructor; &toString; &__proto__; b'],
  ])('%s', (xhtml, text) => {
    expect(narrativeText(xhtml)).toBe(text);
  });

  test('no tag survives, and long nonsense takes no longer than its length', () => {
    const words = fc.array(
      fc.constantFrom('<p>', '</p>', '<script>', '</script>', '<!--', '-->', '&lt;', '<', '>', '-', 'tekst', ' '),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(words, (parts) => {
        // What stood escaped is text and may look like a tag: a page escapes it again.
        expect(narrativeText(parts.filter((one) => one !== '&lt;').join(''))).not.toMatch(/<\/?(p|script)>/);
      }),
    );
    expect(narrativeText('<'.repeat(200_000)).length).toBe(200_000);
    expect(narrativeText('<script>'.repeat(50_000))).toBe('');
  });
});

const samples = process.env.KORTELIJN_SAMPLES ?? new URL('../../../shared/samples/nl/', import.meta.url).pathname;
const cgm = `${samples.replace(/\/?$/, '/')}his-cgm/Patient-CGM.json`;

describe.skipIf(!existsSync(cgm))('public samples of CGM (not run where ../shared/samples/nl is absent)', () => {
  const patient = existsSync(cgm) ? JSON.parse(readFileSync(cgm, 'utf8')) : {};

  test('the Patient of their STU3 interface is read, call name and all', () => {
    expect(patientFromFhir(patient as FhirPatientSource)).toEqual({
      localId: { system: 'http://cgmhuisarts.cgm.nl/fhir/NamingSystem/patientID', value: '60362' },
      name: { family: 'Patient-4', given: 'P.', callName: 'Piet', text: 'Dhr. P. Patient-4' },
      birthDate: '2010-01-01',
      gender: 'male',
      phones: ['0123456789'],
      address: { street: 'Teststraat', houseNumber: '2 L', postcode: '1234LL', city: 'Testplaats' },
    });
  });

  test('it passes the contract as the subject of a letter; what it says more is told', () => {
    const document = changed('letter', (whole) => {
      whole.entry[1].resource = { ...patient, id: 'inwoner' };
    });
    const said = referral(document, agreed);
    expect(said.referral.patient.name.callName).toBe('Piet');
    expect(lostAt(said)).toEqual(
      expect.arrayContaining([
        'kept-with-source Bundle.entry[1].resource.identifier[1]',
        'kept-with-source Bundle.entry[1].resource.generalPractitioner',
      ]),
    );
  });

  test('their DocumentReference is a letter, when its bytes come along', () => {
    const reference = JSON.parse(
      readFileSync(`${samples.replace(/\/?$/, '/')}his-cgm/DocumentReference-CGM.json`, 'utf8'),
    );
    const document = changed('letter', (whole) => {
      whole.entry.push({ resource: reference });
    });
    const said = referral(document, agreed);
    const kept = said.referral.letters?.length ?? 0;
    expect(kept === 2 || lostAt(said).some((one) => /entry\[8\].*attachment/.test(one))).toBe(true);
  });
});
