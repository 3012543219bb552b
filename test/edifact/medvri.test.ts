import { describe, expect, test } from 'vitest';
import { localMoment, readDay, readMinute } from '../../src/edifact/date.ts';
import { readInterchange } from '../../src/edifact/interchange.ts';
import { type Medvri, type NoMedvri, readMedvri } from '../../src/edifact/medvri.ts';

/** A message between UNH and UNT, as a Dutch mailbox brings it. */
function found(segments: readonly string[], head = 'MEDVRI:1'): Medvri | NoMedvri {
  const all = [
    "UNB+UNOA:1+500000001+500000002+261123:0905+REF1'",
    `UNH+REF1+${head}'`,
    ...segments.map((one) => `${one}'`),
    `UNT+${segments.length + 2}+REF1'`,
    "UNZ+1+REF1'",
  ];
  const interchange = readInterchange(Buffer.from(all.join('\r'), 'latin1'));
  if ('unreadable' in interchange) throw new Error(`${interchange.unreadable} at ${interchange.tag}`);
  const [message] = interchange.messages;
  if (!message) throw new Error('no message');
  return readMedvri(interchange, message);
}

function read(segments: readonly string[]): Medvri {
  const one = found(segments);
  if ('unreadable' in one) throw new Error(`${one.unreadable} at ${one.path}`);
  return one;
}

const usual = [
  'GGA+H. de Boer+Praktijk+Huisartsenpraktijk De Brink+Brink:12::Deventer:7411BR+?+31570123456',
  'DET+26:11:23+09:05',
  "PID+1980:02:29+V+Berg:van ?'t:Jansen:de:Anna:A.++BSN123456782",
  'PAD+Lange straat:43b::Deventer:7411AB+0612345678',
  'TXT:1+Verwijzing naar Wally',
  'TXT:2+',
  'TXT:3+  - schulden ?+ stress',
  'GGO+Sanne+++Kerkplein:8::Deventer:',
];

describe('a MEDVRI', () => {
  test('says who writes to whom about whom', () => {
    const { envelope, ...rest } = read(usual);
    expect(envelope.sender).toBe('500000001');
    expect(rest).toEqual({
      reference: 'REF1',
      sender: {
        name: 'H. de Boer',
        department: 'Praktijk',
        institution: 'Huisartsenpraktijk De Brink',
        address: { street: 'Brink', houseNumber: '12', city: 'Deventer', postcode: '7411BR' },
        phone: '+31570123456',
      },
      writtenDay: '2026-11-23',
      writtenMinute: '09:05',
      writtenSaid: '26:11:23 09:05',
      patient: {
        birthDay: '1980-02-29',
        birthSaid: '1980:02:29',
        sex: 'V',
        name: {
          family: 'Berg',
          prefix: "van 't",
          birthFamily: 'Jansen',
          birthPrefix: 'de',
          given: 'Anna',
          initials: 'A.',
        },
        bsn: '123456782',
        address: { street: 'Lange straat', houseNumber: '43b', city: 'Deventer', postcode: '7411AB' },
        phone: '0612345678',
      },
      lines: [
        { text: 'Verwijzing naar Wally', path: 'TXT-1' },
        { text: '', path: 'TXT[2]-1' },
        { text: '  - schulden + stress', path: 'TXT[3]-1' },
      ],
      receiver: { name: 'Sanne', address: { street: 'Kerkplein', houseNumber: '8', city: 'Deventer' } },
      unknown: [],
      oddities: [],
    });
  });

  test('what is not there is not made up', () => {
    const { sender, patient, receiver, writtenDay, writtenSaid, lines } = read(['TXT:1+a']);
    expect([sender, patient, receiver, writtenDay, writtenSaid]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      '',
    ]);
    expect(lines).toHaveLength(1);
  });

  test('lines stay lines in the order they stand in, whatever their numbers say', () => {
    const { lines, oddities } = read(['TXT:1+een', 'TXT:3+', 'TXT:3+drie', 'TXT', 'TXT+vijf']);
    expect(lines.map((one) => one.text)).toEqual(['een', '', 'drie', '', 'vijf']);
    expect(oddities).toEqual([{ oddity: 'text-number', path: 'TXT[2]' }]);
  });

  test('in a line separators that were not released are text', () => {
    const { lines, oddities } = read(['TXT:1+tel: 0570+1 (dag) ++ :']);
    expect(lines[0]?.text).toBe('tel: 0570+1 (dag) ++ :');
    expect(oddities).toEqual([{ oddity: 'unreleased', path: 'TXT-1' }]);
  });

  test('a line that is too long is kept whole', () => {
    const { lines, oddities } = read(['TXT:1+kort', `TXT:2+${'a'.repeat(71)}`]);
    expect(lines[1]?.text).toHaveLength(71);
    expect(oddities).toEqual([{ oddity: 'long-line', path: 'TXT[2]-1' }]);
  });

  test('segments in another order, and segments that it does not have', () => {
    const { patient, unknown, oddities } = read(['PAD+Straat', 'TXT:1+a', 'PID+1980:01:01+m+X', 'ZKH+x', 'ART+y']);
    expect(patient?.address).toEqual({ street: 'Straat' });
    expect(patient?.sex).toBe('M');
    expect(unknown.map((one) => one.tag)).toEqual(['ZKH', 'ART']);
    expect(oddities).toEqual([{ oddity: 'segment-order', path: 'PID' }]);
  });

  test('an address of nobody is not read', () => {
    const { patient, unknown } = read(['PAD+Straat', 'TXT:1+a']);
    expect(patient).toBeUndefined();
    expect(unknown.map((one) => one.tag)).toEqual(['PAD']);
  });

  test.each([
    ['++BSN123456782', { bsn: '123456782' }, []],
    ['++bsn 123456782', { bsn: '123456782' }, []],
    ['++BSN23456787', { bsn: '023456787' }, []],
    ['+BSN123456782', { bsn: '123456782' }, ['bsn-place']],
    ['+BSN123456782+BSN123456782', { bsn: '123456782' }, ['bsn-place']],
    ['+4711+BSN123456782', { senderReference: '4711', bsn: '123456782' }, []],
    ['++123456782', { receiverReference: '123456782' }, []],
    ['++BSN000000000', {}, []],
    ['++BSN', {}, []],
    ['++BSN12345', { bsn: '12345' }, []],
    ['', {}, []],
  ])('the references %j say %j', (references, said, odd) => {
    const { patient, oddities } = read([`PID+1980:01:01+M+X${references}`, 'TXT:1+a']);
    const { birthDay, birthSaid, sex, name, ...rest } = patient ?? { name: {} };
    expect(rest).toEqual(said);
    expect(oddities.map((one) => one.oddity)).toEqual(odd.length > 0 ? odd : []);
  });

  test.each([
    ['0000:01:01', undefined],
    ['1980:00:00', undefined],
    ['1981:02:29', undefined],
    ['80:01:01', undefined],
    ['19800101', '1980-01-01'],
    ['1980', undefined],
    ['', undefined],
  ])('a birth date %j is %j', (said, day) => {
    const { patient } = read([`PID+${said}+M+X`, 'TXT:1+a']);
    expect([patient?.birthSaid, patient?.birthDay]).toEqual([said, day]);
  });

  test.each([
    ['another message', ['TXT:1+a'], 'MEDLAB:1', 'message-type', 'UNH-2.1'],
    ['another version', ['TXT:1+a'], 'MEDVRI:2', 'message-version', 'UNH-2.2'],
    ['two patients', ['PID+1980:01:01+M+X', 'PID+1990:01:01+V+Y', 'TXT:1+a'], undefined, 'repeated', 'PID[2]'],
    ['two senders', ['GGA+X', 'GGA+Y', 'TXT:1+a'], undefined, 'repeated', 'GGA[2]'],
    ['two BSNs', ['PID+1980:01:01+M+X+BSN123456782+BSN111222333'], undefined, 'two-bsns', 'PID-5'],
    ['a separator in a name', ['PID+1980:01:01+M+X:+Y+4711+BSN111222333+Z'], undefined, 'surplus', 'PID-6'],
    ['a name of seven parts', ['PID+1980:01:01+M+A:B:C:D:E:F:G'], undefined, 'surplus', 'PID-3'],
    ['a practice with a separator', ['GGA+Jansen + Zn+a+b+Straat:1::X+06'], undefined, 'surplus', 'GGA-6'],
  ])('%s is refused', (_, segments, head, unreadable, path) => {
    expect(found(segments, head)).toEqual({ unreadable, path });
  });
});

describe('days and minutes', () => {
  test.each([
    [['26', '02', '28'], '2026-02-28'],
    [['26', '02', '30'], undefined],
    [['261123'], '2026-11-23'],
    [['20261123'], '2026-11-23'],
    [['1799', '12', '31'], undefined],
    [['2', '1', '3'], undefined],
    [[''], undefined],
  ])('%j is the day %j', (parts, day) => {
    expect(readDay(...parts)).toBe(day);
  });

  test.each([
    [['09', '05'], '09:05'],
    [['2359'], '23:59'],
    [['24', '00'], undefined],
    [['09', '60'], undefined],
    [['9', '5'], undefined],
  ])('%j is the minute %j', (parts, minute) => {
    expect(readMinute(...parts)).toBe(minute);
  });

  test('a moment is on the Dutch clock, in summer and winter', () => {
    expect(localMoment(new Date('2026-11-22T23:30:00Z'))).toEqual({ day: '2026-11-23', minute: '00:30' });
    expect(localMoment(new Date('2026-07-01T21:59:00Z'))).toEqual({ day: '2026-07-01', minute: '23:59' });
  });
});
