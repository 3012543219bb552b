import type { Task } from '@medplum/fhirtypes';
import type { NextFunction, Request, Response, Router } from 'express';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { callerOf, sendRefusal } from '../practice-key.ts';
import { fhirBody } from './body.ts';
import type { Made } from './move.ts';
import { answerMove, moveStatus } from './move-answer.ts';
import { changeAppointment, postAppointment, postCommunication, putCommunication } from './move-beside.ts';
import { isPracticeMove, moveTask, patchTask, postTask, putTask } from './move-task.ts';
import { door, type FhirDoor } from './take.ts';

type Handle = (parts: FhirDoor, request: Request, id: string) => Promise<Made | Refusal>;
type Type = 'Task' | 'Communication' | 'Appointment';

function answering(parts: FhirDoor, type: Type, handle: Handle) {
  return async (request: Request, response: Response) => {
    const id = typeof request.params.id === 'string' ? request.params.id : undefined;
    const { application } = callerOf(request);
    const made = await handle(parts, request, id ?? '');
    if (isRefusal(made)) {
      parts.log.info('move-refused', { door, actor: application, code: made.refused[0]?.reason ?? '' });
      return sendRefusal(request, response, made, moveStatus(made));
    }
    parts.log.info('move-made', {
      door,
      actor: application,
      journey: made.journey.id,
      code: made.asked?.move ?? 'none',
    });
    answerMove(parts.publicUrl, request, response, made, { type, ...(id !== undefined && { id }) });
  };
}

/** A practice that takes its referral back sends a message like any other, which the next route takes in. */
function unlessMessage(request: Request, _response: Response, next: NextFunction): void {
  const body = fhirBody(request);
  const isMove = !isRefusal(body) && body.resourceType === 'Task' && isPracticeMove(body as Task);
  if (isMove || callerOf(request).scope.kind !== 'practice') next();
  else next('route');
}

/** Writes that are moves of the life of a Task (decision 9): by the deciders that the pages use. */
export function mountMoves(router: Router, parts: FhirDoor): void {
  router.post('/Task', answering(parts, 'Task', postTask));
  router.put('/Task/:id', unlessMessage, answering(parts, 'Task', putTask));
  router.patch('/Task/:id', answering(parts, 'Task', patchTask));
  router.post('/Task/:id/$move', answering(parts, 'Task', moveTask));
  router.post('/Communication', answering(parts, 'Communication', postCommunication));
  router.put('/Communication/:id', answering(parts, 'Communication', putCommunication));
  router.post('/Appointment', answering(parts, 'Appointment', postAppointment));
  router.put('/Appointment/:id', answering(parts, 'Appointment', changeAppointment));
  router.patch('/Appointment/:id', answering(parts, 'Appointment', changeAppointment));
}
