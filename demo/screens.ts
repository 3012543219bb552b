import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, Router } from 'express';
import type { HisParts } from './api.ts';
import { cardsAt, type LaunchParts, type LaunchWay, signedUrl } from './launch.ts';
import type { Mail } from './mail.ts';
import type { Patient } from './model.ts';
import { choosePage, inboxPage, letterPage, listPage, recordPage } from './pages.ts';
import { answerPage } from './pages-answer.ts';
import { mailPage, switchesPage } from './pages-demo.ts';
import { referPage, requestFrom, stopPage } from './pages-refer.ts';
import type { Records } from './record.ts';
import { makeReferral, openInKortelijn, requesterOf, sendMade } from './refer.ts';
import type { SmartSide } from './smart.ts';
import type { ServerKind } from './smart-fhir.ts';
import { style } from './style.ts';
import type { switchSchema } from './switches.ts';
import { type RecordView, recordOf } from './view.ts';

export interface ScreenParts extends HisParts {
  readonly mails: () => readonly Mail[];
  readonly launching: LaunchParts & { readonly smart: SmartSide; readonly home: () => string };
}

/** Every page of the HIS, for people. Forms only, no script. */
export function screens({ practices, switches, now, reachOf, mails, launching }: ScreenParts): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: '200kb' });
  const show = (res: Response, body: string, status = 200) =>
    void res
      .status(status)
      .set('Content-Security-Policy', "default-src 'none'; style-src 'self'; base-uri 'none'")
      .type('html')
      .send(body);
  const absent = (res: Response) => void res.status(404).type('text/plain').send('Deze pagina bestaat niet.');
  const found = (req: Request): { records: Records; patient: Patient | undefined } | undefined => {
    const records = practices.get(String(req.params.practice));
    return records && { records, patient: records.patients.get(String(req.params.id ?? '')) };
  };

  router.get('/', (_req, res) => show(res, choosePage(practices.values())));
  router.get('/style.css', (_req, res) => void res.type('text/css').send(style));
  router.get('/mail', (_req, res) => show(res, mailPage(mails())));
  router.get('/mail.json', (_req, res) => void res.json(mails()));
  router.get('/switches', (_req, res) => show(res, switchesPage(practices.values(), switches)));
  router.post('/switches', form, (req, res) => {
    const { practice, reset, mode, share, delayMs, retryAfterSeconds, deduplicates, files } = req.body ?? {};
    const id: string | undefined = practice || undefined;
    if (id !== undefined && !practices.has(id.replace(/\/mllp$/, ''))) return absent(res);
    if (reset) switches.reset(id);
    else {
      const change = {
        mode,
        share,
        delayMs,
        retryAfterSeconds,
        deduplicates: deduplicates === 'yes',
        files: files === 'yes',
      };
      switches.set(change as Partial<ReturnType<typeof switchSchema.parse>>, id);
    }
    res.redirect(303, '/switches');
  });

  router.get('/:practice', (req, res) => {
    const here = found(req);
    if (here) show(res, listPage(here.records, now()));
    else absent(res);
  });
  router.get('/:practice/inbox', (req, res) => {
    const here = found(req);
    if (here) show(res, inboxPage(here.records));
    else absent(res);
  });
  router.post('/:practice/inbox/:id/file', form, async (req, res) => {
    const here = found(req);
    const letter = await here?.records.fileByHand(String(req.params.id), String(req.body?.patientId ?? ''), now());
    if (!here || !letter) return absent(res);
    res.redirect(303, `/${here.records.practice.id}/letters/${letter.id}`);
  });
  router.get('/:practice/letters/:id', (req, res) => {
    const here = found(req);
    const letter = here?.records.letters.get(req.params.id);
    if (here && letter) show(res, letterPage(here.records, letter, now()));
    else absent(res);
  });

  /** The record, with what Kortelijn has to say at its opening, and the ways to open Kortelijn from here. */
  const showRecord = async (res: Response, records: Records, record: RecordView, notice?: string, status = 200) => {
    const offers = {
      cards: await cardsAt(records, record.patient, launching),
      deepLink: `${launching.kortelijnPublic}/refer`,
      // A browser cannot follow a name that only containers know.
      smart: ['127.0.0.1', 'localhost'].includes(new URL(launching.home()).hostname),
    };
    show(res, recordPage(records, record, now(), offers, notice), status);
  };
  router.get('/:practice/patients/:id', async (req, res) => {
    const here = found(req);
    const record = here && recordOf(here.records, req.params.id);
    if (record) await showRecord(res, here.records, record);
    else absent(res);
  });
  router.post('/:practice/patients/:id/launch/:way', async (req, res) => {
    const here = found(req);
    if (!here?.patient || !here.records.practice.launchKey) return absent(res);
    const { records, patient } = here;
    const gp = requesterOf(records, patient, undefined);
    const smart = (kind: ServerKind) => launching.smart.launchUrl(records.practice.id, kind, patient.id, gp);
    const way = req.params.way as LaunchWay;
    if (way === 'smart-r4') return res.redirect(303, smart('r4'));
    if (way === 'smart-stu3') return res.redirect(303, smart('stu3'));
    if (way === 'jwt') return res.redirect(303, await signedUrl(records, patient, launching, launching.home()));
    absent(res);
  });
  router.get('/:practice/patients/:id/refer', (req, res) => {
    const here = found(req);
    if (!here?.patient) return absent(res);
    const earlier = here.records.referrals.get(String(req.query.from ?? ''));
    const request = earlier?.patientId === here.patient.id ? earlier.request : undefined;
    show(res, referPage(here.records, here.patient, now(), randomUUID(), request));
  });
  router.post('/:practice/patients/:id/refer', form, async (req, res) => {
    const here = found(req);
    if (!here?.patient) return absent(res);
    const { records, patient } = here;
    if (req.body?.danger === 'yes') return show(res, stopPage(records, patient, now()));
    const request = requestFrom(req.body ?? {}, patient);
    // The question about danger has no default: a form without an answer to it is shown again.
    if (req.body?.danger !== 'no') return show(res, referPage(records, patient, now(), randomUUID(), request));
    const made = await makeReferral(records, patient, request, now(), String(req.body.form ?? '') || undefined);
    await sendMade(records, reachOf(records), made.id);
    res.redirect(303, `/${records.practice.id}/referrals/${made.id}`);
  });
  router.post('/:practice/patients/:id/open', form, async (req, res) => {
    const here = found(req);
    if (!here?.patient) return absent(res);
    const { records, patient } = here;
    const opened = await openInKortelijn(records, reachOf(records), patient);
    if ('url' in opened) return res.redirect(303, opened.url);
    const record = recordOf(records, patient.id);
    const said = opened.answer.sentences.map((one) => one.text).join(' ');
    const status = opened.answer.status;
    const notice =
      said ||
      (status ? `Kortelijn gaf antwoord ${status}.` : 'Kortelijn gaf geen antwoord. Probeer het straks opnieuw.');
    if (record) await showRecord(res, records, record, `Openen lukt nu niet. ${notice}`, 502);
  });

  router.get('/:practice/referrals/:id', (req, res) => {
    const here = found(req);
    const made = here?.records.referrals.get(req.params.id);
    const patient = made && here?.records.patients.get(made.patientId);
    if (here && made?.request && patient) show(res, answerPage(here.records, patient, made, now()));
    else absent(res);
  });
  router.post('/:practice/referrals/:id/send', form, async (req, res) => {
    const here = found(req);
    const sent = here && (await sendMade(here.records, reachOf(here.records), String(req.params.id)));
    if (!here || !sent) return absent(res);
    res.redirect(303, `/${here.records.practice.id}/referrals/${sent.made.id}`);
  });
  return router;
}
