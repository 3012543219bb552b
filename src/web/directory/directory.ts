import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import { addDays, beginOfDay, localDay } from '../../referral/deadlines.ts';
import { decideDirectory } from '../../referral/directory/change.ts';
import { channelsOf } from '../../referral/directory/channels.ts';
import type { Stored } from '../../referral/directory/directory.ts';
import { isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { readDirectoryHistory, readDirectoryNewest, syncDestinations } from '../../store/directory.ts';
import { readEndpointTests } from '../../store/queue/endpoint-tests.ts';
import { decide, field, query, send, sendNotFound, sentences, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { testPart } from '../admin/endpoint-test.ts';
import { accessLink } from '../admin/person-access.ts';
import type { Fault } from '../form-controls.ts';
import { html, sayIn } from '../html.ts';
import type { Site } from '../site.ts';
import type { Book, Fields } from './book.ts';
import { faultsAt } from './faults.ts';
import { thingForm } from './forms.ts';
import { historyPart } from './history.ts';
import { listPage, newSaid } from './list.ts';
import { readThing } from './read.ts';
import { fieldsOf, resourcesOf, type Thing, things } from './things.ts';
import { isDay } from './values.ts';

/** Something in the directory changed: who owns what may have too. Gives how many referrals moved. */
export type OnDirectory = () => Promise<number>;

const thingSaid: Record<Thing, Said> = {
  practices: { nl: 'Praktijk', en: 'Practice' },
  people: { nl: 'Persoon', en: 'Person' },
  organisations: { nl: 'Organisatie', en: 'Organisation' },
  endpoints: { nl: 'Verbinding', en: 'Connection' },
};

const bookOf = async (site: Site): Promise<Book> => ({ versions: await readDirectoryNewest(site.store) });

/** The versions of a thing's resources as one word, so that a form knows what it was opened on. */
function versionsOf({ versions }: Book, resources: readonly Stored[]): string {
  return resources
    .map((one) => {
      const found = versions.find((v) => v.type === one.resourceType && v.id === one.id);
      return `${one.resourceType}/${one.id}:${found?.version ?? 0}`;
    })
    .join(' ');
}

interface Typed {
  readonly fields: Fields;
  readonly faults: readonly Fault[];
  readonly refused?: string;
  readonly status: number;
}

async function thingPage(site: Site, visit: Visit, thing: Thing, id: string | undefined, typed?: Typed): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const book = await bookOf(site);
  const stored = id ? resourcesOf(book, thing, id) : [];
  if (!stored) return sendNotFound(visit);
  const today = localDay(site.store.clock());
  const fields = typed?.fields ?? (id ? fieldsOf(book, stored, today) : { active: 'yes' });
  const parts = { viewer, book, thing, fields, faults: typed?.faults ?? [], versions: versionsOf(book, stored), today };
  const history = id
    ? historyPart(
        await readDirectoryHistory(
          site.store,
          stored.map((one) => ({ type: one.resourceType, id: one.id })),
        ),
        {
          viewer,
          thing,
          id,
          directory: await site.directory(),
          compare: [query(request, 'from'), query(request, 'to')],
        },
      )
    : undefined;
  const isWay = stored.some((one) => one.resourceType === 'Endpoint' && channelsOf([one]).length > 0);
  const test = id && site.probe && isWay && testPart(id, (await readEndpointTests(site.store)).get(id), viewer);
  const kind = thingSaid[thing][viewer.language];
  const own = fieldsOf(book, stored, today).name || id;
  const name = id ? `${kind} ${own}` : newSaid[thing][viewer.language];
  const main = html`<p><a href="/admin/directory">${t('Naar de adreslijst', 'To the directory')}</a></p>
<h1>${id ? html`${own} <span class="born">${kind.toLowerCase()}</span>` : name}</h1>
${thingForm({ ...parts, ...(id && { id }) })}${test}${thing === 'people' && id && accessLink(id, visit)}${history}`;
  const moved = Number(query(request, 'moved')) || 0;
  const done =
    query(request, 'done') === 'saved' &&
    [
      t('Opgeslagen.', 'Saved.'),
      moved > 0 && t(`${moved} verwijzingen gingen naar iemand anders.`, `${moved} referrals went to someone else.`),
    ]
      .filter(Boolean)
      .join(' ');
  const wrong = parts.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  const notice = typed?.refused
    ? { notice: { kind: 'refused' as const, text: typed.refused } }
    : done && !typed && { notice: { kind: 'done' as const, text: done } };
  send(visit, { title: `${wrong}${name}`, main, ...notice }, typed?.status ?? 200);
}

/** When a change counts: from the beginning of a day to come, or from now. */
const instantOf = (day: string, now: Date): Date => (day <= localDay(now) ? now : beginOfDay(day));

const refusedSaid = {
  changed: {
    nl: 'Iemand anders veranderde dit intussen. Er is niets opgeslagen. Kijk het na en sla het dan op.',
    en: 'Someone else changed this meanwhile. Nothing was saved. Look at it again and then save.',
  },
  validFrom: { nl: 'Kies vandaag of een dag die nog komt.', en: 'Choose today or a day to come.' },
} as const satisfies Record<string, Said>;

/** Who owns what, and where feedback goes, follow at once; when that fails the clock does it. */
interface Follows {
  readonly onDirectory: OnDirectory;
  /** `host:port` that may be sent to, where that is known here. */
  readonly hosts: ReadonlySet<string> | undefined;
}

async function follow(site: Site, onDirectory: OnDirectory): Promise<number> {
  try {
    await syncDestinations(site.store, await site.directory());
    return await onDirectory();
  } catch (error) {
    site.log.bug('directory', error, {});
    return 0;
  }
}

async function save(site: Site, visit: Visit, thing: Thing, known: string | undefined, follows: Follows) {
  const { viewer, request, response } = visit;
  const body: unknown = request.body;
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  const fields: Fields = Object.fromEntries(names.slice(0, 100).map((name) => [name, field(body, name)]));
  const id = known ?? fields.id ?? '';
  const day = fields.validFrom ?? '';
  const today = localDay(site.store.clock());
  let faults: readonly Fault[] = [];
  let beside: Refusal | undefined;
  const outcome = await decide(
    site,
    viewer.actor,
    async () => {
      const book = await bookOf(site);
      const stored = known ? resourcesOf(book, thing, known) : [];
      return stored && { book, stored };
    },
    ({ book, stored }, acting): Change | Refusal | undefined => {
      const read = readThing(thing, { book, id, fields, stored, today });
      const isFromRight = day === '' || (isDay(day) && day >= today && day <= addDays(today, 730));
      const from = instantOf(isFromRight && day ? day : today, acting.now);
      const decided = decideDirectory({
        proposed: read.resources.map((resource) => ({ resource, place: '' })),
        newest: book.versions,
        revision: acting.directory.revision,
        at: acting.now.toISOString(),
        validFrom: from.toISOString(),
        actor: acting.actor,
        hosts: follows.hosts,
      });
      const ruled = faultsAt(isRefusal(decided) ? decided.refused : [], read.resources, fields, thing);
      const typed = [...read.faults, ...(isFromRight ? [] : [{ field: 'validFrom', said: refusedSaid.validFrom }])];
      // What cannot be read is said first; a rule about the same field would only say it in another way.
      const more = ruled.faults.filter((one) => !typed.some((other) => other.field === one.field));
      faults = [...typed, ...more.filter((one, nth) => more.findIndex((other) => other.field === one.field) === nth)];
      beside = ruled.rest.length > 0 && typed.length === 0 ? refuse(...ruled.rest) : undefined;
      if (faults.length > 0 || beside) return undefined;
      if (versionsOf(book, stored) !== fields.versions)
        return refuse(issue('conflict', 'changed-meanwhile', '', refusedSaid.changed));
      return isRefusal(decided) ? decided : decided.change;
    },
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return thingPage(site, visit, thing, known, {
      fields,
      faults: [],
      refused: sentences(outcome, viewer),
      status: 409,
    });
  if (faults.length > 0 || beside) {
    const refused = beside && sentences(beside, viewer);
    return thingPage(site, visit, thing, known, { fields, faults, status: 422, ...(refused && { refused }) });
  }
  const moved = await follow(site, follows.onDirectory);
  response.redirect(303, `/admin/directory/${thing}/${id}?done=saved${moved > 0 ? `&moved=${moved}` : ''}`);
}

/** An older version comes back as a new one; nothing that was is ever gone. */
async function restore(site: Site, visit: Visit, thing: Thing, id: string, follows: Follows): Promise<void> {
  const { viewer, request, response } = visit;
  const [type, of, version] = [field(request.body, 'type'), field(request.body, 'of'), field(request.body, 'version')];
  const outcome = await decide(
    site,
    viewer.actor,
    async () => {
      const book = await bookOf(site);
      const isPart = resourcesOf(book, thing, id)?.some((one) => one.resourceType === type && one.id === of);
      const all = isPart ? await readDirectoryHistory(site.store, [{ type, id: of }]) : [];
      const found = all.find((one) => String(one.version) === version);
      return found && { found, newest: book.versions };
    },
    ({ found, newest }, { actor, directory, now }) => {
      const at = now.toISOString();
      const proposed = [{ resource: found.resource, place: '' }];
      const decided = decideDirectory({
        ...{ proposed, newest, revision: directory.revision, at, validFrom: at, actor },
        hosts: follows.hosts,
      });
      return isRefusal(decided) ? decided : decided.change;
    },
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome))
    return thingPage(site, visit, thing, id, {
      fields: {},
      faults: [],
      refused: sentences(outcome, viewer),
      status: 409,
    });
  const moved = await follow(site, follows.onDirectory);
  response.redirect(303, `/admin/directory/${thing}/${id}?done=saved${moved > 0 ? `&moved=${moved}` : ''}`);
}

/** The directory's pages: every change versioned, with who and when, and valid from a day. No patient data. */
export function directoryPages(
  site: Site,
  viewerOf: ViewerOf,
  onDirectory: OnDirectory,
  hosts?: ReadonlySet<string>,
): Router {
  const router = Router();
  const follows: Follows = { onDirectory, hosts };
  const own = (handle: (visit: Visit, thing: Thing, id: string) => Promise<void>) =>
    visiting('administrator', viewerOf, async (visit) => {
      const { thing: asked, id } = visit.request.params;
      const thing = things.find((one) => one === asked);
      await (thing && typeof id === 'string' ? handle(visit, thing, id) : sendNotFound(visit));
    });
  router.get(
    '/admin/directory',
    visiting('administrator', viewerOf, async (visit) =>
      listPage(visit, await bookOf(site), await readEndpointTests(site.store)),
    ),
  );
  const known = (id: string) => (id === 'new' ? undefined : id);
  router.get(
    '/admin/directory/:thing/:id',
    own((visit, thing, id) => thingPage(site, visit, thing, known(id))),
  );
  router.post(
    '/admin/directory/:thing/:id',
    own((visit, thing, id) => save(site, visit, thing, known(id), follows)),
  );
  router.post(
    '/admin/directory/:thing/:id/restore',
    own((visit, thing, id) => restore(site, visit, thing, id, follows)),
  );
  return router;
}
