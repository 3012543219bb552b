import type { Communication } from '@medplum/fhirtypes';
import type { Said } from '../fhir/outcome.ts';
import { isCategory } from './category.ts';
import { renewalDue } from './consent.ts';
import { localDay } from './deadlines.ts';
import type { Journey, Versioned } from './journey.ts';
import { openStatuses } from './lifecycle/statuses.ts';

type Consents = Pick<Journey, 'patient' | 'children' | 'childRequests' | 'childConsents'>;

/** The consent of its own by which an organisation was asked (H9): the one that the request of its Task names. */
export function consentOfChild(journey: Consents, task: string) {
  const focus = journey.children.find((one) => one.resource.id === task)?.resource.focus?.reference;
  const request = journey.childRequests.find((one) => `ServiceRequest/${one.resource.id}` === focus)?.resource;
  const named = request?.supportingInfo?.map((one) => one.reference);
  return (journey.childConsents ?? []).find((one) => named?.includes(`Consent/${one.resource.id}`));
}

/**
 * Why an organisation reads nothing of the referral on a day (H6): since the Wally's consent, or since its own, a birthday
 * changed who decides. Undefined when it may read on.
 */
export function onwardWaits(journey: Consents & Pick<Journey, 'consent'>, task: string, day: string): Said | undefined {
  const own = consentOfChild(journey, task);
  return renewalDue(journey, day) ?? (own && renewalDue({ patient: journey.patient, consent: own }, day));
}

const withContent = ['feedback-final', 'feedback-interim', 'question'];
type Sent = Pick<Journey, 'patient' | 'consent' | 'task'>;

/** The day until which somebody could ask anew: today, or the day on which the work ended. */
const lastDay = ({ task: { resource } }: Sent, day: string): string => {
  const ended = resource.executionPeriod?.end ?? resource.lastModified;
  return openStatuses.includes(resource.status ?? 'requested') || !ended ? day : localDay(new Date(ended));
};

/**
 * Whether a letter to the practice waits for a consent to be asked anew (H6): it was written before the birthday and has
 * not arrived. What was written after it holds no content, and of work that ended before it nothing was left to ask.
 */
export function letterWaits(journey: Sent, letter: Communication, day: string): boolean {
  if (letter.status === 'completed' || !letter.sent || !withContent.some((one) => isCategory(letter, one)))
    return false;
  const written = localDay(new Date(letter.sent));
  return renewalDue(journey, lastDay(journey, day)) !== undefined && renewalDue(journey, written) === undefined;
}

/**
 * Why a letter that was written before may not go any more (H3, H10): consent was withdrawn since, or the referral recalled.
 * What tells of that itself was written with it, and goes.
 */
export function letterOver(
  { consent, task }: Sent,
  letter: Communication,
): 'consent-withdrawn' | 'recalled' | undefined {
  const { status, provision } = consent.resource;
  if (status === 'inactive' && (letter.sent ?? '') < (provision?.period?.start ?? '')) return 'consent-withdrawn';
  return task.resource.status === 'entered-in-error' && !isCategory(letter, 'recall') ? 'recalled' : undefined;
}

const waits = 'Dit bericht wacht op toestemming van de inwoner. Lees het niet voor.';

/** A letter as its practice may read it on a day: without a word of its content while that waits (H6). */
export function letterSeen(journey: Sent, letter: Communication, day: string): Communication {
  if (!letterWaits(journey, letter, day)) return letter;
  const { extension: _outcomes, ...rest } = letter;
  return { ...rest, payload: [{ contentString: waits }] };
}

/** The journey as its practice reads it, and whoever reads to the practice by telephone. */
export function practiceSees(journey: Journey, day: string): Journey {
  const communications = journey.communications.map(
    ({ resource, version }): Versioned<Communication> => ({
      resource: { ...letterSeen(journey, resource, day), id: resource.id },
      version,
    }),
  );
  return { ...journey, communications };
}
