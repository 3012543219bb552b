import { createHmac } from 'node:crypto';
import type { Actor } from '../referral/actor.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import { purposeOf } from './access.ts';

/** A name in the trail of failed log-ins: the same name gives the same text, and only the holder of the key can try names. */
export function hashedName(key: Buffer, username: string): string {
  return createHmac('sha256', key).update(username.normalize('NFKC').toLowerCase()).digest('hex').slice(0, 32);
}

/** Log-ins are written under the actor's own practice; people without one under none. */
const scopeOf = (actor: Actor) => ({ practice: actor.role === 'practice' ? (actor.organization ?? '') : '' });

function actorLine(actor: Actor): AuditLine['actor'] {
  return { id: actor.id, role: actor.role, ...(actor.organization && { organization: actor.organization }) };
}

/** Someone signed in or out (NEN 7513: access begins and ends with a line). `at` is ISO 8601. */
export function signChange(event: 'sign-in' | 'sign-out', actor: Actor, at: string): Change {
  // To sign in is no treatment yet.
  const purpose = purposeOf(actor.role) === 'SYSADMIN' ? 'SYSADMIN' : 'HOPERAT';
  return {
    scope: scopeOf(actor),
    audit: [{ event, at, actor: actorLine(actor), action: 'E', outcome: 'ok', purpose }],
  };
}

/** A log-in that was refused. `object` is a hashed name: what was typed may be a password in the wrong field. */
export function signInRefused(
  code: 'wrong-credentials' | 'throttled' | 'unknown-role',
  object: string,
  at: string,
): Change {
  const actor = { id: 'unknown', role: 'none' };
  return {
    scope: { practice: '' },
    audit: [
      {
        event: 'sign-in',
        at,
        actor,
        action: 'E',
        outcome: 'refused',
        object: `account/${object}`,
        code,
        purpose: 'HOPERAT',
      },
    ],
  };
}
