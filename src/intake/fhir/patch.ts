import type { Resource } from '@medplum/fhirtypes';
import type { Request } from 'express';
import { applyPatch, type Operation } from 'rfc6902';
import { z } from 'zod';
import { issue, type Refusal, refusals, refuse } from '../../referral/refusal.ts';
import { jsonIn } from './body.ts';
import { notSupported } from './take.ts';

const limits = { operations: 50, characters: 200_000 };

/** A JSON Pointer (RFC 6901) to something in a resource: never to the resource itself, never to what makes an object. */
const pointer = z
  .string()
  .max(500)
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/)
  .refine((path) => !/(?:^|\/)(?:__proto__|constructor|prototype)(?:\/|$)/.test(path.replaceAll('~1', '/')));
const operations = z
  .array(
    z.discriminatedUnion('op', [
      z.object({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.json() }),
      z.object({ op: z.literal('remove'), path: pointer }),
      z.object({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
    ]),
  )
  .min(1)
  .max(limits.operations);

const failed = (nth: number, isTest: boolean): Refusal =>
  refuse(
    isTest
      ? issue('conflict', 'patch-test-failed', `[${nth}]`, {
          nl: 'Wat deze regel verwacht, is niet zo. Haal het gegeven opnieuw op en controleer uw wijziging.',
          en: 'What this operation expects is not so. Get the resource again and check your change.',
        })
      : issue('value', 'patch-does-not-fit', `[${nth}]`, {
          nl: 'Deze regel past niet op het gegeven: de plaats is er niet.',
          en: 'This operation does not fit the resource: the place is not there.',
        }),
  );

/** The operations of a JSON Patch (RFC 6902); a refusal when it is none, is too much, or points at an object's making. */
export function readPatch(request: Request): Operation[] | Refusal {
  if (!/^application\/json-patch\+json\s*(?:;|$)/i.test(request.get('content-type') ?? ''))
    return notSupported(
      'patch-content-type',
      '',
      'Stuur een wijziging als JSON Patch (Content-Type: application/json-patch+json).',
      'Send a change as JSON Patch (Content-Type: application/json-patch+json).',
    );
  const body = jsonIn(request);
  if (body === undefined) return refuse(refusals.notParseable());
  const read = operations.safeParse(body);
  if (read.success) return read.data as Operation[];
  const paths = read.error.issues.map((one) => (typeof one.path[0] === 'number' ? `[${one.path[0]}]` : ''));
  return refuse(
    ...[...new Set(paths)].map((path) =>
      issue('value', 'not-a-patch', path, {
        nl: `Dit is geen JSON Patch die wij kunnen uitvoeren (hooguit ${limits.operations} regels).`,
        en: `This is no JSON Patch that we can apply (at most ${limits.operations} operations).`,
      }),
    ),
  );
}

/** A resource as it is after a patch, all of it or nothing; the one that was given stays as it is. */
export function patched<T extends Resource>(resource: T, patch: readonly Operation[]): T | Refusal {
  const result = structuredClone(resource);
  for (const [nth, operation] of patch.entries()) {
    const [error] = applyPatch(result, [structuredClone(operation)]);
    if (error) return failed(nth, operation.op === 'test');
    // A copy of a copy of a copy doubles what there is each time.
    if (operation.op === 'copy' && JSON.stringify(result).length > limits.characters)
      return refuse(refusals.tooLong(`[${nth}]`));
  }
  return result;
}
