import { randomBytes } from 'node:crypto';
import type { Change } from '../../referral/change.ts';
import type { JourneyIndex } from '../../referral/journey.ts';
import { traceparentNow } from '../../trace.ts';
import { linkHash } from '../access/links.ts';
import { fieldHmac, seal } from '../keys.ts';
import { requestId } from '../request-id.ts';
import { answerContext, copyContext, documentContext, saidContext, sealJson } from '../sealed.ts';
import { indexRow } from '../search/words.ts';
import { ContentErased, type Store } from '../store.ts';
import type { Prepared, Sealed } from './writes.ts';

function hmacsOf(identity: JourneyIndex['identity'], key: Buffer): NonNullable<Sealed['hmacs']> {
  return {
    bsn: identity.bsn ? fieldHmac(key, 'bsn', identity.bsn) : null,
    family: fieldHmac(key, 'family', identity.family),
    birthDate: fieldHmac(key, 'birthDate', identity.birthDate),
    postcode: identity.postcodeAndNumber ? fieldHmac(key, 'postcode', identity.postcodeAndNumber) : null,
  };
}

/** What others said at their no, sealed; where the journey has no key (any more) it is not kept. */
async function sealSaid(store: Store, { attempts = [], journey }: Change): Promise<(Buffer | null)[]> {
  if (!journey || !attempts.some((one) => one.said)) return attempts.map(() => null);
  const key = await store.journeyKey(journey).catch((error: unknown) => {
    if (error instanceof ContentErased) return undefined;
    throw error;
  });
  return attempts.map(({ delivery, lease, said }) =>
    key && said ? seal(key, Buffer.from(said), saidContext(delivery, lease)) : null,
  );
}

/** A change with everything sealed that it holds in the clear, before any SQL runs. */
export async function prepare(store: Store, change: Change): Promise<Prepared> {
  let key: Buffer | undefined;
  let newKey: Sealed['newKey'];
  if (change.arrival && !change.arrival.joins && change.journey) {
    key = randomBytes(32);
    newKey = { wrapped: await store.master.wrap(key, change.journey), masterKeyId: store.master.id };
  } else if ((change.resources?.length || change.arrival || change.caseCopy) && change.journey) {
    key = await store.journeyKey(change.journey);
  }
  const sealWith = (plain: unknown, context: string) => {
    if (!key) throw new Error('a change with documents needs a journey');
    return sealJson(key, plain, context);
  };
  const request = requestId();
  const traceparent = change.outbox && traceparentNow();
  const searchKey = store.master.derive('search');
  return {
    change,
    at: store.clock().toISOString(),
    ...(traceparent && { traceparent }),
    sealed: {
      documents: (change.resources ?? []).map(({ resource, version }) =>
        sealWith(resource, documentContext(change.scope.practice, resource.resourceType, resource.id, version)),
      ),
      found: change.resources?.map(({ resource }) => indexRow(resource, searchKey)) ?? [],
      auditIds: change.audit.map(() => store.newId()),
      auditLines: change.audit.map((line) =>
        JSON.stringify({
          ...(request && { request }),
          ...line,
          practice: change.scope.practice,
          journey: change.journey,
        }),
      ),
      ...(change.links && {
        linkHashes: change.links.map((move) => (move.to === 'made' ? linkHash(store.master, move) : null)),
      }),
      ...(newKey && { newKey }),
      ...(change.attempts && { said: await sealSaid(store, change) }),
      ...(change.arrival && {
        answer: sealWith(change.arrival.answer, answerContext(change.scope.practice, change.journey ?? '')),
      }),
      ...(change.caseCopy && {
        copy: sealWith(change.caseCopy.kept, copyContext(change.caseCopy.destination, change.journey ?? '')),
      }),
      ...(change.index && { hmacs: hmacsOf(change.index.identity, store.master.derive('index')) }),
    },
  };
}
