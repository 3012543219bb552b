import type { Binary } from '@medplum/fhirtypes';
import { auditOf } from '../../feedback/moves.ts';
import { localDay } from '../../referral/deadlines.ts';
import { isWithdrawn, receiverSees, teamSees } from '../../referral/minimise.ts';
import { readResource } from '../../store/referrals.ts';
import { actingFor, sendNotFound, type Visit } from '../acting.ts';
import type { Site } from '../site.ts';
import { readOwn } from '../worklist/referral.ts';
import { filePolicy } from './attachment.ts';
import { attachmentOf, letterKinds } from './letters.ts';

/**
 * One letter as a file: only to the Wally who has the referral now, and only while the consent covers medical content.
 * That it was taken is committed before the bytes go. A browser keeps it out of the page and guesses nothing.
 */
export async function openLetter(site: Site, visit: Visit, id: string): Promise<void> {
  const { response, viewer, request } = visit;
  const journey = await readOwn(site, viewer.actor, id);
  if (!journey || isWithdrawn(journey)) return sendNotFound(visit);
  const acting = await actingFor(site, viewer.actor);
  const seen = receiverSees(journey, teamSees(journey, acting.directory, localDay(acting.now)));
  const letter = seen.letters.find((one) => one.resource.id === request.params.letter)?.resource;
  const attachment = letter && attachmentOf(letter);
  const binary = /^Binary\/([0-9a-f-]{36})$/.exec(attachment?.url ?? '')?.[1];
  const found = binary && (await readResource(site.store, { practice: journey.practice }, 'Binary', binary));
  if (!letter || !found || found.journey !== journey.id) return sendNotFound(visit);
  const done = await site.store.commit({
    scope: { practice: journey.practice },
    journey: journey.id,
    audit: [{ ...auditOf('letter-downloaded', journey, acting, 'R'), object: `DocumentReference/${letter.id}` }],
  });
  if (!done.ok) throw new Error('a download could not be noted');
  const { contentType = '', data = '' } = found.resource as Binary;
  const extension = letterKinds[contentType];
  response
    .status(200)
    .set({
      'Cache-Control': 'no-store',
      'Content-Type': extension ? contentType : 'application/octet-stream',
      // Our own name: the practice's may say anything, and a file name ends up in lists that others see.
      'Content-Disposition': `attachment; filename="brief-${journey.index.number}.${extension ?? 'bin'}"`,
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': filePolicy,
    })
    .end(Buffer.from(data, 'base64'));
}
