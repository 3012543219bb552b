import { readFile } from 'node:fs/promises';
import type { PractitionerRole } from '@medplum/fhirtypes';
import type { Actor } from '../../src/referral/actor.ts';
import {
  type Absence,
  type Directory,
  type DirectoryResource,
  readDirectory,
} from '../../src/referral/directory/directory.ts';
import type { Journey } from '../../src/referral/journey.ts';
import { isOpen } from '../../src/referral/lifecycle/lifecycle.ts';
import type { Who } from '../../src/referral/lifecycle/row.ts';

type Stored = DirectoryResource & { id: string };

/** Where a Wally leads on to. */
export const otherOrganization: Stored = {
  resourceType: 'Organization',
  id: 'budgethulp',
  active: true,
  name: 'Budgethulp Voorbeeldstreek',
};

const text = await readFile(new URL('../../fixtures/region/directory.json', import.meta.url), 'utf8');
const region = (JSON.parse(text) as { entry: { resource: Stored }[] }).entry.map((one) => one.resource);
const plain = readDirectory([...region, otherOrganization], 1);
// One practice agreed on other days than the usual ones.
const zuidrand = plain.practices.get('zuidrand');
export const ownLevels = { open: 2, attempt: 3, contact: 6, news: 20, answer: 3, stop: 1, confirm: 2 };

/** The invented region with these absences, as the rules read it. */
export function directoryWith(absences: ReadonlyMap<string, readonly Absence[]>, revision: number): Directory {
  const roles = new Map(plain.roles);
  for (const [id, some] of absences) {
    const role = roles.get(id);
    if (role) roles.set(id, { ...role, absences: some });
  }
  return withOwnLevels({ ...plain, revision, roles });
}

export function withOwnLevels(directory: Directory): Directory {
  if (!zuidrand) throw new Error('zuidrand is not in the region');
  const practices = new Map(directory.practices);
  practices.set('zuidrand', { ...(practices.get('zuidrand') ?? zuidrand), levels: ownLevels });
  return { ...directory, practices };
}

/** A role of the region with other absences, as it is stored. */
export function storedRole(id: string, absences: readonly Absence[]): PractitionerRole & { id: string } {
  const role = region.find((one) => one.resourceType === 'PractitionerRole' && one.id === id);
  if (role?.resourceType !== 'PractitionerRole') throw new Error(`no role ${id}`);
  const notAvailable = absences.map(({ from, to }) => ({
    description: 'afwezig',
    during: { start: from, ...(to && { end: to }) },
  }));
  return { ...role, ...(notAvailable.length > 0 && { notAvailable }) };
}

export const wallys = ['wally-sanne', 'wally-karim', 'wally-joost'] as const;

export const requesters = [
  { practice: 'de-brink', id: 'gp-vanleeuwen', agb: '01990111' },
  { practice: 'de-brink', id: 'gp-dekkers', agb: '01990112' },
  { practice: 'zuidrand', id: 'gp-osinga', agb: '01990113' },
] as const;

export const wally = (id: string): Actor => ({ id, name: id, role: 'wally', organization: 'voorbeeldstreek' });
export const lead: Actor = { id: 'lead-marijke', name: 'lead', role: 'team-lead', organization: 'voorbeeldstreek' };
export const gpOf = (practice: string): Actor => ({
  id: requesters.find((one) => one.practice === practice)?.id ?? '',
  name: 'gp',
  role: 'practice',
  organization: practice,
});
export const hisOf = (practice: string): Actor => ({
  id: `his-${practice}`,
  name: 'his',
  role: 'practice-system',
  organization: practice,
});

/** The person or system that a word of the table means for a journey; undefined when there is nobody. */
export function actorFor(who: Who, { index, practice, children }: Journey): Actor | undefined {
  if (who === 'owner') return index.owner ? wally(index.owner) : undefined;
  if (who === 'proposed') return index.proposed ? wally(index.proposed) : undefined;
  if (who === 'acted-for') return index.actingFor ? wally(index.actingFor) : undefined;
  if (who === 'practice') return gpOf(practice);
  if (who === 'practice-system') return hisOf(practice);
  if (who === 'team-lead') return lead;
  if (who === 'organisation') {
    const asked = children.find((one) => isOpen(one.resource.status ?? ''))?.resource.restriction?.recipient?.[0];
    const organization = asked?.reference?.split('/')[1];
    return organization ? { id: `link-${organization}`, name: 'Organisatie', role: who, organization } : undefined;
  }
  if (who === 'resident') return { id: 'resident', name: '', role: who };
  if (who === 'line') return { id: 'kortelijn', name: 'Kortelijn', role: 'line' };
  return { id: 'stranger', name: 'stranger', role: 'administrator' };
}
