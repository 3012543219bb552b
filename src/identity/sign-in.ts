import type { Request } from 'express';
import { z } from 'zod';
import type { Log } from '../log.ts';
import type { Actor } from '../referral/actor.ts';
import type { Change } from '../referral/change.ts';
import type { Store } from '../store/store.ts';
import { accountByPassword, demoAllowed } from './accounts.ts';
import { addressKey, SignInThrottle } from './throttle.ts';
import { hashedName, signChange, signInRefused } from './trail.ts';

/** What a name and a password came to; `waitS` in seconds. */
export type Checked =
  | { readonly outcome: 'right'; readonly username: string }
  | { readonly outcome: 'wrong'; readonly username: string }
  | { readonly outcome: 'wait'; readonly username: string; readonly waitS: number };

/** Checks log-ins and writes each of them, right or wrong, to the audit trail. */
export interface SignIn {
  /** `body` is the posted form, fields `username` and `password`. Does not sign anyone in. */
  check(request: Request, body: unknown): Promise<Checked>;
  /** Written before the session starts: a log-in that cannot be written down does not happen. */
  signedIn(actor: Actor): Promise<void>;
  signedOut(actor: Actor): Promise<void>;
  /** An external issuer knew them, and we do not. */
  unknownRole(subject: string): Promise<void>;
}

const typed = z.object({ username: z.string().trim().max(100), password: z.string().max(1_000) });

/** One for the whole process: it holds the throttle. Addresses are express' `request.ip`, so `trust proxy` decides them. */
export function openSignIn(store: Store, publicUrl: string, log: Log): SignIn {
  const throttle = new SignInThrottle();
  const nameKey = store.master.derive('sign-in-name');
  const now = () => store.clock().toISOString();
  const write = async (change: Change) => {
    const done = await store.commit(change);
    if (!done.ok) throw new Error('the audit line could not be written');
  };
  const refuse = async (code: 'wrong-credentials' | 'throttled' | 'unknown-role', name: string) => {
    log.info('sign-in', { outcome: 'refused', code });
    await write(signInRefused(code, name, now()));
  };
  return {
    check: async (request, body) => {
      const { username, password } = typed.safeParse(body).data ?? { username: '', password: '' };
      const name = hashedName(nameKey, username);
      const address = addressKey(request.ip);
      const wait = throttle.begin(name, address, store.clock().getTime());
      if (wait) {
        if (wait.first) await refuse('throttled', name);
        return { outcome: 'wait', username, waitS: wait.waitS };
      }
      const account = await accountByPassword(store, username, password, demoAllowed(request, publicUrl));
      if (!account) {
        await refuse('wrong-credentials', name);
        return { outcome: 'wrong', username };
      }
      throttle.succeeded(name, address);
      return { outcome: 'right', username: account.username };
    },
    signedIn: async (actor) => {
      await write(signChange('sign-in', actor, now()));
      log.info('sign-in', { outcome: 'ok', actor: actor.id, role: actor.role });
    },
    signedOut: (actor) => write(signChange('sign-out', actor, now())),
    unknownRole: (subject) => refuse('unknown-role', hashedName(nameKey, subject)),
  };
}
