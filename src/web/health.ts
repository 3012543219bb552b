import express, { type Express, type Router } from 'express';
import type { Store } from '../store/store.ts';
import { type Measured, measuring, metricsPage } from './metrics.ts';

export interface Health {
  /** Names of the parts that are not up yet, or have stopped moving. Empty: ready. */
  notReady(): Promise<readonly string[]>;
  /** Names of what is away while the doors stay open without it. */
  away(): Promise<readonly string[]>;
  readonly measured: Measured;
}

/** healthz: the process lives. readyz: all parts are up. metrics: Prometheus. Every request after it is measured. */
export function healthRouter(store: Store, health: Health): Router {
  const router = express.Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const [waiting, away] = await Promise.all([health.notReady(), health.away()]);
    const status = waiting.length > 0 ? 'starting' : away.length > 0 ? 'degraded' : 'ready';
    response.status(status === 'starting' ? 503 : 200).json({ status, waiting: [...waiting, ...away] });
  });
  router.get('/metrics', metricsPage(store, health.measured));
  router.use(measuring(health.measured));
  return router;
}

/** An app with nothing but health: what a process without pages listens for. */
export function healthApp(store: Store, health: Health): Express {
  return express().disable('x-powered-by').use(healthRouter(store, health));
}
