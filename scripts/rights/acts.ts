// What each command about a person's rights says, apart from its files and its command line. The acts are those of src/rights,
// as on the pages. Gives lines for who asked.
import type { Bundle } from '@medplum/fhirtypes';
import type { RedactionItem } from '../../src/feedback/personal-file.ts';
import { isRefusal, type Refusal } from '../../src/referral/refusal.ts';
import * as access from '../../src/rights/access.ts';
import * as keep from '../../src/rights/keep.ts';
import { type Rights as Acts, findJourneys, journeysNumbered, type Outcome, reasons } from '../../src/rights/rights.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Keeping, readKeeping } from '../../src/store/keeping.ts';
import type { PersonKey } from '../../src/store/persons.ts';
import { markGiven, readRightsRequest } from '../../src/store/rights-requests.ts';
import type { Store } from '../../src/store/store.ts';

export interface Rights {
  readonly store: Store;
  /** Where the request is filed. */
  readonly reference: string;
  readonly by: string;
}

const actsOf = ({ store, reference, by }: Rights, practice?: string): Acts => ({
  store,
  reference,
  actor: { id: by, role: 'administrator' },
  ...(practice && { practice }),
});

const words = (refusal: Refusal) => refusal.refused.map((one) => one.said.en).join('\n');

async function named(rights: Rights, numbers: readonly string[]): Promise<readonly Keeping[]> {
  const { journeys, missing } = await journeysNumbered(actsOf(rights), numbers);
  if (missing.length > 0) throw new Error(`there is no referral ${missing.join(', ')}`);
  return journeys;
}

/** Says of each what was done; throws, with what was done and what not, when one was refused. */
function told(outcomes: readonly Outcome[], done: (one: Keeping) => string): string[] {
  const said = outcomes.filter((one) => !one.refused).map(({ of }) => `${of.number} ${done(of)}`);
  const left = outcomes.flatMap(({ of, refused }) => (refused ? [`${of.number} ${words(refused)}`] : []));
  if (left.length > 0) throw new Error([...said, ...left].join('\n'));
  return said;
}

const day = (at: Date | null) => at?.toISOString().slice(0, 10) ?? '';

function keepingSaid(one: Keeping): string {
  const marks = [
    one.erasedAt && `erased ${day(one.erasedAt)}`,
    one.heldAt && `held since ${day(one.heldAt)} (${one.heldFor})`,
    one.objectedAt && `objection of ${day(one.objectedAt)}`,
    one.transferredAt && `in the receiver's own record since ${day(one.transferredAt)}`,
    one.over ? 'over' : 'open',
  ].filter(Boolean);
  return [one.number, one.practice, one.practiceNumber, day(one.receivedAt), one.taskStatus, marks.join(', ')].join(
    '  ',
  );
}

/** Who is meant, in one practice or, with one of the reasons, in all. */
export async function search(
  rights: Rights,
  person: PersonKey,
  where: { readonly practice: string } | { readonly everywhere: string },
): Promise<string[]> {
  const why = 'everywhere' in where ? where.everywhere : undefined;
  if (why !== undefined && !reasons.includes(why))
    throw new Error(`--everywhere needs a reason: ${reasons.join(', ')}`);
  const acts = actsOf(rights, 'practice' in where ? where.practice : undefined);
  const found = await findJourneys(acts, person, why);
  return found.length > 0 ? found.map(keepingSaid) : ['nobody is found'];
}

/** Everything about the person of some journeys as files, with the list of what must be read first (H8). */
export async function putTogether(
  rights: Rights,
  numbers: readonly string[],
): Promise<{ readonly files: access.Files; readonly said: string[] }> {
  const journeys = await named(rights, numbers);
  const { request, resources, bundle, list } = await access.putTogether(actsOf(rights), journeys);
  const erased = journeys.filter((one) => one.erasedAt).length;
  const trail = await access.trailText(
    rights.store,
    journeys.map((one) => one.journey),
  );
  return {
    files: new Map([
      ['bundle.json', bundle],
      ['redaction.json', JSON.stringify({ request, texts: list }, undefined, 2)],
      ['wie-heeft-gekeken.csv', trail],
    ]),
    said: [
      `request ${request}: ${journeys.length} referrals (${erased} erased), ${resources.length} resources`,
      `${list.length} texts to read. Give each a decision in redaction.json: "keep", "remove" or {"replace": "…"}.`,
      `Then: npm run rights -- give --request ${request} --folder <this folder>`,
    ],
  };
}

/** The copy that may be given out, made of the decisions that came back; refuses while one is open. Marks it as given, once. */
export async function give(
  rights: Rights,
  id: string,
  back: { readonly bundle: string; readonly redaction: string },
): Promise<{ readonly files: access.Files; readonly said: string[] }> {
  const { store } = rights;
  const request = await readRightsRequest(store, id);
  if (!request) throw new Error('there is no such request');
  if (request.givenAt) throw new Error(`it was given on ${day(request.givenAt)}`);
  if (!access.hashOf(back.bundle).equals(request.askedHash))
    throw new Error('bundle.json is another than was put together');
  const bundle = JSON.parse(back.bundle) as Bundle;
  const decided = (JSON.parse(back.redaction) as { texts?: RedactionItem[] }).texts ?? [];
  const copy = access.copyOf(access.resourcesIn(bundle), decided, bundle.timestamp ?? '');
  if (isRefusal(copy)) throw new Error(words(copy));
  const files = new Map([
    ...copy.files,
    ['wie-heeft-gekeken.csv', await access.trailText(store, request.journeys)] as const,
  ]);
  if (!(await markGiven(store, id, rights.by, access.hashOf(...files.values()), store.clock())))
    throw new Error('it was given just now');
  await access.noteGiven(actsOf(rights), await readKeeping(store, request.journeys));
  const removed = decided.filter((one) => one.decision !== 'keep').length;
  return { files, said: [`given: ${copy.resources.length} resources, ${removed} texts removed or replaced`] };
}

/** Erases the content of journeys and what leads to the person; says of each why not. Throws when one is left. */
export async function erase(rights: Rights, numbers: readonly string[], evenTheOnlyCopy: boolean): Promise<string[]> {
  const outcomes = await keep.erase(actsOf(rights), await named(rights, numbers), evenTheOnlyCopy);
  return told(outcomes, () => 'erased; the trail and events without content stay');
}

/** Sets or ends a legal hold: what is held is neither purged nor erased. */
export async function setHold(rights: Rights, numbers: readonly string[], held: boolean): Promise<string[]> {
  const outcomes = await keep.setHold(actsOf(rights), await named(rights, numbers), held);
  return told(outcomes, () => (held ? 'is held' : 'is held no longer'));
}

/** Notes an objection (AVG 21); what follows from it a person decides. */
export async function note(rights: Rights, numbers: readonly string[]): Promise<string[]> {
  const outcomes = await keep.objectTo(actsOf(rights), await named(rights, numbers));
  const next = (one: Keeping) => (one.over ? 'erase it, or say why not' : 'the team lead decides: withdraw ends it');
  return told(outcomes, (one) => `objection noted; ${next(one)}`);
}

/** Notes that a correction was asked for (AVG 16); who wrote what is wrong corrects it. */
export async function correct(rights: Rights, numbers: readonly string[]): Promise<string[]> {
  const outcomes = await keep.askCorrection(actsOf(rights), await named(rights, numbers));
  return told(outcomes, () => 'correction noted; who wrote it corrects it, by the way it came');
}

/** Consent withdrawn (H10), on the word of someone of the team who may end it; lists what went out and cannot be recalled. */
export async function stop(rights: Rights, numbers: readonly string[], as: string): Promise<string[]> {
  const directory = await directoryReader(rights.store)();
  const role = directory.roles.get(as);
  if (!role || (role.kind !== 'team-lead' && role.kind !== 'wally')) throw new Error('--as is a team lead or a Wally');
  const actor = { id: as, name: role.name, role: role.kind, organization: role.organization } as const;
  const outcomes = await keep.withdrawConsent(actsOf(rights), await named(rights, numbers), actor, directory);
  told(outcomes, () => 'has ended');
  return outcomes.flatMap(({ of, gone }) => [
    `${of.number} has ended`,
    ...gone.map((one) => `  cannot be recalled: ${one.kind} to ${one.recipient}, ${day(one.firstSentAt)}`),
  ]);
}
