import type { Journey } from '../../referral/journey.ts';
import { readJourney } from '../../store/referrals.ts';
import type { Store } from '../../store/store.ts';
import type { Accepted } from '../arriving.ts';

/** A resource of the journey as it now is. */
export interface Standing {
  readonly id: string;
  readonly version: number;
}

/** What of a journey an answer names: the parts that its sender sent, as they stand after the message. */
export interface Standings {
  readonly patient: Standing;
  readonly consent: Standing;
  readonly serviceRequest: Standing;
  readonly task: Standing;
  /** The question to the Wally to stop, where the work has begun. */
  readonly stop?: Standing;
}

/** What is told of a message: what became of it, also when it came again, and where the journey stands. */
export interface Told {
  readonly accepted: Accepted;
  /** Absent for a first referral: everything of it has version 1. */
  readonly standings?: Standings;
}

const standing = ({ resource, version }: { resource: { id: string }; version: number }): Standing => ({
  id: resource.id,
  version,
});

/** A resend is told what became of it the first time: never first "withdrawn", then who will call. */
function firstOutcome(accepted: Accepted, intent: string, journey: Journey): Accepted {
  if (accepted.outcome !== 'replayed') return accepted;
  const { serviceRequest, task } = journey;
  if (intent === 'cancel')
    return { ...accepted, outcome: task.resource.status === 'cancelled' ? 'cancelled' : 'stop-asked' };
  const isCorrected = serviceRequest.version > 1 || (serviceRequest.resource.replaces?.length ?? 0) > 0;
  return intent === 'correct' && isCorrected ? { ...accepted, outcome: 'corrected' } : accepted;
}

/** Looks up where a journey stands, for the answer to a message that joined it; a first referral needs no look. */
export async function tell(store: Store, practice: string, intent: string, accepted: Accepted): Promise<Told> {
  if (accepted.outcome === 'kept' || accepted.outcome === 'new' || (accepted.replayed && intent === 'refer'))
    return { accepted };
  const journey = await readJourney(store, { kind: 'practice', practice }, accepted.answer.journey);
  if (!journey) return { accepted };
  const stop = journey.requests.at(-1);
  return {
    accepted: firstOutcome(accepted, intent, journey),
    standings: {
      patient: standing(journey.patient),
      consent: standing(journey.consent),
      serviceRequest: standing(journey.serviceRequest),
      task: standing(journey.task),
      ...(stop && { stop: standing(stop) }),
    },
  };
}
