import { describe, expect, test } from 'vitest';
import { extensions, identifiers } from '../../src/fhir/systems.ts';
import { brink, hisUnderTest, kortelijnDouble, post, recordOf, type Sent } from './his-under-test.ts';

const accepted = {
  status: 200,
  body: {
    resourceType: 'Bundle',
    type: 'transaction-response',
    entry: [
      {
        response: { status: '201 Created' },
        resource: {
          resourceType: 'ServiceRequest',
          identifier: [{ system: identifiers.journeyNumber, value: 'KL-4F7QX-2M9AB' }],
          extension: [
            {
              url: extensions.promise,
              extension: [
                { url: 'name', valueString: 'Sanne de Wit' },
                { url: 'phone', valueContactPoint: { system: 'phone', value: '099 900 11 22' } },
                { url: 'callBefore', valueDate: '2026-11-26' },
              ],
            },
          ],
        },
      },
    ],
  },
};
const sentence = 'Er staat geen toestemming van de inwoner bij <vraag & leg vast>.';
const refused = {
  status: 403,
  body: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'forbidden', details: { text: sentence }, expression: ['Bundle.entry[4]'] }],
  },
};

const request = { reason: 'Is veel alleen.', consent: { by: 'resident', how: 'spoken', feedback: true } };
const referUrl = (url: string) => `${url}/${brink}/api/patients/p1/refer`;
const form = (fields: Record<string, string>) => ({
  method: 'POST',
  body: new URLSearchParams(fields),
  redirect: 'manual' as const,
});
const textOf = async (url: string) => (await fetch(url)).text();

describe('referring', () => {
  test('sends to Kortelijn with the practice’s key, and shows who calls, before which day, on which number', async () => {
    const kortelijn = await kortelijnDouble(accepted);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const { body } = await post<Sent>(referUrl(his.url), request);
    expect(body).toMatchObject({
      status: 200,
      answer: { type: 'transaction-response' },
      promised: { who: 'Sanne de Wit', phone: '099 900 11 22', before: '2026-11-26', number: 'KL-4F7QX-2M9AB' },
      referral: { state: 'accepted', system: 'http://de-brink.his.example/referral', value: '2026-000001' },
    });
    expect(kortelijn.received[0]).toMatchObject({
      path: '/fhir/R4',
      headers: {
        authorization: 'Bearer brink-to-kortelijn',
        'content-type': 'application/fhir+json',
        'x-request-id': body.referral.messageId,
      },
    });
    const page = await textOf(`${his.url}/${brink}/patients/p1`);
    expect(page).toContain('Sanne de Wit belt vóór 26-11-2026, nummer 099 900 11 22');
    expect(await textOf(`${his.url}/${brink}/referrals/2026-000001`)).toContain('donderdag 26 november');
  });

  test('a promise that comes as a sentence is shown as it came, before what else was said', async () => {
    const issue = (severity: string, code: string, text: string) => ({
      severity,
      code: 'informational',
      details: { coding: [{ code }], text },
    });
    const promise = 'De teamleider van Sociaal Werk wijst iemand aan, die belt vóór donderdag 26 november.';
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [
        issue('information', 'kept', 'Bewaard.'),
        issue('information', 'promise', promise),
        issue('warning', 'acute', 'Bel nu ook zelf.'),
      ],
    };
    const body = {
      resourceType: 'Bundle',
      type: 'transaction-response',
      entry: [{ response: { status: '201', outcome } }],
    };
    const kortelijn = await kortelijnDouble({ status: 200, body });
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const sent = await post<Sent>(referUrl(his.url), request);
    expect(sent.body.promised).toEqual({ said: promise });
    const page = await textOf(`${his.url}/${brink}/referrals/2026-000001`);
    const places = [promise, 'Bel nu ook zelf.', 'Bewaard.'].map((one) => page.indexOf(one));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(await textOf(`${his.url}/${brink}/patients/p1`)).toContain(promise);
  });

  test('a refusal is shown word for word, with its place; the words come back in the form, the consent does not', async () => {
    const kortelijn = await kortelijnDouble(refused);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const { body } = await post<Sent>(referUrl(his.url), request);
    expect(body).toMatchObject({
      status: 403,
      referral: { state: 'refused' },
      sentences: [{ text: sentence, expression: ['Bundle.entry[4]'] }],
    });
    const page = await textOf(`${his.url}/${brink}/referrals/2026-000001`);
    expect(page).toContain('Er staat geen toestemming van de inwoner bij &lt;vraag &amp; leg vast&gt;.');
    expect(page).toContain('Bundle.entry[4]');
    const again = await textOf(`${his.url}/${brink}/patients/p1/refer?from=2026-000001`);
    expect(again).toContain('Is veel alleen.');
    expect(again.match(/name="(?:danger|consentBy|consentHow|feedback|medical)"[^>]* checked/g)).toBeNull();
  });

  test('no answer: kept, and sent again with one click, byte for byte and under the same message id', async () => {
    const kortelijn = await kortelijnDouble({ status: 503, body: {} }, { status: 401, body: {} }, accepted);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const first = await post<Sent>(referUrl(his.url), request);
    expect(first.body.referral.state).toBe('not-sent');
    expect(await textOf(`${his.url}/${brink}/patients/p1`)).toContain('nog niet verzonden');
    for (const state of ['not-sent', 'accepted']) {
      const sent = await fetch(`${his.url}/${brink}/referrals/2026-000001/send`, form({}));
      expect(sent.status).toBe(303);
      expect((await recordOf(his, 'p1')).referrals.find((one) => one.value === '2026-000001')?.state).toBe(state);
    }
    expect(kortelijn.received).toHaveLength(3);
    expect(new Set(kortelijn.received.map((one) => one.body)).size).toBe(1);
    expect(new Set(kortelijn.received.map((one) => one.headers['x-request-id'])).size).toBe(1);
    // Once accepted, the page's button has nothing left to send; on purpose it can, and a failure then undoes nothing.
    await fetch(`${his.url}/${brink}/referrals/2026-000001/send`, form({}));
    expect(kortelijn.received).toHaveLength(3);
    await kortelijn.close();
    const later = await post<Sent>(`${his.url}/${brink}/api/referrals/2026-000001/send`, {});
    expect(later.body).toMatchObject({ status: 0, referral: { state: 'accepted' } });
  });
});

describe('the form', () => {
  const fields = {
    danger: 'no',
    form: 'f1',
    reason: 'Geld',
    lifeAreas: 'debts',
    priority: 'urgent',
    episode: 'e2',
    medical: 'yes',
    consentBy: 'resident',
    consentHow: 'written',
    feedback: 'closure',
    phone: '06 0010 20 31',
    unsafe: 'yes',
  };

  test('two clicks on one form make one referral with all that was said', async () => {
    const kortelijn = await kortelijnDouble(accepted);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const to = `${his.url}/${brink}/patients/p1/refer`;
    const answers = await Promise.all([fetch(to, form(fields)), fetch(to, form(fields))]);
    expect(answers.map((one) => one.headers.get('location'))).toEqual(Array(2).fill(`/${brink}/referrals/2026-000001`));
    expect(new Set(kortelijn.received.map((one) => one.body)).size).toBe(1);
    const made = (await recordOf(his, 'p1')).referrals.find((one) => one.value === '2026-000001');
    expect(made).toMatchObject({
      episodeId: 'e2',
      request: {
        gp: 'gp-vanleeuwen',
        reason: 'Geld',
        lifeAreas: ['debts'],
        priority: 'urgent',
        icpc: 'Z04',
        consent: { by: 'resident', how: 'written', medical: true, feedback: false },
        contact: { phone: '06 0010 20 31', unsafe: true, noLetters: false },
      },
    });
  });

  test('acute danger stops it (H1); without an answer to that question it asks again', async () => {
    const kortelijn = await kortelijnDouble(accepted);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const to = `${his.url}/${brink}/patients/p1/refer`;
    const stop = await (await fetch(to, form({ ...fields, danger: 'yes' }))).text();
    for (const said of ['112', 'Crisisdienst', '113', '0800-2000']) expect(stop).toContain(said);
    const { danger: _, ...unanswered } = fields;
    expect(await (await fetch(to, form(unanswered))).text()).toContain('Is er nu acuut gevaar?');
    expect(kortelijn.received).toHaveLength(0);
  });

  test('the ICPC code stays inside unless it is ticked', async () => {
    const kortelijn = await kortelijnDouble(accepted);
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const { medical: _, ...unticked } = fields;
    await fetch(`${his.url}/${brink}/patients/p1/refer`, form(unticked));
    expect(kortelijn.received[0]?.body).not.toContain('Z04');
    expect(kortelijn.received[0]?.body).not.toContain('share-medical-codes');
  });
});

describe('"Openen in Kortelijn"', () => {
  test('gives the patient’s context and sends the browser to the page', async () => {
    const kortelijn = await kortelijnDouble({ status: 201, body: { url: '/refer?context=abc' } });
    const his = await hisUnderTest({ kortelijn: kortelijn.url });
    const answer = await fetch(`${his.url}/${brink}/patients/p1/open`, form({}));
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${kortelijn.url}/refer?context=abc`);
    expect(kortelijn.received[0]).toMatchObject({
      path: '/refer/context',
      headers: {
        authorization: 'Bearer brink-to-kortelijn',
        'x-practice-referral': 'http://de-brink.his.example/referral|2026-000001',
      },
    });
    expect(JSON.parse(kortelijn.received[0]?.body ?? '')).toMatchObject({
      resourceType: 'Patient',
      birthDate: '1952-04-12',
    });
    expect((await recordOf(his, 'p1')).referrals.map((one) => one.state)).toContain('opened');
  });

  test.each([[refused], [{ status: 201, body: { url: 'javascript:alert(1)' } }], [{ status: 201, body: {} }]])(
    'stays in the record when there is no page to go to',
    async (given) => {
      const kortelijn = await kortelijnDouble(given);
      const his = await hisUnderTest({ kortelijn: kortelijn.url });
      const answer = await fetch(`${his.url}/${brink}/patients/p1/open`, form({}));
      expect(answer.status).toBe(502);
      expect(await answer.text()).toContain('Openen lukt nu niet.');
      expect((await recordOf(his, 'p1')).referrals.map((one) => one.state)).not.toContain('opened');
    },
  );
});

describe('the JSON side', () => {
  test('keeps strangers out: other hosts by name, other sites in the browser', async () => {
    const his = await hisUnderTest();
    const crossSite = await fetch(`${his.url}/api/switches`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'cross-site' },
      body: '{}',
    });
    expect(crossSite.status).toBe(403);
  });

  test('says what is wrong', async () => {
    const his = await hisUnderTest();
    expect((await post(referUrl(his.url), { lifeAreas: ['money'] })).status).toBe(400);
    expect((await post(`${his.url}/${brink}/api/patients/none/refer`, request)).status).toBe(404);
    expect((await post(`${his.url}/nowhere/api/patients/p1/refer`, request)).status).toBe(404);
    const unknown = { practice: brink, referrals: [{ system: 'a', value: 'b', patientId: 'none' }] };
    expect((await post(`${his.url}/api/referrals`, unknown)).status).toBe(422);
    const broken = await fetch(referUrl(his.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
  });

  test('no credential ever leaves it', async () => {
    const his = await hisUnderTest();
    for (const path of [
      '/',
      `/${brink}`,
      `/${brink}/patients/p1`,
      `/${brink}/api/patients`,
      '/api/counts',
      '/api/switches',
      '/switches',
    ]) {
      expect(await textOf(`${his.url}${path}`)).not.toMatch(/brink-to-kortelijn|kortelijn-to-brink/);
    }
  });
});
