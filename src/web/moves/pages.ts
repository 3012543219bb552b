import type { Said } from '../../fhir/outcome.ts';
import type { Change } from '../../referral/change.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { actingFor, decide, field, noteView, query, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { sayIn } from '../html.ts';
import { recognition, show } from '../journey/referral-view.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { type MoveForm, type Posted, surePart } from './forms.ts';

/** Where the moves of one kind of reader are made: their forms, whose referrals, and the page that shows one. */
export interface MovePlace {
  readonly forms: readonly MoveForm[];
  /** The reader's list, `/worklist`; a referral's page is this and its id. */
  readonly list: string;
  readonly read: (visit: Visit, id: string) => Promise<Journey | undefined>;
  readonly page: (
    visit: Visit,
    journey: Journey,
    notice: PageParts['notice'],
    status: number,
    posted?: Posted,
  ) => Promise<void>;
}

const changedSince: Said = {
  nl: 'De verwijzing is veranderd nadat u deze pagina opende. Kijk eerst wat er veranderd is, en of uw stap al is gedaan. Wat u typte, staat er nog.',
  en: 'The referral has changed since you opened this page. First look what changed, and whether your step was already taken. What you typed is still there.',
};
const changed = refuse(issue('conflict', 'changed-meanwhile', 'Task', changedSince));

/** The one line after a move that was made; undefined when the address names none. */
export function doneNotice(visit: Visit, forms: readonly MoveForm[]): PageParts['notice'] {
  const done = forms.find((one) => one.key === query(visit.request, 'done'))?.done;
  return done && { kind: 'done', text: done[visit.viewer.language] };
}

/**
 * A move as it was posted. What it was decided on is the page that its maker looked at: when the referral changed since,
 * it is shown again first. A refusal comes back in words on that page, with what was typed; what cannot be undone is
 * asked once more before it is done.
 */
export async function postMove(site: Site, visit: Visit, place: MovePlace, id: string): Promise<void> {
  const { request, viewer } = visit;
  const read = () => place.read(visit, id);
  const form = place.forms.find((one) => one.key === request.params.move);
  const journey = form && (await read());
  if (!form || !journey) return sendNotFound(visit);
  const fields = Object.fromEntries(form.names.map((name) => [name, field(request.body, name)]));
  const version = field(request.body, 'version');
  let faults: readonly Fault[] = [];
  const decided = (now: Journey, acting: Awaited<ReturnType<typeof actingFor>>): Change | Refusal | undefined => {
    faults = [];
    if (String(now.task.version) !== version) return changed;
    const made = form.decide(fields, now, acting);
    if (!('faults' in made)) return made;
    faults = made.faults;
    return undefined;
  };
  const refused = async (refusal: Refusal | undefined) => {
    const newest = await read();
    if (!newest) return sendNotFound(visit);
    await place.page(
      visit,
      newest,
      refusal && { kind: 'refused', text: sentences(refusal, viewer) },
      refusal ? httpStatus(refusal) : 422,
      { key: form.key, fields, faults },
    );
  };
  if (form.sure && field(request.body, 'sure') !== 'yes') {
    const acting = await actingFor(site, viewer.actor);
    const tried = decided(journey, acting);
    if (tried === undefined || isRefusal(tried)) return refused(tried);
    await noteView(site, journey, acting);
    const today = localDay(acting.now);
    const about = recognition(show(journey, acting.directory, viewer, today), 'p');
    const parts = {
      viewer,
      journey,
      directory: acting.directory,
      now: acting.now,
      today,
      address: `${place.list}/${id}`,
    };
    const title = sayIn(viewer.language)('Weet u het zeker?', 'Are you sure?');
    return send(visit, { title, main: surePart(form, fields, about, parts) });
  }
  const outcome = await decide(site, viewer.actor, read, decided);
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome)) return refused(outcome);
  if (faults.length > 0) return refused(undefined);
  // What one has just handed away has no page for her any more.
  const page = (await read()) ? `${place.list}/${id}` : place.list;
  visit.response.redirect(303, `${page}?done=${form.key}`);
}
