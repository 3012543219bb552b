import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bundle, CapabilityStatement, Communication, Patient as FhirPatient } from '@medplum/fhirtypes';
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { faults, refuse, say } from './fhir-answer.ts';
import { type CreateParts, createCommunication } from './fhir-create.ts';
import type { Switch, Switches } from './switches.ts';

export interface DoorParts extends CreateParts {
  readonly switches: Switches;
  /** Ends waiting when the HIS closes. */
  readonly closing: AbortSignal;
}

type Held = Communication | FhirPatient;

const bodyBytesMax = 5 * 1024 * 1024;

const digest = (text: string) => createHash('sha256').update(text).digest();

/** `system|value`, `value`, `|value` or `system|` (FHIR R4 search.html#token); undefined when it names nothing. */
function tokenTest(token: string): ((one: { system?: string; value?: string }) => boolean) | undefined {
  const bar = token.indexOf('|');
  const system = bar < 0 ? undefined : token.slice(0, bar);
  const value = token.slice(bar + 1);
  if (!value && !system) return undefined;
  return (one) => (value === '' || one.value === value) && (system === undefined || (one.system ?? '') === system);
}

function searchset(base: string, type: string, token: string, found: readonly Held[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: found.length,
    link: [{ relation: 'self', url: `${base}/${type}?identifier=${encodeURIComponent(token)}` }],
    ...(found.length > 0 && {
      entry: found.map((resource) => ({
        fullUrl: `${base}/${resource.resourceType}/${resource.id}`,
        resource,
        search: { mode: 'match' as const },
      })),
    }),
  };
}

function capabilities(base: string, date: Date): CapabilityStatement {
  const searchParam = [{ name: 'identifier', type: 'token' as const }];
  const reads = [{ code: 'read' as const }, { code: 'search-type' as const }];
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: date.toISOString(),
    kind: 'instance',
    software: { name: 'Simulated GP system of the Kortelijn demo' },
    implementation: { description: 'Simulated GP system', url: base },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        resource: [
          { type: 'Communication', interaction: [...reads, { code: 'create' }], conditionalCreate: true, searchParam },
          { type: 'Patient', interaction: reads, searchParam },
        ],
      },
    ],
  };
}

/** The switch first (a broken system is broken for everyone), then the credential. */
function gate({ records, switches, closing }: DoorParts) {
  const token = digest(`Bearer ${records.practice.token}`);
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const creates = req.method === 'POST' && req.path === '/Communication';
    if (creates) records.requests += 1;
    const decided = switches.decide(records.practice.id, creates);
    res.locals.decided = decided;
    if (decided.mode === 'down') {
      req.socket.destroy();
      return;
    }
    if (decided.mode === 'refuse') {
      res.status(503).set('Connection', 'close').type('text/plain').send('Service Unavailable');
      return;
    }
    if (decided.mode === 'rate-limit') {
      res.set('Retry-After', String(decided.retryAfterSeconds));
      return refuse(res, 429, faults.throttled);
    }
    if (decided.mode === 'error-before') return refuse(res, 500, faults.broken);
    if (decided.mode === 'slow') await wait(decided.delayMs, undefined, { signal: closing }).catch(() => undefined);
    if (!timingSafeEqual(digest(req.get('authorization') ?? ''), token)) {
      res.set('WWW-Authenticate', 'Bearer');
      return refuse(res, 401, faults.login);
    }
    next();
  };
}

/** The FHIR R4 side of one practice of the HIS. */
export function fhirDoor(parts: DoorParts): Router {
  const { records, now, base } = parts;
  const router = Router();
  router.use(gate(parts));

  const read = (res: Response, resource: Held | undefined) => {
    if (!resource) return refuse(res, 404, faults.notFound);
    if (resource.meta?.versionId) res.set('ETag', `W/"${resource.meta.versionId}"`);
    say(res, 200, resource);
  };
  const search = (req: Request, res: Response, type: string, all: () => readonly Held[]) => {
    const token = new URL(req.originalUrl, 'http://his').searchParams.get('identifier') ?? '';
    const test = tokenTest(token);
    // A search without its one parameter would give everybody's letters.
    if (!test) return refuse(res, 400, faults.badSearch);
    const found = all().filter((one) => one.identifier?.some((id) => test(id)));
    say(res, 200, searchset(base(), type, token, found));
  };
  const patients = () => records.patients.all().flatMap(({ id }) => records.fhirPatient(id) ?? []);
  const communications = () => records.letters.all().map((one) => one.communication);

  router.get('/metadata', (_req, res) => say(res, 200, capabilities(base(), now())));
  router.get('/Patient/:id', (req, res) => read(res, records.fhirPatient(req.params.id)));
  router.get('/Patient', (req, res) => search(req, res, 'Patient', patients));
  router.get('/Communication/:id', (req, res) => read(res, records.letters.get(req.params.id)?.communication));
  router.get('/Communication', (req, res) => search(req, res, 'Communication', communications));
  const create = createCommunication(parts);
  router.post('/Communication', express.raw({ type: () => true, limit: bodyBytesMax }), (req, res) =>
    create(req, res, res.locals.decided as Switch),
  );

  const known = ['/Communication', '/Communication/:id', '/Patient', '/Patient/:id', '/metadata'];
  router.all(known, (_req, res) => refuse(res, 405, faults.notSupported));
  router.use((_req: Request, res: Response) => refuse(res, 404, faults.notFound));
  router.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    if (error instanceof Error && 'type' in error && error.type === 'entity.too.large') {
      return refuse(res, 413, faults.tooLarge);
    }
    refuse(res, 500, faults.broken);
  });
  return router;
}
