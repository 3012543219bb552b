import { Hl7Message } from '@medplum/core';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import type { Issue } from '../../src/fhir/outcome.ts';
import { acknowledgements, conditionOf, type Outcome } from '../../src/hl7v2/ack.ts';
import { type Answer, locationOf, writeAnswer } from '../../src/hl7v2/answer.ts';
import { fromControlId, toControlId } from '../../src/hl7v2/control-id.ts';
import { parseMessage } from '../../src/hl7v2/message.ts';
import { issue, refusals } from '../../src/referral/refusal.ts';

const said = { nl: 'Dit kan niet | en dat ook niet', en: 'Not this | nor that' };

describe('which acknowledgements', () => {
  const cases: [string, string, Outcome, string[]][] = [
    ['', '', 'accepted', ['AA']],
    ['', '', 'refused', ['AE']],
    ['', '', 'rejected', ['AR']],
    ['AL', 'AL', 'accepted', ['CA', 'AA']],
    ['AL', 'AL', 'refused', ['CA', 'AE']],
    ['AL', 'AL', 'rejected', ['CR']],
    ['AL', 'NE', 'accepted', ['CA']],
    // Nobody asked for the application's no: then CA would say that all is well.
    ['AL', 'NE', 'refused', ['CE']],
    ['AL', 'SU', 'refused', ['CE']],
    ['AL', 'ER', 'accepted', ['CA']],
    ['AL', 'ER', 'refused', ['CA', 'AE']],
    ['ER', 'AL', 'accepted', ['AA']],
    ['ER', 'AL', 'refused', ['AE']],
    ['ER', 'NE', 'refused', ['CE']],
    ['ER', 'NE', 'rejected', ['CR']],
    ['NE', 'AL', 'accepted', ['AA']],
    ['NE', 'AL', 'rejected', ['AR']],
    ['SU', 'SU', 'accepted', ['CA', 'AA']],
    ['SU', 'SU', 'refused', []],
    ['NE', 'NE', 'accepted', []],
    ['AL', '', 'accepted', ['CA']],
  ];
  test.each(cases)('MSH-15 %j and MSH-16 %j, %s: %j', (acceptAck, applicationAck, outcome, codes) => {
    expect(acknowledgements({ acceptAck, applicationAck }, outcome)).toEqual(codes);
  });

  test('a refusal is silent only when the sender wants to hear no refusal at all', () => {
    const conditions = fc.constantFrom('', 'AL', 'NE', 'ER', 'SU');
    fc.assert(
      fc.property(
        conditions,
        conditions,
        fc.constantFrom<Outcome>('refused', 'rejected'),
        (accept, application, outcome) => {
          const codes = acknowledgements({ acceptAck: accept, applicationAck: application }, outcome);
          const asks =
            (accept === '' && application === '') || [accept, application].some((one) => one === 'AL' || one === 'ER');
          expect(codes.some((code) => /[ER]$/.test(code))).toBe(asks);
        },
      ),
    );
  });
});

describe('what a refusal is in table 0357', () => {
  const cases: [Issue, string, boolean][] = [
    [issue('structure', 'not-parseable', '', said), '100', true],
    [issue('structure', 'data-type', 'MSH-18', said), '102', true],
    [issue('required', 'required-reason', 'OBX', said), '101', false],
    [refusals.impossibleDate('PID-7'), '102', false],
    [refusals.bsn('PID-3'), '102', false],
    [issue('value', 'value-priority', 'RF1-2', said), '103', false],
    [issue('not-supported', 'message-type', 'MSH-9', said), '200', true],
    [issue('not-supported', 'event-code', 'MSH-9', said), '201', true],
    [issue('not-supported', 'processing-id', 'MSH-11', said), '202', true],
    [issue('not-supported', 'version-id', 'MSH-12', said), '203', true],
    [refusals.unknownPractice('MSH-4'), '204', false],
    [refusals.conflict('RF1-6'), '205', false],
    [refusals.noConsent('CON'), '207', false],
    [refusals.tooLong(''), '207', false],
    [refusals.busy(), '207', true],
    [issue('exception', 'bug', '', said), '207', false],
  ];
  test.each(cases)('%o', (one, code, rejects) => {
    expect(conditionOf(one)).toEqual({ code, rejects });
  });
});

test.each([
  ['PID-7', ['PID', '1', '7', '1']],
  ['PID-3[2].1', ['PID', '1', '3', '2', '1']],
  ['CON[2]-25', ['CON', '2', '25', '1']],
  ['PID-11.1.3', ['PID', '1', '11', '1', '1', '3']],
  ['OBX[3]', ['OBX', '3']],
  ['CON', ['CON', '1']],
  ['', []],
  ['Bundle.entry[0]', []],
])('the place %j in ERL', (path, location) => {
  expect(locationOf(path)).toEqual(location);
});

describe('an answer', () => {
  const read = (raw: string) => {
    const message = parseMessage(raw, '8859/1');
    if ('unreadable' in message) throw new Error(message.unreadable);
    return message;
  };
  const answer = (to: string | undefined, more: Partial<Answer> = {}) =>
    writeAnswer({
      ...(to && { to: read(to) }),
      controlId: 'ANTWOORD1',
      at: new Date('2026-11-23T09:00:00Z'),
      language: 'nl',
      charset: '8859/1',
      code: 'AE',
      type: ['ACK', 'I12', 'ACK'],
      text: said.nl,
      issues: [issue('value', 'impossible-date', 'PID-7', said)],
      ...more,
    });

  test('goes back to the sender, in its version and delimiters, under an id of its own', () => {
    const written = answer(
      'MSH|^_\\&|HIS|PRAKTIJK|KORTELIJN|REGIO|20261123||REF^I12|M\\T\\1|P|2.5.1||||||8859/1\rPID|1\r',
    );
    expect(written.split('\r')).toEqual([
      'MSH|^_\\&|KORTELIJN|REGIO|HIS|PRAKTIJK|20261123100000+0100||ACK^I12^ACK|ANTWOORD1|P|2.5.1||||||8859/1',
      'MSA|AE|M\\T\\1|Dit kan niet \\F\\ en dat ook niet',
      'ERR||PID^1^7^1|102^Data type error^HL70357|E|impossible-date^^99KL|||Dit kan niet \\F\\ en dat ook niet',
      '',
    ]);
    expect(Hl7Message.parse(written).getSegment('ERR')?.getComponent(2, 3)).toBe('7');
  });

  test('names no structure in MSH-9 that holds a delimiter of the sender', () => {
    const typeTo = (msh2: string) =>
      answer(`MSH|${msh2}|HIS|P|K|R|20261123||REF^I12|M1|P|2.5\r`, { type: ['RRI', 'I12', 'RRI_I12'] }).split('|')[8];
    expect(typeTo('^~\\&')).toBe('RRI^I12^RRI_I12');
    expect(typeTo('^_\\&')).toBe('RRI^I12');
  });

  test('before 2.5 the place and the condition stand in ERR-1, and the condition in MSA-6', () => {
    const [, msa, err] = answer('MSH|^~\\&|HIS|P|K|R|20261123||REF^I12|M1|P|2.4\r').split('\r');
    expect(msa).toBe('MSA|AE|M1|Dit kan niet \\F\\ en dat ook niet|||102^Data type error^HL70357');
    expect(err).toMatch(/^ERR\|PID\^1\^7\^102&Data type error&HL70357\|PID\^1\^7\^1\|/);
  });

  test('to what could not be read it is a whole message too', () => {
    const written = answer(undefined, { code: 'AR', type: ['ACK'], issues: [] });
    expect(written.split('\r').slice(0, 2)).toEqual([
      'MSH|^~\\&|KORTELIJN||||20261123100000+0100||ACK|ANTWOORD1|P|2.5||||||8859/1',
      'MSA|AR||Dit kan niet \\F\\ en dat ook niet',
    ]);
  });

  test('a sender without all delimiters is answered in the usual ones', () => {
    const written = answer('MSH|^~|HIS|P|K|R|20261123||REF^I12|M1|P|2.5\r', { issues: [] });
    expect(written).toMatch(/^MSH\|\^~\\&\|KORTELIJN\|/);
    expect(written).toContain('MSA|AE|M1|Dit kan niet \\F\\ en');
  });
});

describe('control ids', () => {
  test('twenty characters, and back', () => {
    const ids = Array.from({ length: 500 }, () => v7());
    const control = ids.map(toControlId);
    expect(new Set(control).size).toBe(ids.length);
    for (const one of control) expect(one).toMatch(/^[0-9A-Za-z]{20}$/);
    expect(control.map(fromControlId)).toEqual(ids);
  });

  test.each([
    '00000000-0000-7000-8000-000000000000',
    '00000000-0000-7000-8000-000000000001',
    '1fffffff-ffff-7fff-bfff-ffffffffffff',
  ])('%s', (id) => expect(fromControlId(toControlId(id))).toBe(id));

  test('what is none of ours is nobody', () => {
    expect(fromControlId('MSG0001')).toBeUndefined();
    expect(fromControlId('AAAAAAAAAA AAAAAAAAA')).toBeUndefined();
    expect(() => toControlId('6f1d5e58-1c2b-4c3d-9e8f-001122334455')).toThrow();
  });
});
