import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Communication } from '@medplum/fhirtypes';
import { ownSystems } from './fhir-patient.ts';
import { faultsOf } from './filing.ts';
import { acknowledgement, type Hl7Message, letterOf, readHl7 } from './mllp-message.ts';
import type { Records } from './record.ts';
import { mllpSide, type Switches } from './switches.ts';

export interface MllpDoorParts {
  readonly port: number;
  readonly host: string;
  readonly practices: ReadonlyMap<string, Records>;
  readonly switches: Switches;
  readonly now: () => Date;
  /** Called after a letter is durable and before the answer. */
  readonly onEffect: (communication: Communication & { id: string }, practice: string) => void | Promise<void>;
}

const messageBytesMax = 10_000_000;

/** Whether PID-3 names another patient than the referral in OBR-2 does; a message without our own number says nothing. */
function namesAnother(letter: Communication, records: Records): boolean {
  const own = ownSystems(records.practice.id).patient;
  const patient = letter.contained?.[0];
  const named =
    patient?.resourceType === 'Patient' ? patient.identifier?.find((one) => one.system === own)?.value : undefined;
  const { system = '', value = '' } = letter.basedOn?.[0]?.identifier ?? {};
  const referral = records.referralBy(system, value);
  return named !== undefined && referral !== undefined && referral.patientId !== named;
}

/** Takes one letter in, once per control id; gives what is answered, or undefined when nothing is. */
async function take(parts: MllpDoorParts, message: Hl7Message, socket: Socket): Promise<Buffer | undefined> {
  const answer = (code: 'AA' | 'AE' | 'AR') => acknowledgement(message, code, `A${Date.now()}`);
  // One port for all practices: the receiving facility says which one is meant.
  const records = parts.practices.get(message.value('MSH', 6));
  if (!records?.practice.hl7) return answer('AR');
  const practice = records.practice.id;
  records.requests += 1;
  const decided = parts.switches.decide(mllpSide(practice), true);
  if (decided.mode === 'down' || decided.mode === 'refuse') {
    socket.destroy();
    return undefined;
  }
  if (decided.mode === 'error-before' || decided.mode === 'rate-limit') return answer('AR');
  if (decided.mode === 'reject') return answer('AE');
  if (decided.mode === 'slow') await wait(decided.delayMs, undefined, { ref: false });
  const letter = letterOf(message);
  if (!letter || faultsOf(letter, records.fhirPatient).length > 0) return answer('AE');
  const { system = '', value = '' } = letter.identifier?.[0] ?? {};
  if (!decided.deduplicates || records.lettersBy(system, value).length === 0) {
    const isOther = namesAnother(letter, records);
    const { communication } = await records.takeIn(letter, {
      id: randomUUID(),
      now: parts.now(),
      files: decided.files && !isOther,
      ...(isOther && { why: 'Het patiëntnummer hoort bij een andere patiënt dan de verwijzing.' }),
    });
    await parts.onEffect(communication, practice);
  }
  if (decided.mode === 'hang-after') return undefined;
  return answer(decided.mode === 'error-after' ? 'AR' : 'AA');
}

/** The HL7 v2 side of the HIS: letters over MLLP, one at a time per connection. Rejects when the port is taken. */
export async function openMllpDoor(parts: MllpDoorParts): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  // One letter at a time: a copy that comes on another connection waits for the first to be stored.
  let before: Promise<unknown> = Promise.resolve();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let kept = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]);
      if (kept.length > messageBytesMax) return socket.destroy();
      for (let end = kept.indexOf(0x1c); end >= 0; end = kept.indexOf(0x1c)) {
        const message = readHl7(kept.subarray(kept.indexOf(0x0b) + 1, end));
        kept = kept.subarray(end + 1);
        if (!message) return socket.destroy();
        before = before
          .then(() => take(parts, message, socket))
          .then((answer) => answer && socket.write(answer))
          .catch((error: unknown) => {
            // The class of the error only: its text may hold what the letter says.
            console.error(`his: ${error instanceof Error ? error.name : 'unknown error'}`);
            socket.destroy();
          });
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parts.port, parts.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
