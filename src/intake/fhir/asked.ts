import type { RequestHandler } from 'express';
import { type Interaction, isDone } from '../../identity/access.ts';
import { callerOf, type Knocking, refuseAccess } from '../practice-key.ts';
import { subscriptionOperations } from './table.ts';

/** What a request asks of the FHIR door. */
export interface Asked {
  readonly type: string;
  readonly interaction: Interaction;
}

/** By how many parts follow the type, and whether they name the history: what a GET asks. */
function looking(parts: readonly string[]): Interaction | undefined {
  const [first, second, third, ...more] = parts;
  if (more.length > 0) return undefined;
  if (first === undefined) return 'search-type';
  if (first === '_history') return second === undefined ? 'history-type' : undefined;
  // What was told of a subscription is read with it.
  const isTold = subscriptionOperations.some((name) => second === `$${name}`) && third === undefined;
  if (second === undefined || isTold) return 'read';
  if (second !== '_history') return undefined;
  return third === undefined ? 'history-instance' : 'vread';
}

const changing: Readonly<Record<string, Interaction>> = { PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/**
 * The interaction that a method and a path below the base ask for (FHIR R4 http.html#summary); undefined for what is no
 * interaction with one type: the base itself, operations, and what does not exist. A transaction or batch is undefined
 * too: each of its entries is asked for when its turn comes.
 */
export function askedOf(method: string, path: string): Asked | undefined {
  const [type = '', ...parts] = path.split('/').filter(Boolean);
  if (!/^[A-Z]\w*$/.test(type)) return undefined;
  const as = (interaction: Interaction | undefined) => interaction && { type, interaction };
  if (method === 'GET' || method === 'HEAD') return as(looking(parts));
  if (method === 'POST') {
    if (parts.length === 0) return as('create');
    if (parts.length === 1 && parts[0] === '_search') return as('search-type');
    // Our own operation on a Task changes it; any other one ($validate) changes nothing.
    return parts[1] === '$move' ? as('update') : undefined;
  }
  return parts.length <= 1 ? as(changing[method]) : undefined;
}

/**
 * Asks the access table before anything else: what this caller may not do is 403. What nobody may do is left to the
 * router, whose 404 and 405 say so.
 */
export function mayAsk(parts: Knocking): RequestHandler {
  return (request, response, next) => {
    const asked = askedOf(request.method, request.path);
    if (!asked || !isDone(asked.type, asked.interaction)) return next();
    if (callerOf(request).may(asked.type, asked.interaction)) return next();
    refuseAccess(parts, request, response, `${asked.type} ${asked.interaction}`).catch(next);
  };
}
