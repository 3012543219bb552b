import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What this process counts of its own work, for Prometheus. Labels are codes, states, names of destinations and templates
 * of routes: never an id of a referral, and of each label only so many values.
 */
export interface Meter {
  readonly registry: Registry;
  /** One HTTP request: the template of its route (`/admin/deliveries/:id`), never its address. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** One message over MLLP, from its last byte to our last answer. */
  message(seconds: number): void;
  /** One attempt at a delivery and how it ended: a proof, or a code. */
  attempt(destination: string, outcome: string, seconds: number): void;
  /** A delivery landed, so long after it was committed. */
  landed(kind: string, seconds: number): void;
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const valuesMax = 500;

/** At most `max` values of a label; whatever comes after those is `other`. */
export function bounded(max: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= max) return 'other';
    seen.add(value);
    return value;
  };
}

const soon = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From a tenth of a second to a week: a GP system may be down for a weekend. */
const late = [0.1, 0.5, 1, 5, 30, 60, 300, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800];

export function openMeter(): Meter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'kortelijn_' });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `kortelijn_${name}`, help, labelNames, buckets, registers: [registry] });
  const requests = histogram('http_seconds', 'HTTP requests by route', ['method', 'route', 'status'], soon);
  const messages = histogram('mllp_seconds', 'HL7 v2 messages over MLLP, from last byte to answer', [], soon);
  const attempts = histogram('delivery_attempt_seconds', 'Attempts at deliveries', ['kind'], soon);
  const landed = histogram('delivery_landed_seconds', 'From commit to landed', ['kind'], late);
  const ends = new Counter({
    name: 'kortelijn_delivery_attempts_total',
    help: 'Attempts by destination and how they ended: a proof, or a code',
    labelNames: ['destination', 'outcome'],
    registers: [registry],
  });
  const route = bounded(valuesMax);
  const destination = bounded(valuesMax);
  const outcome = bounded(100);
  return {
    registry,
    request: (method, template, status, seconds) =>
      requests.observe(
        { method: methods.has(method) ? method : 'other', route: route(template), status: String(status) },
        seconds,
      ),
    message: (seconds) => messages.observe(seconds),
    attempt: (to, end, seconds) => {
      attempts.observe({ kind: to.split(':')[0] ?? '' }, seconds);
      ends.inc({ destination: destination(to), outcome: outcome(end) });
    },
    landed: (kind, seconds) => landed.observe({ kind }, seconds),
  };
}

/** A gauge whose values are all set anew at each look. */
export function openGauge(registry: Registry, name: string, help: string, labelNames: string[] = []): Gauge {
  return new Gauge({ name: `kortelijn_${name}`, help, labelNames, registers: [registry] });
}
