import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { accept } from '../../src/feedback/moves.ts';
import { report } from '../../src/feedback/report.ts';
import type { Actor } from '../../src/referral/actor.ts';
import type { Change } from '../../src/referral/change.ts';
import type { Directory } from '../../src/referral/directory/directory.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { type Answer, receive } from '../../src/referral/receive.ts';
import { type Referral, referralHash } from '../../src/referral/referral.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { readJourney } from '../../src/store/referrals.ts';
import type { Store } from '../../src/store/store.ts';

/** Strings that stand nowhere but in a referral: none of them may be found outside its sealed content. */
export const canaries = {
  family: 'Kanariegeel-Zoekmij',
  given: 'Quirijntje',
  bsn: '999990019',
  birthDate: '1951-04-12',
  street: 'Zeldzamestraat',
  postcode: '8299 ZQ',
  phone: '06-00777333',
  email: 'quirijntje@vindbaar.example',
  reason: 'Hoort stemmen uit de regenpijp sinds het xylofoonconcert',
  question: 'Waarom zwijgt mijn papegaai',
  contactPerson: 'Ursula Onvindbaar',
  letter: 'Mevrouw gaat vanaf nu wekelijks naar de xylofoonclub',
} as const;

/** The referral that tests vary on: a person nobody is, with a BSN nobody has. */
export function referralOf(number: string, change: Partial<Referral> = {}): Referral {
  return {
    practiceReferralId: { system: 'http://de-brink.his.example/referral', value: number },
    authoredOn: '2026-11-23T09:00:00+01:00',
    priority: 'routine',
    requester: { name: 'M. van Leeuwen', agb: '01990111' },
    patient: {
      bsn: canaries.bsn,
      name: { family: canaries.family, given: canaries.given, text: `${canaries.given} ${canaries.family}` },
      birthDate: canaries.birthDate,
      phones: [canaries.phone],
      email: canaries.email,
      address: { street: canaries.street, houseNumber: '12', postcode: canaries.postcode, city: 'Voorbeelddorp' },
    },
    reason: canaries.reason,
    residentQuestion: canaries.question,
    lifeAreas: ['loneliness', 'meaning'],
    reasonCodes: [],
    consent: { by: 'resident', how: 'spoken', on: '2026-11-23', medicalCodes: false, feedback: 'content' },
    contactPerson: { name: canaries.contactPerson, phone: '06-00777444', relation: 'buurvrouw' },
    notes: [],
    ...change,
  };
}

/** The same of a child or young person, of whom who may consent did. */
export function young(birthDate: string, by: Referral['consent']['by'] = 'resident-and-parents'): Partial<Referral> {
  const { patient, consent } = referralOf('young');
  return { patient: { ...patient, birthDate }, consent: { ...consent, by } };
}

export interface Came {
  readonly practice?: string;
  readonly number: string;
  readonly controlId?: string;
  readonly referral?: Partial<Referral>;
  readonly undoMs?: number;
}

/** What a door decides on a message with this number: a Change to commit, and the answer. Throws when it is refused. */
export function received(store: Store, directory: Directory, came: Came): { change: Change; answer: Answer } {
  const { practice = 'de-brink', number, controlId = `control-${number}`, undoMs = 0 } = came;
  const referral = referralOf(number, came.referral);
  const decided = receive(
    {
      practice,
      actor: { id: `his-${practice}`, name: 'HIS', role: 'practice-system', organization: practice },
      referral,
      losses: [],
      places: { consentBy: '', consentOn: '', practice: '', birthDate: '', number: '' },
      arrival: {
        application: `his-${practice}`,
        controlId,
        messageType: 'Bundle',
        intent: 'refer',
        door: 'fhir',
        hash: createHash('sha256').update(referralHash(referral)).digest(),
      },
      source: { contentType: 'application/json', base64: Buffer.from(JSON.stringify(referral)).toString('base64') },
      undoMs,
    },
    { directory, now: store.clock(), newId: store.newId },
  );
  return notRefused(decided);
}

/** The value, or a failure of the test that names why it was refused. */
export function notRefused<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Error(`refused: ${value.refused.map((one) => one.reason).join(' ')}`);
  return value;
}

/** Its worklist has it: from here on its Wally and their systems see it (decision 12). */
export async function delivered(store: Store, id: string): Promise<void> {
  const { index, practice } = await journeyOf(store, id);
  const { taskId, assignment, owner } = index;
  const seen = { taskId, assignment, owner, at: store.clock().toISOString() };
  await committed(store, { scope: { practice }, journey: id, visible: [seen], audit: [] });
}

export async function committed(store: Store, change: Change): Promise<void> {
  const done = await store.commit(change);
  if (!done.ok) throw new Error(`not committed: ${done.why}`);
}

/** Takes a referral in, as a door does; gives its journey. */
export async function takeIn(store: Store, came: Came): Promise<string> {
  const { change, answer } = received(store, await directoryReader(store)(), came);
  await committed(store, change);
  return answer.journey;
}

export async function journeyOf(store: Store, id: string): Promise<Journey> {
  const journey = await readJourney(store, { kind: 'line' }, id);
  if (!journey) throw new Error('no such journey');
  return journey;
}

/** The Wally who owns it, as the one who acts. */
export function ownerOf(journey: Journey): Actor {
  return { id: journey.index.owner ?? '', name: 'Wally', role: 'wally', organization: journey.index.team };
}

/** The owner accepts and reports back for good; gives the id of the Communication. */
export async function reportBack(store: Store, id: string, firstLine: string = canaries.letter): Promise<string> {
  const directory = await directoryReader(store)();
  const acting = (journey: Journey) => ({ actor: ownerOf(journey), now: store.clock(), newId: store.newId, directory });
  let journey = await journeyOf(store, id);
  if (journey.task.resource.status !== 'accepted') await committed(store, notRefused(accept(journey, acting(journey))));
  journey = await journeyOf(store, id);
  const answer = {
    final: true,
    contact: 'made' as const,
    contactOn: '2026-11-23',
    firstLine,
    outcomes: [{ lifeArea: 'loneliness', outcome: 'led-on' as const }],
    residentAgreed: true,
  };
  const change = notRefused(report(journey, answer, acting(journey)));
  await committed(store, change);
  const letter = change.resources?.find(({ resource }) => resource.resourceType === 'Communication');
  return letter?.resource.id ?? '';
}

/** Asks again and again until it is so; fails loudly with what was last seen when it takes too long. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
