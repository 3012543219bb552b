import type { Request, Response } from 'express';
import { open } from '../store/keys.ts';
import { sealJson } from '../store/sealed.ts';
import type { Store } from '../store/store.ts';
import { cookieName, cookieOptions, readCookie } from './sessions.ts';

/** What a log-in that is under way must remember until the browser comes back. */
export interface Flow {
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo?: string;
}

export interface Flows<T> {
  put(request: Request, response: Response, state: string, flow: T): void;
  /** Takes it, once for this browser; undefined when absent, not ours, or older than ten minutes. */
  take(request: Request, response: Response, state: string): T | undefined;
}

const flowMs = 10 * 60_000;
const flowsMax = 8;
/** What the browser is away for, and the key that its cookie is sealed with. */
const uses = {
  login: { prefix: 'kl_login_', key: 'sign-in' },
  launch: { prefix: 'kl_launch_', key: 'smart-launch' },
} as const;

/**
 * Log-ins under way, each in a sealed cookie of its own named after its state, so that the tabs a browser opens again
 * in the morning do not spoil each other's. The state itself is bound into the seal.
 */
export function openFlows<T extends object = Flow>(
  store: Store,
  publicUrl: string,
  use: keyof typeof uses = 'login',
): Flows<T> {
  const { prefix } = uses[use];
  const key = store.master.derive(uses[use].key);
  const options = cookieOptions(publicUrl);
  const nameOf = (state: string) => cookieName(publicUrl, prefix + state.slice(0, 16));
  return {
    put: (request, response, state, flow) => {
      // A page that opens many log-ins must not fill the cookie header: beyond a few the older ones are let go.
      const names = (request.headers.cookie ?? '').split(';').map((part) => part.split('=')[0]?.trim() ?? '');
      const ours = names.filter((name) => name.startsWith(cookieName(publicUrl, prefix)));
      if (ours.length >= flowsMax) for (const name of ours) response.clearCookie(name, options);
      const kept = { ...flow, expiresAt: store.clock().getTime() + flowMs };
      const sealed = sealJson(key, kept, state).toString('base64url');
      response.cookie(nameOf(state), sealed, { ...options, maxAge: flowMs });
    },
    take: (request, response, state) => {
      if (!/^[\w-]{20,100}$/.test(state)) return undefined;
      const sealed = readCookie(request, nameOf(state));
      response.clearCookie(nameOf(state), options);
      if (!sealed) return undefined;
      try {
        const plain = open(key, Buffer.from(sealed, 'base64url'), state).toString('utf8');
        const { expiresAt, ...flow } = JSON.parse(plain) as T & { expiresAt: number };
        return expiresAt > store.clock().getTime() ? (flow as unknown as T) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
