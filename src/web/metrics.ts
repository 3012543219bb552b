import { timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { type Meter, openGauge } from '../meter.ts';
import { classOfFailure, classOfRefusal } from '../referral/error-class.ts';
import { listDestinations } from '../store/outbox/destinations.ts';
import { countOpen, seenRefusals } from '../store/queue/counts.ts';
import { readStandingNow } from '../store/queue/watch.ts';
import type { Store } from '../store/store.ts';
import { openSpan } from '../trace.ts';

/** What of this process can be measured besides the record itself. */
export interface Measured {
  readonly meter: Meter;
  /** BullMQ's own counts by state; empty while the queue cannot be reached. */
  jobs(): Promise<Readonly<Record<string, number>>>;
  /** Seconds since the relay of this process ended a round; undefined where it has none. */
  relaySeconds(): number | undefined;
  /** What a Prometheus on another machine shows as its bearer token; without it only this machine may look. */
  readonly token?: string | undefined;
}

/** Every gauge that is read at a look; gives the function that reads them. */
function openGauges(store: Store, { meter, jobs, relaySeconds }: Measured): () => Promise<void> {
  const gauge = (name: string, help: string, labels: string[] = []) => openGauge(meter.registry, name, help, labels);
  const up = gauge('record_up', '1 when the database answered this look');
  const open = gauge('delivery_open', 'Deliveries that have not ended', ['destination', 'kind', 'state']);
  const oldest = gauge('delivery_oldest_seconds', 'Age of the oldest of them', ['destination', 'state']);
  const failing = gauge('delivery_failing', 'Deliveries that wait with a failure, by class', ['class']);
  const breaker = gauge('delivery_breaker_open', '1 while the breaker of a destination is open', ['destination']);
  const fails = gauge('delivery_fails_in_a_row', 'Failures in a row at a destination', ['destination']);
  const quiet = gauge('delivery_asked', '1 while a person asked it of a destination', ['destination', 'what']);
  const due = gauge('outbox_due_seconds', 'How long the oldest that is due has waited', ['destination']);
  const round = gauge('outbox_relay_round_seconds', 'Since the relay of this process ended a round');
  const refused = gauge('refused_day', 'Messages refused in the last day, by class', ['class']);
  const alarms = gauge('alarm_open', 'Alarms that nobody has resolved', ['kind']);
  const unsealed = gauge('audit_unsealed_lines', 'Lines of the trail that are newer than the newest sealed one');
  const lag = gauge('audit_unsealed_seconds', 'How long the oldest of them waits for its seal');
  const bulk = gauge('bulk_open', 'Deliveries that running bulk work still has to do');
  const queue = gauge('queue_jobs', "BullMQ's own counts", ['state']);
  const pool = gauge('pool_connections', 'Connections of this process to the database', ['state']);
  const read = async () => {
    const [counts, destinations, refusals, standing] = await Promise.all([
      countOpen(store),
      listDestinations(store),
      seenRefusals(store),
      readStandingNow(store),
    ]);
    for (const one of [open, oldest, failing, breaker, fails, quiet, due, refused, alarms]) one.reset();
    const now = store.clock().getTime();
    const ages = new Map<string, { destination: string; state: string; ms: number }>();
    for (const { destination, kind, state, code, count, oldest: since } of counts) {
      open.inc({ destination, kind, state }, count);
      if (code && state !== 'sent') failing.inc({ class: classOfFailure(code) }, count);
      const ms = Math.max(now - since.getTime(), ages.get(`${destination} ${state}`)?.ms ?? 0);
      ages.set(`${destination} ${state}`, { destination, state, ms });
    }
    for (const { destination, state, ms } of ages.values()) oldest.set({ destination, state }, ms / 1_000);
    for (const one of destinations) {
      const destination = one.id;
      breaker.set({ destination }, one.breaker === 'open' ? 1 : 0);
      fails.set({ destination }, one.fails);
      for (const [what, isSo] of [
        ['paused', one.paused],
        ['draining', one.draining],
        ['down', one.downSince !== null],
        ['retries-off', !one.retries],
      ] as const)
        if (isSo) quiet.set({ destination, what }, 1);
    }
    for (const one of refusals) refused.inc({ class: classOfRefusal(one.code) }, one.day);
    for (const { destination, seconds } of standing.due) due.set({ destination }, seconds);
    for (const { kind, count } of standing.alarms) alarms.set({ kind }, count);
    unsealed.set(standing.unsealed.count);
    lag.set(standing.unsealed.seconds);
    bulk.set(standing.bulkOpen);
  };
  return async () => {
    const { totalCount, idleCount, waitingCount } = store.pool;
    pool.set({ state: 'busy' }, totalCount - idleCount);
    pool.set({ state: 'idle' }, idleCount);
    pool.set({ state: 'waiting' }, waitingCount);
    const seconds = relaySeconds();
    if (seconds !== undefined) round.set(seconds);
    queue.reset();
    for (const [state, count] of Object.entries(await jobs())) queue.set({ state }, count);
    // A record that is away is a figure too: whoever watches must not go blind at that moment.
    const isUp = await read().then(
      () => 1,
      () => 0,
    );
    up.set(isUp);
  };
}

const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** From this machine, and not on behalf of another one: a proxy beside us passes on who asks. */
const isLocal = (request: Request) =>
  loopback.test(request.socket.remoteAddress ?? '') && loopback.test(request.ip ?? '');

function shows(request: Request, token: string): boolean {
  const [, given = ''] = /^Bearer (.{1,500})$/.exec(request.get('authorization') ?? '') ?? [];
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}

/** The figures for Prometheus: for this machine, and for who shows the token of the settings. Else there is no such page. */
export function metricsPage(store: Store, measured: Measured): RequestHandler {
  const look = openGauges(store, measured);
  const { registry } = measured.meter;
  let looking: Promise<void> | undefined;
  return async (request, response) => {
    if (!isLocal(request) && !(measured.token && shows(request, measured.token)))
      return void response.status(404).end();
    // Who asks at the same moment shares the look.
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    response.type(registry.contentType).send(await registry.metrics());
  };
}

/** The template of the route that answered (`/fhir/R4/:type/:id`), never the address: that holds ids. */
function templateOf(request: Request): string {
  const path: unknown = request.route?.path;
  if (typeof path !== 'string') return 'none';
  // What a router is mounted at is a place of ours; one with a number in it would be an id.
  return /\d{3}|[0-9a-f]{8}-/i.test(request.baseUrl) ? path : `${request.baseUrl}${path}`;
}

/** Middleware: every request is measured by its route, and is part of the trace that its sender works in. */
export function measuring({ meter }: Pick<Measured, 'meter'>): RequestHandler {
  return (request, response, next) => {
    const began = performance.now();
    const span = openSpan(request.method, 'server', request.get('traceparent'));
    response.once('close', () => {
      const route = templateOf(request);
      const { method } = request;
      const { statusCode: status } = response;
      meter.request(method, route, status, (performance.now() - began) / 1_000);
      span.end(
        { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
        status >= 500,
      );
    });
    span.within(next);
  };
}
