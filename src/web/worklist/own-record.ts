import type { Acting } from '../../feedback/moves.ts';
import { confirmTransfer, undoTransfer } from '../../feedback/transfer.ts';
import type { Said } from '../../fhir/outcome.ts';
import type { Journey } from '../../referral/journey.ts';
import { isWithdrawn } from '../../referral/minimise.ts';
import { isRefusal, type Refusal } from '../../referral/refusal.ts';
import { type Keeping, readKeeping } from '../../store/keeping.ts';
import { csrfField, decide, field, type Visit } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Shown } from '../journey/referral-view.ts';
import type { PageParts, Viewer } from '../page.ts';
import type { Site } from '../site.ts';

/** What a confirmation means, before it is given: H16 in two sentences. */
export function meaningText({ language }: Viewer, days: number): string {
  return sayIn(language)(
    `Bevestig alleen wat echt in uw eigen dossier staat: Kortelijn wist het hier, ${days} dagen nadat uw bericht bij de praktijk aankwam. Tot dan kunt u het terugdraaien.`,
    `Confirm only what really stands in your own record: Kortelijn erases it here, ${days} days after your message reached the practice. Until then you can take it back.`,
  );
}

const gone: Said = {
  nl: 'U kunt de gegevens hier niet meer lezen. Staat wat u zelf moet bewaren in uw eigen dossier?',
  en: 'You can no longer read the data here. Does what you must keep yourself stand in your own record?',
};
const asked: Said = {
  nl: 'Staat alles wat u nodig hebt in uw eigen dossier?',
  en: 'Does all that you need stand in your own record?',
};

/** Of one referral that is over: that it was confirmed, or the question whether it is. */
function wordPart(shown: Shown, keeping: Keeping, days: number, address: string): Markup {
  const { viewer, journey, directory } = shown;
  const t = sayIn(viewer.language);
  const form = (buttons: Markup) =>
    html`<form method="post" action="${address}/own-record" class="buttons">${csrfField(viewer)}${buttons}</form>`;
  if (!keeping.transferredAt)
    return html`
      <p>${(isWithdrawn(journey) ? gone : asked)[viewer.language]} ${meaningText(viewer, days)}</p>
      ${form(
        html`<button name="do" value="confirm">${t(
          'Het staat in ons eigen dossier',
          'It stands in our own record',
        )}</button><button name="do" value="next" class="quiet">${t('Bevestig, en volgende', 'Confirm, and next')}</button>`,
      )}`;
  const who = directory.roles.get(keeping.transferredBy ?? '')?.name ?? t('Het eigen systeem', 'Their own system');
  const on = momentText(keeping.transferredAt, viewer.language);
  return html`
    <p>
      ${t(
        `${who} bevestigde op ${on} dat dit in het eigen dossier staat.`,
        `${who} confirmed on ${on} that this stands in their own record.`,
      )}
      ${
        keeping.heldAt
          ? t('Het blijft hier toch staan: het moet bewaard blijven.', 'It stays here all the same: it must be kept.')
          : t(
              `Kortelijn wist het hier, ${days} dagen nadat het laatste bericht aankwam.`,
              `Kortelijn erases it here, ${days} days after the last message arrived.`,
            )
      }
    </p>
    ${form(
      html`<button name="do" value="undo" class="quiet">${t(
        'Toch niet: draai dit terug',
        'Not after all: take it back',
      )}</button>`,
    )}`;
}

function takeAlong({ viewer }: Shown, address: string, hasPdf: boolean): Markup {
  const t = sayIn(viewer.language);
  return html`
    <ul class="plain">
      ${
        hasPdf &&
        html`<li><a href="${address}/journey.pdf" download>${t('Download als PDF', 'Download as PDF')}</a></li>`
      }
      <li>
        <a href="${address}/journey.json" download>${t(
          'Download voor een computer (FHIR, JSON)',
          'Download for a computer (FHIR, JSON)',
        )}</a>
      </li>
    </ul>
    <p class="hint">${t(
      'Afdrukken: Ctrl+P. Wat u meeneemt, staat in het logboek.',
      'Print: Ctrl+P. What you take along is noted in the log.',
    )}</p>`;
}

/**
 * Where the journey is taken into a record of the receiver's own, and, when the work is over, where a person says that it
 * stands there (H16). `address`: of the referral's page for this reader.
 */
export async function ownRecordPart(
  site: Site,
  shown: Shown,
  acting: Acting,
  address: string,
): Promise<Markup | undefined> {
  const { journey, viewer } = shown;
  const days = site.retentionDays ?? 0;
  const isHers = viewer.actor.role === 'wally' && journey.index.owner === viewer.actor.id && !isWithdrawn(journey);
  const mayConfirm = days > 0 && !isRefusal(confirmTransfer(journey, acting));
  const [keeping] = mayConfirm ? await readKeeping(site.store, [journey.id]) : [];
  if (!isHers && !keeping) return undefined;
  const t = sayIn(viewer.language);
  return html`
    <section class="aside" aria-labelledby="own-record">
      <h2 id="own-record">${t('Voor uw eigen dossier', 'For your own record')}</h2>
      ${isHers && takeAlong(shown, address, site.fonts !== undefined)}
      ${keeping && wordPart(shown, keeping, days, address)}
    </section>`;
}

const doneSaid: Readonly<Record<string, Said>> = {
  confirmed: { nl: 'Bevestigd: dit staat in uw eigen dossier.', en: 'Confirmed: this stands in your own record.' },
  'confirmed-before': {
    nl: 'Bevestigd. Dit is de volgende verwijzing.',
    en: 'Confirmed. This is the next referral.',
  },
  undone: { nl: 'Teruggedraaid. De inhoud blijft hier staan.', en: 'Taken back. The content stays here.' },
};

/** The one line after it was confirmed or taken back; undefined when the address says neither. */
export function ownRecordNotice(done: string, { language }: Viewer): PageParts['notice'] {
  const said = Object.hasOwn(doneSaid, done) ? doneSaid[done] : undefined;
  return said && { kind: 'done', text: said[language] };
}

/** One referral as confirmed, by who looks; what was not done and why. */
export function confirmOne(
  site: Site,
  visit: Visit,
  read: () => Promise<Journey | undefined>,
): Promise<'done' | 'absent' | Refusal> {
  return decide(site, visit.viewer.actor, read, confirmTransfer);
}

/** The place of one referral: its list, and how it is read and shown again. */
interface RecordPlace {
  readonly list: '/worklist' | '/team';
  readonly read: (id: string) => Promise<Journey | undefined>;
  /** The next that waits for this reader's word. */
  readonly next: () => Promise<string | undefined>;
  readonly refused: (journey: Journey, refusal: Refusal) => Promise<void>;
  readonly absent: () => void;
}

/** What was pressed: confirm, confirm and go on, or take it back. */
export async function postOwnRecord(site: Site, visit: Visit, id: string, place: RecordPlace): Promise<void> {
  const pressed = field(visit.request.body, 'do');
  const read = () => place.read(id);
  const outcome =
    pressed === 'undo'
      ? await decide(site, visit.viewer.actor, read, undoTransfer)
      : await confirmOne(site, visit, read);
  const journey = outcome === 'done' ? undefined : await read();
  if (outcome === 'absent' || (outcome !== 'done' && !journey)) return place.absent();
  if (isRefusal(outcome) && journey) return place.refused(journey, outcome);
  const next = pressed === 'next' ? await place.next() : undefined;
  const done = pressed === 'undo' ? 'undone' : next ? 'confirmed-before' : 'confirmed';
  const page =
    pressed === 'next' && !next ? `${place.list}/own-record?done=1` : `${place.list}/${next ?? id}?done=${done}`;
  visit.response.redirect(303, page);
}
