import type { RequestHandler } from 'express';
import { inRequest } from '../store/request-id.ts';

/** A row of eight or nine digits may be a citizen service number (BSN): such an id goes into no log. */
const mayBePerson = /(^|\D)\d{8,9}(\D|$)/;

/** The sender's own id of a request when it is one: letters, digits and . _ - only. */
function givenRequestId(header: string | undefined): string | undefined {
  return header && /^[\w.-]{8,64}$/.test(header) && !mayBePerson.test(header) ? header : undefined;
}

/** Middleware: every request has an id, the sender's (X-Request-Id) or ours, in the answer, the logs and the trail. */
export function requestIds(newId: () => string): RequestHandler {
  return (request, response, next) => {
    const id = givenRequestId(request.get('x-request-id')) ?? newId();
    response.set('X-Request-Id', id);
    inRequest(id, next);
  };
}
