import type { Bundle, MessageHeader, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import { describe, expect, test } from 'vitest';
import { runMapping } from '../../src/mapping/run.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { cancellationOf, mapped, received, referralOf, refusedAt } from './fhir-r4-cases.ts';
import { mapping } from './messages.ts';

const requestIn = (bundle: Bundle) =>
  bundle.entry?.find(({ resource }) => resource?.resourceType === 'ServiceRequest')?.resource as ServiceRequest;
const old = { system: 'http://de-brink.his.example/referral', value: '2026-002008' };

describe('a correction declares itself', () => {
  const first = () => received('corrected');
  const at = (bundle: Bundle) => bundle.entry?.find(({ resource }) => resource === requestIn(bundle));
  const ways: readonly (readonly [string, 'refer' | 'correct', (bundle: Bundle) => void])[] = [
    ['nothing: a referral', 'refer', () => undefined],
    ['version 1', 'refer', (bundle) => Object.assign(requestIn(bundle), { meta: { versionId: '1' } })],
    ['version 2', 'correct', (bundle) => Object.assign(requestIn(bundle), { meta: { versionId: '2' } })],
    ['version 10', 'correct', (bundle) => Object.assign(requestIn(bundle), { meta: { versionId: '10' } })],
    [
      'a version that counts nothing',
      'refer',
      (bundle) => Object.assign(requestIn(bundle), { meta: { versionId: 'a7' } }),
    ],
    [
      'an update by number',
      'correct',
      (bundle) => Object.assign(at(bundle) ?? {}, { request: { method: 'PUT', url: 'ServiceRequest?identifier=x' } }),
    ],
    ['replaces', 'correct', (bundle) => Object.assign(requestIn(bundle), { replaces: [{ identifier: old }] })],
  ];
  test.each(ways)('%s: %s', (_, intent, change) => {
    const bundle = first();
    change(bundle);
    expect(referralOf(bundle).intent).toBe(intent);
  });

  test('replaces names the old number: by identifier, or the request in the same message', () => {
    expect(referralOf(received('replaced', '0-received-2')).replaces?.value).toBe('2026-002009');
    const bundle = received('replaced', '0-received-2');
    const request = requestIn(bundle);
    const before: ServiceRequest = { ...request, status: 'revoked', identifier: [old] };
    delete before.replaces;
    request.replaces = [{ reference: 'urn:uuid:old' }];
    bundle.entry?.unshift({
      fullUrl: 'urn:uuid:old',
      resource: before,
      request: { method: 'POST', url: 'ServiceRequest' },
    });
    expect(referralOf(bundle)).toMatchObject({ intent: 'correct', replaces: old });
  });

  test('or what the practice sent before, as we know it', () => {
    const bundle = received('replaced', '0-received-2');
    const url = 'ServiceRequest/01900000-0000-7000-8000-000000000001';
    requestIn(bundle).replaces = [{ reference: url }];
    const stored = { ...requestIn(received('corrected')), identifier: [old] } as Resource;
    const found = runMapping(mapping, bundle, new Map([[url, stored]]));
    expect(isRefusal(found) || !('referral' in found) ? found : found.replaces).toEqual(old);
    // Which we cannot see is not guessed: two journeys for one person would come of it.
    expect(refusedAt(bundle)).toEqual([['value-replaces', 'Bundle.entry[5].resource.replaces[0]']]);
  });

  test('itself under its own number is a plain correction', () => {
    const bundle = first();
    requestIn(bundle).replaces = [{ identifier: old }];
    expect(referralOf(bundle).replaces).toBeUndefined();
  });
});

describe('a withdrawal', () => {
  test.each(['revoked', 'entered-in-error'] as const)('a ServiceRequest with status %s', (status) => {
    const bundle = received('corrected');
    Object.assign(requestIn(bundle), { status });
    expect(cancellationOf(bundle)).toMatchObject({
      number: old,
      about: { family: 'Bakker', birthDate: '1972-03-03' },
      losses: [],
    });
  });

  test('needs no consent, no reason and no practitioner: a number and a person', () => {
    const bundle = received('corrected');
    const request = requestIn(bundle);
    const [patient] = bundle.entry ?? [];
    const bare: ServiceRequest = {
      resourceType: 'ServiceRequest',
      status: 'revoked',
      intent: 'order',
      identifier: [old],
      subject: { reference: request.subject?.reference ?? '' },
    };
    bundle.entry = [
      ...(patient ? [patient] : []),
      { resource: bare, request: { method: 'POST', url: 'ServiceRequest' } },
    ];
    expect(cancellationOf(bundle).number).toEqual(old);
    Object.assign(bare, { identifier: [{ value: 'x' }] });
    expect(refusedAt(bundle)).toEqual([['required-referral-number', 'Bundle.entry[1].resource.identifier']]);
  });

  const task = (change: (one: Task) => void) => {
    const bundle = received('task-cancelled', '0-received-2');
    change(bundle.entry?.[0]?.resource as Task);
    return bundle;
  };
  test('the practice’s own Task, cancelled, with its reason; whom it is for is named', () => {
    expect(cancellationOf(received('task-cancelled', '0-received-2'))).toMatchObject({
      number: { system: old.system, value: '2026-002011' },
      about: { family: 'Brouwer', birthDate: '1957-06-06' },
      reason: 'Meneer ziet er van af',
    });
    expect(cancellationOf(task((one) => Object.assign(one, { status: 'entered-in-error' }))).intent).toBe('cancel');
  });

  test('a Task with code abort, as COW asks to stop', () => {
    const abort = { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'abort' }] };
    const asked = task((one) => {
      delete one.statusReason;
      Object.assign(one, { status: 'requested', code: abort, reasonCode: { text: 'Liever niet' } });
    });
    expect(cancellationOf(asked)).toMatchObject({ reason: 'Liever niet' });
  });

  test('a Task that names no number is refused at its focus; one that goes on is no withdrawal', () => {
    expect(refusedAt(task((one) => Object.assign(one, { focus: { display: 'de verwijzing' } })))).toEqual([
      ['required-referral-number', 'Bundle.entry[0].resource.focus.identifier'],
    ]);
    expect(refusedAt(task((one) => Object.assign(one, { status: 'in-progress' })))).toEqual([
      ['no-referral', 'Bundle.entry'],
    ]);
  });

  test('a Task beside its referral says it of that referral', () => {
    const bundle = received('gravity');
    const own = bundle.entry?.at(-1)?.resource as Task;
    expect(referralOf(bundle).intent).toBe('refer');
    Object.assign(own, { status: 'cancelled', statusReason: { text: 'Toch niet' } });
    expect(cancellationOf(bundle)).toMatchObject({ number: { value: '2026-002013' }, reason: 'Toch niet' });
  });
});

describe('what the header of a message says', () => {
  const event = (code: string, reason?: string) => {
    const bundle = received('message');
    const header = bundle.entry?.[0]?.resource as MessageHeader;
    Object.assign(header, {
      eventCoding: { system: 'urn:any', code },
      ...(reason && { reason: { coding: [{ code: reason }] } }),
    });
    return bundle;
  };
  test.each([
    ['new-order', undefined, 'refer'],
    ['order-update', undefined, 'correct'],
    ['order-cancel', undefined, 'cancel'],
    ['I12', undefined, 'refer'],
    ['I13', undefined, 'correct'],
    ['I14', undefined, 'cancel'],
    ['add-service-request', undefined, 'refer'],
    ['revoke-service-request', undefined, 'cancel'],
    ['servicerequest-request', 'new', 'refer'],
    ['servicerequest-request', 'update', 'correct'],
    ['servicerequest-request', 'delete', 'cancel'],
  ])('%s %s: %s', (code, reason, intent) => {
    const found = mapped(event(code, reason));
    expect(isRefusal(found) ? found.refused : found.intent).toBe(intent);
  });

  test('an event by its address', () => {
    const bundle = received('message');
    const header = bundle.entry?.[0]?.resource as MessageHeader;
    delete header.eventCoding;
    header.eventUri = 'https://kortelijn.example/fhir/CodeSystem/message-event#order-cancel';
    expect(cancellationOf(bundle).number.value).toBe('2026-002006');
    header.eventUri = 'urn:something';
    expect(refusedAt(bundle)).toEqual([['message-event', 'Bundle.entry[0].resource.eventUri']]);
  });
});

test('of two referrals none is chosen in silence; one that only Gravity’s focus names is taken', () => {
  const bundle = received('gravity');
  const request = requestIn(bundle);
  bundle.entry?.push({
    fullUrl: 'urn:uuid:lab',
    resource: { ...request, identifier: [{ system: 'urn:lab', value: '1' }], category: [{ text: 'Lab' }] },
    request: { method: 'POST', url: 'ServiceRequest' },
  });
  const { referral, losses } = referralOf(bundle);
  expect(referral.practiceReferralId.value).toBe('2026-002013');
  expect(losses.map((one) => one.path)).toContain(`Bundle.entry[${(bundle.entry?.length ?? 0) - 1}].resource`);
});
