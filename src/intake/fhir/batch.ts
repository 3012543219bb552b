import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { tooMuchIssue } from '../../fhir/validate.ts';
import { issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { sendRefusal } from '../practice-key.ts';
import { besideMax, type Entrance, entryOf, runEntry, type Told } from './entry.ts';
import { send } from './reply.ts';
import { isLook, isRequest } from './together.ts';

/** Entries that do not say what is to be done; undefined when each does. */
function shapeRefusal(bundle: Bundle): Refusal | undefined {
  const entries: unknown = bundle.entry ?? [];
  const wrong = (Array.isArray(entries) ? entries : [undefined]).flatMap((entry: BundleEntry | undefined, nth) =>
    isRequest(entry)
      ? []
      : [
          issue('required', 'missing-field', `Bundle.entry[${nth}].request`, {
            nl: 'Zeg bij elke regel wat ermee moet gebeuren (request.method en request.url).',
            en: 'Say of every entry what is to be done with it (request.method and request.url).',
          }),
        ],
  );
  return wrong.length > 0 ? refuse(...wrong) : undefined;
}

/** Entries that are too much to be taken apart, whatever they are; undefined when none is. */
export function tooMuchRefusal(bundle: Bundle): Refusal | undefined {
  const issues = (bundle.entry ?? []).flatMap(
    ({ resource }, nth) => tooMuchIssue(resource, `Bundle.entry[${nth}].resource`) ?? [],
  );
  return issues.length > 0 ? refuse(...issues) : undefined;
}

/** What is told of each entry, in their order: what changes something waits its turn, looks run beside each other. */
export async function runAll(door: Entrance, outer: Request, entries: readonly BundleEntry[]): Promise<Told[]> {
  const told: Told[] = [];
  for (let at = 0; at < entries.length; ) {
    const writes = entries.slice(at).findIndex((one) => !isLook(one));
    const looks = writes < 0 ? entries.length - at : writes;
    const beside = entries.slice(at, at + Math.max(1, Math.min(looks, besideMax)));
    told.push(...(await Promise.all(beside.map((entry) => runEntry(door, outer, entry)))));
    at += beside.length;
  }
  return told;
}

/** A batch, each entry as the single request it is (http.html#batch): one that fails fails alone. */
export async function answerBatch(door: Entrance, request: Request, response: Response, bundle: Bundle): Promise<void> {
  const wrong = shapeRefusal(bundle) ?? tooMuchRefusal(bundle);
  if (wrong) return sendRefusal(request, response, wrong, 400);
  const entry = (await runAll(door, request, bundle.entry ?? [])).map(entryOf);
  send(response, 200, {
    resourceType: 'Bundle',
    type: 'batch-response',
    ...(entry.length > 0 && { entry }),
  });
}
