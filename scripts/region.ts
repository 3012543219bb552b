// npm run region                                      writes fixtures/region/directory.json from the table below
// npm run region -- test <endpoint>                    tests a connection of the directory, step by step, without anybody's data
// npm run region -- load <file> [--from 2027-01-01]   takes a FHIR Bundle into the directory: what differs is a new version
// Phone numbers have a subscriber part that starts with 0: nobody can have them.
// Writes fixtures/region/directory.json from a short table, so that people change the table and not 1,000 lines of FHIR.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { codeSystems, extensions, identifiers } from '../src/fhir/systems.ts';
import { readMllpTls } from '../src/intake/mllp/listen.ts';
import { openProbing } from '../src/outside.ts';
import { theLine } from '../src/referral/actor.ts';
import { beginOfDay } from '../src/referral/deadlines.ts';
import { probeResult } from '../src/referral/probe.ts';
import { takeInDirectory } from '../src/region/take-in.ts';
import { directoryReader } from '../src/store/directory.ts';
import { testEndpoint } from '../src/store/queue/test-endpoint.ts';
import { command, openRecordFor, readSettings } from './open-record.ts';

type Json = Record<string, unknown>;
const concept = (system: string, code: string) => ({ coding: [{ system, code }] });
const reference = (type: string, id: string) => ({ reference: `${type}/${id}` });

const team = { id: 'voorbeeldstreek', name: 'Sociaal Werk Voorbeeldstreek', phone: '0570-000100', kvk: '99000011' };
const practices = [
  {
    id: 'de-brink',
    name: 'Huisartsenpraktijk Voorbeeldbrink',
    agb: '01990101',
    phone: '0570-000201',
    wally: 'wally-sanne',
    // Her consulting hours there: free half hours on the refer page.
    hours: [
      { day: 'tue', begin: '09:00:00', end: '11:00:00' },
      { day: 'thu', begin: '13:30:00', end: '15:30:00' },
    ],
  },
  { id: 'zuidrand', name: 'Huisartsen Voorbeeldrand', agb: '01990102', phone: '0570-000202', wally: 'wally-joost' },
  { id: 'aan-de-kade', name: 'Praktijk Voorbeeldkade', agb: '01990103', phone: '0570-000203', wally: 'wally-sanne' },
];
/** An organisation without an account: the link goes to the first address, its code to the second (H12). */
const linked = {
  id: 'schuldhulp',
  name: 'Schuldhulp Voorbeeldstreek',
  phone: '0570-000300',
  emails: ['post@schuldhulp.example', 'collega@schuldhulp.example'],
};
/** Its system takes letters over MLLP too: that is where feedback goes when the FHIR side does not take it. */
const hl7Practice = 'aan-de-kade';
const hl7Endpoint = (practice: { id: string; name: string }): Json => ({
  resourceType: 'Endpoint',
  id: `hl7-${practice.id}`,
  status: 'active',
  name: `HIS van ${practice.name}, HL7 v2`,
  extension: [
    { url: extensions.bestProof, valueCode: 'application' },
    {
      url: extensions.mllpChannel,
      extension: [
        { url: 'application', valueString: 'HIS' },
        { url: 'facility', valueString: practice.id },
        { url: 'charset', valueString: 'UNICODE UTF-8' },
      ],
    },
  ],
  connectionType: { system: codeSystems.connectionType, code: 'hl7v2-mllp' },
  payloadType: [{ text: 'HL7 v2 ORU^R01' }],
  payloadMimeType: ['text/plain', 'application/pdf'],
  address: 'mllp://127.0.0.1:2576',
});
const people = [
  { id: 'wally-sanne', name: 'Sanne Verhoeven', kind: 'wally', phone: '06-00001011', substitute: 'wally-karim' },
  { id: 'wally-karim', name: 'Karim Bouzid', kind: 'wally', phone: '06-00001012', substitute: 'wally-sanne' },
  { id: 'wally-joost', name: 'Joost ter Braak', kind: 'wally', phone: '06-00001013', substitute: 'wally-karim' },
  { id: 'lead-marijke', name: 'Marijke Hoekzema', kind: 'team-lead', phone: '06-00001014' },
];
const requesters = [
  { id: 'gp-vanleeuwen', name: 'M. van Leeuwen', kind: 'gp', practice: 'de-brink', agb: '01990111' },
  { id: 'gp-dekkers', name: 'P. Dekkers', kind: 'gp', practice: 'de-brink', agb: '01990112', wally: 'wally-joost' },
  { id: 'assistant-nadia', name: 'Nadia Ouchan', kind: 'assistant', practice: 'de-brink' },
  { id: 'gp-osinga', name: 'T. Osinga', kind: 'gp', practice: 'zuidrand', agb: '01990113' },
  { id: 'gp-blaak', name: 'E. Blaak', kind: 'gp', practice: 'aan-de-kade', agb: '01990114' },
];

/** Its own GP system, as demo-his.json has it: the key with which it signs is there, and here its public part. */
const { practices: systems } = JSON.parse(
  readFileSync(new URL('../fixtures/region/demo-his.json', import.meta.url), 'utf8'),
) as { practices: { id: string; launchKey: Record<string, string> }[] };

/** What launches from there: signed links and CDS Hooks from the system itself, SMART from an R4 and an STU3 server. */
const launchExtension = (parts: Json[]): Json => ({
  url: extensions.launch,
  extension: [{ url: 'demo', valueBoolean: true }, ...parts],
});
function signing(id: string): Json {
  const { d: _d, ...open } = systems.find((one) => one.id === id)?.launchKey ?? {};
  return launchExtension([
    { url: 'issuer', valueString: `http://${id}.his.example` },
    { url: 'jwks', valueString: JSON.stringify({ keys: [open] }) },
  ]);
}
function smartEndpoint(practice: { id: string; name: string }, kind: 'r4' | 'stu3'): Json {
  return {
    resourceType: 'Endpoint',
    id: `smart-${kind}-${practice.id}`,
    status: 'active',
    name: `HIS van ${practice.name}, SMART (${kind.toUpperCase()})`,
    extension: [
      launchExtension([
        { url: 'only', valueBoolean: true },
        { url: 'clientId', valueString: 'kortelijn' },
      ]),
    ],
    connectionType: { system: codeSystems.connectionType, code: 'hl7-fhir-rest' },
    payloadType: [{ text: 'SMART App Launch' }],
    address: `http://127.0.0.1:8090/${practice.id}/smart/${kind}`,
  };
}

const resources: Json[] = [
  {
    resourceType: 'Organization',
    id: team.id,
    active: true,
    name: team.name,
    identifier: [{ system: identifiers.kvk, value: team.kvk }],
    telecom: [{ system: 'phone', value: team.phone }],
  },
  {
    resourceType: 'Organization',
    id: linked.id,
    active: true,
    name: linked.name,
    telecom: [{ system: 'phone', value: linked.phone }, ...linked.emails.map((value) => ({ system: 'email', value }))],
  },
  ...practices.flatMap((one): Json[] => [
    {
      resourceType: 'Endpoint',
      id: `his-${one.id}`,
      status: 'active',
      name: `HIS van ${one.name}`,
      extension: [{ url: extensions.bestProof, valueCode: 'record' }, signing(one.id)],
      connectionType: { system: codeSystems.connectionType, code: 'hl7-fhir-rest' },
      payloadType: [{ text: 'FHIR R4 Communication' }],
      address: `http://127.0.0.1:8090/${one.id}/fhir`,
    },
    smartEndpoint(one, 'r4'),
    smartEndpoint(one, 'stu3'),
    ...(one.id === hl7Practice ? [hl7Endpoint(one)] : []),
    {
      resourceType: 'Organization',
      id: one.id,
      active: true,
      name: one.name,
      type: [concept(codeSystems.organizationType, 'Z3')],
      identifier: [{ system: identifiers.agb, value: one.agb }],
      telecom: [{ system: 'phone', value: one.phone }],
      endpoint: [
        reference('Endpoint', `his-${one.id}`),
        reference('Endpoint', `smart-r4-${one.id}`),
        reference('Endpoint', `smart-stu3-${one.id}`),
        ...(one.id === hl7Practice ? [reference('Endpoint', `hl7-${one.id}`)] : []),
      ],
    },
    {
      resourceType: 'HealthcareService',
      id: `wally-of-${one.id}`,
      active: true,
      name: `Wally van ${one.name}`,
      providedBy: reference('Organization', team.id),
      ...(one.hours && {
        availableTime: one.hours.map(({ day, begin, end }) => ({
          daysOfWeek: [day],
          availableStartTime: begin,
          availableEndTime: end,
        })),
      }),
      extension: [
        { url: extensions.servesPractice, valueReference: reference('Organization', one.id) },
        { url: extensions.fixedWally, valueReference: reference('PractitionerRole', one.wally) },
      ],
    },
  ]),
  ...people.flatMap((one): Json[] => [
    { resourceType: 'Practitioner', id: one.id, name: [{ text: one.name }] },
    {
      resourceType: 'PractitionerRole',
      id: one.id,
      active: true,
      practitioner: reference('Practitioner', one.id),
      organization: reference('Organization', team.id),
      code: [concept(codeSystems.role, one.kind)],
      telecom: [
        { system: 'phone', value: one.phone },
        { system: 'email', value: `${one.id}@voorbeeldstreek.example` },
      ],
      ...(one.substitute && {
        extension: [{ url: extensions.fixedSubstitute, valueReference: reference('PractitionerRole', one.substitute) }],
      }),
    },
  ]),
  ...requesters.flatMap((one): Json[] => [
    {
      resourceType: 'Practitioner',
      id: one.id,
      name: [{ text: one.name }],
      ...(one.agb && { identifier: [{ system: identifiers.agb, value: one.agb }] }),
    },
    {
      resourceType: 'PractitionerRole',
      id: one.id,
      active: true,
      practitioner: reference('Practitioner', one.id),
      organization: reference('Organization', one.practice),
      code: [concept(codeSystems.role, one.kind)],
      ...(one.wally && {
        extension: [{ url: extensions.fixedWally, valueReference: reference('PractitionerRole', one.wally) }],
      }),
    },
  ]),
];

const bundle = { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) };
const { positionals, values } = parseArgs({ allowPositionals: true, options: { from: { type: 'string' } } });
const [what, file] = positionals;

async function load(from: string): Promise<void> {
  const text: unknown = JSON.parse(readFileSync(from, 'utf8'));
  const record = await openRecordFor(readSettings());
  try {
    const { store } = record;
    const now = store.clock();
    const validFrom = values.from === undefined ? now : beginOfDay(values.from);
    if (Number.isNaN(validFrom.getTime()) || validFrom < new Date(now.getTime() - 1_000))
      throw new Error('--from: today or a day to come, such as 2027-01-01');
    const taken = await takeInDirectory(store, text, validFrom, theLine);
    if (taken.faults) throw new Error(`nothing was written:\n${taken.faults.join('\n')}`);
    process.stdout.write(`${taken.written.length} written\n${taken.written.map((one) => `${one}\n`).join('')}`);
  } finally {
    await record.close();
  }
}

/** Each step of a test of one connection, as a table; the exit code is 1 when something there is not ok. */
async function testOne(id: string): Promise<void> {
  const config = readSettings();
  const record = await openRecordFor(config);
  try {
    const { store } = record;
    const tls = await readMllpTls(config.MLLP_TLS_CERT_FILE, config.MLLP_TLS_KEY_FILE, config.MLLP_TLS_CA_FILE);
    const probe = await openProbing(config, { clock: store.clock, ...(tls && { tls }) });
    const steps = await testEndpoint(store, await directoryReader(store)(), probe, { id, actor: theLine });
    if (steps === 'absent') throw new Error(`${id}: no such connection, or nothing is sent there`);
    if (steps === 'too-soon') throw new Error(`${id} was tested just now: wait ten seconds`);
    for (const { step, state, ms, code = '', until } of steps)
      process.stdout.write(
        `${[step, state, `${ms} ms`, code, until && `until ${until}`].filter(Boolean).join('\t')}\n`,
      );
    if (probeResult(steps).code !== 'ok') process.exitCode = 1;
  } finally {
    await record.close();
  }
}

if (what === 'load' && file) await command(() => load(file));
else if (what === 'test' && file) await command(() => testOne(file));
else if (what === undefined)
  writeFileSync(new URL('../fixtures/region/directory.json', import.meta.url), `${JSON.stringify(bundle, null, 2)}\n`);
else {
  process.stderr.write(
    'npm run region | npm run region -- load <file> [--from 2027-01-01] | npm run region -- test <endpoint>\n',
  );
  process.exitCode = 2;
}
