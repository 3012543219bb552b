import type { Task } from '@medplum/fhirtypes';
import { expect, test } from 'vitest';
import { isAboutSame, type Names, saidByCopy } from '../../src/feedback/named-move/from-copy.ts';
import { codeSystems, extensions } from '../../src/fhir/systems.ts';

const base = 'https://kortelijn.example/fhir/R4';
const address = 'https://dossiers.example/fhir';
const names: Names = { base, address, known: new Map([['Communication/77', 'Communication/ours-1']]) };

const word = (code: string, system: string = codeSystems.businessStatus) => ({ coding: [{ system, code }] });
const output = (code: string, time: string) => ({
  type: { coding: [{ system: codeSystems.taskOutput, code }] },
  valueAnnotation: { time, text: code },
});
const offered = (reference: string) => ({ url: extensions.proposedOwner, valueReference: { reference } });
const before: Task = {
  resourceType: 'Task',
  status: 'in-progress',
  intent: 'order',
  businessStatus: word('contact-made'),
  for: { reference: 'Patient/5' },
  owner: { reference: `${base}/PractitionerRole/wally-sanne` },
  output: [output('contact', '2026-11-23T09:00:00Z')],
};
/** As we keep the same: another reference, an output more that is not there yet. */
const ours: Task = {
  ...before,
  owner: { reference: 'PractitionerRole/wally-sanne' },
  output: [output('contact', '2026-11-23T09:00:00.000Z'), output('contact-attempt', '2026-11-23T10:00:00Z')],
};
const said = (change: Partial<Task>) => saidByCopy({ ...before, ...change }, before, ours, names);

test.each<[string, Partial<Task>]>([
  ['the same', {}],
  [
    'a text, an identifier and a note of theirs',
    { text: { status: 'generated', div: '<div/>' }, identifier: [{ value: 'D-1' }], note: [{ text: 'Intern' }] },
  ],
  ['their own word for how far it is', { businessStatus: word('op de stapel', 'http://dossiers.example/fase') }],
  ['a person whom only they know', { owner: { reference: 'Practitioner/12' } }],
  ['an output that goes', { output: [] }],
  [
    'an output that names a message we took from there',
    {
      output: [
        ...(before.output ?? []),
        { type: word('feedback', codeSystems.taskOutput), valueReference: { reference: 'Communication/77' } },
      ],
    },
  ],
])('%s is no step', (_, change) => {
  expect(said(change)).toEqual({});
});

test('what can mean a step is said of ours, however they write it', () => {
  expect(said({ status: 'on-hold', statusReason: { text: 'ziek' } })).toEqual({
    status: 'on-hold',
    statusReason: { text: 'ziek' },
  });
  expect(said({ businessStatus: word('no-show') })).toEqual({ businessStatus: word('no-show') });
  expect(said({ owner: { reference: `${base}/PractitionerRole/wally-karim` } })).toEqual({
    owner: { reference: 'PractitionerRole/wally-karim' },
  });
  expect(said({ extension: [offered(`${base}/PractitionerRole/wally-karim`)] })).toEqual({
    extension: [offered('PractitionerRole/wally-karim')],
  });
  const called = output('contact-attempt', '2026-11-24T09:00:00Z');
  expect(said({ output: [...(before.output ?? []), called] })).toEqual({ output: [...(ours.output ?? []), called] });
});

test('an output that was changed is not read as a new one', () => {
  const changed = output('contact', '2026-11-22T09:00:00Z');
  // Without ours: moveFromTask refuses that one is gone.
  expect(said({ output: [changed] })).toEqual({ output: [changed] });
});

test('H3 it is about the same resident however that is written', () => {
  const about = (reference: string) => isAboutSame({ ...before, for: { reference } }, before, names);
  expect([about('Patient/5'), about(`${address}/Patient/5/_history/2`), about('Patient/6')]).toEqual([
    true,
    true,
    false,
  ]);
});
