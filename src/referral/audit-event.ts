import type { AuditEvent, Coding } from '@medplum/fhirtypes';
import { codeSystems, identifiers } from '../fhir/systems.ts';
import type { AuditLine } from './change.ts';

/** A line of the trail as it is kept, with what the record knows of it. */
export interface TrailLine {
  readonly id: string;
  /** Its place in the chain; null when it is not sealed yet. */
  readonly seq: number | null;
  /** ISO 8601, when it was committed. */
  readonly recorded: string;
  readonly practice: string | null;
  readonly journey: string | null;
  /** The number of the journey that people read aloud. */
  readonly number: string | null;
  readonly line: AuditLine;
}

const signing = /^(sign-(in|out)|token-(issued|refused))$/;
/** Access was refused, or taken in need: an alert of security (DCM 110113). */
const alerting = /^(access-refused|break-glass)$/;
const reference = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;
const outcomes = { ok: '0', refused: '4', failed: '8' } as const;
/** Actors whose id is that of a PractitionerRole in the directory. */
const people = new Set(['wally', 'team-lead', 'practice']);

function typeOf({ line, journey }: TrailLine): Coding {
  if (signing.test(line.event)) return { system: codeSystems.dicom, code: '110114', display: 'User Authentication' };
  if (alerting.test(line.event)) return { system: codeSystems.dicom, code: '110113', display: 'Security Alert' };
  if (line.event === 'resource-read')
    return { system: codeSystems.auditEventType, code: 'rest', display: 'RESTful Operation' };
  return journey
    ? { system: codeSystems.dicom, code: '110110', display: 'Patient Record' }
    : { system: codeSystems.dicom, code: '110100', display: 'Application Activity' };
}

function agentsOf({ line: { actor } }: TrailLine): AuditEvent['agent'] {
  const isPerson = people.has(actor.role) && reference.test(`PractitionerRole/${actor.id}`);
  const organization = actor.organization && reference.test(`Organization/${actor.organization}`);
  return [
    {
      role: [{ coding: [{ system: codeSystems.role, code: actor.role }] }],
      who: isPerson ? { reference: `PractitionerRole/${actor.id}` } : { identifier: { value: actor.id } },
      requestor: true,
    },
    ...(organization ? [{ who: { reference: `Organization/${actor.organization}` }, requestor: false }] : []),
    ...(actor.via ? [{ who: { identifier: { value: actor.via } }, requestor: false }] : []),
  ];
}

function entitiesOf({ line, number, practice }: TrailLine): NonNullable<AuditEvent['entity']> {
  const { object, request } = line;
  const about = object && (reference.test(object) ? { what: { reference: object } } : { name: object });
  return [
    ...(about ? [about] : []),
    ...(number ? [{ what: { identifier: { system: identifiers.journeyNumber, value: number } } }] : []),
    ...(practice ? [{ what: { reference: `Organization/${practice}` } }] : []),
    ...(request ? [{ what: { identifier: { value: request } }, name: 'request' }] : []),
  ];
}

/** A line of the trail as a FHIR R4 AuditEvent (base R4, for NEN 7513 exchange). No content: the line has none. */
export function toAuditEvent(trail: TrailLine): AuditEvent {
  const { line } = trail;
  const entity = entitiesOf(trail);
  return {
    resourceType: 'AuditEvent',
    id: trail.id,
    type: typeOf(trail),
    subtype: [{ system: codeSystems.auditEvent, code: line.event }],
    action: line.action,
    recorded: trail.recorded,
    outcome: outcomes[line.outcome],
    ...((line.code || line.reason) && { outcomeDesc: [line.code, line.reason].filter(Boolean).join(': ') }),
    purposeOfEvent: [{ coding: [{ system: codeSystems.actReason, code: line.purpose }] }],
    agent: agentsOf(trail),
    source: { observer: { display: 'Kortelijn' } },
    ...(entity.length > 0 && { entity }),
  };
}

/** The columns of a trail in CSV (RFC 4180). */
export const trailColumns = [
  'seq',
  'recorded',
  'event',
  'action',
  'outcome',
  'code',
  'actor',
  'role',
  'organization',
  'purpose',
  'practice',
  'number',
  'object',
  'request',
] as const;

/** A cell that no spreadsheet takes for a formula, quoted where RFC 4180 wants it. */
export function csvCell(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** A line of the trail as a row of CSV, its columns in the order of `trailColumns`. */
export function toTrailRow(trail: TrailLine): string {
  const { line } = trail;
  const { actor } = line;
  const cells: Record<(typeof trailColumns)[number], string | number | null | undefined> = {
    seq: trail.seq,
    recorded: trail.recorded,
    event: line.event,
    action: line.action,
    outcome: line.outcome,
    code: line.code,
    actor: actor.id,
    role: actor.role,
    organization: actor.organization,
    purpose: line.purpose,
    practice: trail.practice,
    number: trail.number,
    object: line.object,
    request: line.request,
  };
  return trailColumns.map((name) => csvCell(cells[name])).join(',');
}
