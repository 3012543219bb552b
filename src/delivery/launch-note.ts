import type { DocumentReference, Identifier, ServiceRequest } from '@medplum/fhirtypes';
import { codeSystems, identifiers } from '../fhir/systems.ts';
import type { Log } from '../log.ts';
import type { Ask } from '../referral/ask.ts';
import { byTheLine } from '../referral/audit-line.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { Journey } from '../referral/journey.ts';
import { isOpen } from '../referral/lifecycle/lifecycle.ts';
import { type LaunchNote, takeDueLaunches } from '../store/access/launches.ts';
import { readJourney } from '../store/referrals.ts';
import { ContentErased, type Store } from '../store/store.ts';

export interface NoteParts {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  readonly log: Log;
  readonly ask: Ask;
}

const timeoutMs = 8_000;

/** One line for the record: that there is a referral, with whom and under which number. No reason: the record has its own. */
function lineOf({ index }: Journey, directory: Directory): string {
  const who = directory.roles.get(index.owner ?? '')?.name ?? directory.teams.get(index.team)?.name ?? index.team;
  return `Verwezen naar de Wally (sociaal werk): ${who}, nummer ${index.number}. Belt vóór ${index.callBefore}.`;
}

function numbersOf({ index }: Journey): Identifier[] {
  return [
    { system: index.practiceReferral.system, value: index.practiceReferral.value },
    { system: identifiers.journeyNumber, value: index.number },
  ];
}

/** The referral as their record can hold it; STU3 has another shape for a document (and no ServiceRequest). */
function noteFor(note: LaunchNote, journey: Journey, directory: Directory): object {
  const text = lineOf(journey, directory);
  const identifier = numbersOf(journey);
  const subject = { reference: `Patient/${note.patient}` };
  const author = { reference: note.user };
  const sent = journey.serviceRequest.resource.authoredOn;
  const code = { coding: [{ system: codeSystems.snomed, code: '308440001' }], text };
  if (note.creates === 'ServiceRequest') {
    return {
      resourceType: 'ServiceRequest',
      identifier,
      status: 'active',
      intent: 'order',
      code,
      subject,
      requester: author,
      ...(sent && { authoredOn: sent }),
    } satisfies ServiceRequest;
  }
  const type = { coding: [{ system: codeSystems.loinc, code: '57133-1' }], text: 'Verwijzing naar de Wally' };
  const attachment = { contentType: 'text/plain; charset=utf-8', data: Buffer.from(text).toString('base64') };
  const document = { resourceType: 'DocumentReference' as const, identifier, type, subject, content: [{ attachment }] };
  if (note.fhir === 'stu3') return { ...document, status: 'current', indexed: sent };
  return { ...document, status: 'current', author: [author], ...(sent && { date: sent }) } satisfies DocumentReference;
}

/** What became of a note: written, left out on purpose, or not taken by their server. */
type Written = 'written' | 'left-out' | 'failed';

async function writeOne(parts: NoteParts, due: Awaited<ReturnType<typeof takeDueLaunches>>[number]): Promise<Written> {
  const { practice, journey: id, note } = due;
  const journey = await readJourney(parts.store, { kind: 'practice', practice }, id).catch((error: unknown) => {
    if (error instanceof ContentErased) return undefined;
    throw error;
  });
  // Taken back, or not safe at home (H2): residents can read their own record there, and so can who sits beside them.
  if (!journey || !isOpen(journey.index.taskStatus) || journey.index.unsafeContact) return 'left-out';
  const [own] = numbersOf(journey);
  const answer = await parts
    .ask({
      method: 'POST',
      url: `${note.base}/${note.creates}`,
      headers: {
        accept: 'application/fhir+json',
        authorization: `Bearer ${note.token}`,
        'content-type': 'application/fhir+json; charset=utf-8',
        'if-none-exist': `identifier=${own?.system}|${own?.value}`,
      },
      body: JSON.stringify(noteFor(note, journey, await parts.directory())),
      signal: AbortSignal.timeout(timeoutMs),
    })
    .catch(() => undefined);
  return answer && answer.status >= 200 && answer.status < 300 ? 'written' : 'failed';
}

/**
 * Writes a note of each launched referral into the record that it came from, once its undo is over: one try each, whatever
 * comes of it. It is no delivery of the outbox: nobody is promised it (the practice made the referral itself, and gets
 * its feedback by its own channel), and a person's token must not be kept for a week of tries. Gives how many were written.
 */
export async function writeLaunchNotes(parts: NoteParts): Promise<number> {
  let written = 0;
  for (const due of await takeDueLaunches(parts.store)) {
    const outcome = await writeOne(parts, due);
    const { practice, journey } = due;
    parts.log.info('launch-note', { practice, journey, outcome });
    if (outcome === 'left-out') continue;
    if (outcome === 'written') written += 1;
    const line = byTheLine('launch-note', parts.store.clock().toISOString(), {
      action: 'C',
      outcome: outcome === 'written' ? 'ok' : 'failed',
      object: due.note.creates,
      purpose: 'TREAT',
    });
    const noted = await parts.store.commit({ scope: { practice }, journey, audit: [line] });
    if (!noted.ok) throw new Error('an audit line could not be kept');
  }
  return written;
}
