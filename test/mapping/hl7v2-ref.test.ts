import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../src/hl7v2/message.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { runMapping } from '../../src/mapping/run.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { MappedReferral } from '../../src/referral/format.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { type RefParts, refMessage } from '../doubles/ref.ts';

const mapping = await loadMapping('hl7v2-ref');
const agreement: ConsentAgreement = { since: '2026-01-05', how: 'spoken', medicalCodes: true, feedback: 'content' };

function run(parts: RefParts | string, agreed?: ConsentAgreement) {
  const message = parseMessage(typeof parts === 'string' ? parts : refMessage(parts), 'UNICODE UTF-8');
  if ('unreadable' in message) throw new Error(`${message.unreadable} at ${message.path}`);
  return runMapping(mapping, { message, ...(agreed && { agreement: agreed }) }, new Map());
}

function mapped(parts: RefParts | string, agreed?: ConsentAgreement): MappedReferral {
  const made = run(parts, agreed);
  if (isRefusal(made)) throw new Error(made.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  if (!('referral' in made)) throw new Error('no referral');
  return made;
}

const refused = (parts: RefParts | string, agreed?: ConsentAgreement) => {
  const made = run(parts, agreed);
  return isRefusal(made) ? made.refused.map((one) => `${one.reason} ${one.path}`) : 'mapped';
};
const change = (name: string, ...segments: string[]): RefParts => ({ change: { [name]: segments } });
const consent = (
  n: number,
  type: string,
  fields: { by?: string; status?: string; on?: string; how?: string; until?: string } = {},
) =>
  `CON|${n}|${type}^^99KL||||||||${fields.how ?? 'V'}|${fields.status ?? 'A'}||${fields.on ?? '20261123'}||${fields.until ?? ''}||||||||||${fields.by ?? '1'}`;

describe('REF^I12 as a referral', () => {
  test('everything that has a place', () => {
    const { referral, losses, places, practiceAgb } = mapped({});
    expect(referral).toEqual({
      practiceReferralId: {
        system: 'https://kortelijn.example/fhir/NamingSystem/hl7v2-authority/VOORBEELDHIS',
        value: 'V-1',
      },
      authoredOn: '2026-11-23T09:55:00+01:00',
      priority: 'routine',
      requester: { name: 'M. van Leeuwen', agb: '01990111' },
      patient: {
        localId: { system: 'https://kortelijn.example/fhir/NamingSystem/hl7v2-authority/VOORBEELDHIS', value: 'P-77' },
        bsn: '999990019',
        name: {
          family: 'Kanariegeel - Zoekmij',
          given: 'Quirijntje Q',
          callName: 'Quirien',
          text: 'Quirien Kanariegeel - Zoekmij',
        },
        birthDate: '1951-04-12',
        gender: 'female',
        phones: ['06-00777333'],
        email: 'quirijntje@vindbaar.example',
        address: { street: 'Zeldzamestraat', houseNumber: '12 a', postcode: '8299ZQ', city: 'Voorbeelddorp' },
      },
      reason: 'Mevrouw is veel alleen sinds de zomer',
      residentQuestion: 'Ik wil weer onder de mensen',
      lifeAreas: ['loneliness'],
      reasonCodes: [{ system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'Z03', display: 'Huisvestingsprobleem' }],
      consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' },
      contactPerson: { name: 'Ursula Onvindbaar', phone: '06-00777444', relation: 'buurvrouw' },
      notes: [],
    });
    expect(losses).toEqual([]);
    expect(places).toMatchObject({ number: 'RF1-6', birthDate: 'PID-7', consentBy: 'CON-25' });
    expect(practiceAgb).toBeUndefined();
  });

  test('other delimiters say the same (ZorgDomein repeats with _)', () => {
    const theirs = refMessage({}).replaceAll('~', '_');
    expect(mapped(theirs)).toEqual(mapped({}));
  });

  test('PID-3 is known by who gave it out, whatever its position', () => {
    const turned = mapped(
      change(
        'PID',
        'PID|1||999990019^^^NLMINBIZA^NNNLD~Z9^^^&2.16.840.1.113883.2.4.99&ISO^PI~X^^^ANDER||Jansen^A||19510412',
      ),
    );
    expect(turned.referral.patient).toMatchObject({
      bsn: '999990019',
      localId: { system: 'urn:oid:2.16.840.1.113883.2.4.99', value: 'Z9' },
    });
    expect(turned.losses).toContainEqual({ path: 'PID-3[3]', why: 'kept-with-source' });
    expect(mapped(change('PID', 'PID|1||||Jansen^A||19510412')).referral.patient.bsn).toBeUndefined();
  });

  test('a surname in parts is put together', () => {
    expect(mapped(change('PID', 'PID|1||||&van der&Berg^J||19510412')).referral.patient.name).toEqual({
      family: 'van der Berg',
      given: 'J',
      text: 'J van der Berg',
    });
  });

  test('safe contact is carried (H2), and anything but Y or N is refused', () => {
    const safe = [
      'OBX|8|ST|unsafe^^99KL||Y||||||F',
      'OBX|9|TX|safe-phone^^99KL||06-00777555',
      'OBX|10|TX|safe-times^^99KL||overdag',
      'OBX|11|ID|no-voicemail^^99KL||Y',
    ];
    expect(mapped({ more: safe }).referral.safeContact).toEqual({
      unsafe: true,
      noVoicemail: true,
      noLetters: false,
      phone: '06-00777555',
      times: 'overdag',
    });
    expect(refused({ more: ['OBX|8|ST|unsafe^^99KL||ja'] })).toEqual(['value-flag OBX[3]-5']);
    expect(mapped({}).referral.safeContact).toBeUndefined();
  });

  test('priorities are of table 0280 or ours; any other is refused', () => {
    const priority = (code: string) => change('RF1', `RF1|P|${code}||||V-1^HIS|20261123`);
    expect(
      ['S', 'A^ASAP^HL70280', 'urgent^^99KL', 'X^^99Z^R^Routine^HL70280', ''].map(
        (code) => mapped(priority(code)).referral.priority,
      ),
    ).toEqual(['stat', 'asap', 'urgent', 'routine', 'routine']);
    expect(refused(priority('haast'))).toEqual(['value-priority RF1-2']);
  });

  test('NTE is the reason when no OBX says it, and a note when one does', () => {
    const notes = ['NTE|1||Mevrouw is eenzaam.', 'NTE|2||Belt u na tienen?'];
    const alone = mapped({ change: { OBX: [] }, more: notes });
    expect(alone.referral).toMatchObject({ reason: 'Mevrouw is eenzaam.\nBelt u na tienen?', notes: [] });
    // After OBX an NTE belongs to that OBX; the notes of the message stand after another segment.
    const both = mapped({ more: ['PV1|1|O', ...notes] });
    expect(both.referral.notes).toEqual(['Mevrouw is eenzaam.', 'Belt u na tienen?']);
    expect(both.losses.map((one) => one.path)).toEqual(['NTE', 'NTE[2]']);
    expect(mapped({ more: ['NTE|1||En graag snel.'] }).referral.residentQuestion).toBe(
      'Ik wil weer onder de mensen\nEn graag snel.',
    );
  });

  test('what is not named is not passed on, and said so (H17)', () => {
    const { referral, losses } = mapped({
      more: [
        'AL1|1|DA|penicilline',
        'OBX|3|TX|LAB^Uitslag^99LAB||HIV positief',
        'OBX|4|ED|PDF||^application^pdf^Base64^AAAA',
        'NTE|1||hoort bij de bijlage',
        'DG1|2||XX1^Geheim^99EIGEN',
      ],
    });
    expect(JSON.stringify(referral)).not.toMatch(/penicilline|HIV|bijlage|Geheim/);
    expect(losses).toEqual([
      { path: 'AL1', why: 'kept-with-source' },
      { path: 'DG1[2]-3', why: 'kept-with-source' },
      { path: 'OBX[3]', why: 'kept-with-source' },
      { path: 'OBX[4]', why: 'kept-with-source' },
      { path: 'NTE', why: 'kept-with-source' },
    ]);
  });

  test('an unknown reason code is kept as text', () => {
    const { referral, losses } = mapped(
      change('RF1', 'RF1|P|R||||V-1^HIS|20261123|||debts^^99KL~A1^Schimmel in huis^99HIS'),
    );
    expect(referral).toMatchObject({ lifeAreas: ['debts'], notes: ['Reden volgens de verwijzer: Schimmel in huis'] });
    expect(losses).toEqual([{ path: 'RF1-10[2]', why: 'unknown-code' }]);
  });

  test('the practice of PRD-10 is what the door compares with the peer', () => {
    const prd = `PRD|RP|Dekkers^P.|||||01990112^VEKTIS|||Praktijk^^^^^VEKTIS^^^^01990103`;
    expect(mapped(change('PRD', prd)).practiceAgb).toEqual({ value: '01990103', path: 'PRD-10.10' });
  });
});

describe('consent', () => {
  test('without a CON and without an agreement nothing is sent', () => {
    expect(refused(change('CON'))).toEqual(['consent-missing CON']);
  });

  test('the practice agreement speaks for residents, on the day of the referral, and the referral says so', () => {
    const { referral } = mapped(change('CON'), agreement);
    expect(referral.consent).toEqual({
      by: 'resident',
      how: 'spoken',
      on: '2026-11-23',
      medicalCodes: true,
      feedback: 'content',
    });
    expect(referral.notes).toEqual(['Toestemming volgens de afspraak met de praktijk van 2026-01-05.']);
  });

  test('a no in the message is a no, whatever was agreed', () => {
    expect(refused(change('CON', consent(1, 'share-reason', { status: 'R' })), agreement)).toEqual([
      'consent-missing CON-11',
    ]);
  });

  test.each(['R', 'P', 'X', 'B', 'L', ''])('status %j is no consent', (status) => {
    expect(refused(change('CON', consent(1, 'share-reason', { status })))).toEqual(['consent-missing CON-11']);
  });

  test('consent for something else is none for this', () => {
    expect(refused(change('CON', consent(1, 'feedback-content'), consent(2, 'operatie')))).toEqual([
      'consent-missing CON-2',
    ]);
  });

  test('a consent that has ended is none', () => {
    expect(refused(change('CON', consent(1, 'share-reason', { until: '20261122' })))).toEqual([
      'consent-missing CON-15',
    ]);
    expect(mapped(change('CON', consent(1, 'share-reason', { until: '20261123' }))).referral.consent.by).toBe(
      'resident',
    );
  });

  test.each([
    [{ by: '' }, ['required-consent-by CON-25']],
    [{ by: '6' }, ['required-consent-by CON-25']],
    [{ how: '' }, ['required-consent-how CON-10']],
    [{ on: '' }, ['required-consent-date CON-13']],
    [{ on: '20260230' }, ['impossible-date CON-13']],
    [
      { by: '', how: '', on: '' },
      ['required-consent-by CON-25', 'required-consent-how CON-10', 'required-consent-date CON-13'],
    ],
  ])('%o is not complete', (fields, reasons) => {
    expect(refused(change('CON', consent(1, 'share-reason', fields)))).toEqual(reasons);
  });

  test('both of two who had to agree are named, with the last day; a no of one of them is a no', () => {
    const two = (status: string) =>
      change(
        'CON',
        consent(1, 'share-reason', { on: '20261120' }),
        consent(2, 'share-reason', { by: '2', how: 'W', status }),
      );
    expect(mapped(two('A')).referral.consent).toMatchObject({
      by: 'resident-and-parents',
      how: 'spoken',
      on: '2026-11-23',
    });
    expect(refused(two('R'))).toEqual(['consent-missing CON[2]-11']);
  });

  test('a scope that is not named is not given, and one that is refused neither', () => {
    const only = change('CON', consent(1, 'share-reason'));
    expect(mapped(only).referral.consent).toMatchObject({ medicalCodes: false, feedback: 'closure-only' });
    const both = change(
      'CON',
      consent(1, 'share-reason'),
      consent(2, 'share-medical-codes'),
      consent(3, 'feedback-content', { status: 'R' }),
    );
    expect(mapped(both).referral.consent).toMatchObject({ medicalCodes: true, feedback: 'closure-only' });
  });
});

describe('refused, each with its place', () => {
  const pid = (id: string, name: string, born: string) => change('PID', `PID|1||${id}||${name}||${born}`);
  test.each([
    ['a BSN that cannot be', pid('Z1^^^HIS~123456789^^^NLMINBIZA', 'Jansen', '19510412'), ['bsn-invalid PID-3[2].1']],
    ['two BSNs', pid('999990019^^^NLMINBIZA~123456782^^^NLMINBIZA', 'Jansen', '19510412'), ['value-one-bsn PID-3']],
    ['a day that does not exist', pid('', 'Jansen', '19510431'), ['impossible-date PID-7']],
    ['half a birth date', pid('', 'Jansen', '1951'), ['impossible-date PID-7']],
    ['no birth date', pid('', 'Jansen', ''), ['required-birth-date PID-7']],
    ['no name', pid('', '', '19510412'), ['required-patient-name PID-5']],
    ['no patient', change('PID'), ['required-patient-name PID', 'required-birth-date PID']],
    ['no number', change('RF1', 'RF1|P|R|||||20261123'), ['required-referral-number RF1-6']],
    [
      'a date of the referral that does not exist',
      change('RF1', 'RF1|P|R||||V-1^HIS|20261301'),
      ['impossible-date RF1-7'],
    ],
    ['a referral that was rejected', change('RF1', 'RF1|R|R||||V-1^HIS|20261123'), ['value-referral-status RF1-1']],
    ['no reason', change('OBX'), ['required-reason OBX']],
    ['two patients', { more: ['PID|2||||Ander||19600101'] }, ['several-referrals PID[2]']],
    [
      'a text longer than a referral takes',
      { more: [`OBX|3|TX|reason^^99KL||${'x'.repeat(8_001)}`] },
      ['does-not-fit RF1'],
    ],
  ] as [string, RefParts, string[]][])('%s', (_, parts, reasons) => {
    expect(refused(parts)).toEqual(reasons);
  });

  test('everything that is wrong is said at once', () => {
    const parts: RefParts = {
      change: { PID: ['PID|1||123456789^^^NLMINBIZA||||19510231'], CON: [], RF1: ['RF1|E|R'] },
    };
    expect(refused(parts)).toEqual([
      'required-referral-number RF1-6',
      'value-referral-status RF1-1',
      'bsn-invalid PID-3.1',
      'required-patient-name PID-5',
      'impossible-date PID-7',
      'consent-missing CON',
    ]);
  });
});
