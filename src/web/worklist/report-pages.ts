import { letterText } from '../../feedback/letter.ts';
import type { Acting } from '../../feedback/moves.ts';
import { closureOnly, letterHead, report } from '../../feedback/report.ts';
import { interimIssues } from '../../feedback/report-rules.ts';
import type { Said } from '../../fhir/outcome.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Journey } from '../../referral/journey.ts';
import { transition } from '../../referral/lifecycle/lifecycle.ts';
import { httpStatus, isRefusal, issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { actingFor, decide, field, noteView, send, sendNotFound, sentences, type Visit } from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { sayIn } from '../html.ts';
import { show } from '../journey/referral-view.ts';
import type { Site } from '../site.ts';
import { withPhrase } from './phrases.ts';
import { readOwn, sendReferral } from './referral.ts';
import { type ReportFields, readReport, reportFields } from './report-fields.ts';
import { reportForm, reportPreview } from './report-form.ts';

interface Filled {
  readonly fields: ReportFields;
  readonly faults: readonly Fault[];
  readonly refused?: string;
}

async function sendForm(site: Site, visit: Visit, journey: Journey, filled: Filled, status: number): Promise<void> {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const acting = await actingFor(site, viewer.actor);
  await noteView(site, journey, acting);
  const shown = show(journey, acting.directory, viewer, localDay(acting.now));
  const wrong = filled.faults.length > 0 ? t('Fout: ', 'Error: ') : '';
  send(
    visit,
    {
      title: `${wrong}${t('Terugkoppelen', 'Report back')}`,
      main: reportForm({ shown, ...filled }),
      ...(filled.refused && { notice: { kind: 'refused', text: filled.refused } }),
    },
    status,
  );
}

const changedSince: Said = {
  nl: 'De verwijzing is veranderd nadat u dit formulier opende. Kijk eerst bij de verwijzing of uw bericht al is verstuurd.',
  en: 'The referral has changed since you opened this form. First look at the referral whether your message was already sent.',
};

/** The form with what was typed and why it was not sent; on today's version, so that it can be sent after a look. */
async function sendRefused(site: Site, visit: Visit, journey: Journey, fields: ReportFields, refusal: Refusal) {
  const newest = (await readOwn(site, visit.viewer.actor, journey.id)) ?? journey;
  const kept = { ...fields, version: String(newest.task.version) };
  await sendForm(
    site,
    visit,
    newest,
    { fields: kept, faults: [], refused: sentences(refusal, visit.viewer) },
    httpStatus(refusal),
  );
}

/** The form, when this Wally may report back now; else the referral with the reason why not. */
export async function openReport(site: Site, visit: Visit, id: string): Promise<void> {
  const journey = await readOwn(site, visit.viewer.actor, id);
  if (!journey) return sendNotFound(visit);
  const allowed = transition(journey, 'report', visit.viewer.actor);
  if (isRefusal(allowed))
    return sendReferral(
      site,
      visit,
      journey,
      { kind: 'refused', text: sentences(allowed, visit.viewer) },
      httpStatus(allowed),
    );
  await sendForm(site, visit, journey, { fields: { version: String(journey.task.version) }, faults: [] }, 200);
}

/** What was posted: look at the letter first (`preview`), back to the form (`edit`), or send it (`send`). */
export async function postReport(site: Site, visit: Visit, id: string): Promise<void> {
  const { viewer } = visit;
  const { actor } = viewer;
  const journey = await readOwn(site, actor, id);
  if (!journey) return sendNotFound(visit);
  const fields = reportFields(visit.request.body);
  const step = field(visit.request.body, 'step');
  const acting = await actingFor(site, actor);
  const pressed = field(visit.request.body, 'phrase');
  if (pressed) {
    const own = acting.directory.teams.get(journey.index.team)?.sentences;
    return sendForm(site, visit, journey, { fields: withPhrase(fields, pressed, own), faults: [] }, 200);
  }
  if (step === 'edit') return sendForm(site, visit, journey, { fields, faults: [] }, 200);
  const read = readReport(fields, journey, acting.now);
  if ('faults' in read) return sendForm(site, visit, journey, { fields, faults: read.faults }, 422);
  const { answer } = read;
  const letter = (at: Journey, by: Acting) => letterText(answer, letterHead(at, answer, by));
  if (step !== 'send') {
    const allowed = transition(journey, answer.final ? 'close' : 'report', actor);
    if (isRefusal(allowed)) return sendRefused(site, visit, journey, fields, allowed);
    const faults = interimIssues(journey, answer, acting).map(({ said }): Fault => ({ field: 'final', said }));
    if (faults.length > 0) return sendForm(site, visit, journey, { fields, faults }, 422);
    await noteView(site, journey, acting);
    const shown = show(journey, acting.directory, viewer, localDay(acting.now));
    const withheld = closureOnly(journey, answer, localDay(acting.now));
    const main = reportPreview({ shown, fields, letter: letter(journey, acting), withheld, final: answer.final });
    return send(visit, { title: sayIn(viewer.language)('Klopt dit bericht?', 'Is this message right?'), main });
  }
  const outcome = await decide(
    site,
    actor,
    () => readOwn(site, actor, id),
    (now, deciding) => {
      if (String(now.task.version) === fields.version) {
        const issues = interimIssues(now, answer, deciding);
        return issues.length > 0 ? refuse(...issues) : report(now, answer, deciding);
      }
      // Tapped twice: this very letter is there already. Anything else that changed, the Wally must see first.
      const sent = now.communications.some((one) => one.resource.payload?.[1]?.contentString === letter(now, deciding));
      return sent ? undefined : refuse(issue('conflict', 'changed-meanwhile', 'Task', changedSince));
    },
  );
  if (outcome === 'absent') return sendNotFound(visit);
  if (isRefusal(outcome)) return sendRefused(site, visit, journey, fields, outcome);
  visit.response.redirect(303, `/worklist/${id}?done=${answer.final ? 'closed' : 'reported'}`);
}
