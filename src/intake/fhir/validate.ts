import type { Parameters, Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { type Issue, preferredLanguage, toOutcome } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import { validateBaseR4 } from '../../fhir/validate.ts';
import { isRefusal, issue } from '../../referral/refusal.ts';
import { readSeen } from '../../store/resources.ts';
import { callerOf, sendRefusal } from '../practice-key.ts';
import { information, isBundle } from './answer.ts';
import { fhirBody } from './body.ts';
import { transactionIssues } from './bundle.ts';
import { noSuch, send } from './reply.ts';
import { isJourneyType } from './table.ts';
import { type FhirDoor, mapReceived } from './take.ts';

interface ToValidate {
  readonly resource: Resource | undefined;
  readonly mode: string | undefined;
  readonly profile: string | undefined;
}

const modes = new Set(['create', 'update', 'delete', 'profile']);

/** The resource itself as the body, or in Parameters with a mode and a profile (resource-operation-validate.html). */
function asked(request: Request, body: Resource): ToValidate {
  const query = new URL(request.url, 'http://door.invalid').searchParams;
  if (body.resourceType !== 'Parameters')
    return { resource: body, mode: query.get('mode') ?? undefined, profile: query.get('profile') ?? undefined };
  const parameters = Array.isArray((body as Parameters).parameter) ? ((body as Parameters).parameter ?? []) : [];
  const named = (name: string) => parameters.find((one) => one?.name === name);
  return {
    resource: named('resource')?.resource,
    mode: named('mode')?.valueCode ?? query.get('mode') ?? undefined,
    profile: named('profile')?.valueUri ?? named('profile')?.valueCanonical ?? query.get('profile') ?? undefined,
  };
}

const wrong = (reason: string, path: string, nl: string, en: string): Issue => issue('value', reason, path, { nl, en });

/** What the door itself would say of a referral, without taking it in. */
async function ruleIssues(parts: FhirDoor, request: Request, resource: Resource): Promise<readonly Issue[]> {
  if (isBundle(resource)) {
    if (resource.type !== 'transaction') return [];
    const shape = transactionIssues(resource);
    if (shape.length > 0) return shape;
  } else if (resource.resourceType !== 'ServiceRequest') return [];
  const mapped = await mapReceived(parts, request, resource);
  return isRefusal(mapped) ? mapped.refused : [];
}

/** What of the question itself we do not do. */
function askedIssues({ mode, profile }: ToValidate): Issue[] {
  const noMode = wrong('validate-mode', 'Parameters.mode', 'Deze mode bestaat niet.', 'There is no such mode.');
  const noProfile = information('validate-profile', {
    nl: 'Wij toetsen aan de basis van R4 en aan onze regels, niet aan dit profiel.',
    en: 'We check base R4 and our own rules, not this profile.',
  });
  return [
    ...(mode !== undefined && !modes.has(mode) ? [noMode] : []),
    ...(profile !== undefined ? [{ ...noProfile, severity: 'warning' as const }] : []),
  ];
}

const isOther = (type: string, resource: Resource) => resource.resourceType !== type && type !== 'Bundle';

/** Whether it is what the address says: of that type, or with that id. */
function placeIssues(type: string, id: string, resource: Resource): Issue[] {
  const otherType = wrong(
    'other-resource',
    'resourceType',
    `Op dit adres verwachten wij een ${type}.`,
    `At this address we expect a ${type}.`,
  );
  const otherId = wrong(
    'other-id',
    `${type}.id`,
    'Dit gegeven heeft een ander id dan het adres.',
    'This resource has another id than the address.',
  );
  return [
    ...(isOther(type, resource) ? [otherType] : []),
    ...(id !== '' && resource.id !== undefined && resource.id !== id ? [otherId] : []),
  ];
}

async function issuesOf(parts: FhirDoor, request: Request, type: string, given: ToValidate): Promise<readonly Issue[]> {
  const { resource, mode } = given;
  const asked = askedIssues(given);
  if (mode === 'delete')
    return [
      ...asked,
      issue('not-supported', 'not-supported-here', '', {
        nl: 'Verwijderen kan hier niet.',
        en: 'Deleting is not possible here.',
      }),
    ];
  if (!resource || typeof resource !== 'object')
    return [
      ...asked,
      wrong(
        'missing-field',
        'Parameters.parameter',
        'Stuur het gegeven mee als resource.',
        'Send the resource along as "resource".',
      ),
    ];
  const base = validateBaseR4(resource);
  const isWhole = base.every((one) => one.severity !== 'error');
  const asksRules = isWhole && !isOther(type, resource) && mode !== 'profile';
  return [
    ...asked,
    ...placeIssues(type, String(request.params.id ?? ''), resource),
    ...base,
    ...(asksRules ? await ruleIssues(parts, request, resource) : []),
  ];
}

/** `$validate` on a type or an instance: every issue at once, 200 whatever is found; nothing is stored, nor kept as refused. */
export function validateAt(parts: FhirDoor, type: string) {
  return async (request: Request, response: Response): Promise<void> => {
    const body = fhirBody(request);
    if (isRefusal(body)) return sendRefusal(request, response, body);
    const id = request.params.id;
    if (typeof id === 'string' && isJourneyType(type)) {
      const found = uuid.test(id) ? await readSeen(parts.store, callerOf(request).scope, type, id) : undefined;
      if (!found) return sendRefusal(request, response, noSuch());
    }
    const issues = await issuesOf(parts, request, type, asked(request, body));
    const isFine = issues.every((one) => one.severity !== 'error');
    const fine = information('valid', {
      nl: 'Hier is niets op aan te merken. Er is niets opgeslagen.',
      en: 'Nothing is wrong with this. Nothing was stored.',
    });
    const language = preferredLanguage(request.get('accept-language'));
    send(response, 200, toOutcome(isFine ? [...issues, fine] : issues, language, codeSystems.refusal));
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
