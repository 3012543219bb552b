import { setTimeout as pause } from 'node:timers/promises';
import type { Bundle, Patient as FhirPatient } from '@medplum/fhirtypes';
import { ownSystems } from '../../demo/fhir-patient.ts';
import type { His } from '../../demo/his.ts';
import { promisedIn } from '../../demo/kortelijn.ts';
import { type Practice, patientSchema } from '../../demo/model.ts';
import { foreignId } from '../../demo/record.ts';
import { toSystem } from '../../src/hl7v2/authority.ts';
import { openMllpClient } from '../../test/doubles/mllp.ts';
import { fhirMessages, hl7Messages } from '../bench/messages.ts';

/** What a practice knows of a referral that was acknowledged. */
export interface Acknowledged {
  readonly practice: string;
  /** Its own number, and the record of the patient it is about. */
  readonly number: string;
  readonly patientId: string;
  readonly door: 'fhir' | 'mllp';
  /** The number that the answer named. */
  readonly promised: string;
  /** How often the same bytes went over the wire. */
  readonly tries: number;
}

export interface Doors {
  readonly fhirUrl: string;
  readonly mllpPort: number;
}

/** The family name of every invented patient here begins so: nothing outside sealed content may hold it. */
export const canary = 'Meting-';
const answerMsMax = 8_000;
const againMs = 250;
const triesMax = 2_000;

interface Made {
  readonly practice: Practice;
  readonly number: string;
  readonly patientId: string;
  readonly door: 'fhir' | 'mllp';
  readonly body: Buffer;
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

/** The nth referral: over HL7 v2 when n is odd, over FHIR when it is even, in turn from each practice. */
function make(practices: readonly Practice[], n: number): { made: Made; patient: FhirPatient; system: string } {
  const fhir = must(fhirMessages(practices, n, 1)[0], 'message');
  const bundle = JSON.parse(fhir.body.toString('utf8')) as Bundle;
  const patient = must(
    bundle.entry?.map((one) => one.resource).find((one) => one?.resourceType === 'Patient') as FhirPatient | undefined,
    'patient',
  );
  const door = n % 2 === 0 ? 'fhir' : 'mllp';
  const sent = door === 'fhir' ? fhir : must(hl7Messages(practices, n, 1)[0], 'message');
  return {
    made: { ...sent, door, patientId: `p${n}` },
    patient,
    system: door === 'fhir' ? ownSystems(fhir.practice.id).referral : toSystem({ namespace: 'MEETHIS' }),
  };
}

/** The practice has the patient in its record, and knows the number it gave out. */
async function register(his: His, { made, patient, system }: ReturnType<typeof make>): Promise<void> {
  const records = his.records(made.practice.id);
  await records.patients.put(
    patientSchema.parse({ id: made.patientId, ownName: patient.name?.[0]?.family, birthDate: patient.birthDate }),
  );
  await records.referrals.put({
    id: foreignId(system, made.number),
    system,
    value: made.number,
    patientId: made.patientId,
    madeAt: new Date().toISOString(),
    state: 'registered',
  });
}

type Answer = { readonly promised: string } | 'again' | { readonly refused: string };

async function overFhir(url: string, { practice, body }: Made): Promise<Answer> {
  const answer = await fetch(`${url}/fhir/R4`, {
    method: 'POST',
    headers: { authorization: `Bearer ${practice.credential}`, 'content-type': 'application/fhir+json' },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(answerMsMax),
  });
  const text = await answer.text();
  if (answer.ok) return { promised: promisedIn(JSON.parse(text)).number ?? '' };
  return answer.status < 500 && answer.status !== 429 ? { refused: String(answer.status) } : 'again';
}

async function overMllp(port: number, { body }: Made): Promise<Answer> {
  const client = await openMllpClient(port);
  const timer = setTimeout(() => client.end(), answerMsMax);
  try {
    client.send(body.toString('utf8'));
    const answer = await client.next();
    if (answer.includes('\rMSA|AA|')) return { promised: /KL-\w{5}-\w{5}/.exec(answer)?.[0] ?? '' };
    // AE is about what the message says, and would be the same tomorrow; AR says that we could not look at it now.
    return answer.includes('\rMSA|AE|') ? { refused: 'AE' } : 'again';
  } finally {
    clearTimeout(timer);
    client.end();
  }
}

/** Sends the same bytes until they are acknowledged: that is the sender's half of the promise. */
async function repeat(doors: Doors, made: Made): Promise<{ promised: string; tries: number }> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const sending = made.door === 'fhir' ? overFhir(doors.fhirUrl, made) : overMllp(doors.mllpPort, made);
    const answer = await sending.catch(() => 'again' as const);
    if (answer !== 'again') {
      if ('refused' in answer) throw new Error(`${made.practice.id} ${made.number} was refused: ${answer.refused}`);
      return { promised: answer.promised, tries };
    }
    await pause(againMs);
  }
  throw new Error(`${made.practice.id} ${made.number} was never acknowledged`);
}

/**
 * Sends the nth referral and gives what the practice then knows of it. `twins`: two of its processes send it at the same
 * time, and both must hear the same.
 */
export async function refer(
  his: His,
  doors: Doors,
  practices: readonly Practice[],
  n: number,
  twins: boolean,
): Promise<Acknowledged> {
  const referral = make(practices, n);
  await register(his, referral);
  const { made } = referral;
  const heard = await Promise.all(Array.from({ length: twins ? 2 : 1 }, () => repeat(doors, made)));
  const promised = heard[0]?.promised ?? '';
  if (promised === '' || heard.some((one) => one.promised !== promised))
    throw new Error(`${made.practice.id} ${made.number} heard ${heard.map((one) => one.promised).join(' and ')}`);
  return {
    practice: made.practice.id,
    number: made.number,
    patientId: made.patientId,
    door: made.door,
    promised,
    tries: heard.reduce((sum, one) => sum + one.tries, 0),
  };
}
