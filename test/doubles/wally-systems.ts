import { SignJWT } from 'jose';
import { openTokens, type Tokens } from '../../src/identity/callers.ts';
import { registrationChange } from '../../src/identity/registration.ts';
import { readIssuerSecrets } from '../../src/identity/signing-keys.ts';
import { theLine } from '../../src/referral/actor.ts';
import type { ClientEntry } from '../../src/referral/client-entry.ts';
import type { Directory, DirectoryResource } from '../../src/referral/directory/directory.ts';
import type { Store } from '../../src/store/store.ts';
import { elsewhere } from '../feedback/onward-region.ts';
import { committed } from './made.ts';

/** A Wally organisation's own case system, a Wally's own, and that of another organisation: the names of registered systems. */
export const teamToken = 'cases-of-voorbeeldstreek';
export const sanneToken = 'cases-of-sanne';
export const elsewhereToken = 'cases-of-elsewhere';

const everything = ['system/*.cruds'];
const systems: readonly Omit<ClientEntry, 'name'>[] = [
  { id: teamToken, kind: 'team', party: 'voorbeeldstreek', scopes: everything },
  { id: sanneToken, kind: 'wally', party: 'wally-sanne', scopes: everything },
  { id: 'cases-of-joost', kind: 'wally', party: 'wally-joost', scopes: everything },
  { id: elsewhereToken, kind: 'team', party: elsewhere, scopes: everything },
  { id: 'narrow', kind: 'practice', party: 'de-brink', scopes: ['system/Task.r'] },
  { id: 'region', kind: 'administrator', scopes: everything },
];

/** Registered systems, and what stands in `Authorization` for one of them by its name. */
export interface Systems {
  readonly tokens: Tokens;
  /** The header as it is sent: a name of a system becomes its token, anything else stays. */
  authorization(header: string): Promise<string>;
}

/** Registers the systems above and gives each a token, signed by our own issuer's key as `/oauth/token` signs it. */
export async function openSystems(
  store: Store,
  publicUrl: string,
  directory: () => Promise<Directory>,
): Promise<Systems> {
  const resource = { resourceType: 'Organization', id: elsewhere, name: 'Budgetcoaches' } as DirectoryResource & {
    id: string;
  };
  await committed(store, {
    scope: { practice: '' },
    directory: [{ resource, validFrom: '2026-01-01T00:00:00Z' }],
    audit: [],
  });
  const at = store.clock().toISOString();
  for (const one of systems)
    await committed(store, registrationChange('registered', { name: one.id, ...one }, theLine, at));
  const made = new Map<string, Promise<string>>();
  const tokenOf = async (id: string) => {
    const [key] = (await readIssuerSecrets(store)).jwks.keys;
    if (!key) throw new Error('an issuer without a key');
    return new SignJWT({ client_id: id, scope: everything.join(' ') })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: key.kid ?? '' })
      .setIssuer(`${publicUrl}/oauth`)
      .setAudience(`${publicUrl}/fhir/R4`)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
  };
  return {
    tokens: openTokens({ store, publicUrl, directory }),
    authorization: async (header) => {
      const id = header.replace('Bearer ', '');
      if (!systems.some((one) => one.id === id)) return header;
      const known = made.get(id) ?? tokenOf(id);
      made.set(id, known);
      return `Bearer ${await known}`;
    },
  };
}
