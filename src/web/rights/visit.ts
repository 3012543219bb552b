import type { Rights } from '../../rights/rights.ts';
import { field, type Visit } from '../acting.ts';
import type { Site } from '../site.ts';

/** A person's rights as someone of a practice carries them out: on the practice's own referrals only. */
export function rightsOf(site: Site, { viewer }: Visit, reference: string): Rights {
  const { actor } = viewer;
  const practice = actor.organization ?? '';
  return { store: site.store, reference, practice, actor: { id: actor.id, role: actor.role, organization: practice } };
}

export const referenceIn = ({ request }: Visit) => field(request.body, 'reference');
