import { createHash, randomBytes } from 'node:crypto';
import express, { type Request, type Response, Router } from 'express';
import { importJWK, SignJWT } from 'jose';
import { z } from 'zod';
import { identifiers } from '../src/fhir/systems.ts';
import type { Gp } from './model.ts';
import type { Records } from './record.ts';
import { noteReferral, type ServerKind, toCapability, toCondition, writableBy } from './smart-fhir.ts';

/** A launch, code or token, and what it stands for; in memory, and over after an hour. */
interface Held {
  readonly practice: string;
  readonly kind: ServerKind;
  readonly patient: string;
  readonly gp: Gp;
  readonly until: number;
  /** Of a code: what the token request must agree with. */
  readonly asked?: z.infer<typeof askedSchema>;
}

export interface SmartParts {
  readonly practices: ReadonlyMap<string, Records>;
  readonly now: () => Date;
  /** Origin of this HIS. */
  readonly base: () => string;
  /** Origin of Kortelijn as browsers know it. */
  readonly kortelijn: string;
}

/** The SMART side of the HIS: an authorization server of its own before a small FHIR server, R4 (SMART 2) or STU3 (SMART 1). */
export interface SmartSide {
  readonly router: Router;
  /** Where to send the browser so that Kortelijn opens for this patient. */
  launchUrl(practice: string, kind: ServerKind, patient: string, gp: Gp): string;
}

const clientId = 'kortelijn';
const hourMs = 3_600_000;
const askedSchema = z.object({
  response_type: z.literal('code'),
  client_id: z.literal(clientId),
  redirect_uri: z.string(),
  scope: z.string().regex(/(^| )launch( |$)/),
  state: z.string().min(16),
  nonce: z.string().optional(),
  aud: z.string(),
  launch: z.string(),
  code_challenge: z.string().min(43),
  code_challenge_method: z.literal('S256'),
});

export function smartSide({ practices, now, base, kortelijn }: SmartParts): SmartSide {
  const held = new Map<string, Held>();
  const hold = (one: Omit<Held, 'until'>): string => {
    const name = randomBytes(24).toString('base64url');
    held.set(name, { ...one, until: now().getTime() + hourMs });
    return name;
  };
  const look = (name: string): Held | undefined => {
    const found = held.get(name);
    return found && found.until > now().getTime() ? found : undefined;
  };
  const take = (name: string): Held | undefined => {
    const found = look(name);
    held.delete(name);
    return found;
  };
  const at = (practice: string, kind: ServerKind) => `${base()}/${practice}/smart/${kind}`;
  const router = Router({ mergeParams: true });

  interface Here {
    readonly records: Records;
    readonly kind: ServerKind;
    readonly url: string;
  }
  const place = (req: Request): Here | undefined => {
    const records = practices.get(String(req.params.practice));
    const { kind } = req.params;
    if (!records?.practice.launchKey || (kind !== 'r4' && kind !== 'stu3')) return undefined;
    return { records, kind, url: at(records.practice.id, kind) };
  };
  const absent = (res: Response) => void res.status(404).json({ error: 'not-found' });
  const on = (handle: (here: Here, req: Request, res: Response) => unknown) => async (req: Request, res: Response) => {
    const here = place(req);
    if (here) await handle(here, req, res);
    else absent(res);
  };

  const configuration = ({ url }: Here) => ({
    issuer: url,
    jwks_uri: `${url}/jwks`,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    grant_types_supported: ['authorization_code'],
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['launch', 'openid', 'fhirUser', 'patient/*.rs', 'patient/ServiceRequest.c'],
    capabilities: ['launch-ehr', 'client-public', 'sso-openid-connect', 'context-ehr-patient', 'permission-v2'],
  });
  router.get(
    '/.well-known/smart-configuration',
    // An STU3 server of SMART 1 has no such page; it says all in its CapabilityStatement.
    on((here, _req, res) => (here.kind === 'r4' ? res.json(configuration(here)) : absent(res))),
  );
  router.get(
    '/.well-known/openid-configuration',
    on((here, _req, res) => res.json({ issuer: here.url, jwks_uri: `${here.url}/jwks` })),
  );
  router.get(
    '/metadata',
    on((here, _req, res) => res.json(toCapability(here.kind, here.url))),
  );
  router.get(
    '/jwks',
    on(({ records }, _req, res) => {
      const { d: _d, ...open } = records.practice.launchKey ?? {};
      res.json({ keys: [open] });
    }),
  );

  router.get(
    '/authorize',
    on(({ url }, req, res) => {
      const asked = askedSchema.safeParse(req.query);
      const launch = asked.success ? take(asked.data.launch) : undefined;
      const right = asked.data?.redirect_uri === `${kortelijn}/launch/callback` && asked.data.aud === url;
      // Whoever opened the record is signed in here already: the code is given at once.
      if (!asked.success || !launch || !right)
        return res.status(400).type('text/plain').send('Deze aanvraag klopt niet. Open de patiënt opnieuw.');
      const back = new URL(asked.data.redirect_uri);
      back.searchParams.set('code', hold({ ...launch, asked: asked.data }));
      back.searchParams.set('state', asked.data.state);
      res.redirect(303, back.href);
    }),
  );

  const idToken = async ({ records, url }: Here, { gp, asked }: Held): Promise<string> => {
    const key = records.practice.launchKey ?? {};
    const seconds = Math.floor(now().getTime() / 1_000);
    return new SignJWT({ fhirUser: `${url}/Practitioner/${gp.id}`, ...(asked?.nonce && { nonce: asked.nonce }) })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid ?? '' })
      .setIssuer(url)
      .setSubject(gp.id)
      .setAudience(clientId)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 300)
      .sign(await importJWK(key, 'ES256'));
  };
  router.post(
    '/token',
    express.urlencoded({ extended: false, limit: '16kb' }),
    on(async (here, req, res) => {
      const { grant_type, code, redirect_uri, code_verifier, client_id } = (req.body ?? {}) as Record<string, string>;
      const given = take(String(code));
      const challenge = createHash('sha256').update(String(code_verifier)).digest('base64url');
      const right =
        grant_type === 'authorization_code' &&
        client_id === clientId &&
        given?.asked?.code_challenge === challenge &&
        given.asked.redirect_uri === redirect_uri &&
        given.kind === here.kind &&
        given.practice === here.records.practice.id;
      if (!given || !right) return res.status(400).json({ error: 'invalid_grant' });
      const { asked, until: _, ...rest } = given;
      res.set('Cache-Control', 'no-store').json({
        access_token: hold(rest),
        token_type: 'Bearer',
        expires_in: 3_600,
        scope: asked?.scope,
        patient: given.patient,
        need_patient_banner: true,
        id_token: await idToken(here, given),
      });
    }),
  );

  /** FHIR with the token of a launch: only the patient it was for. */
  const withToken = (handle: (here: Here, mine: Held, req: Request, res: Response) => unknown) =>
    on((here, req, res) => {
      const mine = look((req.get('authorization') ?? '').replace(/^Bearer /, ''));
      const right = mine && !mine.asked && mine.kind === here.kind && mine.practice === here.records.practice.id;
      if (!right) return res.status(401).json({ resourceType: 'OperationOutcome', issue: [] });
      return handle(here, mine, req, res);
    });
  router.get(
    '/Patient/:id',
    withToken(({ records }, mine, req, res) => {
      const patient = req.params.id === mine.patient ? records.fhirPatient(mine.patient) : undefined;
      return patient ? res.json(patient) : absent(res);
    }),
  );
  router.get(
    '/Practitioner/:id',
    withToken(({ records }, _mine, req, res) => {
      const gp = records.practice.gps.find((one) => one.id === req.params.id);
      if (!gp) return absent(res);
      const identifier = [{ system: identifiers.agb, value: gp.agb }];
      res.json({ resourceType: 'Practitioner', id: gp.id, identifier, name: [{ text: gp.name }] });
    }),
  );
  router.get(
    '/Condition',
    withToken(({ records, kind }, mine, req, res) => {
      const episodes = req.query.patient === mine.patient ? records.patients.get(mine.patient)?.episodes : undefined;
      const entry = (episodes ?? []).map((one) => ({ resource: toCondition(kind, mine.patient, one) }));
      res.json({ resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
    }),
  );
  router.post(
    '/:type',
    express.json({ type: ['application/fhir+json', 'application/json'], limit: '1mb' }),
    withToken(async ({ records, kind, url }, mine, req, res) => {
      const { type = '' } = req.params as { type?: string };
      if (type !== writableBy[kind]) return absent(res);
      const id = await noteReferral(records, mine.patient, req.body, now());
      if (id === undefined) return res.status(422).json({ resourceType: 'OperationOutcome', issue: [] });
      res
        .status(201)
        .set('Location', `${url}/${type}/${encodeURIComponent(id)}`)
        .end();
    }),
  );

  return {
    router,
    launchUrl: (practice, kind, patient, gp) => {
      const url = new URL(`${kortelijn}/launch`);
      url.searchParams.set('iss', at(practice, kind));
      url.searchParams.set('launch', hold({ practice, kind, patient, gp }));
      return url.href;
    },
  };
}
