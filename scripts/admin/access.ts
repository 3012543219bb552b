import type { Actor } from '../../src/referral/actor.ts';
import type { PersonMove } from '../../src/referral/person-move.ts';
import { giveCredential, keepDestinationSecret, revokeCredential } from '../../src/store/access/credentials.ts';
import { movePerson } from '../../src/store/access/locked-out.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { personEvents } from '../../src/web/admin/person-access.ts';
import { endSubscription } from '../../src/web/admin/stopped-subscriptions.ts';
import { adminLine } from '../../src/web/queue/reason.ts';
import type { Acting } from './acts.ts';

/** What is typed besides the one that it is about. */
export interface AccessAsked {
  readonly application: string | undefined;
  /** Reads the secret from the file or standard input that was named. */
  readonly secret: () => Promise<string>;
}

type Access = (acting: Acting, name: string, asked: AccessAsked) => Promise<void>;

const line = ({ store, actor, reason }: Acting, event: string, object: string, code?: string) =>
  adminLine(actor satisfies Actor, store.clock().toISOString(), event, { object, reason, ...(code && { code }) });

async function give(acting: Acting, practice: string, { application = `his-${practice}` }: AccessAsked): Promise<void> {
  const { store, say, isDry } = acting;
  if (!(await directoryReader(store)()).practices.has(practice))
    throw new Error(`no practice ${practice}: see npm run admin -- practices`);
  if (!/^[\w.-]{2,80}$/.test(application)) throw new Error('--application is a name of letters, digits and . _ -');
  if (isDry) return say(`${practice} would get a credential for ${application}. Nothing was changed.\n`);
  const given = await giveCredential(store, { practice, application }, (id) =>
    line(acting, 'credential-given', `credential/${id}`, practice),
  );
  say(`${given.token}\nShown this once. It is ${given.id}, for ${application} of ${practice}.\n`);
}

async function revoke(acting: Acting, id: string): Promise<void> {
  if (acting.isDry) return acting.say(`${id} would be revoked. Nothing was changed.\n`);
  if (!(await revokeCredential(acting.store, id, line(acting, 'credential-revoked', `credential/${id}`))))
    throw new Error(`no credential ${id}, or it was revoked before: see npm run admin -- credentials`);
  acting.say(`${id}: revoked.\n`);
}

async function keep(acting: Acting, destination: string, asked: AccessAsked): Promise<void> {
  const { store, say, isDry } = acting;
  const secret = (await asked.secret()).trim();
  // What goes into a header or a log-in is one line of printable characters.
  if (!/^[\x21-\x7e]{8,4000}$/.test(secret))
    throw new Error('the secret is one line of 8 to 4000 characters, no spaces');
  if (isDry) return say(`The secret for ${destination} would be kept. Nothing was changed.\n`);
  const audit = line(acting, 'destination-secret-kept', `Destination/${destination}`);
  if (!(await keepDestinationSecret(store, destination, secret, audit)))
    throw new Error(`no destination ${destination}: see npm run admin -- destinations`);
  say(`${destination}: secret kept.\n`);
}

async function endTelling(acting: Acting, id: string): Promise<void> {
  const { store, actor, reason, isDry, say } = acting;
  if (isDry) return say(`${id} would be ended. Nothing was changed.\n`);
  if (!(await endSubscription(store, actor, id, reason)))
    throw new Error(`no subscription ${id} that has stopped: see npm run admin -- stopped`);
  say(`${id}: ended.\n`);
}

const already: Readonly<Record<PersonMove['to'], string>> = {
  'sessions-ended': 'has no session',
  'locked-out': 'is locked out',
  'let-in': 'is not locked out',
};

/** About anybody, also who is not in the directory: an administrator signs in without being in it. */
const move =
  (to: PersonMove['to']): Access =>
  async (acting, person) => {
    if (!/^[\w.-]{1,64}$/.test(person)) throw new Error('say who by the id that npm run admin -- sessions lists');
    if (acting.isDry) return acting.say(`${person}: ${to}, if it were done. Nothing was changed.\n`);
    const audit = line(acting, personEvents[to], `PractitionerRole/${person}`);
    if (!(await movePerson(acting.store, to, person, audit))) throw new Error(`${person} ${already[to]} already`);
    acting.say(`${person}: ${to}.\n`);
  };

/** Who may knock here, and with what we knock elsewhere; each is about one, and is in the trail without the secret. */
export const accessActs: Readonly<Record<string, Access>> = {
  'give-credential': give,
  'revoke-credential': revoke,
  'keep-secret': keep,
  'end-subscription': endTelling,
  'end-sessions': move('sessions-ended'),
  'lock-out': move('locked-out'),
  'let-in': move('let-in'),
};
