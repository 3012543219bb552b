import type { Reference, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { Gathered } from '../../src/referral/format.ts';
import { reasonToStop } from './meaning.ts';
import { isType, type Part, type Resolve } from './parts.ts';

/** The parts of a message that takes a referral back; names are those of the contract. */
export interface CancelParts {
  kind: 'cancel';
  /** What holds the practice's number: the ServiceRequest, or the identifier in a Task's focus. */
  request: { identifier?: unknown };
  patient?: unknown;
  reason?: string;
}

export interface Cancelling {
  readonly request: Part<ServiceRequest> | undefined;
  readonly task: Part<Task> | undefined;
  readonly resolve: Resolve;
  /** The request came along; else it was only pointed at. */
  readonly isInMessage: boolean;
}

/** The reference of a Task that names the referral by its number. */
function numbered(task: Task): { reference: Reference; path: string } | undefined {
  const all = [
    ...(task.focus ? [{ reference: task.focus, path: 'focus' }] : []),
    ...(task.basedOn ?? []).map((reference, n) => ({ reference, path: `basedOn[${n}]` })),
  ];
  return all.find(({ reference }) => reference.identifier?.value);
}

/** Takes a withdrawal apart: the number of the referral, whom it was about, and why. */
export function gatherCancellation({ request, task, resolve, isInMessage }: Cancelling): Gathered {
  const from = request && isInMessage ? request : task;
  const root = from?.path ?? '';
  const pointed = task && !request ? numbered(task.resource) : undefined;
  const subject = request?.resource.subject ?? task?.resource.for;
  const patient = from && (resolve(task?.resource.for, from) ?? resolve(subject, from));
  const reason = reasonToStop(task?.resource, request?.resource);
  const message: CancelParts = {
    kind: 'cancel',
    request: { identifier: request ? request.resource.identifier : pointed && [pointed.reference.identifier] },
    ...(isType('Patient')(patient) && { patient: patient.resource }),
    ...(reason && { reason }),
  };
  const person = isType('Patient')(patient) ? patient.path : `${root}.${isInMessage ? 'subject' : 'for'}`;
  const number = isInMessage ? root : `${root}.${pointed?.path ?? 'focus'}`;
  const origin = ([part, ...rest]: readonly PropertyKey[]) =>
    rest.reduce<string>(
      (out, step) => (typeof step === 'number' ? `${out}[${step}]` : `${out}.${String(step)}`),
      part === 'patient' ? person : part === 'request' ? number : root,
    );
  return { message, origin, issues: [] };
}
