import type { Communication, Patient as FhirPatient, Identifier } from '@medplum/fhirtypes';
import { identifiers } from '../src/fhir/systems.ts';

/** One HL7 v2 message as this HIS reads it: enough for a letter, and no more. */
export interface Hl7Message {
  /** Every segment of a name, in order. */
  all(name: string): readonly (readonly string[])[];
  /** A component of a field of the first such segment, unescaped; empty when it is not there. */
  value(name: string, field: number, component?: number): string;
  plain(text: string): string;
  readonly component: string;
  readonly repetition: string;
}

/** Takes a message apart by the delimiters that it names; undefined when it is none. */
export function readHl7(bytes: Buffer): Hl7Message | undefined {
  const header = bytes.toString('latin1').split('\r', 1)[0] ?? '';
  const mark = header[3] ?? '';
  const [component = '', repetition = '', escaping = '', subcomponent = ''] = header.slice(4, 8);
  if (!header.startsWith('MSH') || !component) return undefined;
  const isUtf8 = (header.split(mark)[17] ?? '').startsWith('UNICODE');
  const segments = bytes
    .toString(isUtf8 ? 'utf8' : 'latin1')
    .split('\r')
    .filter(Boolean)
    .map((line) => {
      const fields = line.split(mark);
      return fields[0] === 'MSH' ? ['MSH', mark, ...fields.slice(1)] : fields;
    });
  const said: Record<string, string> = { F: mark, S: component, T: subcomponent, R: repetition, E: escaping };
  const plain = (text: string) =>
    text
      .split(escaping)
      .map((part, nth) => (nth % 2 === 1 ? (said[part] ?? (part === '.br' ? '\n' : '')) : part))
      .join('');
  const all = (name: string) => segments.filter((one) => one[0] === name);
  return {
    all,
    plain,
    component,
    repetition,
    value: (name, field, part = 1) =>
      plain((all(name)[0]?.[field] ?? '').split(repetition)[0]?.split(component)[part - 1] ?? ''),
  };
}

/** The system of an assigning authority: namespace, universal id, its type. */
function systemOf(namespace: string, id: string, type: string): string {
  if (type === 'ISO') return `urn:oid:${id}`;
  return id || `${identifiers.hl7v2Authority}${encodeURIComponent(namespace)}`;
}

const instant = (text: string) =>
  text.replace(
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?([+-]\d\d)?(\d\d)?$/,
    (_all, y, mo, d, h, mi, s = '00', zh, zm) =>
      zh ? `${y}-${mo}-${d}T${h}:${mi}:${s}${zh}:${zm ?? '00'}` : `${y}-${mo}-${d}T${h}:${mi}:${s}Z`,
  );

/** A letter as ORU^R01 in the shape in which this HIS keeps letters; undefined for another kind of message. */
export function letterOf(message: Hl7Message): Communication | undefined {
  const { value, plain, component: by } = message;
  if (value('MSH', 9) !== 'ORU' || value('MSH', 9, 2) !== 'R01') return undefined;
  const patientIds = (message.all('PID')[0]?.[3] ?? '').split(message.repetition).flatMap((one): Identifier[] => {
    const [id = '', , , authority = ''] = one.split(by);
    const subcomponent = message.all('MSH')[0]?.[2]?.[3] ?? '&';
    const [namespace = '', universalId = '', type = ''] = authority.split(subcomponent).map(plain);
    return id ? [{ system: systemOf(namespace, universalId, type), value: plain(id) }] : [];
  });
  const birth = /^(\d{4})(\d\d)(\d\d)/.exec(value('PID', 7))?.slice(1, 4).join('-');
  const patient: FhirPatient = {
    resourceType: 'Patient',
    id: 'patient',
    ...(patientIds.length > 0 && { identifier: patientIds }),
    ...(value('PID', 5) && { name: [{ family: value('PID', 5) }] }),
    ...(birth && { birthDate: birth }),
  };
  const observations = message.all('OBX');
  const lines = observations.filter((one) => one[2] === 'TX').map((one) => plain(one[5] ?? '').trimEnd());
  const files = observations
    .filter((one) => one[2] === 'ED')
    .map((one) => (one[5] ?? '').split(by))
    .map(([, type = '', subtype = '', , data = '']) => ({
      contentAttachment: { contentType: `${type}/${subtype}`, title: 'Brief van de Wally.pdf', data },
    }));
  const author = plain((observations[0]?.[16] ?? '').split(by)[1] ?? '');
  const sent = instant(value('OBR', 22));
  return {
    resourceType: 'Communication',
    status: 'in-progress',
    identifier: [{ system: 'urn:hl7v2:control-id', value: value('MSH', 10) }],
    basedOn: [
      {
        identifier: {
          system: systemOf(value('OBR', 2, 2), value('OBR', 2, 3), value('OBR', 2, 4)),
          value: value('OBR', 2),
        },
      },
    ],
    contained: [patient],
    subject: { reference: '#patient' },
    ...(sent && { sent }),
    ...(author && { sender: { display: author } }),
    payload: [{ contentString: lines.join('\n') }, ...files],
  };
}

/** The acknowledgement of a message, under the letter's own control id. */
export function acknowledgement(message: Hl7Message, code: 'AA' | 'AE' | 'AR', id: string): Buffer {
  const [to, from] = [message.value('MSH', 3), message.value('MSH', 6)];
  const version = message.value('MSH', 12) || '2.5';
  const text = `MSH|^~\\&|HIS|${from}|${to}||${id}||ACK^R01^ACK|${id}|P|${version}\rMSA|${code}|${message.value('MSH', 10)}\r`;
  return Buffer.concat([Buffer.of(0x0b), Buffer.from(text, 'latin1'), Buffer.of(0x1c, 0x0d)]);
}
