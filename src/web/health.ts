import express, { type Express, type Router } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { countDeliveries } from '../store/deliveries.ts';
import type { Store } from '../store/store.ts';

export interface Health {
  /** Names of the parts that are not up yet, or have stopped moving. Empty: ready. */
  notReady(): Promise<readonly string[]>;
  /** Names of what is away while the doors stay open without it. */
  away(): Promise<readonly string[]>;
}

function metrics(store: Store): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'kortelijn_' });
  new Gauge({
    name: 'kortelijn_delivery_count',
    help: 'Deliveries in the outbox by destination and state',
    labelNames: ['destination', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const row of await countDeliveries(store))
        this.set({ destination: row.destination, state: row.state }, row.count);
    },
  });
  return registry;
}

/** healthz: the process lives. readyz: all parts are up. metrics: Prometheus, from loopback only. */
export function healthRouter(store: Store, health: Health): Router {
  const router = express.Router();
  const registry = metrics(store);
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const [waiting, away] = await Promise.all([health.notReady(), health.away()]);
    const status = waiting.length > 0 ? 'starting' : away.length > 0 ? 'degraded' : 'ready';
    response.status(status === 'starting' ? 503 : 200).json({ status, waiting: [...waiting, ...away] });
  });
  router.get('/metrics', async (request, response) => {
    const address = request.socket.remoteAddress ?? '';
    if (!/^(127\.|::1$|::ffff:127\.)/.test(address)) return void response.status(404).end();
    response.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}

/** An app with nothing but health: what a process without pages listens for. */
export function healthApp(store: Store, health: Health): Express {
  return express().disable('x-powered-by').use(healthRouter(store, health));
}
