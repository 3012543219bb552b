import { Router } from 'express';
import { type FormFields, isFormId, newFormId } from '../../intake/refer/fields.ts';
import { draftRegistration, registerFields, sendRegistration } from '../../intake/refer/register-form.ts';
import { localDay } from '../../referral/deadlines.ts';
import { httpStatus, isRefusal, type Refusal } from '../../referral/refusal.ts';
import { field, query, send, sentences, type ViewerOf, type Visit, visiting } from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { sayIn } from '../html.ts';
import { show } from '../journey/referral-view.ts';
import type { Site } from '../site.ts';
import { faultsOf } from './controls.ts';
import { stopPage } from './pages.ts';
import { registerForm, registerPreview } from './register-form.ts';

interface Filled {
  readonly fields: FormFields;
  readonly faults?: readonly Fault[];
  readonly refused?: string;
  readonly status?: number;
}

async function sendFormPage(site: Site, visit: Visit, filled: Filled): Promise<void> {
  const { viewer, request } = visit;
  const t = sayIn(viewer.language);
  const today = localDay(site.store.clock());
  const faults = filled.faults ?? [];
  const fields = isFormId(filled.fields.form) ? filled.fields : { ...filled.fields, form: newFormId(today) };
  const main = registerForm({ viewer, fields, faults, directory: await site.directory(), today });
  const done = /^KL-[0-9A-Z]{5}-[0-9A-Z]{5}$/.exec(query(request, 'done'))?.[0];
  const notice = filled.refused
    ? { kind: 'refused' as const, text: filled.refused }
    : done && {
        kind: 'done' as const,
        text: t(
          `De verwijzing is genoteerd. Het nummer is ${done}. De praktijk krijgt bericht en bevestigt.`,
          `The referral was written down. Its number is ${done}. The practice is told and confirms.`,
        ),
      };
  const title = `${faults.length > 0 ? t('Fout: ', 'Error: ') : ''}${t('Noteren na telefoon', 'Register a call')}`;
  send(visit, { title, main, ...(notice && { notice }) }, filled.status ?? 200);
}

async function sendRefused(site: Site, visit: Visit, fields: FormFields, refusal: Refusal): Promise<void> {
  const caller = refusal.refused
    .filter((one) => one.path === 'caller')
    .map(({ path, said }) => ({ field: path, said }));
  const faults = [...caller, ...faultsOf(refusal.refused)];
  const rest = refusal.refused.filter((one) => !faults.some((fault) => fault.field === one.path));
  const status = httpStatus(refusal);
  await sendFormPage(site, visit, {
    fields,
    faults,
    ...(rest.length > 0 && { refused: sentences({ refused: rest }, visit.viewer) }),
    status: status === 409 || status === 503 ? status : 422,
  });
}

async function post(site: Site, visit: Visit): Promise<void> {
  const { request, response, viewer } = visit;
  const t = sayIn(viewer.language);
  const fields = registerFields(request.body);
  const step = field(request.body, 'step');
  // H1 goes before everything else: whoever said yes gets the numbers to call, and nothing is written down.
  if (fields.danger === 'yes')
    return send(visit, { title: t('Bel nu', 'Call now'), main: stopPage(viewer, '/worklist/new') });
  if (step === 'send') {
    const outcome = await sendRegistration(site, viewer.actor, fields);
    if (isRefusal(outcome)) return sendRefused(site, visit, fields, outcome);
    return response.redirect(303, `/worklist/new?done=${outcome.number}`);
  }
  if (step !== 'preview') return sendFormPage(site, visit, { fields });
  const draft = await draftRegistration(site, viewer.actor, fields);
  if (isRefusal(draft)) return sendRefused(site, visit, fields, draft);
  const shown = show(draft.journey, await site.directory(), viewer, localDay(site.store.clock()));
  const title = t('Klopt deze verwijzing?', 'Is this referral right?');
  send(visit, { title, main: registerPreview(draft, shown, fields) });
}

/** A Wally writes down what a practice refers by phone; the practice confirms it on its own page. */
export function registerPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  router.get(
    '/worklist/new',
    visiting('wally', viewerOf, (visit) => sendFormPage(site, visit, { fields: {} })),
  );
  router.post(
    '/worklist/new',
    visiting('wally', viewerOf, (visit) => post(site, visit)),
  );
  return router;
}
