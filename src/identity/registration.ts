import { z } from 'zod';
import type { Said } from '../fhir/outcome.ts';
import type { Actor } from '../referral/actor.ts';
import type { AuditLine, Change } from '../referral/change.ts';
import type { ClientEntry, ClientKind } from '../referral/client-entry.ts';
import type { Directory } from '../referral/directory/directory.ts';
import { isLoopbackHost } from './accounts.ts';
import { readScope } from './smart-scopes.ts';

export const clientKinds = [
  'practice',
  'team',
  'wally',
  'coordinator',
  'administrator',
] as const satisfies readonly ClientKind[];

/** What an administrator typed about a system. `keys`: a JWKS as JSON, an address of one, or nothing. */
export interface TypedClient {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly party: string;
  /** By blank or comma. */
  readonly scopes: string;
  readonly keys: string;
}

/** What is wrong with one field. */
export interface RegistrationFault {
  readonly field: keyof TypedClient;
  readonly said: Said;
}

const keysBytesMax = 20_000;
const kid = z.string().min(1).max(200);
const absent = z.never().optional();
const notPrivate = { d: absent, k: absent, p: absent, q: absent };
const b64 = z.string().regex(/^[\w-]+$/);
const exponentMin = 65_537;
const exponentOf = (text: string) => Number.parseInt(Buffer.from(text, 'base64url').toString('hex'), 16);

/** ES384 and RS384 (SMART), public; of RSA a modulus of 2048 bits and an exponent of 65537 at least (NIST FIPS 186-5). */
const publicKey = z.union([
  z.looseObject({
    kty: z.literal('EC'),
    crv: z.literal('P-384'),
    kid,
    x: b64,
    y: b64,
    alg: z.literal('ES384').optional(),
    ...notPrivate,
  }),
  z.looseObject({
    kty: z.literal('RSA'),
    kid,
    n: b64.min(342),
    e: b64.refine((text) => exponentOf(text) >= exponentMin),
    alg: z.literal('RS384').optional(),
    ...notPrivate,
  }),
]);
const keySet = z.object({ keys: z.array(publicKey).min(1).max(10) });

type Keys = Pick<ClientEntry, 'jwks' | 'jwksUrl'>;

function readKeys(text: string): Keys | undefined {
  if (text === '') return {};
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname)))
    return text.length <= 500 && !url.username && !url.password ? { jwksUrl: url.href } : undefined;
  if (text.length > keysBytesMax) return undefined;
  try {
    const { data } = keySet.safeParse(JSON.parse(text));
    return data && { jwks: data };
  } catch {
    return undefined;
  }
}

const faultSaid = {
  id: {
    nl: 'Gebruik 3 tot 80 letters, cijfers, punten of streepjes.',
    en: 'Use 3 to 80 letters, digits, dots or dashes.',
  },
  name: {
    nl: 'Vul een naam in, zodat iedereen weet welk systeem dit is.',
    en: 'Fill in a name, so that everyone knows which system this is.',
  },
  kind: { nl: 'Kies voor wie het systeem werkt.', en: 'Choose for whom the system works.' },
  party: {
    nl: 'Kies de praktijk, de organisatie of de Wally uit de adreslijst voor wie het systeem werkt.',
    en: 'Choose the practice, the organisation or the Wally of the directory for whom the system works.',
  },
  scopes: {
    nl: 'Noem minstens één recht, zoals system/Task.rs. Rechten met een vraagteken kunnen niet.',
    en: 'Name at least one scope, such as system/Task.rs. Scopes with a question mark are not possible.',
  },
  keys: {
    nl: 'Dit is geen adres (https) en geen JWKS met publieke sleutels voor ES384 of RS384, elk met een kid.',
    en: 'This is neither an address (https) nor a JWKS with public keys for ES384 or RS384, each with a kid.',
  },
} as const satisfies Record<keyof TypedClient, Said>;

function isParty(kind: ClientKind, party: string, directory: Directory): boolean {
  if (kind === 'practice') return directory.practices.has(party);
  if (kind === 'team') return directory.teams.has(party);
  if (kind === 'wally') return directory.roles.get(party)?.kind === 'wally';
  return party === '';
}

/** Reads what was typed; gives the registration, or every fault at once. `newId` is used when no client id was typed. */
export function readRegistration(
  typed: TypedClient,
  directory: Directory,
  newId: () => string,
): ClientEntry | { readonly faults: readonly RegistrationFault[] } {
  const id = typed.id || newId();
  const kind = clientKinds.find((one) => one === typed.kind);
  const scopes = typed.scopes.split(/[\s,]+/).filter(Boolean);
  const keys = readKeys(typed.keys);
  const wrong: (keyof TypedClient)[] = [];
  if (!/^[\w.-]{3,80}$/.test(id)) wrong.push('id');
  if (typed.name.length < 1 || typed.name.length > 100) wrong.push('name');
  if (!kind) wrong.push('kind');
  else if (!isParty(kind, typed.party, directory)) wrong.push('party');
  if (scopes.length === 0 || scopes.length > 40 || !scopes.every(readScope)) wrong.push('scopes');
  if (!keys) wrong.push('keys');
  if (wrong.length > 0 || !kind || !keys) return { faults: wrong.map((field) => ({ field, said: faultSaid[field] })) };
  const { name, party } = typed;
  return { id, name, kind, ...(party && { party }), scopes: [...new Set(scopes)], ...keys };
}

function line(event: string, actor: Actor, id: string, at: string): AuditLine {
  const { role } = actor;
  const by = { id: actor.id, role };
  return { event, at, actor: by, action: 'U', outcome: 'ok', object: `client/${id}`, purpose: 'SYSADMIN' };
}

/** A system is registered, or what is registered of it becomes another; `at` is ISO 8601. Stale: it was revoked. */
export function registrationChange(
  to: 'registered' | 'changed',
  client: ClientEntry,
  actor: Actor,
  at: string,
): Change {
  return {
    scope: { practice: '' },
    client: { to, client, at, by: actor.id },
    audit: [line(`client-${to}`, actor, client.id, at)],
  };
}

/** A system may not come in any more, also not with a token that it has. */
export function revocationChange(id: string, actor: Actor, at: string): Change {
  return { scope: { practice: '' }, client: { to: 'revoked', id, at }, audit: [line('client-revoked', actor, id, at)] };
}
