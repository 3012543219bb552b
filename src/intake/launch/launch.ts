import type { Request, Response } from 'express';
import { type DemoPlace, demoTrusted } from '../../identity/accounts.ts';
import { type JwtFault, verifyPracticeJwt } from '../../identity/practice-jwt.ts';
import type { Launched, LaunchFault, SmartClient } from '../../identity/smart-client.ts';
import { discoverSmart, type ServerFault } from '../../identity/smart-server.ts';
import type { Log } from '../../log.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Ask } from '../../referral/ask.ts';
import { localDay } from '../../referral/deadlines.ts';
import { destinationOf } from '../../referral/directory/channels.ts';
import type { Directory, Role } from '../../referral/directory/directory.ts';
import type { LaunchSystem } from '../../referral/directory/launch-system.ts';
import { isRefusal } from '../../referral/refusal.ts';
import { keepLaunch } from '../../store/access/launches.ts';
import { readDestinationSecret } from '../../store/directory.ts';
import type { Store } from '../../store/store.ts';
import { contextLink, noteContext, type ReferContext } from '../refer/context.ts';
import { type HisRecord, HisUnreachable, readIcpc, readPatient, readUser, roleByNumbers } from './his-record.ts';

export interface LaunchDoor {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly publicUrl: string;
  readonly log: Log;
  readonly ask: Ask;
  readonly smart: SmartClient;
  /** Where systems of the demo count. */
  readonly demo: DemoPlace;
}

/** Why a launch opened nothing; each has a page that says what to do. */
export type LaunchRefused =
  | JwtFault
  | LaunchFault
  | ServerFault
  | 'unknown-system'
  | 'other-practice'
  | 'unknown-user'
  | 'no-patient'
  | 'patient-unfit';

/** Who launched, and where the filled refer page is; or why not. */
export type Opened = { readonly actor: Actor; readonly url: string } | { readonly refused: LaunchRefused };

/** What nobody known did goes to the log alone: a stranger must not be able to fill the trail. */
async function refuse(
  door: LaunchDoor,
  practice: string | undefined,
  way: string,
  code: LaunchRefused,
): Promise<{ readonly refused: LaunchRefused }> {
  const { store, log } = door;
  log.info('launch-refused', { door: way, code, ...(practice && { practice }) });
  if (practice)
    await noteContext(
      store,
      { id: way, name: way, role: 'practice-system', organization: practice },
      'launch-refused',
      'E',
      'refused',
      code,
    );
  return { refused: code };
}

const actorOf = (role: Role): Actor => ({
  id: role.id,
  name: role.name,
  role: 'practice',
  organization: role.organization,
});

/** Opens the refer page for this patient of that record, in the name of this person. */
async function openFor(
  door: LaunchDoor,
  way: string,
  role: Role,
  record: HisRecord,
  about: { readonly id: string | undefined } & Omit<ReferContext, 'patient'>,
): Promise<Opened> {
  const { store, publicUrl, ask, log } = door;
  const { id = '', icpc = [], ...rest } = about;
  const practice = role.organization;
  const [patient, found] = await Promise.all([
    readPatient(ask, record, id, localDay(store.clock())),
    readIcpc(ask, record, id),
  ]);
  if (!patient) return refuse(door, practice, way, 'no-patient');
  if (isRefusal(patient)) return refuse(door, practice, way, 'patient-unfit');
  const codes = [...new Set([...icpc, ...found])];
  const url = await contextLink(store, publicUrl, practice, {
    ...rest,
    patient,
    ...(codes.length > 0 && { icpc: codes }),
  });
  const actor = actorOf(role);
  await noteContext(store, actor, 'launch-opened', 'E', 'ok');
  log.info('launch-opened', { door: way, practice, actor: actor.id });
  return { actor, url };
}

/** A server that cannot be read right now is one reason among others; what is ours to mend is thrown. */
async function orUnreachable(door: LaunchDoor, practice: string, way: string, work: () => Promise<Opened>) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HisUnreachable) return refuse(door, practice, way, 'unreachable');
    throw error;
  }
}

/** Whether people may be signed in from this system here and now: of the demo only where its users may sign in at all. */
const maySignIn = ({ publicUrl, demo }: LaunchDoor, request: Request, system: LaunchSystem): boolean =>
  !system.demo || demoTrusted(request, publicUrl, demo);

/** The SMART client of a FHIR base, exactly as the directory has it; the base of one practice only. */
function systemAt(directory: Directory, iss: string): { practice: string; system: LaunchSystem } | undefined {
  const found = [...directory.practices.values()].flatMap((one) =>
    (one.launches ?? [])
      .filter((system) => system.client && system.address === iss)
      .map((system) => ({ practice: one.id, system })),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** GET /launch of a SMART EHR launch: sends the browser on, or gives the reason why not. */
export async function beginSmartLaunch(
  door: LaunchDoor,
  request: Request,
  response: Response,
): Promise<{ readonly refused: LaunchRefused } | undefined> {
  const { iss, launch } = request.query;
  const known = typeof iss === 'string' ? systemAt(await door.directory(), iss) : undefined;
  if (!known || typeof iss !== 'string' || !maySignIn(door, request, known.system))
    return refuse(door, undefined, 'smart-launch', 'unknown-system');
  if (typeof launch !== 'string' || launch === '' || launch.length > 2_000)
    return refuse(door, undefined, 'smart-launch', 'malformed');
  const server = await discoverSmart(door.ask, iss);
  // Anyone can open this address: who it was for is known only when they come back.
  if ('fault' in server) return refuse(door, undefined, 'smart-launch', server.fault);
  if (!server.pkce) door.log.warn('launch-without-pkce', { door: 'smart-launch', practice: known.practice });
  door.smart.begin(request, response, { ...known, server, launch });
  return undefined;
}

/** Keeps what a note in the record needs, where the token that we got may write one; gives its name. */
async function keepForNote(door: LaunchDoor, launched: Launched): Promise<string | undefined> {
  const { creates, fhir } = launched.server;
  const { patient, practice, scope, token, user, system, expiresAt } = launched;
  const may = scope
    .split(' ')
    .some((one) => new RegExp(`^patient/(${creates}|\\*)\\.(c[rudsx]*|write|\\*)$`).test(one));
  if (!creates || !patient || !may) return undefined;
  return keepLaunch(door.store, practice, { base: system.address, fhir, token, patient, user, creates }, expiresAt);
}

/** GET /launch/callback: the person comes back from the practice's authorization server. */
export async function finishSmartLaunch(door: LaunchDoor, request: Request, response: Response): Promise<Opened> {
  const way = 'smart-launch';
  const directory = await door.directory();
  const systemOf = (practice: string, id: string) =>
    directory.practices.get(practice)?.launches?.find((one) => one.id === id && one.client);
  const launched = await door.smart.finish(request, response, systemOf);
  if ('fault' in launched) return refuse(door, undefined, way, launched.fault);
  const { practice, system, token, patient, user } = launched;
  if (!maySignIn(door, request, system)) return refuse(door, practice, way, 'unknown-system');
  const record = { base: system.address, token };
  return orUnreachable(door, practice, way, async () => {
    const role = await readUser(door.ask, record, user, { directory, practice });
    if (!role) return refuse(door, practice, way, 'unknown-user');
    if (!patient) return refuse(door, practice, way, 'no-patient');
    const kept = await keepForNote(door, launched);
    return openFor(door, way, role, record, { id: patient, ...(kept && { launch: kept }) });
  });
}

/** A claim of the manner `user-id: { system, value }`, nested or with a dot in its name. */
function claim(claims: Readonly<Record<string, unknown>>, group: string, name: string): string | undefined {
  const nested = claims[group];
  const value =
    typeof nested === 'object' && nested !== null
      ? (nested as Record<string, unknown>)[name]
      : claims[`${group}.${name}`];
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined;
}

/** How the claims name AGB, beside the URIs of FHIR. */
const systemNames: Readonly<Record<string, string>> = {
  'agb-z': 'http://fhir.nl/fhir/NamingSystem/agb-z',
  big: 'http://fhir.nl/fhir/NamingSystem/big',
};

/**
 * A launch by a signed JWT, with the claims of ZorgDomein's single sign-on: `user-id`, `org-id`, `context.patient-id`,
 * `context.icpc`, `context.xis-transaction-id`. The practice is whose key it is. The patient is then read at the Endpoint
 * that registered the key, with the credential we have for that practice.
 */
export async function openSignedLaunch(door: LaunchDoor, request: Request, token: string): Promise<Opened> {
  const way = 'jwt-launch';
  const { store, publicUrl } = door;
  const directory = await door.directory();
  const audience = [`${publicUrl}/launch/jwt`, publicUrl];
  const demo = demoTrusted(request, publicUrl, door.demo);
  const signed = await verifyPracticeJwt(store, directory, token, { audience, demo });
  if ('fault' in signed) return refuse(door, signed.practice, way, signed.fault);
  const { practice, system, claims } = signed;
  const number = (group: string) => {
    const [named = '', value] = [claim(claims, group, 'system'), claim(claims, group, 'value')];
    return value === undefined ? undefined : { system: systemNames[named] ?? named, value };
  };
  const known = directory.practices.get(practice);
  const organization = number('org-id');
  if (!known || (organization && known.agb && organization.value !== known.agb))
    return refuse(door, practice, way, 'other-practice');
  const user = number('user-id');
  const role = user && roleByNumbers(directory, practice, [user]);
  if (!role) return refuse(door, practice, way, 'unknown-user');
  const channel = known.channels.find((one) => one.id === system.id);
  const secret = channel && (await readDestinationSecret(store, destinationOf(known, channel)));
  const icpc = claim(claims, 'context', 'icpc');
  const transaction = claim(claims, 'context', 'xis-transaction-id');
  return orUnreachable(door, practice, way, () =>
    openFor(
      door,
      way,
      role,
      { base: system.address, token: secret },
      {
        id: claim(claims, 'context', 'patient-id'),
        ...(icpc && /^[A-Z]\d{2}(\.\d{2})?$/.test(icpc) && { icpc: [icpc] }),
        ...(transaction && { practiceReferralId: { system: `${system.address}/transaction`, value: transaction } }),
      },
    ),
  );
}
