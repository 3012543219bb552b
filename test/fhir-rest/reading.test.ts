import type { Bundle, CapabilityStatement, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateBaseR4 } from '../../src/fhir/validate.ts';
import { interactions } from '../../src/intake/fhir/table.ts';
import { servedTypes } from '../../src/profiles/stored.ts';
import { type Answered, reasonsIn } from '../doubles/fhir-door.ts';
import { bsn, foundIn, type Given, linkIn, openWorld, type Who, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.door.close());

const named = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => world.ids[name] ?? name);

/** A search: what is asked, and which of ours it finds, in whatever order. */
type Search = readonly [clause: string, ask: string, finds: string, who?: Who];

const searches: readonly Search[] = [
  ['search.html#basic', 'Task', 'Task/{task1} Task/{task2} Task/{task3}'],
  ['search.html#id', 'Task?_id={task2}', 'Task/{task2}'],
  ['search.html#id', 'Task?_id={task2},{task3}', 'Task/{task2} Task/{task3}'],
  ['search.html#id', 'Task?_id=not-an-id', ''],
  ['search.html#token', 'Task?status=requested', 'Task/{task2} Task/{task3}'],
  ['search.html#token', 'Task?status=http://hl7.org/fhir/task-status|requested', 'Task/{task2} Task/{task3}'],
  ['search.html#token', 'Task?status=in-progress,accepted', 'Task/{task1}'],
  ['search.html#token', 'ServiceRequest?identifier=r-1', 'ServiceRequest/{request1}'],
  [
    'search.html#token',
    'ServiceRequest?identifier=http://de-brink.his.example/referral|r-1',
    'ServiceRequest/{request1}',
  ],
  ['search.html#token', 'ServiceRequest?identifier=http://other.example|r-1', ''],
  ['search.html#token', 'ServiceRequest?identifier=|r-1', ''],
  [
    'search.html#token',
    'ServiceRequest?category=http://snomed.info/sct|',
    'ServiceRequest/{request1} ServiceRequest/{request2} ServiceRequest/{request3}',
  ],
  ['search.html#token', 'ServiceRequest?category=loneliness&identifier=r-2', 'ServiceRequest/{request2}'],
  ['search.html#token', 'ServiceRequest?priority=urgent', 'ServiceRequest/{request2}'],
  ['search.html#token', 'ServiceRequest?identifier=R-1', ''],
  [
    'search.html#modifiers',
    'ServiceRequest?priority:not=urgent',
    'ServiceRequest/{request1} ServiceRequest/{request3}',
  ],
  ['search.html#modifiers', 'Task?status:not=requested', 'Task/{task1}'],
  ['search.html#modifiers', 'Task?part-of:missing=true', 'Task/{task1} Task/{task2} Task/{task3}'],
  ['search.html#modifiers', 'Task?part-of:missing=false', ''],
  ['search.html#modifiers', 'Task?owner:missing=false&_id={task3}', 'Task/{task3}'],
  ['search.html#reference', 'Task?focus=ServiceRequest/{request1}', 'Task/{task1}'],
  ['search.html#reference', 'Task?focus={request1}', 'Task/{task1}'],
  ['search.html#reference', 'Task?focus:ServiceRequest={request2}', 'Task/{task2}'],
  ['search.html#reference', 'Task?focus=https://elsewhere.example/fhir/ServiceRequest/{request2}', 'Task/{task2}'],
  ['search.html#reference', 'Task?focus:Task={request2}', ''],
  ['search.html#reference', 'Task?owner=PractitionerRole/wally-sanne', 'Task/{task1} Task/{task2} Task/{task3}'],
  ['search.html#reference', 'Task?owner=PractitionerRole/wally-joost', ''],
  ['search.html#reference', 'Communication?based-on=ServiceRequest/{request1}', 'Communication/{communication1}'],
  ['search.html#reference', 'Consent?patient=Patient/{patient3}', 'Consent/{consent3}'],
  ['search.html#date', 'ServiceRequest?authored=2026-11-20', 'ServiceRequest/{request2}'],
  [
    'search.html#date',
    'ServiceRequest?authored=2026-11',
    'ServiceRequest/{request1} ServiceRequest/{request2} ServiceRequest/{request3}',
  ],
  [
    'search.html#date',
    'ServiceRequest?authored=2026',
    'ServiceRequest/{request1} ServiceRequest/{request2} ServiceRequest/{request3}',
  ],
  ['search.html#date', 'ServiceRequest?authored=2026-11-20T07:30:00Z', 'ServiceRequest/{request2}'],
  ['search.html#date', 'ServiceRequest?authored=2026-11-20T08:30:00%2B01:00', 'ServiceRequest/{request2}'],
  ['search.html#prefix', 'ServiceRequest?authored=lt2026-11-21', 'ServiceRequest/{request2}'],
  ['search.html#prefix', 'ServiceRequest?authored=gt2026-11-20', 'ServiceRequest/{request1} ServiceRequest/{request3}'],
  ['search.html#prefix', 'ServiceRequest?authored=ge2026-11-20&authored=le2026-11-20', 'ServiceRequest/{request2}'],
  ['search.html#prefix', 'ServiceRequest?authored=ne2026-11-20', 'ServiceRequest/{request1} ServiceRequest/{request3}'],
  ['search.html#prefix', 'ServiceRequest?authored=sa2026-11-22', 'ServiceRequest/{request1} ServiceRequest/{request3}'],
  ['search.html#prefix', 'ServiceRequest?authored=eb2026-11-21', 'ServiceRequest/{request2}'],
  ['search.html#prefix', 'ServiceRequest?authored=ap2026-11-20', 'ServiceRequest/{request2}'],
  ['search.html#combining', 'Task?status=requested&focus=ServiceRequest/{request3}', 'Task/{task3}'],
  ['search.html#combining', 'Task?status=requested&focus=ServiceRequest/{request1}', ''],
  ['search.html#chaining', 'Task?focus:ServiceRequest.identifier=r-2', 'Task/{task2}'],
  ['search.html#chaining', 'Task?focus:ServiceRequest.priority=urgent', 'Task/{task2}'],
  ['search.html#chaining', 'Task?based-on.authored=lt2026-11-21', 'Task/{task2}'],
  [
    'search.html#chaining',
    'Task?owner:PractitionerRole.practitioner.name=Sanne',
    'Task/{task1} Task/{task2} Task/{task3}',
  ],
  ['search.html#chaining', 'Task?owner:PractitionerRole.practitioner.name=Joost', ''],
  ['search.html#chaining', 'Consent?patient.gender=female&_id={consent3}', 'Consent/{consent3}'],
  ['search.html#has', 'ServiceRequest?_has:Task:focus:status=in-progress', 'ServiceRequest/{request1}'],
  ['search.html#has', 'Patient?_has:ServiceRequest:subject:priority=urgent', 'Patient/{patient2}'],
  ['search.html#lastUpdated', 'Task?_lastUpdated=gt2100-01-01', ''],
  ['search.html#lastUpdated', 'Task?_lastUpdated=lt2100-01-01', 'Task/{task1} Task/{task2} Task/{task3}'],
  ['search.html#string', 'Organization?name=huisartsenpraktijk voorbeeldb', 'Organization/de-brink'],
  ['search.html#string', 'Organization?name:contains=beeldbrink', 'Organization/de-brink'],
  ['search.html#string', 'Organization?name:exact=huisartsenpraktijk voorbeeldbrink', ''],
  ['search.html#string', 'Practitioner?name:contains=verhoeven', 'Practitioner/wally-sanne'],
  [
    'search.html#reference',
    'HealthcareService?organization=Organization/voorbeeldstreek&name:contains=brink',
    'HealthcareService/wally-of-de-brink',
  ],
  ['search.html#chaining', 'PractitionerRole?practitioner.name=Sanne', 'PractitionerRole/wally-sanne'],
  ['search.html#has', 'Practitioner?_has:PractitionerRole:practitioner:_id=wally-karim', 'Practitioner/wally-karim'],
  ['search.html#security', 'Task', '', 'other'],
  ['search.html#security', 'Task?_id={task1}', '', 'joost'],
  ['search.html#security', 'Task?focus:ServiceRequest.identifier=r-2', '', 'other'],
  ['search.html#security', 'Patient', '', 'joost'],
  ['search.html#security', 'Task?status=requested', 'Task/{task2} Task/{task3}', 'sanne'],
  ['search.html#security', 'ServiceRequest?priority=urgent', 'ServiceRequest/{request2}', 'team'],
  ['search.html#security', 'DocumentReference', 'DocumentReference/{letter2} DocumentReference/{letter3}'],
  // Letters go along only where the resident agreed to medical codes (H17).
  ['search.html#security', 'DocumentReference', 'DocumentReference/{letter2}', 'sanne'],
  ['search.html#security', 'Patient?_has:DocumentReference:subject:status=current', 'Patient/{patient2}', 'sanne'],
  ['search.html#security', 'Patient?_has:DocumentReference:subject:_id={letter3}', '', 'sanne'],
  ['search.html#security', 'Patient?_has:DocumentReference:subject:_id={letter3}', 'Patient/{patient3}'],
  ['search.html#security', 'Task?patient._has:DocumentReference:subject:status=current', 'Task/{task2}', 'team'],
];

describe('a search over an address finds', () => {
  test.each(searches)('%s %s → %s %s', async (...row: readonly unknown[]) => {
    const [, ask, finds, who = 'practice'] = row as unknown as Search;
    const answer = await world.ask(who, 'GET', `/${ask}`);
    expect({ status: answer.status, found: foundIn(answer.body).sort() }).toEqual({
      status: 200,
      found: named(finds).split(' ').filter(Boolean).sort(),
    });
    expect(validateBaseR4(answer.body).filter((one) => one.severity === 'error')).toEqual([]);
  });
});

/** A search by form, of who someone is: none of it stands in the answer's links. */
type Form = readonly [clause: string, type: string, form: Record<string, string>, finds: string, who?: Who];
const forms: readonly Form[] = [
  ['search.html#token', 'Patient', { identifier: bsn('999911120') }, 'Patient/{patient2}'],
  ['search.html#token', 'Patient', { identifier: '999911120' }, 'Patient/{patient2}'],
  ['search.html#token', 'Patient', { identifier: bsn('123456782') }, ''],
  ['search.html#string', 'Patient', { family: 'celik-jansen' }, 'Patient/{patient2}'],
  ['search.html#string', 'Patient', { family: 'Jansen' }, 'Patient/{patient2}'],
  ['search.html#string', 'Patient', { family: 'Jans' }, ''],
  ['search.html#string', 'Patient', { given: 'AYSE' }, 'Patient/{patient2}'],
  [
    'search.html#string',
    'Patient',
    { family: 'Heuvel,Jansen' },
    'Patient/{patient1} Patient/{patient2} Patient/{patient3}',
  ],
  ['search.html#date', 'Patient', { birthdate: '1980-05-01' }, 'Patient/{patient2}'],
  ['search.html#string', 'Patient', { 'address-postalcode': '8299GA', birthdate: '1980-05-01' }, 'Patient/{patient2}'],
  ['search.html#chaining', 'Task', { 'patient.identifier': bsn('999911120') }, 'Task/{task2}'],
  ['search.html#chaining', 'Task', { 'focus:ServiceRequest.subject.family': 'Jansen' }, 'Task/{task2}'],
  ['search.html#chaining', 'Communication', { 'subject.birthdate': '1948-03-12' }, 'Communication/{communication1}'],
  ['http.html#search', 'Task', { status: 'requested' }, 'Task/{task2} Task/{task3}'],
  ['search.html#security', 'Patient', { identifier: bsn('999911120') }, '', 'sanne'],
  ['search.html#security', 'Task', { 'patient.identifier': bsn('999911120') }, '', 'sanne'],
  ['search.html#security', 'Patient', { 'identifier:missing': 'false' }, '', 'sanne'],
  ['search.html#security', 'Patient', { family: 'Jansen' }, 'Patient/{patient2}', 'sanne'],
  ['search.html#security', 'Patient', { family: 'Jansen' }, '', 'joost'],
  ['search.html#security', 'Patient', { identifier: bsn('999911120') }, '', 'other'],
];

describe('a search by POST _search finds', () => {
  test.each(forms)('%s %s %j → %s %s', async (...row: readonly unknown[]) => {
    const [, type, form, finds, who = 'practice'] = row as unknown as Form;
    const answer = await world.ask(who, 'POST', `/${type}/_search`, { form });
    expect({ status: answer.status, found: foundIn(answer.body).sort() }).toEqual({
      status: 200,
      found: named(finds).split(' ').filter(Boolean).sort(),
    });
    const links = JSON.stringify((answer.body as Bundle).link);
    for (const value of Object.values(form).filter((one) => /\d{4}|Jans/.test(one)))
      expect(links).not.toContain(encodeURIComponent(value));
  });
});

/** Requests that are refused, with the reason that their outcome names. */
type Refused = readonly [
  clause: string,
  method: string,
  path: string,
  status: number,
  reason: string,
  given?: Given,
  who?: Who,
];
const refused: readonly Refused[] = [
  ['search.html#security', 'GET', `/Patient?identifier=${bsn('999911120')}`, 400, 'search-by-post'],
  ['search.html#security', 'GET', '/Patient?family=Jansen', 400, 'search-by-post'],
  ['search.html#security', 'GET', '/Patient?birthdate=1980-05-01', 400, 'search-by-post'],
  ['search.html#security', 'GET', '/Patient?address-postalcode=8299GA', 400, 'search-by-post'],
  ['search.html#security', 'GET', `/Task?patient.identifier=${bsn('999911120')}`, 400, 'search-by-post'],
  ['search.html#security', 'GET', `/Task?patient:identifier=${bsn('999911120')}`, 400, 'search-by-post'],
  ['search.html#security', 'POST', '/Patient/_search?family=Jansen', 400, 'search-by-post', { form: {} }],
  ['search.html#errors', 'GET', '/Task?colour=red', 400, 'search-unknown', { headers: { prefer: 'handling=strict' } }],
  ['search.html#errors', 'GET', '/Task?status=', 400, 'search-empty', { headers: { prefer: 'handling=strict' } }],
  ['search.html#modifiers', 'GET', '/Task?status:above=requested', 400, 'search-modifier'],
  ['search.html#modifiers', 'GET', '/Task?status:missing=perhaps', 400, 'search-value'],
  ['search.html#modifiers', 'POST', '/Patient/_search', 400, 'search-modifier', { form: { 'family:contains': 'ans' } }],
  ['search.html#date', 'GET', '/ServiceRequest?authored=yesterday', 400, 'search-value'],
  ['search.html#date', 'GET', '/ServiceRequest?authored=2026-02-30', 400, 'search-value'],
  ['search.html#date', 'GET', '/Task?_lastUpdated=gt', 400, 'search-value'],
  ['search.html#chaining', 'GET', '/Task?focus.identifier=r-1', 400, 'search-chain'],
  ['search.html#chaining', 'GET', '/Task?status.code=r-1', 400, 'search-chain'],
  ['search.html#include', 'GET', '/Task?_include=Task:colour', 400, 'search-include'],
  ['search.html#include', 'GET', '/Task?_include=*', 400, 'search-include'],
  ['search.html#sort', 'GET', '/Task?_sort=status', 400, 'search-sort'],
  ['search.html#count', 'GET', '/Task?_count=some', 400, 'search-value'],
  ['search.html#summary', 'GET', '/Task?_summary=some', 400, 'search-value'],
  ['search.html#total', 'GET', '/Task?_total=some', 400, 'search-value'],
  ['search.html#paging', 'GET', '/Task?_page=AAAA', 400, 'search-page'],
  ['http.html#search', 'POST', '/Task/_search', 415, 'content-type', { body: { status: 'requested' } }],
  ['http.html#read', 'GET', '/Task/{request1}', 404, 'no-such-resource'],
  ['http.html#read', 'GET', '/Task/1', 404, 'no-such-resource'],
  ['http.html#read', 'GET', '/Task/{task1}', 404, 'no-such-resource', {}, 'other'],
  ['http.html#read', 'GET', '/Task/{task1}', 404, 'no-such-resource', {}, 'joost'],
  ['http.html#read', 'GET', '/Patient/{patient1}', 403, 'not-allowed', {}, 'narrow'],
  ['http.html#search', 'GET', '/Task', 403, 'not-allowed', {}, 'narrow'],
  ['http.html#read', 'GET', '/Binary/{bytes3}', 404, 'no-such-resource', {}, 'sanne'],
  ['http.html#read', 'GET', '/DocumentReference/{letter3}', 404, 'no-such-resource', {}, 'sanne'],
  ['http.html#vread', 'GET', '/Task/{task1}/_history/99', 404, 'no-such-resource'],
  ['http.html#vread', 'GET', '/Task/{task1}/_history/first', 404, 'no-such-resource'],
  ['http.html#history', 'GET', '/Task/{task1}/_history', 404, 'no-such-resource', {}, 'other'],
  ['http.html#history', 'GET', '/Task/{task1}/_history?_since=once', 400, 'search-value'],
  ['http.html#delete', 'DELETE', '/Task/{task1}', 405, 'not-supported-here'],
  ['http.html#create', 'POST', '/Patient', 405, 'not-supported-here', { body: {} }],
  ['http.html#general', 'GET', '/Banana', 404, 'not-supported-here'],
  ['http.html#general', 'GET', '/Task/{task1}/$graphql', 404, 'not-supported-here'],
  ['http.html#mime-type', 'GET', '/Task?_format=xml', 406, 'format'],
  ['http.html#mime-type', 'GET', '/Task', 406, 'format', { headers: { accept: 'application/fhir+xml' } }],
];

const asTask = { resourceType: 'Task', status: 'accepted', intent: 'order' };
const asMessage = { resourceType: 'Communication', status: 'completed' };
const version = (n: number) => ({ 'if-match': `W/"${n}"` });
const patching = (more: Record<string, string> = version(1)) => ({
  'content-type': 'application/json-patch+json',
  ...more,
});
const transactionOf = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });
const writing = (url: string, resource: object, fullUrl?: string) => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: url.includes('/') ? 'PUT' : 'POST', url },
});
const aName = 'urn:uuid:6d3a1e0c-4f4e-4f5e-9b59-2f0c1f8a7b11';
const about = { ...asMessage, about: [{ reference: aName }] };

/** Writes that change nothing: what is made of writes that do stands in test/intake/fhir-moves.test.ts and fhir-updates.test.ts. */
const unwritten: readonly Refused[] = [
  ['http.html#update', 'PUT', '/Task/{task1}', 412, 'version-required', { body: asTask }, 'sanne'],
  [
    'http.html#concurrency',
    'PUT',
    '/Task/{task1}',
    412,
    'other-version',
    { body: asTask, headers: version(99) },
    'sanne',
  ],
  [
    'http.html#concurrency',
    'PUT',
    '/Task/{task1}',
    412,
    'other-version',
    { body: asTask, headers: { 'if-match': 'one' } },
    'sanne',
  ],
  [
    'http.html#update',
    'PUT',
    '/Task/{task1}',
    400,
    'other-id',
    { body: { ...asTask, id: 'x' }, headers: version(1) },
    'sanne',
  ],
  [
    'http.html#update',
    'PUT',
    '/Task/{task1}',
    422,
    'other-resource',
    { body: asMessage, headers: version(1) },
    'sanne',
  ],
  [
    'http.html#upsert',
    'PUT',
    '/Task/{journey1}',
    404,
    'no-such-resource',
    { body: asTask, headers: version(1) },
    'sanne',
  ],
  ['http.html#update', 'PUT', '/Task/{task1}', 404, 'no-such-resource', { body: asTask, headers: version(1) }, 'joost'],
  ['http.html#update', 'PUT', '/Task/{task1}', 403, 'not-allowed', { body: asTask, headers: version(1) }, 'narrow'],
  [
    'http.html#update',
    'PUT',
    '/ServiceRequest/{request1}',
    403,
    'not-allowed',
    { body: {}, headers: version(1) },
    'sanne',
  ],
  ['http.html#update', 'PUT', '/Patient/{patient1}', 405, 'not-supported-here', { body: {} }],
  ['http.html#update', 'PUT', '/Organization/de-brink', 403, 'not-allowed', { body: {} }],
  ['http.html#cond-update', 'PUT', '/ServiceRequest', 422, 'condition', { body: {} }],
  ['http.html#cond-update', 'PUT', '/Task?identifier=x', 405, 'not-supported-here', { body: asTask }],
  ['http.html#patch', 'PATCH', '/Task/{task1}', 415, 'patch-content-type', { body: [] }, 'sanne'],
  ['http.html#patch', 'PATCH', '/Task/{task1}', 422, 'not-a-patch', { body: {}, headers: patching() }, 'sanne'],
  [
    'http.html#patch',
    'PATCH',
    '/Task/{task1}',
    422,
    'not-a-patch',
    { body: [{ op: 'remove', path: '/__proto__/x' }], headers: patching() },
    'sanne',
  ],
  ['http.html#patch', 'PATCH', '/Task/{task1}', 400, 'not-parseable', { body: '[{', headers: patching() }, 'sanne'],
  [
    'http.html#patch',
    'PATCH',
    '/Task/{task1}',
    412,
    'version-required',
    { body: [{ op: 'remove', path: '/note' }], headers: patching({}) },
    'sanne',
  ],
  [
    'http.html#patch',
    'PATCH',
    '/Task/{task1}',
    422,
    'patch-does-not-fit',
    { body: [{ op: 'remove', path: '/note' }], headers: patching() },
    'sanne',
  ],
  [
    'http.html#patch',
    'PATCH',
    '/Task/{task1}',
    409,
    'patch-test-failed',
    { body: [{ op: 'test', path: '/status', value: 'draft' }], headers: patching() },
    'sanne',
  ],
  [
    'http.html#patch',
    'PATCH',
    '/ServiceRequest/{request1}',
    405,
    'not-supported-here',
    { body: [], headers: patching() },
  ],
  ['http.html#create', 'POST', '/Task', 422, 'other-task', { body: asTask }],
  ['http.html#create', 'POST', '/Task', 403, 'not-allowed', { body: asTask }, 'sanne'],
  ['http.html#create', 'POST', '/ServiceRequest', 403, 'not-allowed', { body: {} }, 'sanne'],
  ['http.html#create', 'POST', '/Communication', 422, 'referral-missing', { body: asMessage }, 'sanne'],
  ['http.html#create', 'POST', '/Communication', 400, 'not-parseable', { body: '{' }, 'sanne'],
  ['http.html#create', 'POST', '/Task/{task1}', 405, 'not-supported-here', { body: asTask }],
  [
    'http.html#ccreate',
    'POST',
    '/Communication',
    422,
    'condition',
    { body: asMessage, headers: { 'if-none-exist': 'status=completed' } },
    'sanne',
  ],
  [
    'http.html#mime-type',
    'POST',
    '/Communication',
    415,
    'content-type',
    { body: '<Communication/>', headers: { 'content-type': 'application/fhir+xml' } },
    'sanne',
  ],
  ['http.html#delete', 'DELETE', '/Communication/{communication1}', 405, 'not-supported-here', {}, 'sanne'],
  ['http.html#delete', 'DELETE', '/Task?status=requested', 405, 'not-supported-here'],
  [
    'http.html#trules',
    'POST',
    '/',
    422,
    'changed-twice',
    { body: transactionOf(writing('Task/x', asTask), writing('Task/x', asTask)) },
    'sanne',
  ],
  [
    'http.html#trules',
    'POST',
    '/',
    422,
    'full-url-twice',
    { body: transactionOf(writing('Task/x', asTask, aName), writing('Task/y', asTask, aName)) },
    'sanne',
  ],
  [
    'http.html#trules',
    'POST',
    '/',
    422,
    'several-writes',
    {
      body: transactionOf(
        writing('Task/x', asTask),
        writing('$process-message', { resourceType: 'Bundle', type: 'message' }),
      ),
    },
    'sanne',
  ],
  [
    'http.html#trules',
    'POST',
    '/',
    422,
    'reference-to-new',
    { body: transactionOf(writing('Communication', about)) },
    'sanne',
  ],
  [
    'http.html#trules',
    'POST',
    '/',
    403,
    'not-allowed',
    { body: transactionOf(writing('ServiceRequest', asMessage)) },
    'sanne',
  ],
  [
    'operations.html',
    'POST',
    '/Task/{task1}/$move',
    422,
    'no-such-move',
    { body: { resourceType: 'Parameters' }, headers: version(3) },
    'sanne',
  ],
  ['operations.html', 'POST', '/ServiceRequest/{request1}/$move', 404, 'not-supported-here', { body: {} }],
];

describe('is refused, with every reason and nothing of what was asked', () => {
  test.each([...refused, ...unwritten])('%s %s %s → %i %s %j %s', async (...row: readonly unknown[]) => {
    const [, method, path, status, reason, given = {}, who = 'practice'] = row as unknown as Refused;
    const answer = await world.ask(who, method, path, given);
    expect({ status: answer.status, reasons: reasonsIn(answer.body) }).toEqual({ status, reasons: [reason] });
    expect(answer.text).not.toMatch(/999911120|Jansen|1980-05-01|8299GA/);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET/);
  });
});

const one = (answer: Answered): Resource => answer.body;

/** What else the specification asks, each with its own look. */
const looks: readonly (readonly [clause: string, says: string, look: () => Promise<void>])[] = [
  [
    'http.html#read',
    'a read gives the resource with ETag, version and moment',
    async () => {
      const answer = await world.ask('practice', 'GET', '/Task/{task1}');
      const version = one(answer).meta?.versionId;
      expect(answer.headers.get('etag')).toBe(`W/"${version}"`);
      expect(one(answer).meta?.lastUpdated).toMatch(/^20\d\d-.*Z$/);
      expect(answer.headers.get('last-modified')).toBe(new Date(one(answer).meta?.lastUpdated ?? '').toUTCString());
      expect(answer.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
    },
  ],
  [
    'http.html#read',
    'HEAD gives the headers of GET and no body',
    async () => {
      const answer = await world.ask('practice', 'HEAD', '/Task/{task1}');
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([
        200,
        '',
        expect.stringMatching(/^W\/"\d+"$/),
      ]);
    },
  ],
  [
    'http.html#cread',
    'If-None-Match of the version that is there gives 304',
    async () => {
      const etag = (await world.ask('practice', 'GET', '/Task/{task1}')).headers.get('etag') ?? '';
      const again = await world.ask('practice', 'GET', '/Task/{task1}', { headers: { 'if-none-match': etag } });
      expect([again.status, again.text]).toEqual([304, '']);
      const other = await world.ask('practice', 'GET', '/Task/{task1}', { headers: { 'if-none-match': 'W/"99"' } });
      expect(other.status).toBe(200);
    },
  ],
  [
    'http.html#cread',
    'If-Modified-Since gives 304 when nothing changed since',
    async () => {
      const later = { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' };
      expect((await world.ask('practice', 'GET', '/Task/{task1}', { headers: later })).status).toBe(304);
      const earlier = { 'if-modified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' };
      expect((await world.ask('practice', 'GET', '/Task/{task1}', { headers: earlier })).status).toBe(200);
    },
  ],
  [
    'http.html#vread',
    'an earlier version is read as it was',
    async () => {
      const first = one(await world.ask('practice', 'GET', '/Task/{task1}/_history/1'));
      expect([first.meta?.versionId, (first as { status?: string }).status]).toEqual(['1', 'requested']);
    },
  ],
  [
    'http.html#history',
    'of an instance: every version, newest first, with what was done',
    async () => {
      const bundle = one(await world.ask('practice', 'GET', '/Task/{task1}/_history')) as Bundle;
      const versions = bundle.entry?.map((entry) => Number(entry.resource?.meta?.versionId)) ?? [];
      expect(versions).toEqual([...versions].sort((a, b) => b - a));
      expect(versions.at(-1)).toBe(1);
      expect(bundle.entry?.at(-1)?.request?.method).toBe('POST');
      expect(validateBaseR4(bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  ],
  [
    'http.html#history',
    'of a type, in pages that follow each other without a gap',
    async () => {
      const all: string[] = [];
      let next: string | undefined = '/Task/_history?_count=2';
      while (next !== undefined) {
        const bundle: Resource = one(await world.ask('practice', 'GET', next));
        for (const { resource } of (bundle as Bundle).entry ?? [])
          all.push(`${resource?.id}/${resource?.meta?.versionId}`);
        next = linkIn(world.door, bundle, 'next');
      }
      const { rows } = await world.door.at.owner.query("select from document where type = 'Task'");
      expect([all.length, new Set(all).size]).toEqual([rows.length, rows.length]);
    },
  ],
  [
    'http.html#history',
    '_since leaves out what is older',
    async () => {
      const bundle = one(await world.ask('practice', 'GET', '/Task/_history?_since=2100-01-01')) as Bundle;
      expect(bundle.entry).toBeUndefined();
    },
  ],
  [
    'http.html#history',
    'of a directory resource',
    async () => {
      const bundle = one(await world.ask('practice', 'GET', '/Organization/de-brink/_history')) as Bundle;
      expect(bundle.entry?.map((entry) => entry.resource?.id)).toEqual(['de-brink']);
    },
  ],
  [
    'search.html#include',
    '_include brings what a Task is about, once, as include',
    async () => {
      const { body } = await world.ask(
        'practice',
        'GET',
        '/Task?_include=Task:focus&_include=Task:patient&_id={task2}',
      );
      expect(foundIn(body, 'include').sort()).toEqual([
        named('Patient/{patient2}'),
        named('ServiceRequest/{request2}'),
      ]);
    },
  ],
  [
    'search.html#include',
    '_include leads into the directory',
    async () => {
      const { body } = await world.ask('practice', 'GET', '/Task?_include=Task:owner');
      expect(foundIn(body, 'include')).toEqual(['PractitionerRole/wally-sanne']);
    },
  ],
  [
    'search.html#include',
    ':iterate goes on from what was included',
    async () => {
      const ask = '/Task?_include=Task:owner&_include:iterate=PractitionerRole:practitioner';
      expect(foundIn((await world.ask('practice', 'GET', ask)).body, 'include').sort()).toEqual([
        'Practitioner/wally-sanne',
        'PractitionerRole/wally-sanne',
      ]);
    },
  ],
  [
    'search.html#revinclude',
    '_revinclude brings what points here',
    async () => {
      const ask = '/ServiceRequest?identifier=r-1&_revinclude=Task:focus&_revinclude=Communication:based-on';
      expect(foundIn((await world.ask('practice', 'GET', ask)).body, 'include').sort()).toEqual([
        named('Communication/{communication1}'),
        named('Task/{task1}'),
      ]);
    },
  ],
  [
    'search.html#include',
    'a receiver gets nothing included that it may not see',
    async () => {
      const ask =
        '/ServiceRequest?_revinclude=DocumentReference:subject&_include=ServiceRequest:subject&_revinclude:iterate=DocumentReference:patient';
      const found = foundIn((await world.ask('sanne', 'GET', ask)).body, 'include');
      expect(found).toContain(named('DocumentReference/{letter2}'));
      expect(found).not.toContain(named('DocumentReference/{letter3}'));
    },
  ],
  [
    'search.html#count',
    '_count with next links walks through everything once',
    async () => {
      const seen: string[] = [];
      let next: string | undefined = '/Task?_count=1&_sort=-authored-on';
      while (next !== undefined) {
        const { body }: Answered = await world.ask('practice', 'GET', next);
        seen.push(...foundIn(body));
        next = linkIn(world.door, body, 'next');
      }
      expect(seen.sort()).toEqual(['{task1}', '{task2}', '{task3}'].map((id) => named(`Task/${id}`)).sort());
    },
  ],
  [
    'search.html#paging',
    'the next page of a form holds nothing of what was asked, and is its caller’s alone',
    async () => {
      const form = { family: 'Heuvel,Jansen', _count: '1' };
      const { body } = await world.ask('practice', 'POST', '/Patient/_search', { form });
      const next = linkIn(world.door, body, 'next') ?? '';
      expect(Buffer.from(next.split('=')[1] ?? '', 'base64url').toString('latin1')).not.toContain('Heuvel');
      expect(foundIn((await world.ask('practice', 'GET', next)).body)).toHaveLength(1);
      expect((await world.ask('other', 'GET', next)).status).toBe(400);
    },
  ],
  [
    'search.html#sort',
    '_sort by date and by moment, both ways',
    async () => {
      const up = foundIn((await world.ask('practice', 'GET', '/ServiceRequest?_sort=authored')).body);
      expect(up[0]).toBe(named('ServiceRequest/{request2}'));
      const down = foundIn((await world.ask('practice', 'GET', '/ServiceRequest?_sort=-authored')).body);
      expect(down.at(-1)).toBe(named('ServiceRequest/{request2}'));
      const newest = foundIn((await world.ask('practice', 'GET', '/Task?_sort=-_lastUpdated')).body);
      const oldest = foundIn((await world.ask('practice', 'GET', '/Task?_sort=_lastUpdated')).body);
      expect(newest).toEqual(oldest.reverse());
    },
  ],
  [
    'search.html#total',
    '_total=accurate counts all that the caller may see, not the page',
    async () => {
      const { body } = await world.ask('practice', 'GET', '/Task?_count=1&_total=accurate');
      expect((body as Bundle).total).toBe(3);
      expect(((await world.ask('other', 'GET', '/Task?_total=accurate')).body as Bundle).total).toBe(0);
    },
  ],
  [
    'search.html#summary',
    '_summary=count and _count=0 give the number alone',
    async () => {
      for (const ask of ['_summary=count', '_count=0', '_count=0&_total=accurate']) {
        const bundle = (await world.ask('practice', 'GET', `/Task?${ask}`)).body as Bundle;
        expect([bundle.total, bundle.entry]).toEqual([3, undefined]);
      }
    },
  ],
  [
    'search.html#elements',
    '_elements gives those, what is mandatory, and says that it is a part',
    async () => {
      const { body } = await world.ask('practice', 'GET', '/Task?_elements=focus&_id={task1}');
      const [entry] = (body as Bundle).entry ?? [];
      expect(Object.keys(entry?.resource ?? {}).sort()).toEqual([
        'focus',
        'id',
        'intent',
        'meta',
        'resourceType',
        'status',
      ]);
      expect(entry?.resource?.meta?.tag?.map(({ code }) => code)).toEqual(['SUBSETTED']);
    },
  ],
  [
    'search.html#summary',
    '_summary=true leaves out what is no summary, text keeps only text',
    async () => {
      const short = (await world.ask('practice', 'GET', '/Task?_summary=true&_id={task1}')).body as Bundle;
      expect(short.entry?.[0]?.resource).toHaveProperty('owner');
      expect(short.entry?.[0]?.resource).not.toHaveProperty('restriction');
      const text = (await world.ask('practice', 'GET', '/Task?_summary=text&_id={task1}')).body as Bundle;
      expect(text.entry?.[0]?.resource).not.toHaveProperty('owner');
    },
  ],
  [
    'search.html#errors',
    'an unknown parameter is ignored and said, when not strict',
    async () => {
      const { body } = await world.ask('practice', 'GET', '/Task?colour=red&status=requested');
      expect(foundIn(body)).toHaveLength(2);
      const outcome = (body as Bundle).entry?.find((entry) => entry.search?.mode === 'outcome')
        ?.resource as OperationOutcome;
      expect([outcome.issue?.[0]?.severity, outcome.issue?.[0]?.expression]).toEqual(['warning', ['http.colour']]);
      expect(linkIn(world.door, body, 'self')).toBe('/Task?status=requested');
    },
  ],
  [
    'http.html#ccreate',
    'If-None-Exist that matches gives the one that is there',
    async () => {
      const request = one(await world.ask('practice', 'GET', '/ServiceRequest/{request1}'));
      const headers = { 'if-none-exist': 'identifier=http://de-brink.his.example/referral|r-1' };
      const answer = await world.ask('practice', 'POST', '/ServiceRequest', { body: request, headers });
      expect([answer.status, one(answer).id]).toEqual([200, world.ids.request1]);
      const many = { 'if-none-exist': 'category=loneliness' };
      expect((await world.ask('practice', 'POST', '/ServiceRequest', { body: request, headers: many })).status).toBe(
        412,
      );
      const wrong = { 'if-none-exist': 'colour=red' };
      expect((await world.ask('practice', 'POST', '/ServiceRequest', { body: request, headers: wrong })).status).toBe(
        400,
      );
    },
  ],
  [
    'http.html#batch',
    'each entry is the single request it is, and fails alone',
    async () => {
      const urls = ['Task/{task1}', 'Task?status=requested', 'Task/1', 'Patient?family=Jansen', 'Banana'].map(named);
      const entry = urls.map((url) => ({ request: { method: 'GET', url } }));
      const answer = await world.ask('practice', 'POST', '/', {
        body: { resourceType: 'Bundle', type: 'batch', entry },
      });
      const bundle = one(answer) as Bundle;
      expect(bundle.type).toBe('batch-response');
      expect(bundle.entry?.map(({ response }) => response?.status?.slice(0, 3))).toEqual([
        '200',
        '200',
        '404',
        '400',
        '404',
      ]);
      expect(foundIn(bundle.entry?.[1]?.resource as Resource)).toHaveLength(2);
      expect(bundle.entry?.[2]?.response?.outcome?.resourceType).toBe('OperationOutcome');
      expect(validateBaseR4(bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
    },
  ],
  [
    'http.html#batch',
    'of a hundred looks every one is answered in its place',
    async () => {
      const entry = Array.from({ length: 100 }, (_, n) => ({
        request: { method: 'GET', url: named(`Task/{task${(n % 3) + 1}}`) },
      }));
      const { body } = await world.ask('practice', 'POST', '/', {
        body: { resourceType: 'Bundle', type: 'batch', entry },
      });
      const ids = (body as Bundle).entry?.map(({ resource }) => resource?.id);
      expect(ids).toEqual(entry.map(({ request }) => request.url.split('/')[1]));
    },
  ],
  [
    'http.html#batch',
    'conditions go with their entry; an entry without a request refuses the batch',
    async () => {
      const etag = (await world.ask('practice', 'GET', '/Task/{task1}')).headers.get('etag') ?? '';
      const asked = { request: { method: 'GET', url: named('Task/{task1}'), ifNoneMatch: etag } };
      const batch = (entry: unknown[]) => ({ body: { resourceType: 'Bundle', type: 'batch', entry } });
      const { body } = await world.ask('practice', 'POST', '/', batch([asked]));
      expect((body as Bundle).entry?.[0]?.response?.status).toBe('304 Not Modified');
      expect((await world.ask('practice', 'POST', '/', batch([asked, {}]))).status).toBe(400);
    },
  ],
  [
    'http.html#transaction',
    'of looks alone: all, or the first that fails',
    async () => {
      const transaction = (...urls: string[]) => ({
        body: {
          resourceType: 'Bundle',
          type: 'transaction',
          entry: urls.map((url) => ({ request: { method: 'GET', url: named(url) } })),
        },
      });
      const fine = one(
        await world.ask('practice', 'POST', '/', transaction('Task/{task1}', 'Task?status=requested')),
      ) as Bundle;
      expect([fine.type, fine.entry?.length]).toEqual(['transaction-response', 2]);
      const failed = await world.ask('practice', 'POST', '/', transaction('Task/{task1}', 'Task/1'));
      expect([failed.status, reasonsIn(failed.body)]).toEqual([404, ['no-such-resource']]);
    },
  ],
  [
    'resource-operation-validate.html',
    'tells every issue at once and stores nothing',
    async () => {
      const count = async () => (await world.door.at.owner.query('select from inbound')).rowCount;
      const before = await count();
      const body = { resourceType: 'ServiceRequest', status: 'banana', intent: 'order', authoredOn: 'yesterday' };
      const answer = await world.ask('practice', 'POST', '/ServiceRequest/$validate', { body });
      const errors = (one(answer) as OperationOutcome).issue?.filter(({ severity }) => severity === 'error') ?? [];
      expect(answer.status).toBe(200);
      expect(errors.length).toBeGreaterThanOrEqual(3);
      expect(await count()).toBe(before);
    },
  ],
  [
    'resource-operation-validate.html',
    'Parameters with a mode, an instance, and what is fine',
    async () => {
      const resource = { resourceType: 'Communication', status: 'completed' };
      const body = {
        resourceType: 'Parameters',
        parameter: [
          { name: 'resource', resource },
          { name: 'mode', valueCode: 'create' },
        ],
      };
      expect(reasonsIn((await world.ask('practice', 'POST', '/Communication/$validate', { body })).body)).toEqual([
        'valid',
      ]);
      const at = await world.ask('practice', 'POST', '/Task/{task1}/$validate', { body: { ...resource, id: 'x' } });
      expect(reasonsIn(at.body)).toEqual(['other-resource', 'other-id']);
      expect((await world.ask('other', 'POST', '/Task/{task1}/$validate', { body: resource })).status).toBe(404);
    },
  ],
  [
    'http.html#capabilities',
    'metadata says exactly what is routed, with its search parameters',
    async () => {
      const statement = one(await world.ask('nobody', 'GET', '/metadata')) as CapabilityStatement;
      expect(validateBaseR4(statement).filter(({ severity }) => severity === 'error')).toEqual([]);
      const all = statement.rest?.[0]?.resource ?? [];
      expect(all.map(({ type }) => type)).toEqual([...Object.keys(interactions), ...servedTypes]);
      // Definitions have a door of their own (test/profiles).
      const resources = all.slice(0, Object.keys(interactions).length);
      for (const { type = '', searchParam = [] } of resources.filter((one) => one.searchParam)) {
        const form = Object.fromEntries(
          searchParam.map(({ name = '' }) =>
            name === '_id' ? [name, 'x'] : name === '_lastUpdated' ? [name, '2026'] : [`${name}:missing`, 'true'],
          ),
        );
        const headers = { prefer: 'handling=strict' };
        const who = type === 'Endpoint' ? 'region' : 'practice';
        const answer = await world.ask(who, 'POST', `/${type}/_search`, { form, headers });
        expect([type, answer.status]).toEqual([type, 200]);
      }
    },
  ],
  [
    'http.html#mime-type',
    '_format goes before Accept',
    async () => {
      const headers = { accept: 'application/fhir+xml' };
      for (const format of ['json', 'application/fhir%2Bjson', 'application/json'])
        expect((await world.ask('practice', 'GET', `/Task?_format=${format}`, { headers })).status).toBe(200);
    },
  ],
  [
    'http.html#security',
    'nobody without a credential reads anything',
    async () => {
      for (const path of ['/Task', '/Task/{task1}', '/Organization', '/Task/_history'])
        expect((await world.ask('nobody', 'GET', path)).status).toBe(401);
    },
  ],
  [
    'search.html#security',
    'a receiver reads, finds and follows the history of a person without BSN',
    async () => {
      const whole = await world.ask('practice', 'GET', '/Patient/{patient2}');
      expect(whole.text).toContain('999911120');
      for (const path of [
        '/Patient/{patient2}',
        '/Patient',
        '/Patient/{patient2}/_history',
        '/Patient/{patient2}/_history/1',
        '/Task?_include=Task:patient',
      ]) {
        const seen = await world.ask('sanne', 'GET', path);
        expect([path, seen.status, seen.text.includes('999911120'), seen.text.includes('Jansen')]).toEqual([
          path,
          200,
          false,
          true,
        ]);
      }
    },
  ],
  [
    'http.html#read',
    'a letter and its bytes, to a receiver only where codes were agreed',
    async () => {
      for (const who of ['practice', 'sanne'] as const) {
        expect((await world.ask(who, 'GET', '/DocumentReference/{letter2}')).status).toBe(200);
        expect((await world.ask(who, 'GET', '/Binary/{bytes2}')).status).toBe(200);
      }
      expect((await world.ask('practice', 'GET', '/Binary/{bytes3}')).status).toBe(200);
    },
  ],
  [
    'search.html#security',
    'an Endpoint is the region’s to read, without how the line knocks there',
    async () => {
      const { body } = await world.ask('region', 'GET', '/Endpoint/his-de-brink');
      expect((body as { extension?: unknown[] }).extension).toHaveLength(1);
      expect((await world.ask('practice', 'GET', '/Endpoint/his-de-brink')).status).toBe(403);
      expect(
        foundIn((await world.ask('practice', 'GET', '/Organization?_include=Organization:endpoint')).body, 'include'),
      ).toEqual([]);
    },
  ],
  [
    'search.html#security',
    'each search is on the trail by its names and number, never its values',
    async () => {
      await world.ask('practice', 'POST', '/Patient/_search', { form: { family: 'Jansen', birthdate: '1980-05-01' } });
      const { rows } = await world.door.at.owner.query<{ line: string }>(
        'select line from audit order by id desc limit 40',
      );
      const lines = rows.map(
        ({ line }) => JSON.parse(line) as { event: string; object: string; code?: string; journey?: string },
      );
      expect(lines).toContainEqual(
        expect.objectContaining({ event: 'search', object: 'Patient?birthdate&family', code: '1' }),
      );
      expect(lines).toContainEqual(expect.objectContaining({ event: 'resource-read', journey: world.ids.journey2 }));
      expect(rows.map(({ line }) => line).join()).not.toMatch(/Jansen|1980-05-01|999911120/);
    },
  ],
  [
    'auditevent.html',
    'AuditEvent: a practice finds and reads its own lines, another’s never',
    async () => {
      const mine = await world.ask('practice', 'GET', '/AuditEvent?entity=Task/{task1}&action=R');
      const [first] = foundIn(mine.body);
      expect(first).toMatch(/^AuditEvent\//);
      expect(validateBaseR4(mine.body).filter(({ severity }) => severity === 'error')).toEqual([]);
      expect((await world.ask('practice', 'GET', `/${first}`)).status).toBe(200);
      expect((await world.ask('other', 'GET', `/${first}`)).status).toBe(404);
      expect(foundIn((await world.ask('other', 'GET', '/AuditEvent?entity=Task/{task1}')).body)).toEqual([]);
    },
  ],
];

describe('the door', () => {
  test.each(looks)('%s %s', async (_clause, _says, look) => look());
});
