import type { Resource } from '@medplum/fhirtypes';
import { Router } from 'express';
import { type Decision, fileIn, type RedactionItem, redactionList } from '../../feedback/personal-file.ts';
import { httpStatus, isRefusal, type Refusal } from '../../referral/refusal.ts';
import { copyOf, everythingOf, hashOf, noteGiven, trailText } from '../../rights/access.ts';
import { act, journeysOf, lineOf, type Rights } from '../../rights/rights.ts';
import type { Keeping } from '../../store/keeping.ts';
import {
  markGiven,
  type RightsRequest,
  readDecisions,
  readRightsRequest,
  writeDecisions,
} from '../../store/rights-requests.ts';
import { field, query, send, sendNotFound, sentences, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { sayIn } from '../html.ts';
import { attach } from '../journey/attachment.ts';
import type { Site } from '../site.ts';
import { givenPart, pageTexts, textsPart } from './texts.ts';
import { rightsOf } from './visit.ts';

/** Decisions by what they are about: a text decided once stays decided when more has come in since. */
type Decisions = Readonly<Record<string, Decision>>;

const keyOf = (item: RedactionItem) => (item.file ? (item.where[0] ?? '') : item.text);

/** A request with everything it is about, as it now is. */
interface Opened {
  readonly rights: Rights;
  readonly request: RightsRequest;
  readonly journeys: readonly Keeping[];
  readonly resources: readonly Resource[];
  readonly list: readonly RedactionItem[];
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function open(site: Site, visit: Visit): Promise<Opened | undefined> {
  const { id } = visit.request.params;
  const practice = visit.viewer.actor.organization ?? '';
  const request =
    typeof id === 'string' && uuid.test(id) ? await readRightsRequest(site.store, id, practice) : undefined;
  if (!request) return undefined;
  const rights = rightsOf(site, visit, request.reference);
  const journeys = await journeysOf(rights, request.journeys);
  const resources = await everythingOf(rights, journeys);
  const decisions = (await readDecisions<Decisions>(site.store, request.id)) ?? {};
  const own = new Map(Object.entries(decisions));
  const list = redactionList(resources).map((item) => ({ ...item, decision: own.get(keyOf(item)) ?? null }));
  return { rights, request, journeys, resources, list };
}

/** Someone looked at it, or took a part of it along: a line under each referral, before anything is shown. */
async function noteLook({ rights, journeys }: Opened, event: 'access-viewed' | 'access-downloaded', code?: string) {
  for (const one of journeys) await act(rights, one, lineOf(rights, event, 'R', code));
}

async function show(visit: Visit, opened: Opened, refusal?: Refusal): Promise<void> {
  const { request, list } = opened;
  await noteLook(opened, 'access-viewed');
  const title = `${sayIn(visit.viewer.language)('Verzoek', 'Request')} ${request.reference}`;
  const from = Number(/^\d{1,5}$/.exec(query(visit.request, 'from'))?.[0] ?? 0);
  const main = request.givenAt ? givenPart(request, visit.viewer) : textsPart(request, list, from, visit.viewer);
  const notice = refusal && { kind: 'refused' as const, text: sentences(refusal, visit.viewer) };
  send(visit, { title, main, ...(notice && { notice }) }, refusal ? httpStatus(refusal) : 200);
}

function decisionIn(body: unknown, { id, file, decision }: RedactionItem): Decision | null {
  const chosen = field(body, `d-${id}`);
  if (chosen === 'keep' || chosen === 'remove') return chosen;
  const replace = field(body, `w-${id}`).slice(0, 4_000);
  return chosen === 'replace' && !file && replace !== '' ? { replace } : decision;
}

/** What was decided on one page of texts, kept; then on to the next page that still has an open one. */
async function decideTexts(site: Site, visit: Visit, opened: Opened): Promise<void> {
  const { request, list } = opened;
  const { body } = visit.request;
  const decided = list.map((item) => ({ ...item, decision: decisionIn(body, item) }));
  const kept = decided.flatMap((item) => (item.decision === null ? [] : [[keyOf(item), item.decision] as const]));
  await writeDecisions(site.store, request, Object.fromEntries(kept));
  const next = decided.findIndex((item) => item.decision === null);
  const from = next < 0 ? 0 : Math.floor(next / pageTexts) * pageTexts;
  visit.response.redirect(303, `/practice/rights/requests/${request.id}${from > 0 ? `?from=${from}` : ''}`);
}

/** Gives the copy, once, when every text was decided on; what it is made of is what the list shows now. */
async function give(site: Site, visit: Visit, opened: Opened): Promise<void> {
  const { rights, request, journeys, resources, list } = opened;
  const at = site.store.clock();
  const copy = copyOf(resources, list, at.toISOString());
  if (isRefusal(copy)) return show(visit, opened, copy);
  if (await markGiven(site.store, request.id, rights.actor.id, hashOf(...copy.files.values()), at))
    await noteGiven(rights, journeys);
  visit.response.redirect(303, `/practice/rights/requests/${request.id}`);
}

/** One file of the copy that was given: the very same, or nothing when the referral changed since. */
async function download(site: Site, visit: Visit, opened: Opened): Promise<void> {
  const { request, resources, list, journeys } = opened;
  const name = String(visit.request.params.file);
  if (!request.givenAt) return sendNotFound(visit);
  const trail = name === 'wie-heeft-gekeken.csv';
  const copy = trail ? undefined : copyOf(resources, list, request.givenAt.toISOString());
  const isSame = copy && !isRefusal(copy) && request.givenHash?.equals(hashOf(...copy.files.values()));
  if (!trail && !isSame) return sendNotFound(visit);
  const text = trail
    ? await trailText(
        site.store,
        journeys.map((one) => one.journey),
      )
    : copy && !isRefusal(copy) && copy.files.get(name);
  if (!text) return sendNotFound(visit);
  await noteLook(opened, 'access-downloaded', name);
  attach(visit.response, name, text);
}

/** A file that must be opened to be read, before someone decides about it (H8). */
async function readFileOf(visit: Visit, opened: Opened): Promise<void> {
  const item = opened.list.find((one) => one.id === visit.request.params.item && one.file);
  const found = item && fileIn(opened.resources, item);
  if (!item || !found || opened.request.givenAt) return sendNotFound(visit);
  await noteLook(opened, 'access-downloaded', item.id);
  attach(visit.response, `${item.id}.${found.extension}`, found.bytes);
}

/** The pages of one request for access: read every text, decide, give, take along. */
export function requestPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const opening = (handle: (visit: Visit, opened: Opened) => Promise<void>) =>
    visiting('practice', viewerOf, async (visit) => {
      const opened = await open(site, visit);
      await (opened ? handle(visit, opened) : sendNotFound(visit));
    });
  const address = '/practice/rights/requests/:id';
  router.get(
    address,
    opening((visit, opened) => show(visit, opened)),
  );
  router.post(
    `${address}/texts`,
    opening((visit, opened) => decideTexts(site, visit, opened)),
  );
  router.post(
    `${address}/give`,
    opening((visit, opened) => give(site, visit, opened)),
  );
  router.get(
    `${address}/copy/:file`,
    opening((visit, opened) => download(site, visit, opened)),
  );
  router.get(`${address}/text/:item`, opening(readFileOf));
  return router;
}
