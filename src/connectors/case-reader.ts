import type { Bundle, Communication, Resource, Task } from '@medplum/fhirtypes';
import { Failure, fromStatus, retryAfter } from '../delivery/failure.ts';
import { codeSystems } from '../fhir/systems.ts';
import type { Answered } from '../referral/ask.ts';
import type { CaseAddress, CaseReader, FoundThere } from '../referral/case-reader.ts';
import type { Send } from './outbound.ts';

/** So many resources to a page, and so many pages of one question: what is behind them comes the next time. */
const pageSize = 50;
const pagesMax = 20;
/** Its statuses that say that one may not look, or cannot look like this, and nothing about the Task. */
const closed = new Set([400, 401, 403, 405, 406, 501]);

const kinds = ['feedback-interim', 'feedback-final', 'question', 'answer']
  .map((one) => `${codeSystems.communicationCategory}|${one}`)
  .join(',');

const headersOf = ({ secret }: CaseAddress): Record<string, string> => ({
  accept: 'application/fhir+json',
  ...(secret && { authorization: `Bearer ${secret}` }),
});

function parse<T extends Resource>({ text }: Answered, type: T['resourceType']): T {
  try {
    const read = JSON.parse(text) as T;
    if (read?.resourceType === type) return read;
  } catch {
    // Said below: whatever it is, it is no answer.
  }
  throw new Failure('permanent', 'no-fhir');
}

const itemsOf = <T extends Resource>({ entry }: Bundle, type: T['resourceType']): T[] =>
  (Array.isArray(entry) ? entry : []).flatMap(({ resource }) =>
    resource?.resourceType === type && typeof resource.id === 'string' ? [resource as T] : [],
  );

/** The next page, when it lies at the same server: nobody sends us elsewhere (SSRF). */
function nextOf({ link }: Bundle, url: string): string | undefined {
  const next = link?.find((one) => one.relation === 'next')?.url;
  const found = next !== undefined && URL.canParse(next, url) ? new URL(next, url) : undefined;
  return found?.origin === new URL(url).origin ? found.href : undefined;
}

/**
 * Reads a case system over FHIR R4 search, read and history: by the ids that it gave our own Tasks, so that nothing else
 * of its is seen. Throws Failure when there was no usable answer. `timeoutMs`: for each request.
 */
export function openCaseReader(send: Send, clock: () => Date, timeoutMs: number): CaseReader {
  const get = (there: CaseAddress, url: string) =>
    send({ method: 'GET', url, headers: headersOf(there), signal: AbortSignal.timeout(timeoutMs) });
  const failed = ({ status, headers }: Answered) => fromStatus(status, retryAfter(headers.get('retry-after'), clock()));
  const at = ({ address }: CaseAddress, path: string) => `${address.replace(/\/$/, '')}/${path}`;

  const search = async <T extends Resource>(
    there: CaseAddress,
    type: T['resourceType'],
    asked: Readonly<Record<string, string>>,
  ): Promise<FoundThere<T>> => {
    const query = new URLSearchParams({ ...asked, _sort: '_lastUpdated', _count: String(pageSize) });
    const items: T[] = [];
    let url: string | undefined = at(there, `${type}?${query}`);
    for (let pages = 0; url !== undefined && pages < pagesMax; pages += 1) {
      const answer = await get(there, url);
      if (answer.status !== 200) throw failed(answer);
      const bundle = parse<Bundle>(answer, 'Bundle');
      items.push(...itemsOf<T>(bundle, type));
      const isMore: boolean = bundle.link?.some((one) => one.relation === 'next') === true;
      const next = nextOf(bundle, url);
      if (isMore && next === undefined) return { items, isWhole: false };
      url = next;
    }
    return { items, isWhole: url === undefined };
  };
  const since = (moment: string | undefined) => ({ ...(moment && { _lastUpdated: `ge${moment}` }) });

  return {
    tasks: (there, ids, moment) => search<Task>(there, 'Task', { _id: ids.join(','), ...since(moment) }),
    messages: async (there, { tasks, requests }, moment) => {
      const about = [
        ...(tasks.length > 0 ? [{ 'part-of': tasks.join(',') }] : []),
        ...(requests.length > 0 ? [{ 'based-on': requests.join(',') }] : []),
      ];
      const found: FoundThere<Communication>[] = [];
      for (const one of about)
        found.push(await search<Communication>(there, 'Communication', { ...one, category: kinds, ...since(moment) }));
      const items = new Map(found.flatMap((one) => one.items.map((each) => [each.id, each] as const)));
      return { items: [...items.values()], isWhole: found.every((one) => one.isWhole) };
    },
    task: async (there, id) => {
      const answer = await get(there, at(there, `Task/${id}`));
      if (answer.status === 404 || answer.status === 410) return 'gone';
      if (closed.has(answer.status)) return 'unread';
      if (answer.status !== 200) throw failed(answer);
      return parse<Task>(answer, 'Task');
    },
    versions: async (there, id) => {
      const answer = await get(there, at(there, `Task/${id}/_history?_count=${pageSize}`));
      if (answer.status >= 500 && answer.status !== 501) throw failed(answer);
      return answer.status === 200 ? itemsOf<Task>(parse<Bundle>(answer, 'Bundle'), 'Task') : [];
    },
  };
}
