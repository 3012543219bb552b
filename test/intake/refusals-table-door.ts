import { gzipSync } from 'node:zlib';
import { message, places } from '../mapping/messages.ts';
import { type Ask, bodyBytesMax, type FhirRow } from './refusals-table.ts';
import { bundle, put, written } from './refusals-table-fhir.ts';

const { request: sr } = places;
const as = (ask: Ask) => () => ask;
const plain = bundle();
const single = (number: string): Ask => ({
  path: '/ServiceRequest',
  by: 'zuidrand',
  body: JSON.stringify(message('fhir-single-request'))
    .replaceAll('2026-12-', '2026-10-')
    .replaceAll('V26-00431', number),
});
/** The practice takes it back, by the same message. */
const revoked = bundle(({ request }) => put(request, { status: 'revoked' }));
const nowhere = '/Task/01900000-0000-7000-8000-000000000000';
const deep = () => {
  let value: unknown = {};
  for (let depth = 0; depth < 70; depth += 1) value = { a: value };
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', x: value });
};

/** What the FHIR door says before or after it looks at a message. */
export const doorRows: readonly FhirRow[] = [
  {
    row: 'not parseable',
    what: 'half a message',
    ask: (number) => ({ body: written(message('fhir-loneliness'), number).slice(0, 400) }),
    status: 400,
    told: [['structure', 'not-parseable']],
    kept: 'sealed',
  },
  {
    row: 'not parseable',
    what: 'JSON that is no object',
    ask: as({ body: '[]' }),
    status: 400,
    told: [['structure', 'not-parseable']],
    kept: 'sealed',
  },
  {
    row: 'not parseable',
    what: 'nothing at all',
    ask: as({ body: '' }),
    status: 400,
    told: [['structure', 'not-parseable']],
    kept: 'ids and hash',
  },
  {
    row: 'not parseable',
    what: 'bytes that are no UTF-8: a name is not guessed',
    ask: (number) => ({
      body: Buffer.from(written(message('fhir-loneliness'), number).replace('Gerda', 'Bjørg'), 'latin1'),
    }),
    status: 400,
    told: [['structure', 'not-parseable']],
    kept: 'sealed',
  },
  {
    row: 'not parseable',
    what: 'nested without end',
    ask: as({ body: deep() }),
    status: 400,
    told: [['structure', 'too-deep', 'Bundle']],
    kept: 'sealed',
  },
  {
    row: 'not parseable',
    what: 'compressed bytes that are not',
    ask: as({ body: 'no gzip', headers: { 'content-encoding': 'gzip' } }),
    status: 400,
    told: [['structure', 'not-parseable']],
    kept: 'nothing',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'an entry that takes something away',
    ask: bundle(({ bundle }) => put(bundle.entry?.[6] ?? {}, { request: { method: 'DELETE', url: 'Task/1' } })),
    status: 422,
    told: [['not-supported', 'method-not-supported', 'Bundle.entry[6].request.method']],
    kept: 'sealed',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'a search of what is only read by its id',
    ask: as({ method: 'GET', path: '/Binary?contenttype=application/pdf' }),
    status: 404,
    told: [['not-supported', 'not-supported-here']],
    kept: 'nothing',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'a kind of resource that has no address here',
    ask: as({ path: '/Encounter', body: '{"resourceType":"Encounter"}' }),
    status: 404,
    told: [['not-supported', 'not-supported-here']],
    kept: 'nothing',
  },
  {
    row: 'unsupported event, resource, profile version',
    what: 'a change of what only we change',
    ask: as({ method: 'PUT', path: nowhere.replace('Task', 'Patient'), body: '{"resourceType":"Patient"}' }),
    status: 405,
    told: [['not-supported', 'not-supported-here']],
    headers: { allow: /^GET, HEAD$/ },
    kept: 'nothing',
  },
  {
    row: 'unknown practice / service / target',
    what: 'a resource that is not there',
    ask: as({ method: 'GET', path: nowhere }),
    status: 404,
    told: [['not-found', 'no-such-resource']],
    kept: 'nothing',
  },
  {
    row: 'unknown referral on update/cancel',
    what: 'a cancellation of what never came: taken, and remembered',
    ask: revoked,
    status: 202,
    told: [],
    says: 'kept-for-later',
    kept: 'nothing',
  },
  {
    row: 'unknown referral on update/cancel',
    what: 'the referral after its cancellation',
    first: revoked,
    ask: plain,
    status: 409,
    told: [['conflict', 'cancelled-earlier', `${sr}.identifier`]],
    kept: 'sealed',
  },
  {
    row: 'duplicate, identical',
    what: 'the same transaction again',
    first: plain,
    ask: plain,
    status: 200,
    told: [],
    headers: { 'x-duplicate': /^true$/ },
    kept: 'nothing',
  },
  {
    row: 'duplicate, identical',
    what: 'the same ServiceRequest again',
    first: single,
    ask: single,
    status: 200,
    told: [],
    headers: { 'x-duplicate': /^true$/, location: /\/fhir\/R4\/ServiceRequest\/[0-9a-f-]{36}\/_history\/1$/ },
    kept: 'nothing',
  },
  {
    row: 'same id, other content',
    what: 'under the same number',
    first: plain,
    ask: bundle(({ request }) => put(request, { reasonCode: [{ text: 'Iets heel anders.' }] })),
    status: 409,
    told: [['conflict', 'same-number-other-content', `${sr}.identifier`]],
    kept: 'sealed',
  },
  {
    row: 'same id, other content',
    what: 'as the first, which the practice took back',
    first: plain,
    meanwhile: 'taken back',
    ask: plain,
    status: 409,
    told: [['conflict', 'cancelled-earlier', `${sr}.identifier`]],
    kept: 'sealed',
  },
  {
    row: 'too large / attachment type',
    what: 'more bytes than a message may have',
    ask: bundle(({ request }) => put(request, { note: [{ text: 'x'.repeat(bodyBytesMax) }] })),
    status: 413,
    told: [['too-long', 'too-large']],
    kept: 'nothing',
  },
  {
    row: 'too large / attachment type',
    what: 'few bytes that unpack to many',
    ask: as({ body: gzipSync(Buffer.alloc(5_000_000)), headers: { 'content-encoding': 'gzip' } }),
    status: 413,
    told: [['too-long', 'too-large']],
    kept: 'nothing',
  },
  {
    row: 'too large / attachment type',
    what: 'a body that says to be XML',
    ask: as({ body: '<Bundle xmlns="http://hl7.org/fhir"/>', headers: { 'content-type': 'application/fhir+xml' } }),
    status: 415,
    told: [['not-supported', 'content-type']],
    headers: { accept: /^application\/fhir\+json$/ },
    kept: 'sealed',
  },
  {
    row: 'too large / attachment type',
    what: 'packed in a way we do not unpack',
    ask: as({ body: 'x', headers: { 'content-encoding': 'compress' } }),
    status: 415,
    told: [['not-supported', 'content-encoding']],
    headers: { 'accept-encoding': /gzip/ },
    kept: 'nothing',
  },
  {
    row: 'busy / down',
    what: 'the database is away',
    ask: plain,
    behind: 'database away',
    status: 503,
    told: [['transient', 'try-again']],
    headers: { 'retry-after': /^[1-9]\d*$/ },
    kept: 'nothing',
  },
  {
    row: 'beside the table',
    what: 'no credential',
    ask: (number) => ({ ...plain(number), by: 'nobody' }),
    status: 401,
    told: [['login', 'unknown-credential']],
    headers: { 'www-authenticate': /^Bearer realm="kortelijn"$/ },
    kept: 'nothing',
  },
  {
    row: 'beside the table',
    what: 'a credential that nobody has',
    ask: (number) => ({ ...plain(number), by: 'stranger' }),
    status: 401,
    told: [['login', 'unknown-credential']],
    headers: { 'www-authenticate': /^Bearer realm="kortelijn", error="invalid_token"$/ },
    kept: 'nothing',
  },
  {
    row: 'beside the table',
    what: 'the message of another practice',
    ask: bundle(({ bundle }) => {
      const [, entry] = bundle.entry ?? [];
      put(entry?.resource ?? {}, {
        identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/agb-z', value: '01990102' }],
      } as object);
    }),
    status: 403,
    told: [['forbidden', 'other-practice', 'Bundle.entry[1].resource.identifier']],
    kept: 'sealed',
  },
  {
    row: 'beside the table',
    what: 'an address that cannot be read',
    ask: as({ method: 'GET', path: '/Task/%E0%A4%A' }),
    status: 400,
    told: [['structure', 'not-parseable:address']],
    kept: 'nothing',
  },
  {
    row: 'beside the table',
    what: 'a fault of our own',
    ask: plain,
    behind: 'bug',
    status: 500,
    told: [['exception', 'bug']],
    kept: 'nothing',
  },
];
