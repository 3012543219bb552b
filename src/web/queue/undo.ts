import type { Said } from '../../fhir/outcome.ts';
import type { Actor } from '../../referral/actor.ts';
import { type ErrorClass, errorClasses } from '../../referral/error-class.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { listDestinations, moveDestination } from '../../store/outbox/destinations.ts';
import { readClasses } from '../../store/queue/counts.ts';
import { readDelivery } from '../../store/queue/deliveries.ts';
import { type LastPress, type Pressed, readLastPress } from '../../store/queue/undo.ts';
import type { Store } from '../../store/store.ts';
import { csrfField, field, sendNotFound, sentences, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { PageParts } from '../page.ts';
import type { Site } from '../site.ts';
import { adminLine } from './reason.ts';
import { actionSaid } from './words.ts';

/**
 * What undoing makes so again, and until when: the one table of it. What stands in the store (`mayBeUndone`) decides. Another
 * way and a corrected address are undone by choosing the former again, a message that was taken in by its practice alone.
 */
export const undoing: Readonly<
  Record<Pressed | 'receiver' | 'class' | 'job', { readonly again: Said; readonly until: Said }>
> = {
  retry: {
    again: { nl: 'Het bericht staat dan weer vast.', en: 'The message is then stuck again.' },
    until: { nl: 'Dat kan zolang de poging nog niet begint.', en: 'That is possible until the try begins.' },
  },
  park: {
    again: { nl: 'Het bericht staat dan weer zoals het stond.', en: 'The message then is as it was.' },
    until: { nl: 'Dat kan een dag lang; daarna geeft u het vrij.', en: 'That is possible for a day; then release it.' },
  },
  call: {
    again: { nl: 'Het bericht gaat dan van de bellijst.', en: 'The message then leaves the phone list.' },
    until: {
      nl: 'Dat kan een dag lang, tot iemand het heeft voorgelezen.',
      en: 'That is possible for a day, until someone has read it aloud.',
    },
  },
  release: {
    again: { nl: 'Het bericht staat dan weer opzij.', en: 'The message is then set aside again.' },
    until: { nl: 'Dat kan zolang de poging nog niet begint.', en: 'That is possible until the try begins.' },
  },
  'give-up': {
    again: { nl: 'De mail wacht dan weer.', en: 'The mail then waits again.' },
    until: { nl: 'Dat kan een dag lang.', en: 'That is possible for a day.' },
  },
  receiver: {
    again: {
      nl: 'De ontvanger staat dan weer zoals u hem vond.',
      en: 'The receiver then is as you found it.',
    },
    until: {
      nl: 'Dat kan een dag lang. Wat intussen verstuurd is, blijft verstuurd.',
      en: 'That is possible for a day. What was sent meanwhile stays sent.',
    },
  },
  class: {
    again: { nl: 'Dan staat er weer wat er stond.', en: 'What was said before then stands again.' },
    until: { nl: 'Dat kan een dag lang.', en: 'That is possible for a day.' },
  },
  job: {
    again: {
      nl: 'Elk bericht staat dan weer zoals het stond. Wat intussen verder ging, blijft zoals het is.',
      en: 'Each message then is as it was. What has moved on meanwhile stays as it is.',
    },
    until: { nl: 'Dat kan een dag lang, en één keer.', en: 'That is possible for a day, and once.' },
  },
};

export const tooLate = refuse(
  issue('conflict', 'cannot-be-undone', '', {
    nl: 'Dit kan niet meer ongedaan: er is intussen iets mee gebeurd, of het is een dag geleden. Er is niets veranderd.',
    en: 'This cannot be undone any more: something has happened since, or it was a day ago. Nothing was changed.',
  }),
);

/** How it ended: done, or there is nothing of that name, or why not. */
export type Undone = 'done' | 'absent' | Refusal;

const because = (reason: string | undefined) => (reason ? { reason } : {});

/** Puts a delivery back as the last press found it, with its line. */
export async function undoDelivery(store: Store, actor: Actor, id: string, reason?: string): Promise<Undone> {
  const one = /^\d{1,18}$/.test(id) ? await readDelivery(store, id) : undefined;
  if (!one) return 'absent';
  const last = await readLastPress(store, id);
  if (!last?.mayUndo) return tooLate;
  const done = await store.commit({
    scope: { practice: one.practice },
    journey: one.journey,
    deliveries: [{ to: 'undone', id }],
    audit: [
      adminLine(actor, store.clock().toISOString(), 'delivery-undone', {
        object: `Delivery/${id}`,
        code: last.pressed,
        ...because(reason),
      }),
    ],
  });
  return done.ok ? 'done' : tooLate;
}

/** Makes a receiver as it was before what was asked of it last. */
export async function undoDestination(store: Store, actor: Actor, id: string, reason?: string): Promise<Undone> {
  const one = (await listDestinations(store)).find((known) => known.id === id);
  if (!one) return 'absent';
  if (!one.last) return tooLate;
  const line = adminLine(actor, store.clock().toISOString(), 'destination-undone', {
    object: `Destination/${id}`,
    code: one.last.act,
    ...because(reason),
  });
  return (await moveDestination(store, { id, to: 'undone' }, line)) ? 'done' : tooLate;
}

/** Takes back what was said of a class of errors last. */
export async function undoClass(store: Store, actor: Actor, of: ErrorClass, reason?: string): Promise<Undone> {
  const said = (await readClasses(store)).find((one) => one.class === of);
  if (!said?.mayUndo) return tooLate;
  const { hadSaid, state } = said;
  const line = { object: of, code: state, ...because(reason) };
  const done = await store.commit({
    scope: { practice: '' },
    queue: [{ to: 'class-undone', class: of, at: said.at.toISOString(), hadSaid }],
    audit: [adminLine(actor, store.clock().toISOString(), 'error-class-undone', line)],
  });
  return done.ok ? 'done' : tooLate;
}

/** The button that undoes, with what it makes so again. `hidden`: what the address does not say. */
export function undoForm(
  visit: Visit,
  action: string,
  of: keyof typeof undoing,
  { what, hidden }: { readonly what: string; readonly hidden?: Markup },
): Markup {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const { again, until } = undoing[of];
  return html`
    <form method="post" action="${action}" class="form">
      ${csrfField(viewer)}
      ${hidden}
      <p class="hint">${again[viewer.language]} ${until[viewer.language]}</p>
      <p class="buttons"><button class="quiet">${t('Maak ongedaan', 'Undo')}<span class="vh">: ${what}</span></button></p>
    </form>`;
}

/** Of a delivery: what was pressed last, and the button that undoes it, or that it is too late for that. */
export function undoPart(visit: Visit, id: string, last: LastPress | undefined): Markup | undefined {
  if (!last) return undefined;
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const at = momentText(last.at, viewer.language);
  if (!last.mayUndo)
    return html`<p class="hint">${t(
      `De laatste knop (${at}) kan niet meer ongedaan: er is intussen iets met het bericht gebeurd.`,
      `The last press (${at}) cannot be undone any more: something has happened to the message since.`,
    )}</p>`;
  const { pressed } = last;
  const what = pressed === 'give-up' ? t('Opgegeven', 'Given up') : actionSaid[pressed][viewer.language];
  return html`
    <section class="move" aria-labelledby="undo">
      <h2 id="undo">${t('Ongedaan maken', 'Undo')}</h2>
      <p>${what}, ${at}.</p>
      ${undoForm(visit, `/admin/deliveries/${id}/undo`, pressed, { what })}
    </section>`;
}

type ShowAgain = (notice: PageParts['notice'], status: number) => Promise<void>;

async function answer(visit: Visit, undone: Undone, where: string, again: ShowAgain): Promise<void> {
  if (undone === 'absent') sendNotFound(visit);
  else if (isRefusal(undone))
    await again({ kind: 'refused', text: sentences(undone, visit.viewer) }, httpStatus(undone));
  else visit.response.redirect(303, where);
}

/** The presses of the pages; each answers with its page, changed or with why not. */
export const undoPresses = {
  delivery: async (site: Site, visit: Visit, again: ShowAgain): Promise<void> => {
    const id = String(visit.request.params.id);
    const undone = await undoDelivery(site.store, visit.viewer.actor, id);
    await answer(visit, undone, `/admin/deliveries/${id}?done=undone`, again);
  },
  destination: async (site: Site, visit: Visit, again: ShowAgain): Promise<void> => {
    const id = field(visit.request.body, 'id');
    const undone = await undoDestination(site.store, visit.viewer.actor, id);
    await answer(visit, undone, `/admin/destination?id=${encodeURIComponent(id)}&done=undone`, again);
  },
  class: async (site: Site, visit: Visit, again: ShowAgain): Promise<void> => {
    const of = errorClasses.find((one) => one === field(visit.request.body, 'class'));
    const undone = of ? await undoClass(site.store, visit.viewer.actor, of) : 'absent';
    await answer(visit, undone, '/admin/errors?done=undone', again);
  },
};
