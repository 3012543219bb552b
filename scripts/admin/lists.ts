import { localDay } from '../../src/referral/deadlines.ts';
import type { Directory } from '../../src/referral/directory/directory.ts';
import { listCredentials } from '../../src/store/access/credentials.ts';
import { listAdmitted } from '../../src/store/access/locked-out.ts';
import { listDestinations } from '../../src/store/outbox/destinations.ts';
import { readAlarms } from '../../src/store/queue/alarms.ts';
import { listJobs } from '../../src/store/queue/bulk.ts';
import { listLanes, listQueue } from '../../src/store/queue/list.ts';
import { countLosses, readMappingUse } from '../../src/store/queue/mapping-use.ts';
import { listRefused } from '../../src/store/queue/refused.ts';
import { listAlarms } from '../../src/store/queue/watch.ts';
import { stoppedSubscriptions } from '../../src/store/subscriptions.ts';
import { countedSince } from '../../src/web/admin/mappings.ts';
import { jobState } from '../../src/web/queue/bulk.ts';
import { classesNow } from '../../src/web/queue/classes.ts';
import { type Filter, isOfOne, toQueue } from '../../src/web/queue/filter.ts';
import { toRefused } from '../../src/web/queue/refused.ts';
import type { Site } from '../../src/web/site.ts';
import type { Row } from './print.ts';

/** What a list is asked with: the filter of the page, and how many rows. */
export interface Asked {
  readonly filter: Filter;
  readonly limit: number;
  /** The name of a mapping, with its version (name@version+hash) for the referrals that it read. */
  readonly mapping?: string | undefined;
}

const at = (moment: Date | null | undefined) => moment?.toISOString() ?? null;
const day = (site: Site) => localDay(site.store.clock());

async function journeys(site: Site, { filter, limit, mapping }: Asked): Promise<Row[]> {
  const directory = await site.directory();
  const { practice, owner, number, control, journey } = toQueue(filter, directory, site.store.clock());
  const open = filter.state !== 'all' && !isOfOne(filter) && mapping === undefined;
  const lanes = await listLanes(site.store, { practice, owner, number, control, journey, mapping, open }, limit);
  return lanes.map((lane) => ({
    number: lane.number,
    practice: lane.practice,
    wally: lane.owner,
    status: lane.taskStatus,
    received: at(lane.receivedAt ?? lane.committedAt),
    delivered: at(lane.visibleAt),
    feedback: at(lane.feedbackAt),
    landed: at(lane.landedAt),
    mapping: lane.mapping,
    stuck: lane.stuck && `${lane.stuck.id} ${lane.stuck.code}`,
    journey: lane.journey,
  }));
}

async function deliveries(site: Site, { filter, limit }: Asked): Promise<Row[]> {
  const found = await listQueue(site.store, toQueue(filter, await site.directory(), site.store.clock()), limit);
  return found.map((one) => ({
    id: one.id,
    number: one.number,
    practice: one.practice,
    kind: one.kind,
    destination: one.destination,
    state: one.reason ? `${one.state} (${one.reason})` : one.state,
    code: one.failureCode,
    tries: one.attempts,
    since: at(one.createdAt),
    next: one.state === 'pending' ? at(one.nextAt) : null,
    journey: one.journey,
  }));
}

async function classes(site: Site): Promise<Row[]> {
  return (await classesNow(site)).map((one) => ({
    class: one.class,
    state: one.state,
    waiting: one.waiting,
    refused: one.refused,
    practices: one.practices.length,
    today: one.day,
    usual: one.usual,
    first: at(one.first),
    last: at(one.last),
  }));
}

async function destinations(site: Site): Promise<Row[]> {
  return (await listDestinations(site.store)).map((one) => ({
    destination: one.id,
    breaker: one.breaker,
    fails: one.fails,
    paused: one.paused,
    draining: one.draining,
    down: one.downSince !== null,
    retries: one.retries,
    quiet: at(one.quietUntil),
    maintenance: one.windowFrom && `${at(one.windowFrom)} to ${at(one.windowUntil)}`,
  }));
}

function practices({ practices: all, roles }: Directory): Row[] {
  return [...all.values()].map((one) => ({
    id: one.id,
    name: one.name,
    agb: one.agb,
    ways: one.channels.map(({ kind }) => kind).join(' ') || 'own pages only',
    team: one.service?.team,
    people: [...roles.values()].filter(({ organization }) => organization === one.id).length,
  }));
}

const wallys = ({ roles }: Directory) => [...roles.values()].filter(({ kind }) => kind === 'wally');

/** Those of the region first, then those of one referral or team. */
async function alarms({ store }: Site, { limit }: Asked): Promise<Row[]> {
  const [region, teams] = await Promise.all([readAlarms(store, store.clock()), listAlarms(store, limit)]);
  const open = region.filter((one) => one.overAt === null);
  return [
    ...open.map((one): Row => {
      const state = one.answer?.as ?? 'new';
      return {
        kind: one.class,
        count: one.count,
        about: one.subjects.join(' '),
        team: null,
        state,
        raised: one.openedAt,
      };
    }),
    ...teams.map(
      (one): Row => ({
        ...{ kind: one.kind, count: 1, about: one.number ?? one.practice },
        ...{ team: one.team, state: 'new', raised: at(one.raisedAt) },
      }),
    ),
  ].slice(0, limit);
}

async function refused(site: Site, { filter, limit }: Asked): Promise<Row[]> {
  return (await listRefused(site.store, await toRefused(site, filter), limit)).map((one) => ({
    ...{ id: one.id, practice: one.practice, application: one.application, door: one.door, control: one.controlId },
    ...{ codes: [...new Set(one.codes)].join(' '), received: at(one.receivedAt), kept: one.isKept },
  }));
}

async function credentials(site: Site, { filter }: Asked): Promise<Row[]> {
  const { practice } = toQueue(filter, await site.directory(), site.store.clock());
  return (await listCredentials(site.store, practice)).map(({ createdAt, revokedAt, ...one }) => ({
    ...one,
    ...{ given: at(createdAt), revoked: at(revokedAt) },
  }));
}

async function sessions({ store }: Site): Promise<Row[]> {
  return (await listAdmitted(store)).map(({ person, sessions: open, seenAt, lockedOutAt }) => ({
    ...{ person, sessions: open, seen: at(seenAt) },
    lockedOut: at(lockedOutAt),
  }));
}

async function jobs({ store }: Site, { limit }: Asked): Promise<Row[]> {
  return (await listJobs(store, limit)).map((one) => ({
    ...{ id: one.id, action: one.action, state: jobState(one), done: one.done, skipped: one.skipped, total: one.total },
    ...{ by: one.by, began: at(one.startedAt), undoes: one.undoes, undone: one.undoneBy !== null },
  }));
}

async function stopped({ store }: Site, { limit }: Asked): Promise<Row[]> {
  return (await stoppedSubscriptions(store)).slice(0, limit).map((one) => ({
    ...{ id: one.id, client: one.client, practice: one.practice, type: one.type, code: one.error },
    since: at(one.changedAt),
  }));
}

async function mappings(site: Site, { limit }: Asked): Promise<Row[]> {
  return (await readMappingUse(site.store, countedSince(site))).slice(0, limit).map((one) => ({
    ...{ mapping: one.mapping, messages: one.messages, first: at(one.first), last: at(one.last) },
  }));
}

async function losses(site: Site, { mapping, limit }: Asked): Promise<Row[]> {
  const found = await countLosses(site.store, mapping?.split('@')[0], countedSince(site), limit);
  return found.map(({ last, ...one }) => ({ ...one, last: at(last) }));
}

/** Every list of the command, by its name; none opens content. */
export const lists: Readonly<Record<string, (site: Site, asked: Asked) => Promise<Row[]>>> = {
  journeys,
  deliveries,
  classes,
  destinations,
  alarms,
  refused,
  credentials,
  sessions,
  jobs,
  mappings,
  losses,
  stopped,
  practices: async (site) => practices(await site.directory()),
  wallys: async (site) =>
    wallys(await site.directory()).map(({ id, name, organization, substitute, lastDay }) => ({
      ...{ id, name, organization, substitute, lastDay },
    })),
  absences: async (site) =>
    wallys(await site.directory()).flatMap((one) =>
      one.absences
        .filter(({ to }) => to === undefined || to >= day(site))
        .map(({ from, to }) => ({ id: one.id, name: one.name, from, until: to, substitute: one.substitute })),
    ),
};
