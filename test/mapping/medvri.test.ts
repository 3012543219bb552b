import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allNames } from '../../mappings/medvri/names.ts';
import { readInterchange } from '../../src/edifact/interchange.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { runMapping } from '../../src/mapping/run.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Mapped, MappedReferral } from '../../src/referral/format.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { linesWith, type MedvriParts, medvriBytes, usualLines } from '../doubles/medvri.ts';

const mapping = await loadMapping('medvri');
const agreement: ConsentAgreement = { since: '2026-01-05', how: 'spoken', medicalCodes: false, feedback: 'content' };

function run(parts: MedvriParts, agreed?: ConsentAgreement) {
  const interchange = readInterchange(medvriBytes(parts));
  if ('unreadable' in interchange) throw new Error(`${interchange.unreadable} at ${interchange.tag}`);
  return runMapping(mapping, interchange, new Map(), agreed);
}
function made(parts: MedvriParts, agreed?: ConsentAgreement): Mapped {
  const found = run(parts, agreed);
  if (isRefusal(found)) throw new Error(found.refused.map((one) => `${one.reason} ${one.path}`).join(', '));
  return found;
}
function mapped(parts: MedvriParts, agreed?: ConsentAgreement): MappedReferral {
  const found = made(parts, agreed);
  if (!('referral' in found)) throw new Error('no referral');
  return found;
}
const refused = (parts: MedvriParts, agreed?: ConsentAgreement) => {
  const found = run(parts, agreed);
  return isRefusal(found) ? found.refused.map((one) => `${one.reason} ${one.path}`) : 'mapped';
};
const lines = (changes: Readonly<Record<string, string>>): MedvriParts => ({ lines: linesWith(changes) });
const change = (tag: string, ...segments: string[]): MedvriParts => ({ change: { [tag]: segments } });

describe('a MEDVRI as a referral', () => {
  test('everything that has a place', () => {
    const { referral, losses, places, intent } = mapped({});
    const system = 'https://kortelijn.example/fhir/NamingSystem/edi-mailbox/500000001';
    expect(intent).toBe('refer');
    expect(referral).toEqual({
      practiceReferralId: { system, value: 'V-1' },
      authoredOn: '2026-11-23T09:55:00+01:00',
      priority: 'routine',
      requester: { name: 'M. van Leeuwen', agb: '01990111' },
      patient: {
        localId: { system, value: 'P77' },
        bsn: '999990019',
        name: {
          family: 'Kanariegeel - Zoekmij',
          given: 'Q.',
          callName: 'Quirijntje',
          text: 'Quirijntje Kanariegeel - Zoekmij',
        },
        birthDate: '1951-04-12',
        gender: 'female',
        phones: ['06-00777333'],
        address: { street: 'Zeldzamestraat', houseNumber: '12a', postcode: '8299ZQ', city: 'Voorbeelddorp' },
      },
      reason: 'Mevrouw is veel alleen sinds de zomer.\nZij gaat nergens meer heen.',
      residentQuestion: 'Ik wil weer onder de mensen',
      lifeAreas: ['loneliness', 'meaning'],
      reasonCodes: [],
      consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' },
      notes: ['Verwijzing naar de Wally'],
    });
    expect(losses).toEqual([
      { path: 'GGA-3', why: 'kept-with-source' },
      { path: 'GGA-4', why: 'kept-with-source' },
      { path: 'GGA-5', why: 'kept-with-source' },
      { path: 'TXT-1', why: 'kept-as-text' },
    ]);
    expect(places).toMatchObject({ number: 'TXT[4]-1', consentBy: 'TXT[3]-1', birthDate: 'PID-1', practice: 'UNB-2' });
  });

  test('names of lines in English say the same', () => {
    const english = [
      'CONSENT: yes, spoken, by resident, 23-11-2026',
      'referral number: V-1',
      'Reason: r',
      'Life areas: debts; housing',
      'Urgency: today',
      'Feedback: no',
    ];
    const { referral } = mapped({ lines: english });
    expect(referral).toMatchObject({
      practiceReferralId: { value: 'V-1' },
      reason: 'r',
      lifeAreas: ['debts', 'housing'],
      priority: 'asap',
      consent: { by: 'resident', feedback: 'closure-only' },
    });
  });

  test('without a reason line it is what stands before the first name', () => {
    const free = ['Beste Sanne,', '', 'Meneer slaapt in zijn auto.', ...linesWith({ Reden: '' }).slice(2)];
    const { referral, losses } = mapped({ lines: free.filter((one) => !one.startsWith('Zij gaat')) });
    expect(referral.reason).toBe('Beste Sanne,\n\nMeneer slaapt in zijn auto.');
    expect(referral.notes).toEqual([]);
    expect(losses.some((one) => one.why === 'kept-as-text')).toBe(false);
    expect(
      refused({
        lines: linesWith({ Reden: '' })
          .slice(2)
          .filter((one) => !one.startsWith('Zij gaat')),
      }),
    ).toEqual(['required-reason TXT']);
  });

  test('without a number of its own it is that of the interchange and the message: the same at a resend', () => {
    const once = mapped({ ...lines({ Verwijsnummer: '' }), control: 'ABC9' });
    expect(once.referral.practiceReferralId.value).toBe('ABC9/1');
    expect(mapped({ ...lines({ Verwijsnummer: '' }), control: 'ABC9' })).toEqual(once);
  });

  test('what stands below a value is a note, never part of it', () => {
    const { referral, losses } = mapped({ lines: [...usualLines, 'Telefoon: 06-00777444', 'Zij is doof.', ''] });
    expect(referral.patient.phones).toEqual(['06-00777444', '06-00777333']);
    expect(referral.notes).toContain('Zij is doof.');
    expect(losses).toContainEqual({ path: 'TXT[12]-1', why: 'kept-as-text' });
  });

  test('contact person, episode, and a life area that we do not know', () => {
    const { referral, losses } = mapped(
      lines({
        Contactpersoon: 'Ursula Onvindbaar, buurvrouw, 0570-123456',
        Episode: 'E-12',
        Leefgebied: 'wonen, tuin',
      }),
    );
    expect(referral).toMatchObject({
      contactPerson: { name: 'Ursula Onvindbaar', relation: 'buurvrouw', phone: '0570-123456' },
      episode: { value: 'E-12' },
      lifeAreas: ['housing'],
    });
    expect(referral.notes).toContain('Leefgebied volgens de verwijzer: tuin');
    expect(losses).toContainEqual({ path: 'TXT[8]-1', why: 'unknown-code' });
  });

  test('medical text goes along only when the resident agreed to it (H17)', () => {
    const medical = { Medicatie: 'metformine 500 mg', ICPC: 'Z01 Armoede, T90' };
    const closed = mapped(lines(medical));
    expect(closed.referral.notes.join()).not.toContain('metformine');
    expect(closed.referral.reason).not.toContain('metformine');
    expect(closed.losses).toContainEqual({ path: 'TXT[11]-1', why: 'not-shared' });
    const open = mapped(lines({ ...medical, 'Medische gegevens delen': 'ja' }));
    expect(open.referral.notes).toContain('metformine 500 mg');
    expect(open.referral.consent.medicalCodes).toBe(true);
    expect(open.referral.reasonCodes).toEqual([
      { system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'Z01', display: 'Armoede' },
      { system: 'http://hl7.org/fhir/sid/icpc-1-nl', code: 'T90' },
    ]);
  });

  test('safe contact (H2): how and when; a bare yes or no could mean either', () => {
    const safe = { 'Veilig bereiken': 'dinsdag tussen 9 en 11', 'Veilig nummer': '06-00777555', 'Geen voicemail': '' };
    expect(mapped(lines(safe)).referral.safeContact).toEqual({
      unsafe: true,
      times: 'dinsdag tussen 9 en 11',
      phone: '06-00777555',
      noVoicemail: true,
      noLetters: false,
    });
    expect(mapped(lines({ 'Geen brieven': 'nee' })).referral.safeContact).toBeUndefined();
    const { referral } = mapped({ lines: [...usualLines, 'Geen voicemail', 'Zij is doof.'] });
    expect([referral.safeContact?.noVoicemail, referral.notes.includes('Zij is doof.')]).toEqual([true, true]);
    for (const value of ['ja', 'Nee', 'ja, via haar zus', ''])
      expect(refused(lines({ 'Veilig bereiken': value }))).toEqual(['value-safe-contact TXT[11]-1']);
    expect(refused(lines({ 'Geen voicemail': 'liever niet' }))).toEqual(['value-flag TXT[11]-1']);
  });

  test.each([
    ['normaal', 'routine'],
    ['Dringend', 'urgent'],
    ['SPOED', 'asap'],
    ['acuut', 'stat'],
  ])('urgency %s is %s', (word, priority) => {
    expect(mapped(lines({ Urgentie: word })).referral.priority).toBe(priority);
  });

  test('a name in use only, and at birth only', () => {
    const family = (name: string) => mapped(change('PID', `PID+1951:04:12+M+${name}`)).referral.patient.name;
    expect(family("Berg:van ?'t")).toEqual({ family: "van 't Berg", text: "van 't Berg" });
    expect(family('::Berg:van den::J.')).toEqual({ family: 'van den Berg', given: 'J.', text: 'J. van den Berg' });
  });

  test('what is not by the book is taken, and told', () => {
    const odd = mapped({
      lines: [...usualLines, `Opmerking: ${'x'.repeat(80)}`],
      change: { DET: [], GGO: ['GGO+Sanne', 'ZKH+x'], PID: ['PID+1951:04:12+X+Jansen+BSN999990019+abc'] },
    });
    expect(odd.referral.authoredOn).toBe('2026-11-23T09:57:00+01:00');
    const whys = odd.losses.map((one) => `${one.path} ${one.why}`);
    expect(whys).toEqual(
      expect.arrayContaining([
        'DET deviates',
        'PID-4 deviates',
        'TXT[11]-1 deviates',
        'GGO-1 kept-with-source',
        'ZKH kept-with-source',
        'PID-2 unknown-code',
        'PID-5 kept-with-source',
      ]),
    );
    expect(odd.referral.patient.bsn).toBe('999990019');
  });
});

describe('consent', () => {
  test.each([
    ['ja, schriftelijk, door jongere en ouders, 2026-11-20', 'resident-and-parents', 'written', '2026-11-20'],
    ['Ja; mondeling; inwoner; ouders; 1-2-2026', 'resident-and-parents', 'spoken', '2026-02-01'],
    ['akkoord, telefonisch, door mentor, op 23-11-2026', 'representative', 'spoken', '2026-11-23'],
  ])('%j', (value, by, how, on) => {
    expect(mapped(lines({ Toestemming: value })).referral.consent).toMatchObject({ by, how, on });
  });

  test('a list goes on below a comma', () => {
    const consent = ['Toestemming: ja, mondeling,', 'door inwoner, 23-11-2026', 'Reden: r'];
    expect(mapped({ lines: consent }).referral.consent.by).toBe('resident');
  });

  test.each([
    ['nee, mondeling, door inwoner, 23-11-2026', ['consent-missing TXT[3]-1']],
    ['ja, nee, mondeling, door inwoner, 23-11-2026', ['consent-missing TXT[3]-1']],
    ['nee, ja, mondeling, door inwoner, 23-11-2026', ['consent-missing TXT[3]-1']],
    ['mondeling, door inwoner, 23-11-2026', ['consent-missing TXT[3]-1']],
    ['nog vragen', ['consent-missing TXT[3]-1']],
    ['ja, mondeling, door inwoner, 23-11-2026, niet aan de gemeente', ['value-consent-words TXT[3]-1']],
    ['ja, mondeling, door haar zus, 23-11-2026', ['value-consent-words TXT[3]-1']],
    ['ja', ['required-consent-by TXT[3]-1', 'required-consent-how TXT[3]-1', 'required-consent-date TXT[3]-1']],
    ['ja, mondeling, door inwoner, 31-02-2026', ['impossible-date TXT[3]-1']],
  ])('%j is refused', (value, issues) => {
    expect(refused(lines({ Toestemming: value }))).toEqual(issues);
    expect(refused(lines({ Toestemming: value }), agreement)).toEqual(issues);
  });

  test('absent is refused, whatever else is there; a practice that agreed may leave it out', () => {
    expect(refused(lines({ Toestemming: '' }))).toEqual(['consent-missing TXT']);
    const { referral } = mapped(lines({ Toestemming: '', Terugkoppeling: '' }), agreement);
    expect(referral.consent).toEqual({
      by: 'resident',
      how: 'spoken',
      on: '2026-11-23',
      medicalCodes: false,
      feedback: 'content',
    });
    expect(referral.notes.join()).toContain('afspraak met de praktijk van 2026-01-05');
    expect(mapped(lines({ Toestemming: '', Terugkoppeling: 'nee' }), agreement).referral.consent.feedback).toBe(
      'closure-only',
    );
    // What was not agreed is not given by a line of the practice alone.
    const medical = lines({ Toestemming: '', 'Medische gegevens delen': 'ja' });
    expect(mapped(medical, agreement).referral.consent.medicalCodes).toBe(false);
  });

  test('without its line nothing more is given than was said', () => {
    const { consent } = mapped(lines({ Terugkoppeling: '' })).referral;
    expect([consent.feedback, consent.medicalCodes]).toEqual(['closure-only', false]);
    expect(refused(lines({ Terugkoppeling: 'graag' }))).toEqual(['value-flag TXT[9]-1']);
  });

  test('whatever text stands around it, no consent comes out of a message without the line', () => {
    const word = fc.constantFrom(
      ...allNames,
      'toestemming',
      'ja',
      ':',
      ',',
      'mondeling',
      'inwoner',
      '23-11-2026',
      ' ',
      'x',
    );
    const line = fc.array(word, { maxLength: 8 }).map((all) => all.join(' '));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (text) => {
        const isNamed = text.some((one) => /^\s*(toestemming|consent)\s*(:|$)/i.test(one));
        const found = run({ lines: text });
        if (isNamed || isRefusal(found)) return;
        expect('referral' in found).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is refused, with its place', () => {
  test.each<[string, MedvriParts, string[]]>([
    ['a test', { isTest: true }, ['processing-id UNB-11']],
    ['no patient', change('PID'), ['required-patient-name PID-3', 'required-birth-date PID-1']],
    ['no birth date', change('PID', 'PID++V+Jansen'), ['required-birth-date PID-1']],
    ['a birth date that is none', change('PID', 'PID+1951:02:30+V+Jansen'), ['impossible-date PID-1']],
    ['a year of two digits', change('PID', 'PID+51:02:03+V+Jansen'), ['impossible-date PID-1']],
    ['a BSN that is none', change('PID', 'PID+1951:04:12+V+Jansen++BSN123456789'), ['bsn-invalid PID-5']],
    ['a date that is none', change('DET', 'DET+26:13:01+09:00'), ['impossible-date DET']],
    ['a minute that is none', change('DET', 'DET+26:11:23+25:00'), ['impossible-date DET']],
    ['an urgency that we do not know', lines({ Urgentie: 'gauw' }), ['value-priority TXT[11]-1']],
    ['an AGB that is none', lines({ 'AGB verwijzer': '123' }), ['value-referrer-agb TXT[10]-1']],
    ['a line twice', { lines: [...usualLines, 'Verwijsnummer: V-2'] }, ['value-named-twice TXT[11]-1']],
    ['a separator in a name', change('GGA', 'GGA+Jansen + Zn+a+b+c:1::d+06'), ['medvri-surplus GGA-6']],
    ['two patients', change('PID', 'PID+1951:04:12+V+A', 'PID+1952:04:12+V+B'), ['medvri-repeated PID[2]']],
    [
      'all of it at once',
      { ...lines({ Toestemming: '', Verwijsnummer: 'x'.repeat(201) }), change: { PID: ['PID+1951:02:30+V'] } },
      ['value-referral-number TXT[3]-1', 'required-patient-name PID-3', 'impossible-date PID-1', 'consent-missing TXT'],
    ],
  ])('%s', (_, parts, issues) => {
    expect(refused(parts)).toEqual(issues);
  });

  test('another message is not ours, and what is told says what is', () => {
    const interchange = readInterchange(
      Buffer.from(medvriBytes().toString('latin1').replace('MEDVRI', 'MEDLAB'), 'latin1'),
    );
    const claim = mapping.format.claims?.(interchange);
    expect(Array.isArray(claim) && claim[0]).toMatchObject({ reason: 'message-type', path: 'UNH-2.1' });
  });
});

describe('later messages', () => {
  const about = { family: 'Kanariegeel - Zoekmij', birthDate: '1951-04-12' };

  test('withdrawing, with why', () => {
    const cancel = { lines: ['Intrekken: V-1', 'Reden: De inwoner is verhuisd', 'naar elders.'] };
    expect(made(cancel)).toMatchObject({
      intent: 'cancel',
      number: { value: 'V-1' },
      about,
      reason: 'De inwoner is verhuisd\nnaar elders.',
    });
    expect(made({ lines: ['Intrekken: ja', 'Verwijsnummer: V-2'] })).toMatchObject({ number: { value: 'V-2' } });
    expect(made({ lines: ['Intrekken: V-1'] })).not.toHaveProperty('reason');
  });

  test('a supplement is all that is said, without the medical sections', () => {
    const more = made({
      lines: ['Aanvulling: V-1', '', 'Zij is verhuisd.', 'Telefoon: 06-00777444', 'Medicatie: pillen'],
    });
    expect(more).toMatchObject({ intent: 'supplement', about, text: 'Zij is verhuisd.\nTelefoon: 06-00777444' });
    expect(more.losses).toContainEqual({ path: 'TXT[5]-1', why: 'not-shared' });
  });

  test('a correction, under the same number or a new one', () => {
    const correct = (changes: Record<string, string>) => mapped(lines(changes));
    expect(correct({ Correctie: 'V-1' })).toMatchObject({
      intent: 'correct',
      referral: { practiceReferralId: { value: 'V-1' } },
    });
    expect(correct({ Correctie: 'V-1' })).not.toHaveProperty('replaces');
    for (const changes of [
      { Verwijsnummer: 'V-2', Correctie: 'V-1' },
      { Verwijsnummer: 'V-2', Vervangt: 'V-1' },
    ])
      expect(correct(changes)).toMatchObject({
        intent: 'correct',
        referral: { practiceReferralId: { value: 'V-2' } },
        replaces: { value: 'V-1' },
      });
  });

  test.each<[string, string[], string[]]>([
    ['without a number', ['Intrekken:'], ['required-referral-number TXT-1']],
    ['two things at once', ['Intrekken: V-1', 'Aanvulling: V-2'], ['value-one-intent TXT[2]-1']],
    ['a supplement that says nothing', ['Aanvulling: V-1'], ['required-reason TXT']],
  ])('%s is refused', (_, text, issues) => {
    expect(refused({ lines: text })).toEqual(issues);
  });
});
