import type { IncomingMessage } from 'node:http';
import { type Account, readAccount } from '../store/access/sessions.ts';
import type { Store } from '../store/store.ts';
import { verifyPassword } from './password.ts';

/** Whether a host name (as in a URL) means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(address));
}

const forwardedBy = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether this request may sign in as one of the demo's invented users: it comes from this machine, to an address of
 * this machine, and nobody forwarded it on behalf of another (decision 17).
 */
export function demoAllowed(request: IncomingMessage, publicUrl: string): boolean {
  const asked = URL.parse(`http://${request.headers.host ?? ''}`);
  return (
    isLoopbackHost(new URL(publicUrl).hostname) &&
    isLoopbackHost(asked?.hostname ?? '') &&
    isLoopbackAddress(request.socket.remoteAddress) &&
    !forwardedBy.some((header) => request.headers[header] !== undefined)
  );
}

/** Where what belongs to the demo counts: nowhere (there is none), on this machine, or anywhere. */
export type DemoPlace = 'never' | 'loopback' | 'anywhere';

/** Whether a system of the demo, whose keys everyone has, may act by this request: where its users may, and nowhere without it. */
export function demoTrusted(request: IncomingMessage, publicUrl: string, place: DemoPlace): boolean {
  return place === 'anywhere' || (place === 'loopback' && demoAllowed(request, publicUrl));
}

/** The same machine under another name (localhost, 127.0.0.1): its cookies would not come back with the log-in. */
export function otherLoopbackName(request: IncomingMessage, publicUrl: string): boolean {
  const [own, asked] = [new URL(publicUrl), URL.parse(`http://${request.headers.host ?? ''}`)];
  return asked !== null && asked.host !== own.host && isLoopbackHost(own.hostname) && isLoopbackHost(asked.hostname);
}

/** The account that may be used here and now; an ended one, and a demo's elsewhere, is as unknown as any other. */
export async function usableAccount(store: Store, username: string, demo: boolean): Promise<Account | undefined> {
  const account = await readAccount(store, username);
  return account && (!account.demo || demo) ? account : undefined;
}

/** The account of a name and a password, or undefined; takes as long whichever of the two is wrong. */
export async function accountByPassword(
  store: Store,
  username: string,
  password: string,
  demo: boolean,
): Promise<Account | undefined> {
  const account = await usableAccount(store, username, demo);
  return (await verifyPassword(password, account?.password)) ? account : undefined;
}
