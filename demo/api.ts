import express, { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Reach } from './kortelijn.ts';
import { type MadeReferral, patientSchema, referRequestSchema } from './model.ts';
import { countsOf, foreignId, type Records } from './record.ts';
import { bodyHash, makeReferral, sendMade } from './refer.ts';
import { type Switches, switchSchema } from './switches.ts';
import { inboxOf, recordOf } from './view.ts';

export interface HisParts {
  readonly practices: ReadonlyMap<string, Records>;
  readonly switches: Switches;
  readonly now: () => Date;
  reachOf(records: Records): Reach;
}

const bulkReferrals = z.strictObject({
  practice: z.string(),
  referrals: z.array(z.strictObject({ system: z.string().min(1), value: z.string().min(1), patientId: z.string() })),
});
const bulkPatients = z.strictObject({ practice: z.string(), patients: z.array(patientSchema) });
const switchChange = z.strictObject({
  practice: z.string().optional(),
  reset: z.boolean().optional(),
  ...Object.fromEntries(Object.entries(switchSchema.shape).map(([key, one]) => [key, one.removeDefault().optional()])),
});

const wrong = (res: Response, status: number, error: string, more?: object) =>
  res.status(status).json({ error, ...more });

/** A body that is not as it should be: the places and what is wrong there. */
function checked<T>(res: Response, schema: z.ZodType<T>, body: unknown): T | undefined {
  const found = schema.safeParse(body);
  if (found.success) return found.data;
  const issues = found.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  wrong(res, 400, 'body', { issues });
  return undefined;
}

const shown = ({ body: _, request: __, ...rest }: MadeReferral) => rest;

/** The HIS's own JSON side, for tests and the demo command: no credential, loopback only. */
export function apiRoutes({ practices, switches, now, reachOf }: HisParts): Router {
  const router = Router();
  router.use(['/api', '/:practice/api'], express.json({ limit: '20mb' }));

  const records = (req: Request, res: Response): Records | undefined => {
    const found = practices.get(String(req.params.practice ?? req.body?.practice ?? ''));
    if (!found) wrong(res, 404, 'no such practice');
    return found;
  };

  router.get('/api/counts', (_req, res) => {
    res.json({ practices: Object.fromEntries([...practices].map(([id, one]) => [id, countsOf(one)])) });
  });
  router.get('/api/switches', (_req, res) => void res.json(switches.all()));
  router.post('/api/switches', (req, res) => {
    const change = checked(res, switchChange, req.body ?? {});
    if (!change) return;
    const { practice, reset, ...rest } = change;
    if (practice !== undefined && !practices.has(practice.replace(/\/mllp$/, '')))
      return wrong(res, 404, 'no such practice');
    if (reset) switches.reset(practice);
    if (Object.keys(rest).length > 0) switches.set(rest, practice);
    res.json(switches.all());
  });
  router.post('/api/referrals', async (req, res) => {
    const bulk = checked(res, bulkReferrals, req.body);
    const one = bulk && records(req, res);
    if (!bulk || !one) return;
    const unknown = bulk.referrals.find(({ patientId }) => !one.patients.get(patientId));
    if (unknown) return wrong(res, 422, 'no such patient', { patientId: unknown.patientId });
    const madeAt = now().toISOString();
    await one.referrals.putAll(
      bulk.referrals.map((made) => ({ ...made, id: foreignId(made.system, made.value), madeAt, state: 'registered' })),
    );
    res.status(201).json({ registered: bulk.referrals.length });
  });
  router.post('/api/patients', async (req, res) => {
    const bulk = checked(res, bulkPatients, req.body);
    const one = bulk && records(req, res);
    if (!bulk || !one) return;
    await one.patients.putAll(bulk.patients);
    res.status(201).json({ added: bulk.patients.length });
  });

  router.get('/:practice/api/patients', (req, res) => {
    const one = records(req, res);
    if (one) res.json({ patients: one.patients.all().map(({ journal: _, ...patient }) => patient) });
  });
  router.get('/:practice/api/patients/:id', (req, res) => {
    const one = records(req, res);
    const record = one && recordOf(one, req.params.id);
    if (one && !record) return wrong(res, 404, 'no such patient');
    if (record)
      res.json({ ...record, referrals: record.referrals.map((made) => ({ ...made, bodyHash: bodyHash(made) })) });
  });
  router.post('/:practice/api/patients/:id/refer', async (req, res) => {
    const one = records(req, res);
    const patient = one?.patients.get(req.params.id);
    if (one && !patient) return wrong(res, 404, 'no such patient');
    const request = one && checked(res, referRequestSchema, req.body ?? {});
    if (!one || !patient || !request) return;
    const made = await makeReferral(one, patient, request, now());
    await answerSent(one, made.id, false, res);
  });
  router.post('/:practice/api/referrals/:id/send', async (req, res) => {
    const one = records(req, res);
    if (one) await answerSent(one, req.params.id, true, res);
  });
  router.get('/:practice/api/inbox', (req, res) => {
    const one = records(req, res);
    if (one) res.json({ letters: inboxOf(one) });
  });
  router.post('/:practice/api/inbox/:id/file', async (req, res) => {
    const one = records(req, res);
    if (!one) return;
    const letter = await one.fileByHand(req.params.id, String(req.body?.patientId ?? ''), now());
    if (!letter) return wrong(res, 404, 'no such letter or patient');
    res.json(letter);
  });

  async function answerSent(one: Records, id: string, again: boolean, res: Response): Promise<void> {
    const sent = await sendMade(one, reachOf(one), id, again);
    if (!sent) return void wrong(res, 404, 'no such referral, or nothing to send');
    const { made, answer } = sent;
    const { status, body, promised, sentences } = answer;
    res.json({ status, answer: body, promised, sentences, referral: { ...shown(made), bodyHash: bodyHash(made) } });
  }
  return router;
}
