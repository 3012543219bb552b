import type { HealthcareService } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extensions } from '../../src/fhir/systems.ts';
import { withAgreed } from '../../src/referral/directory/practice-service.ts';
import { directoryReader, readDirectoryResource } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { committed } from '../doubles/made.ts';
import {
  brink,
  type Fields,
  filled,
  formIn,
  previewed,
  type ReferSiteUnderTest,
  referSite,
  sent,
  typed,
  type Visitor,
} from './refer-browser.ts';

let opened: TestStore;
let site: ReferSiteUnderTest;
let visitor: Visitor;

beforeAll(async () => {
  opened = await openTestStore();
  await loadTestRegion(opened.store);
  site = await referSite(opened.store);
  visitor = await site.visitor(brink);
});
afterAll(async () => {
  await site.close();
  await opened.close();
});

const countOf = async (table: string, where = 'true') =>
  Number((await opened.owner.query<{ count: string }>(`select count(*) from ${table} where ${where}`)).rows[0]?.count);

describe('the first question', () => {
  test('H1: asked before anything else, nothing chosen beforehand; who calls is said above the form', async () => {
    const page = await visitor.get('/refer');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Is er nu acuut gevaar?');
    expect(page.text).not.toMatch(/ checked/);
    expect(page.text).not.toContain('name="reason"');
    for (const said of [
      'Sanne Verhoeven',
      '06-00001011',
      'donderdag 26 november',
      'dinsdag 24 november',
      'Karim Bouzid',
    ])
      expect(page.text).toContain(said);
  });

  test('H1: yes stops with the numbers to call, and nothing can be sent from there, whatever else the form says', async () => {
    const before = await countOf('journey');
    const fields = await filled(visitor);
    for (const step of ['danger', 'preview', 'send']) {
      const stop = await visitor.post('/refer', { ...fields, danger: 'yes', step });
      for (const said of ['Bel nu', '112', '0800-0113', '0800-2000', 'Crisisdienst', 'Er is niets verstuurd'])
        expect(stop.text).toContain(said);
      expect(stop.text).not.toContain('action="/refer"');
      expect(stop.text).not.toContain('van den Berg');
    }
    // Yes by mistake: what the GP system brought and what was typed is not lost, and the question is asked anew.
    const back = await visitor.get('/refer');
    expect(back.text).toContain('U was bezig met een verwijzing');
    const again = await visitor.post('/refer/draft/open', formIn(back.text, '/refer/draft/open'));
    expect(formIn(again.text, '/refer')).toMatchObject({ family: 'van den Berg', reason: typed.reason });
    expect(again.text).toContain('id="danger" name="danger" value="yes"');
    await visitor.post('/refer/draft/drop', formIn(back.text, '/refer/draft/drop'));
    const { danger: _, ...unanswered } = fields;
    const asked = await visitor.post('/refer', { ...unanswered, step: 'send' });
    expect(asked.status).toBe(422);
    expect(asked.text).toContain('href="#danger"');
    // What was typed is still there once the question is answered.
    const form = await visitor.post('/refer', { ...formIn(asked.text, '/refer'), danger: 'no', step: 'danger' });
    expect(formIn(form.text, '/refer')).toMatchObject({
      family: 'van den Berg',
      reason: typed.reason,
      consentBy: 'resident',
    });
    expect(await countOf('journey')).toBe(before);
  });

  test('a practice without a Wally hears that before it types anything', async () => {
    const other = await site.visitor({ ...brink, organization: 'nowhere' });
    const page = await other.get('/refer');
    expect(page.status).toBe(409);
    expect(page.text).toContain('nog geen Wally ingesteld');
    expect(page.text).not.toContain('action="/refer"');
  });
});

describe('a referral typed by hand', () => {
  test('is previewed, sent once, and answered with who calls, the number and the day', async () => {
    const before = await countOf('journey');
    const fields = await filled(visitor);
    const preview = await previewed(visitor, fields);
    expect(preview.status).toBe(200);
    expect(preview.text).toContain('Annie van den Berg');
    expect(preview.text).toContain('14 maart 1957');
    expect(preview.text).toContain('Is sinds de verhuizing veel alleen.');
    expect(preview.text).not.toContain('Kijk hier nog eens naar');
    expect(await countOf('journey')).toBe(before);

    const page = await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' });
    expect(page.status).toBe(303);
    expect(page.location).toMatch(/^\/refer\/sent\/[0-9a-f-]{36}$/);
    const confirmed = await visitor.get(page.location);
    for (const said of [
      'Sanne Verhoeven',
      '06-00001011',
      'donderdag 26 november',
      'Annie van den Berg',
      'KL-',
      'Terugnemen',
      '/practice',
    ]) {
      expect(confirmed.text).toContain(said);
    }
    const journey = await readJourney(
      opened.store,
      { kind: 'practice', practice: 'de-brink' },
      page.location.split('/').at(-1) ?? '',
    );
    expect(journey?.serviceRequest.resource).toMatchObject({
      priority: 'routine',
      requester: { reference: 'PractitionerRole/gp-vanleeuwen' },
    });
    expect(journey?.index.practiceReferral).toEqual({
      system: 'https://kortelijn.example/refer',
      value: expect.stringMatching(/^F-20261123-[0-9A-Z]{8}$/),
    });
    expect(journey?.index.undoUntil).toBe('2026-11-23T09:02:00.000Z');
    expect(journey?.patient.resource.address?.[0]?.postalCode).toBe('1234AB');
  });

  test('the Wally is not shown the BSN; the preview says so', async () => {
    const preview = await previewed(visitor, await filled(visitor));
    const [above = '', below = ''] = preview.text.split('Dit ziet de Wally niet');
    expect(above).not.toContain('123456782');
    expect(below).toContain('het BSN');
  });

  test('back to change it: everything typed is there, and nothing was sent', async () => {
    const preview = await previewed(visitor, await filled(visitor, { reason: 'Regel één\nRegel twee' }));
    const form = await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'edit' });
    const { step: _, csrf: _csrf, ...back } = formIn(form.text, '/refer');
    expect(back).toMatchObject({ ...typed, reason: 'Regel één\nRegel twee', danger: 'no' });
  });

  test('sent twice at once, and once more by a reload: one referral, the same confirmation', async () => {
    const before = await countOf('journey');
    const fields = formIn((await previewed(visitor, await filled(visitor))).text, '/refer');
    const send = () => visitor.post('/refer', { ...fields, step: 'send' });
    const [one, two] = await Promise.all([send(), send()]);
    const three = await send();
    expect([one.status, two.status, three.status]).toEqual([303, 303, 303]);
    expect(new Set([one.location, two.location, three.location]).size).toBe(1);
    expect(await countOf('journey')).toBe(before + 1);
  });

  test('changed after it was sent: what was sent stands, and the page says that the change did not go along', async () => {
    const { journey, fields } = await sent(visitor);
    const again = await visitor.post('/refer', { ...fields, reason: 'Iets heel anders', step: 'send' });
    expect(again.status).toBe(409);
    expect(again.text).toContain('Dit formulier is al verstuurd');
    expect(again.text).toContain(`/refer/sent/${journey}`);
    // What was typed is not lost: a new form, with the first question asked anew.
    const first = await visitor.post('/refer', formIn(again.text, '/refer'));
    expect(first.status).toBe(200);
    const anew = formIn(first.text, '/refer');
    expect(anew).toMatchObject({ family: 'van den Berg', reason: 'Iets heel anders' });
    expect(anew).not.toHaveProperty('danger');
    expect(anew.form).not.toBe(fields.form);
  });

  test('the practice’s own number is used; used before, its field says so', async () => {
    const first = await sent(visitor, { number: '2026-77' });
    expect(first.page.status).toBe(303);
    const second = await sent(visitor, { number: '2026-77', reason: 'Een andere vraag' });
    expect(second.page.status).toBe(409);
    expect(second.page.text).toContain('href="#number"');
    expect(second.page.text).toContain('id="number-error"');
  });
});

test('H6: who has custody is asked of who may be under 16, never required, and shown to the Wally', async () => {
  const fields = await filled(visitor);
  const child = { ...fields, birthDate: '01-05-2013', consentBy: 'resident-and-parents' };
  const asked = 'Wie heeft het gezag?';
  const form = async (change: Fields) => (await visitor.post('/refer', { ...child, ...change, step: 'edit' })).text;
  expect(await form({})).toMatch(/name="custody" value="both-parents" aria-describedby="custody-hint">/);
  expect(await form({})).toContain('Dan gaat de verwijzing niet door');
  expect(await form({ birthDate: '' })).toContain(asked);
  expect(await form({ birthDate: '23-11-2010' })).not.toContain(asked);
  const shown = async (change: Fields) => (await previewed(visitor, { ...child, ...change })).text;
  expect(await shown({ custody: 'guardian' })).toMatch(/Gezag<\/dt><dd[^>]*>een voogd/);
  for (const nothing of ['', 'unknown', 'else']) expect(await shown({ custody: nothing })).not.toContain('Gezag');
  expect(await shown({ ...typed, custody: 'guardian' })).not.toContain('Gezag');
  const { page, journey } = await sent(visitor, { ...child, custody: 'one-parent' });
  expect(page.status).toBe(303);
  const found = await readJourney(opened.store, { kind: 'practice', practice: 'de-brink' }, journey);
  expect(found?.consent.resource.extension).toContainEqual({ url: extensions.custody, valueCode: 'one-parent' });
});

describe('what is refused', () => {
  const refused: [title: string, changes: Fields, field: string, said: string][] = [
    ['no consent', { consentBy: '' }, 'consentBy', 'Er staat geen toestemming'],
    ['H6: a child of ten cannot consent alone', { birthDate: '01-05-2016' }, 'consentBy', 'jonger dan 12 jaar'],
    [
      'H6: from twelve to fifteen both consent',
      { birthDate: '01-05-2013', consentBy: 'parents' },
      'consentBy',
      '12 tot en met 15',
    ],
    ['H6: from sixteen the parents do not', { consentBy: 'parents' }, 'consentBy', 'Vanaf 16 jaar'],
    ['a consent of tomorrow', { consentOn: '24-11-2026' }, 'consentOn', 'toekomst'],
    ['a BSN that fails the 11-proef', { bsn: '123456789' }, 'bsn', '11-proef'],
    ['31 February', { birthDate: '31-02-1957' }, 'birthDate', 'Deze datum kan niet'],
    ['a birth date to come', { birthDate: '24-11-2026' }, 'birthDate', 'Deze datum kan niet'],
    ['no reason', { reason: '  ' }, 'reason', 'waarom u verwijst'],
    ['no urgency', { urgency: '' }, 'urgency', 'gewoon of dringend'],
    ['an urgency that this form does not offer', { urgency: 'stat' }, 'urgency', 'gewoon of dringend'],
    ['a medical code that the resident does not want shared', { icpc: 'P76' }, 'icpc', 'Haal de code weg'],
    ['a contact person without a name', { contactPhone: '06-00009002' }, 'contactName', 'naam van de contactpersoon'],
  ];
  test.each(refused)(
    '%s: beside its field, with a link, and what was typed stays',
    async (_title, changes, name, said) => {
      const before = await countOf('journey');
      const fields = await filled(visitor, changes);
      for (const step of ['preview', 'send']) {
        const page = await visitor.post('/refer', { ...fields, step });
        expect(page.status).toBe(422);
        expect(page.text).toContain(`<a href="#${name}">`);
        expect(page.text).toContain(`id="${name}"`);
        expect(page.text).toContain(`id="${name}-error"`);
        expect(page.text).toContain(said);
        expect(formIn(page.text, '/refer')).toMatchObject({
          family: 'van den Berg',
          birthDate: fields.birthDate,
          bsn: fields.bsn,
        });
      }
      expect(await countOf('journey')).toBe(before);
    },
  );

  test('a form without our token, or from someone of another role, sends nothing', async () => {
    const before = await countOf('journey');
    const fields = await filled(visitor);
    expect((await visitor.post('/refer', { ...fields, csrf: 'x', step: 'send' })).status).toBe(403);
    const wally = await site.visitor({
      id: 'wally-sanne',
      name: 'Sanne Verhoeven',
      role: 'wally',
      organization: 'voorbeeldstreek',
    });
    expect((await wally.get('/refer')).status).toBe(403);
    expect(await countOf('journey')).toBe(before);
  });
});

describe('what is pointed out', () => {
  const looks: [title: string, changes: Fields, said: RegExp][] = [
    ['H17: a medical code', { reason: 'Heeft P76, al lang.' }, /P76.*medische code/],
    ['H17: a BSN', { question: 'Mijn nummer is 123456782.' }, /123456782.*burgerservicenummer/],
    ['H17: a medicine', { reason: 'Slikt 20 mg citalopram.' }, /20 mg.*medicijn/],
    ['H2: unsafe without a safe number', { unsafe: 'yes' }, /geen veilig nummer/],
    ['no phone number at all', { phone1: '' }, /geen telefoonnummer/],
    ['H6: a young person', { birthDate: '01-05-2010' }, /jonger dan 18/],
  ];
  test.each(looks)('%s: a question on the preview, which stops nothing', async (_title, changes, said) => {
    const preview = await previewed(visitor, await filled(visitor, changes));
    expect(preview.text).toMatch(said);
    expect((await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' })).status).toBe(303);
  });

  test('H8, H17: both text fields ask for no diagnoses and no names of others', async () => {
    const first = formIn((await visitor.get('/refer')).text, '/refer');
    const form = await visitor.post('/refer', { ...first, danger: 'no', step: 'danger' });
    expect(form.text.match(/Noem andere mensen niet bij naam/g)).toHaveLength(2);
    expect(form.text.match(/Geen diagnoses of medicijnen/g)).toHaveLength(2);
  });
});

describe('every page', () => {
  test('what is typed cannot become markup, nothing is inline, and no address holds patient data', async () => {
    const evil = `"><script>alert(1)</script>'`;
    const fields = await filled(visitor, {
      callName: evil,
      family: evil,
      reason: evil,
      question: evil,
      safeTimes: evil,
      contactName: evil,
      number: evil,
    });
    const preview = await previewed(visitor, fields);
    const refusedPage = await previewed(visitor, { ...fields, consentBy: '' });
    const page = await visitor.post('/refer', { ...formIn(preview.text, '/refer'), step: 'send' });
    const confirmed = await visitor.get(page.location);
    for (const { text } of [preview, refusedPage, confirmed]) {
      expect(text).not.toContain('<script');
      expect(text).not.toMatch(/ style=| on\w+="/);
      expect(text.match(/(?:href|action)="[^"]*"/g)?.join(' ')).not.toMatch(/alert|script/);
    }
    expect(page.location).not.toContain('alert');
  });

  test('speaks English to who asks for it', async () => {
    const english = await site.visitor(brink, 'en-GB');
    const { page } = await sent(english);
    const confirmed = await english.get(page.location);
    expect(confirmed.text).toContain('<html lang="en">');
    expect(confirmed.text).toContain('Thursday 26 November');
    expect(confirmed.text).not.toMatch(/Verwijz|inwoner/);
  });
});

test('"Wie belt" follows the rules of the practice as far as is filled in, and names the number for an emergency', async () => {
  const fields = await filled(visitor);
  const service = await readDirectoryResource<HealthcareService>(
    opened.store,
    'HealthcareService',
    (await directoryReader(opened.store)()).practices.get('de-brink')?.service?.id ?? '',
  );
  if (!service) throw new Error('no service');
  const rules = [{ under: 18, to: 'wally-joost' } as const, { lifeArea: 'debts', to: 'wally-karim' } as const];
  await committed(opened.store, {
    scope: { practice: '' },
    directory: [
      {
        resource: withAgreed(service, { rules, levels: {}, cooperation: {} }),
        validFrom: opened.store.clock().toISOString(),
      },
    ],
    audit: [],
  });
  const ahead = async (change: Fields) => {
    const { text } = await visitor.post('/refer', { ...fields, ...change, danger: 'no', step: 'edit' });
    const part = /<section class="panel ahead".*?<\/section>/s.exec(text)?.[0] ?? '';
    return part.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  };
  const adult = await ahead({});
  expect(adult).toContain('Sanne Verhoeven , uw vaste Wally');
  expect(adult).toContain('Spoed: verstuur niets, maar bel 06-00001011');
  expect(adult).toContain('Uw praktijk heeft regels afgesproken.');
  const child = await ahead({ birthDate: '01-03-2012' });
  expect(child).toContain('Joost ter Braak , Afspraak met de praktijk: jonger dan 18 jaar');
  expect(child).not.toContain('Uw praktijk heeft regels afgesproken.');
  expect(await ahead({ 'area-debts': 'yes' })).toContain('Karim Bouzid');
});
