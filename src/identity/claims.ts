import { z } from 'zod';
import type { Actor } from '../referral/actor.ts';

/** Only people sign in: the roles of systems and of the line itself cannot be claimed. */
const roles = z.enum(['practice', 'wally', 'team-lead', 'coordinator', 'administrator']);
const id = z.string().min(1).max(64);

const person = z
  .object({ id, name: z.string().min(1).max(200), role: roles, organization: id.optional() })
  .refine((one) => one.role === 'administrator' || one.role === 'coordinator' || one.organization !== undefined);

/**
 * Who an external issuer says this is: claim `kortelijn_actor` (an object id, name, role, organization), or else claims
 * `role` and `organization`, where `sub` is the PractitionerRole id. Undefined for anything but a person in a known role.
 */
export function actorFromClaims(claims: Readonly<Record<string, unknown>>): Actor | undefined {
  const { sub, kortelijn_actor: whole, name, role, organization } = claims;
  const found = person.safeParse(whole ?? { id: sub, name: name ?? sub, role, organization }).data;
  if (!found) return undefined;
  const { organization: where, ...rest } = found;
  return where === undefined ? rest : { ...rest, organization: where };
}
