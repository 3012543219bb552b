import type { Identifier, Resource } from '@medplum/fhirtypes';
import { type Asked, decideAsked } from '../../feedback/named-move/named-move.ts';
import { identifiers } from '../../fhir/systems.ts';
import type { Actor } from '../../referral/actor.ts';
import type { Change } from '../../referral/change.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Journey, Versioned, Written } from '../../referral/journey.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { journeyWith } from '../../store/journey-of.ts';
import { readJourney } from '../../store/referrals.ts';
import type { Scope } from '../../store/scope.ts';
import type { Accepting } from '../arriving.ts';
import type { Caller } from '../practice-key.ts';
import { mayNot, noSuch } from './reply.ts';

const triesMax = 8;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a request asks of a journey: a move, something that is there already, or nothing that is not so. */
export type Wanted = Asked | { readonly already: Versioned<Resource> } | 'nothing';

/** What became of a request: the journey that it was decided on, and what was written; no Change when nothing had to be. */
export interface Made {
  readonly journey: Journey;
  readonly asked?: Asked;
  readonly change?: Change;
  readonly already?: Versioned<Resource>;
}

const personMissing = (): Refusal =>
  refuse(
    issue('required', 'person-missing', 'Task.owner', {
      nl: 'Zeg wie dit deed: noem de PractitionerRole van een medewerker (owner, sender, participant of by).',
      en: 'Say who did this: name the PractitionerRole of a person (owner, sender, participant or by).',
    }),
  );

const otherPerson = (): Refusal =>
  refuse(
    issue('forbidden', 'not-of-this-organisation', 'Task.owner', {
      nl: 'Deze persoon staat niet in de adreslijst als Wally of teamleider van uw organisatie.',
      en: 'This person is not in the directory as a Wally or team lead of your organisation.',
    }),
  );

/** Who acts: a practice's system itself; of a Wally's system the person that it names, if that is one of its own. */
function actorOf({ scope, actor }: Caller, by: string | undefined, { roles }: Directory): Actor | Refusal {
  if (scope.kind === 'practice') return actor;
  const own = scope.kind === 'wally' || scope.kind === 'owner' ? scope.owner : undefined;
  const id = own ?? by;
  if (id === undefined) return personMissing();
  const role = roles.get(id);
  const isOne = role?.kind === 'wally' || role?.kind === 'team-lead';
  const isOurs = own === undefined ? scope.kind === 'team' && role?.organization === scope.team : (by ?? own) === own;
  if (!role || !isOne || !isOurs) return otherPerson();
  return { id, name: role.name, role: role.kind === 'wally' ? 'wally' : 'team-lead', organization: role.organization };
}

/** What that person sees on the pages: for who is barred from a referral it is not there (H11). */
function scopeOf(actor: Actor, caller: Caller): Scope {
  if (actor.role === 'wally') return { kind: 'wally', owner: actor.id };
  return actor.role === 'team-lead' ? { kind: 'team', team: actor.organization ?? '' } : caller.scope;
}

/** The journey of a resource that the caller names by its id; undefined when there is none for it. */
export async function journeyBy(
  parts: Accepting,
  { scope }: Caller,
  type: string,
  id: string,
): Promise<{ readonly journey: string; readonly practice: string } | undefined> {
  if (!uuid.test(id)) return undefined;
  const practices = scope.kind === 'practice' ? [scope.practice] : [...(await parts.directory()).practices.keys()];
  return journeyWith(parts.store, scope, practices, type, id);
}

const ours: readonly string[] = [identifiers.message, identifiers.task];

/** Under the sender's own identifiers too, so that the same message is known when it comes again. */
function identified(change: Change, type: string, all: readonly Identifier[] = []): Change {
  const own = all.filter((one) => !ours.includes(one.system ?? ''));
  const resources = (change.resources ?? []).map((one): Written => {
    if (one.version !== 1 || one.resource.resourceType !== type) return one;
    const known = (one.resource as { identifier?: Identifier[] }).identifier ?? [];
    return { ...one, resource: { ...one.resource, identifier: [...known, ...own] } as Written['resource'] };
  });
  return own.length === 0 ? change : { ...change, resources };
}

async function noteRefusedMove(
  parts: Accepting,
  journey: Journey,
  actor: Actor & { readonly via?: string },
  refusal: Refusal,
): Promise<void> {
  const { id, role, organization, via } = actor;
  await parts.store.commit({
    scope: { practice: journey.practice },
    journey: journey.id,
    audit: [
      {
        event: 'move-refused',
        at: parts.store.clock().toISOString(),
        actor: { id, role, ...(organization && { organization }), ...(via && { via }) },
        action: 'U',
        outcome: 'refused',
        code: [...new Set(refusal.refused.map((one) => one.reason))].join(' ').slice(0, 200),
        object: `Task/${journey.task.resource.id}`,
        purpose: 'TREAT',
      },
    ],
  });
}

export interface Moving {
  readonly type: 'Task' | 'Communication' | 'Appointment';
  readonly interaction: 'create' | 'update' | 'patch';
  /** What is asked of the journey as it now is; said again when somebody was earlier. */
  readonly read: (journey: Journey) => Promise<Wanted | Refusal> | Wanted | Refusal;
  /** The sender's own names for what it makes. */
  readonly identifiers?: readonly Identifier[] | undefined;
  /** What is committed with the move. */
  readonly along?: (change: Change) => Change;
}

/**
 * Makes the one move that a request asks for, by the decider and the table that the pages go by, as the person that the
 * request names. Reads, decides and commits, again when somebody was earlier. A refusal leaves everything as it was.
 */
export async function makeMove(
  parts: Accepting,
  caller: Caller,
  journeyId: string,
  moving: Moving,
): Promise<Made | Refusal> {
  const { store } = parts;
  if (!caller.may(moving.type, moving.interaction)) return mayNot();
  for (let tries = 0; tries < triesMax; tries += 1) {
    const directory = await parts.directory();
    const journey = await readJourney(store, caller.scope, journeyId);
    if (!journey) return noSuch();
    const wanted = await moving.read(journey);
    const refused = async (refusal: Refusal, by: Actor & { readonly via?: string } = caller.actor) => {
      await noteRefusedMove(parts, journey, by, refusal);
      return refusal;
    };
    if (isRefusal(wanted)) return refused(wanted);
    if (wanted === 'nothing') return { journey };
    if ('already' in wanted) return { journey, already: wanted.already };
    const actor = actorOf(caller, wanted.by, directory);
    if (isRefusal(actor)) return refused(actor);
    const via = actor === caller.actor ? {} : { via: caller.application };
    // Decided on what was compared: whoever was earlier in between makes this stale.
    if (actor !== caller.actor && !(await readJourney(store, scopeOf(actor, caller), journeyId)))
      return refused(noSuch(), { ...actor, ...via });
    const acting = { actor, ...via, now: store.clock(), newId: store.newId, directory };
    const change = decideAsked(wanted, journey, acting);
    if (isRefusal(change)) return refused(change, { ...actor, ...via });
    const named = identified(change, moving.type, moving.identifiers);
    const written = moving.along?.(named) ?? named;
    const committed = await store.commit(written);
    if (committed.ok) return { journey, asked: wanted, change: written };
  }
  return refuse(refusals.busy());
}
