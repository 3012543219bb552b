import { randomUUID } from 'node:crypto';
import type { Communication } from '@medplum/fhirtypes';
import type { Request, Response } from 'express';
import { faults, refuse, say } from './fhir-answer.ts';
import { faultsOf, readCommunication } from './filing.ts';
import type { Letter } from './model.ts';
import type { Records } from './record.ts';
import type { Switch } from './switches.ts';

export interface CreateParts {
  readonly records: Records;
  readonly now: () => Date;
  /** Address of `/<practice>/fhir`, without a slash at the end. */
  readonly base: () => string;
  /** Called after the effect is durable and before the answer. */
  readonly onEffect: (communication: Communication & { id: string }) => void | Promise<void>;
}

/** `identifier=system|value` of If-None-Exist as [system, value]; undefined when it is anything else. */
function conditionOf(header: string): readonly [string, string] | undefined {
  const token = new URLSearchParams(header).get('identifier') ?? '';
  const bar = token.indexOf('|');
  return bar > 0 && bar < token.length - 1 ? [token.slice(0, bar), token.slice(bar + 1)] : undefined;
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    return undefined;
  }
}

/** `POST Communication`: conditional create (FHIR R4 http.html#ccreate), filing included, durable before the answer. */
export function createCommunication({ records, now, base, onEffect }: CreateParts) {
  const underWay = new Map<string, Promise<unknown>>();

  const answer = (res: Response, mode: Switch['mode'], status: 200 | 201, { communication }: Letter) => {
    if (mode === 'hang-after') return;
    if (mode === 'error-after') return refuse(res, 500, faults.broken);
    const version = communication.meta?.versionId ?? '1';
    res
      .set('Location', `${base()}/Communication/${communication.id}/_history/${version}`)
      .set('ETag', `W/"${version}"`);
    say(res, status, communication);
  };

  return async (req: Request, res: Response, decided: Switch): Promise<void> => {
    const { mode, files, deduplicates } = decided;
    if (mode === 'reject') return refuse(res, 422, faults.rejected);
    const body = parsed(req.body);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return refuse(res, 400, faults.notJson);
    if (!('resourceType' in body) || body.resourceType !== 'Communication') return refuse(res, 400, faults.otherType);
    const communication = readCommunication(body);
    if (Array.isArray(communication)) return refuse(res, 422, ...communication);
    const found = faultsOf(communication, records.fhirPatient);
    if (found.length > 0) return refuse(res, 422, ...found);

    const header = deduplicates ? req.get('if-none-exist') : undefined;
    const condition = header === undefined ? undefined : conditionOf(header);
    if (header !== undefined && !condition) return refuse(res, 400, faults.badCondition);
    const key = condition?.join('|');
    if (condition && key) {
      // A second copy that comes while the first is being written waits for it.
      while (underWay.has(key)) await underWay.get(key);
      const known = records.lettersBy(...condition);
      const [first] = known;
      if (known.length > 1) return refuse(res, 412, faults.severalMatch);
      if (first) return answer(res, mode, 200, first);
    }
    const taking = records.takeIn(communication, { id: randomUUID(), now: now(), files });
    if (key) {
      const settled = taking.then(
        () => underWay.delete(key),
        () => underWay.delete(key),
      );
      underWay.set(key, settled);
    }
    const letter = await taking;
    await onEffect(letter.communication);
    answer(res, mode, 201, letter);
  };
}
