import type { Communication, Patient, ServiceRequest } from '@medplum/fhirtypes';
import { type Acting, accept } from '../src/feedback/moves.ts';
import { assignTo } from '../src/feedback/reassign.ts';
import { report } from '../src/feedback/report.ts';
import type { Change } from '../src/referral/change.ts';
import type { Directory } from '../src/referral/directory/directory.ts';
import { afterWriting, type Journey, journeyFrom } from '../src/referral/journey.ts';
import { minimisePatient, minimiseRequest, type Receiver, wallySees } from '../src/referral/minimise.ts';
import type { OutboxRow } from '../src/referral/outbox-row.ts';
import { isRefusal, type Refusal } from '../src/referral/refusal.ts';
import type { Fixture, Played } from './fixture-story.ts';

/** The journey after a change, as the store would read it back. */
export function journeyAfter(before: Journey | undefined, change: Change): Journey {
  const index = change.index ?? before?.index;
  if (!index) throw new Error('a change that is no journey');
  const written = change.resources ?? [];
  const made = before
    ? afterWriting(before, written)
    : journeyFrom(change.scope.practice, change.journey ?? '', index.taskId, written);
  if (!made) throw new Error('a change that is no journey');
  return { ...made, index };
}

/** A referral that has been taken in: its journey, and what goes out because of it. */
export interface Taken {
  readonly journey: Journey;
  readonly outbox: readonly OutboxRow[];
}

/** What the change of a first message gives. */
export const taken = (change: Change): Taken => ({
  journey: journeyAfter(undefined, change),
  outbox: change.outbox ?? [],
});

/** How the consent of a journey limits its Wally. */
export function receiverOf({ consent }: Journey): Receiver {
  const details = consent.resource.provision?.code?.flatMap((one) => one.coding ?? []).map((one) => one.code);
  return wallySees(details?.includes('share-medical-codes') === true);
}

/** Patient and request of a journey, exactly as its Wally may see them. */
export function seenBy(journey: Journey): { patient: Patient; serviceRequest: ServiceRequest } {
  const receiver = receiverOf(journey);
  return {
    patient: minimisePatient(journey.patient.resource, receiver),
    serviceRequest: minimiseRequest(journey.serviceRequest.resource, receiver),
  };
}

/** What became of a referral that was taken in by any door: what the Wally sees, who is told, and what she reports. */
export function worked(
  fixture: Pick<Fixture, 'name' | 'handOver' | 'answers' | 'answeredAt'>,
  directory: Directory,
  newId: () => string,
  begun: Taken,
): Pick<Played, 'notices' | 'communications'> & { readonly delivered: object } {
  const outbox: OutboxRow[] = [...begun.outbox];
  let { journey } = begun;
  const seen = seenBy(journey);
  const move = (who: string, at: string, decide: (journey: Journey, acting: Acting) => Change | Refusal): Change => {
    const role = directory.roles.get(who);
    if (!role) throw new Error(`${fixture.name}: ${who} is not in the directory`);
    const kind = role.kind === 'team-lead' ? 'team-lead' : 'wally';
    const made = decide(journey, {
      actor: { id: who, name: role.name, role: kind, organization: role.organization },
      now: new Date(at),
      newId,
      directory,
    });
    if (isRefusal(made)) throw new Error(`${fixture.name}: ${made.refused.map((one) => one.reason).join(' ')}`);
    journey = journeyAfter(journey, made);
    outbox.push(...(made.outbox ?? []));
    return made;
  };
  const { handOver, answers, answeredAt } = fixture;
  if (handOver) move(handOver.by, handOver.at, (now, acting) => assignTo(now, handOver.to, acting));
  const communications = answers.flatMap((one, n) => {
    const owner = journey.index.owner ?? '';
    const at = answeredAt[n];
    if (!at) throw new Error(`${fixture.name}: answeredAt has no time for answer ${n + 1}`);
    if (n === 0) move(owner, at, accept);
    const { resources: made = [] } = move(owner, at, (now, acting) => report(now, one, acting));
    return made
      .map(({ resource }) => resource)
      .filter((resource): resource is Communication & { id: string } => resource.resourceType === 'Communication');
  });
  const notices = outbox
    .filter((row) => row.kind === 'notify')
    .map((row) => {
      const role = directory.roles.get(row.recipient);
      return {
        messageId: row.messageId,
        to: role?.email ?? '',
        role: role?.kind === 'team-lead' ? ('team-lead' as const) : ('wally' as const),
      };
    });
  return { delivered: { ...seen, mails: [] }, notices, communications };
}
