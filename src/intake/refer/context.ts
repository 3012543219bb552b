import type { Patient as FhirPatient, Resource } from '@medplum/fhirtypes';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import { validBsn } from '../../fhir/identifiers.ts';
import type { Issue } from '../../fhir/outcome.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import type { Actor } from '../../referral/actor.ts';
import { localDay } from '../../referral/deadlines.ts';
import { bsnSystems, type FhirPatientSource, patientFromFhir } from '../../referral/patient-from-fhir.ts';
import { type Patient, patientSchema, type Referral } from '../../referral/referral.ts';
import { isRefusal, issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { takeHandle, writeHandle } from '../../store/access/sessions.ts';
import type { Store } from '../../store/store.ts';
import { fhirBody, unreadRequest } from '../fhir/body.ts';
import { type Knocking, practiceKey, practiceOf, sendRefusal } from '../practice-key.ts';

/** What the practice's system hands to the refer page: the patient, and its own number for what may come of it. */
export interface ReferContext {
  readonly patient: Patient;
  readonly practiceReferralId?: Referral['practiceReferralId'];
  /** ICPC codes of the episodes in that record: to suggest with, never sent along unasked. */
  readonly icpc?: readonly string[];
  /** Under which name the launch is kept, when a note of the referral may be written into that record. */
  readonly launch?: string;
}

const lifetimeMs = 600_000;
/** A Patient is a few kB; room for a narrative, not for a photo. */
const bodyBytesMax = 262_144;
const wholeDay = /^\d{4}-\d{2}-\d{2}$/;

function patientIssues(patient: FhirPatient, day: string): Issue[] {
  const issues: Issue[] = [];
  const { birthDate } = patient;
  if (!patient.name?.some((one) => one.family || one.text)) {
    issues.push(refusals.required('Patient.name', { nl: 'De naam van de inwoner', en: 'The name of the resident' }));
  }
  if (!birthDate) {
    issues.push(refusals.required('Patient.birthDate', { nl: 'De geboortedatum', en: 'The birth date' }));
  } else if (!wholeDay.test(birthDate) || birthDate > day) {
    issues.push(refusals.impossibleDate('Patient.birthDate'));
  }
  for (const [n, one] of (patient.identifier ?? []).entries()) {
    const wrong = bsnSystems.includes(one.system ?? '') && one.value !== undefined && !validBsn(one.value);
    if (wrong) issues.push(refusals.bsn(`Patient.identifier[${n}].value`));
  }
  if (patient.deceasedBoolean === true || patient.deceasedDateTime !== undefined) {
    issues.push(
      issue('business-rule', 'deceased', 'Patient.deceased', {
        nl: 'Volgens het bericht is de inwoner overleden. Er is niets geopend.',
        en: 'According to the message the resident has died. Nothing was opened.',
      }),
    );
  }
  return issues;
}

/** `X-Practice-Referral: system|value`; may be left out. */
function referralNumber(request: Request): Referral['practiceReferralId'] | undefined | Refusal {
  const given = request.get('x-practice-referral');
  if (given === undefined) return undefined;
  const [, system, value] = /^([\x21-\x7b}~]{1,200})\|([\x21-\x7b}~]{1,200})$/.exec(given.trim()) ?? [];
  if (system && value) return { system, value };
  return refuse(
    issue('value', 'referral-number-form', '', {
      nl: 'X-Practice-Referral heeft niet de vorm systeem|nummer, zonder spaties.',
      en: 'X-Practice-Referral does not have the form system|number, without spaces.',
    }),
  );
}

/** A FHIR Patient as the person of a refer page on a local day, or everything that is wrong with it. Pure. */
export function contextPatient(resource: Resource, day: string): Patient | Refusal {
  if (resource.resourceType !== 'Patient') {
    const said = { nl: 'Op dit adres verwachten wij een Patient.', en: 'At this address we expect a Patient.' };
    return refuse(issue('value', 'other-resource', 'resourceType', said));
  }
  const base = validateBaseR4(resource).filter((one) => one.severity === 'error');
  const issues = base.length > 0 ? base : patientIssues(resource, day);
  if (issues.length > 0) return refuse(...issues);
  const checked = patientSchema.safeParse(patientFromFhir(resource as FhirPatientSource));
  if (!checked.success) {
    const fields = new Set(
      checked.error.issues.map((one) => one.path.filter((step) => typeof step === 'string').join('.')),
    );
    return refuse(...[...fields].map((field) => refusals.doesNotFit('Patient', field)));
  }
  return checked.data;
}

function contextOf(request: Request, day: string): ReferContext | Refusal {
  const resource = fhirBody(request);
  if (isRefusal(resource)) return resource;
  const patient = contextPatient(resource, day);
  if (isRefusal(patient)) return patient;
  const number = referralNumber(request);
  if (isRefusal(number)) return number;
  return { patient, ...(number && { practiceReferralId: number }) };
}

/** A line in the trail of what became of a context, under the practice of who did it. */
export async function noteContext(
  store: Store,
  actor: Actor,
  event: string,
  action: 'C' | 'R' | 'E',
  outcome: 'ok' | 'refused',
  code?: string,
): Promise<void> {
  const practice = actor.organization ?? '';
  const at = store.clock().toISOString();
  const who = { id: actor.id, role: actor.role, organization: practice };
  const line = { event, at, actor: who, action, outcome, ...(code && { code }), purpose: 'TREAT' } as const;
  const noted = await store.commit({ scope: { practice }, audit: [line] });
  if (!noted.ok) throw new Error('an audit line could not be kept');
}

/**
 * Takes the patient behind the handle of a link: once, within its ten minutes, by someone of the practice that it was
 * made for. Undefined otherwise, whatever the reason; both are noted.
 */
export async function openContext(store: Store, actor: Actor, handle: string): Promise<ReferContext | undefined> {
  const context = /^[\w-]{43}$/.test(handle)
    ? await takeHandle<ReferContext>(store, actor.organization ?? '', handle)
    : undefined;
  await noteContext(store, actor, 'refer-context-opened', 'R', context ? 'ok' : 'refused');
  return context;
}

/** Keeps a context for ten minutes behind a one-time link to the refer page of its practice. */
export async function contextLink(
  store: Store,
  publicUrl: string,
  practice: string,
  context: ReferContext,
): Promise<string> {
  return `${publicUrl}/refer?handle=${await writeHandle(store, practice, context, lifetimeMs)}`;
}

export interface ReferContextDoor extends Knocking {
  readonly publicUrl: string;
}

/**
 * POST /refer/context, to be mounted at the root and before the pages: a practice's system hands over a FHIR Patient and
 * gets a link for the browser. The link holds a one-time handle and no patient data; it signs nobody in.
 */
export function referContextRouter(parts: ReferContextDoor): Router {
  const router = express.Router();
  const { store, publicUrl, log } = parts;
  const raw = express.raw({ type: () => true, limit: bodyBytesMax });
  router.post('/refer/context', ...practiceKey(parts), raw, async (request: Request, response: Response) => {
    const { practice, actor } = practiceOf(request);
    const context = contextOf(request, localDay(store.clock()));
    if (isRefusal(context)) {
      const code = context.refused[0]?.reason ?? '';
      await noteContext(store, actor, 'refer-context-refused', 'C', 'refused', code);
      log.info('refer-context-refused', { door: 'refer-context', practice, code });
      return sendRefusal(request, response, context);
    }
    const url = await contextLink(store, publicUrl, practice, context);
    await noteContext(store, actor, 'refer-context-received', 'C', 'ok');
    log.info('refer-context-received', { door: 'refer-context', practice });
    response.status(201).set('Cache-Control', 'no-store').json({ url });
  });
  router.use('/refer/context', (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if ((error as { type?: string }).type === 'request.aborted') return response.destroy();
    const unread = unreadRequest(error);
    if (unread) return sendRefusal(request, response, unread);
    log.bug('refer-context', error, { door: 'refer-context' });
    return sendRefusal(request, response, refuse(refusals.busy()));
  });
  return router;
}
