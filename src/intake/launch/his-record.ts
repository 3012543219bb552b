import type { Resource } from '@medplum/fhirtypes';
import { identifiers } from '../../fhir/systems.ts';
import { askMs, jsonOf } from '../../identity/smart-server.ts';
import type { Ask } from '../../referral/ask.ts';
import type { Directory, Role } from '../../referral/directory/directory.ts';
import type { Patient } from '../../referral/referral.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { icpcOf, resourcesIn } from '../../referral/social-icpc.ts';
import { contextPatient } from '../refer/context.ts';

/** A practice's own FHIR server, R4 or STU3, with a token for it where there is one. */
export interface HisRecord {
  readonly base: string;
  readonly token?: string | undefined;
}

/** No answer, or none of a working server. */
export class HisUnreachable extends Error {}

const logicalId = /^[A-Za-z0-9\-.]{1,64}$/;

/** One read or search; undefined when the server has it not, or not for us. Throws HisUnreachable. */
async function get(ask: Ask, { base, token }: HisRecord, path: string): Promise<Record<string, unknown> | undefined> {
  const headers = { accept: 'application/fhir+json', ...(token && { authorization: `Bearer ${token}` }) };
  const url = `${base}/${path}`;
  const answer = await ask({ method: 'GET', url, headers, signal: AbortSignal.timeout(askMs) }).catch(() => undefined);
  if (!answer || answer.status >= 500 || answer.status === 429) throw new HisUnreachable();
  return jsonOf(answer);
}

/** The parts of a Patient that we read, which STU3 and R4 write alike: what else its server writes is not ours to judge. */
const patientParts = [
  ...['resourceType', 'id', 'meta', 'identifier', 'name', 'birthDate', 'gender', '_gender', 'telecom', 'address'],
  ...['deceasedBoolean', 'deceasedDateTime'],
];

/** The patient of a launch as our refer page needs them; undefined when that server has no such patient. */
export async function readPatient(
  ask: Ask,
  record: HisRecord,
  id: string,
  day: string,
): Promise<Patient | Refusal | undefined> {
  const found = logicalId.test(id) ? await get(ask, record, `Patient/${id}`) : undefined;
  if (found?.resourceType !== 'Patient') return undefined;
  const parts = Object.fromEntries(Object.entries(found).filter(([name]) => patientParts.includes(name)));
  const patient = contextPatient(parts as unknown as Resource, day);
  if (isRefusal(patient) || patient.localId) return patient;
  // Without a number of its own the record still knows it by this one.
  return { ...patient, localId: { system: `${record.base}/Patient`, value: id } };
}

/** ICPC codes of the patient's problems and episodes, each once; none when that server does not tell them. */
export async function readIcpc(ask: Ask, record: HisRecord, id: string): Promise<string[]> {
  const query = `Condition?patient=${encodeURIComponent(id)}&_count=100`;
  const found = await get(ask, record, query).catch(() => undefined);
  return [...new Set(resourcesIn(found).flatMap((one) => icpcOf(one) ?? []))].slice(0, 20);
}

type Numbered = { readonly system?: unknown; readonly value?: unknown };
const agbSystems: readonly string[] = [identifiers.agb, identifiers.agbOid];

/** AGB and BIG numbers by which a person is known in more than one place; a local login name is not one. */
function numbersOf(resource: Record<string, unknown> | undefined): Numbered[] {
  return Array.isArray(resource?.identifier) ? resource.identifier.filter((one) => typeof one === 'object' && one) : [];
}

function isSame(one: Numbered, other: { readonly system: string; readonly value: string }): boolean {
  const bothAgb = agbSystems.includes(String(one.system)) && agbSystems.includes(other.system);
  return one.value === other.value && (bothAgb || one.system === other.system);
}

/** Someone of this practice by a number that the directory has too; undefined when nobody is. */
export function roleByNumbers(directory: Directory, practice: string, numbers: readonly Numbered[]): Role | undefined {
  return [...directory.roles.values()].find(
    (role) =>
      role.organization === practice &&
      role.numbers?.some((known) => numbers.some((one) => isSame(one, known))) === true,
  );
}

/**
 * Who launched (`Practitioner/x` or `PractitionerRole/x`, relative or at this base), as the directory knows them in this
 * practice; undefined when it does not. Throws HisUnreachable.
 */
export async function readUser(
  ask: Ask,
  record: HisRecord,
  reference: string,
  among: { readonly directory: Directory; readonly practice: string },
): Promise<Role | undefined> {
  const relative = reference.startsWith(`${record.base}/`) ? reference.slice(record.base.length + 1) : reference;
  const [, type, id] = /^(Practitioner|PractitionerRole)\/([A-Za-z0-9\-.]{1,64})$/.exec(relative) ?? [];
  if (!type || !id) return undefined;
  const first = await get(ask, record, `${type}/${id}`);
  const person = (first?.practitioner as { reference?: unknown } | undefined)?.reference;
  const [, other] = /^(?:.*\/)?Practitioner\/([A-Za-z0-9\-.]{1,64})$/.exec(String(person ?? '')) ?? [];
  const second = type === 'PractitionerRole' && other ? await get(ask, record, `Practitioner/${other}`) : undefined;
  return roleByNumbers(among.directory, among.practice, [...numbersOf(first), ...numbersOf(second)]);
}
