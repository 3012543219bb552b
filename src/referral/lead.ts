import { extensions } from '../fhir/systems.ts';
import type { Journey } from './journey.ts';
import { isOpen } from './lifecycle/lifecycle.ts';

/** Who has the lead ("regie") of a referral: the Wally who has it, its practice, or an organisation it was led on to. */
export type Lead =
  | { readonly who: 'wally' }
  | { readonly who: 'practice' }
  /** The Task at that organisation: its name stands there, where the practice does not read it (H9). */
  | { readonly who: 'organisation'; readonly task: string; readonly organization: string };

type Parts = Pick<Journey, 'task' | 'children' | 'childConsents' | 'practice'>;

const organizationOf = (reference: string | undefined) => /^Organization\/(.+)$/.exec(reference ?? '')?.[1];

/** The organisations that may have the lead: at work for the resident now, by a consent of their own that stands (H9). */
export function organizationsAtWork({ children, childConsents = [] }: Parts): { task: string; organization: string }[] {
  const consented = new Set(
    childConsents
      .filter(({ resource }) => resource.status === 'active' && resource.provision?.type === 'permit')
      .flatMap(({ resource }) => resource.provision?.actor ?? [])
      .flatMap((one) => organizationOf(one.reference.reference) ?? []),
  );
  return children
    .filter((one) => isOpen(one.resource.status ?? ''))
    .flatMap(({ resource }) => {
      const organization = organizationOf(resource.restriction?.recipient?.[0]?.reference);
      return organization && consented.has(organization) ? [{ task: resource.id, organization }] : [];
    });
}

/** Who has it now: what was agreed, as long as it may be so; else the Wally. */
export function leadOf(journey: Parts): Lead {
  const named = journey.task.resource.extension?.find((one) => one.url === extensions.lead)?.valueReference?.reference;
  if (organizationOf(named) === journey.practice) return { who: 'practice' };
  const found = organizationsAtWork(journey).find((one) => `Task/${one.task}` === named);
  return found ? { who: 'organisation', ...found } : { who: 'wally' };
}
