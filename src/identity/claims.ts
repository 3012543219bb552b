import { z } from 'zod';
import type { Actor } from '../referral/actor.ts';

/** Only people sign in: the roles of systems and of the line itself cannot be claimed. */
const role = z.enum(['practice', 'wally', 'team-lead', 'administrator']);
const id = z.string().min(1).max(64);
const name = z.string().min(1).max(200);

const person = z
  .object({ id, name, role, organization: id.optional() })
  .refine((one) => one.role === 'administrator' || one.organization !== undefined);

const separate = z.object({ sub: id, name: name.optional(), role: z.unknown(), organization: z.unknown() });

/**
 * Who an external issuer says this is: claim `kortelijn_actor` (an object id, name, role, organization), or else claims
 * `role` and `organization`, where `sub` is the PractitionerRole id. Undefined for anything but a person in a known role.
 */
export function actorFromClaims(claims: Readonly<Record<string, unknown>>): Actor | undefined {
  const whole = claims.kortelijn_actor;
  const found = whole === undefined ? fromSeparate(claims) : person.safeParse(whole).data;
  if (!found) return undefined;
  const { organization, ...rest } = found;
  return organization === undefined ? rest : { ...rest, organization };
}

function fromSeparate(claims: Readonly<Record<string, unknown>>): z.infer<typeof person> | undefined {
  const { data } = separate.safeParse(claims);
  if (!data) return undefined;
  return person.safeParse({
    id: data.sub,
    name: data.name ?? data.sub,
    role: data.role,
    organization: data.organization,
  }).data;
}
