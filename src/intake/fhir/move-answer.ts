import type { Resource } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { preferredLanguage, toOutcome } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import type { Versioned } from '../../referral/journey.ts';
import { conditionReasons } from '../../referral/lifecycle/lifecycle.ts';
import { httpStatus, type Refusal } from '../../referral/refusal.ts';
import { became, information } from './answer.ts';
import type { Made } from './move.ts';
import { send } from './reply.ts';
import { updateStatus } from './update.ts';

/** HTTP status of a refused move where it is its own: what the table does not let be is 409 (referral-guides "Error answers"). */
export function moveStatus(refusal: Refusal): number | undefined {
  const known = updateStatus(refusal);
  if (known !== undefined) return known;
  const isCondition = refusal.refused.some((one) => conditionReasons.has(one.reason));
  return isCondition && httpStatus(refusal) === 422 ? 409 : undefined;
}

/** The resource of an address in its newest version, after what was made; of a create the one that is new. */
function madeOf({ journey, change, already }: Made, type: string, id?: string): Versioned<Resource> | undefined {
  if (already) return already;
  const written = (change?.resources ?? []).find(
    ({ resource, version }) =>
      resource.resourceType === type && (id === undefined ? version === 1 : resource.id === id),
  );
  const all: readonly Versioned<Resource>[] = [
    journey.task,
    ...journey.requests,
    ...journey.children,
    ...journey.communications,
    ...journey.appointments,
  ];
  return written ?? all.find(({ resource }) => resource.resourceType === type && resource.id === id);
}

/**
 * Answers a move with the new version, its ETag and its address; by Prefer without a body or with an OperationOutcome
 * (RFC 7240). What did not go along is always told, unless the sender asks for the resource itself.
 */
export function answerMove(
  publicUrl: string,
  request: Request,
  response: Response,
  made: Made,
  of: { readonly type: 'Task' | 'Communication' | 'Appointment'; readonly id?: string },
): void {
  const found = madeOf(made, of.type, of.id);
  const { asked, change } = made;
  const isAsked = asked?.move === 'ask-to-stop' && of.id !== undefined;
  const said = became['stop-asked'];
  const issues = [...(isAsked && said ? [information('stop-asked', said)] : []), ...(asked?.losses ?? [])];
  const status = isAsked ? 202 : change && of.id === undefined ? 201 : 200;
  if (!change) response.set('X-Duplicate', 'true');
  if (found) {
    const { resource, version } = found;
    response
      .set('Location', `${publicUrl}/fhir/R4/${resource.resourceType}/${resource.id}/_history/${version}`)
      .set('ETag', `W/"${version}"`);
  }
  const prefer = /return=(minimal|representation|OperationOutcome)/.exec(request.get('prefer') ?? '')?.[1];
  const isTold = issues.length > 0 && prefer !== 'representation';
  if (isTold || prefer === 'OperationOutcome' || !found) {
    const language = preferredLanguage(request.get('accept-language'));
    const told = issues.length > 0 ? issues : [information('done', done)];
    return void send(response, status, toOutcome(told, language, codeSystems.refusal));
  }
  if (prefer === 'minimal') return void response.status(status).end();
  const { resource, version } = found;
  send(response, status, { ...resource, meta: { ...resource.meta, versionId: String(version) } });
}

const done = { nl: 'Dit is verwerkt.', en: 'This was done.' };
