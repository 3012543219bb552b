import { Router } from 'express';
import type { Said } from '../../fhir/outcome.ts';
import type { Probed, ProbeStep } from '../../referral/probe.ts';
import type { EndpointTest } from '../../store/queue/endpoint-tests.ts';
import { testEndpoint } from '../../store/queue/test-endpoint.ts';
import { csrfField, send, sendNotFound, type ViewerOf, type Visit, visiting } from '../acting.ts';
import { html, type Markup, momentText, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';
import type { Site } from '../site.ts';

const stepSaid: Readonly<Record<ProbeStep, Said>> = {
  address: { nl: 'Adres', en: 'Address' },
  name: { nl: 'Naam (DNS)', en: 'Name (DNS)' },
  connect: { nl: 'Verbinding', en: 'Connection' },
  tls: { nl: 'Certificaat (TLS)', en: 'Certificate (TLS)' },
  credential: { nl: 'Sleutel', en: 'Credential' },
  capability: { nl: 'Wat het systeem kan', en: 'What the system can do' },
  write: { nl: 'Schrijven, zonder gegevens', en: 'Writing, without data' },
};

const stateSaid: Readonly<Record<Probed['state'], Said>> = {
  ok: { nl: 'goed', en: 'ok' },
  'not-ok': { nl: 'niet goed', en: 'not ok' },
  'not-reached': { nl: 'niet bereikt', en: 'not reached' },
  'not-needed': { nl: 'niet nodig', en: 'not needed' },
};

/** What each finding means and what to do about it. */
const adviceSaid: Readonly<Record<string, Said>> = {
  'no-address': {
    nl: 'Dit adres kunnen wij niet gebruiken. Verbeter het hierboven.',
    en: 'We cannot use this address. Correct it above.',
  },
  'host-not-allowed': {
    nl: 'Naar deze server mag Kortelijn niets sturen. Laat de beheerder van de server haar toelaten (OUTBOUND_HOSTS of MAILBOX_DOMAINS).',
    en: 'Kortelijn may not send to this server. Have the operator allow it (OUTBOUND_HOSTS or MAILBOX_DOMAINS).',
  },
  'no-mailbox-network': {
    nl: 'Er is geen weg naar het netwerk van postbussen ingesteld (MAILBOX_SMTP_HOST).',
    en: 'No way into the network of mailboxes is set (MAILBOX_SMTP_HOST).',
  },
  'name-unknown': {
    nl: 'Deze naam bestaat niet in DNS. Kijk of het adres goed is geschreven.',
    en: 'This name does not exist in DNS. See whether the address is written right.',
  },
  'connection-lost': {
    nl: 'De verbinding brak af voordat er antwoord was. Probeer het nog een keer; bel anders de leverancier.',
    en: 'The connection broke before there was an answer. Try once more; otherwise call the supplier.',
  },
  unreachable: {
    nl: 'Er neemt niemand op. Staat het systeem aan, en laat de firewall daar ons toe?',
    en: 'Nobody answers. Is the system on, and does the firewall there let us in?',
  },
  'no-tls': {
    nl: 'Het systeem spreekt hier geen TLS 1.2 of hoger. Vraag de leverancier welk adres en welke poort het zijn.',
    en: 'The system does not speak TLS 1.2 or higher here. Ask the supplier which address and port it is.',
  },
  'certificate-expired': {
    nl: 'Het certificaat daar is verlopen. De leverancier moet het vernieuwen.',
    en: 'The certificate there has expired. The supplier must renew it.',
  },
  'certificate-not-yet': {
    nl: 'Het certificaat daar is nog niet geldig. Kijk ook of de klok van onze server goed staat.',
    en: 'The certificate there is not valid yet. Check the clock of our server too.',
  },
  'certificate-other-name': {
    nl: 'Het certificaat is van een andere naam dan in het adres staat. Verbeter het adres of het certificaat.',
    en: 'The certificate is for another name than in the address. Correct the address or the certificate.',
  },
  'certificate-unknown-signer': {
    nl: 'Wij kennen niet wie dit certificaat ondertekende, of de keten is niet compleet. De leverancier moet de hele keten meesturen.',
    en: 'We do not know who signed this certificate, or the chain is not complete. The supplier must send the whole chain.',
  },
  unauthorised: {
    nl: 'Onze sleutel wordt niet aangenomen. Vraag de praktijk of de leverancier om een nieuwe.',
    en: 'Our credential is not taken. Ask the practice or the supplier for a new one.',
  },
  'receiver-fault': {
    nl: 'Het systeem daar heeft een storing. Probeer het later; bel anders de leverancier.',
    en: 'The system there has a fault. Try later; otherwise call the supplier.',
  },
  'no-capability-statement': {
    nl: 'Op dit adres staat geen FHIR-server (metadata). Controleer het pad in het adres.',
    en: 'There is no FHIR server at this address (metadata). Check the path in the address.',
  },
  'no-create': {
    nl: 'Het systeem zegt dat het onze berichten niet kan aannemen. Vraag de leverancier om dit aan te zetten, of kies een andere vorm.',
    en: 'The system says that it cannot take our messages. Ask the supplier to turn this on, or choose another form.',
  },
  'no-validate': {
    nl: 'Het systeem heeft geen controle zonder opslaan ($validate). Er is niets geschreven; het eerste echte bericht laat het zien.',
    en: 'The system has no check without storing ($validate). Nothing was written; the first real message will show.',
  },
  'no-harmless-write': {
    nl: 'Hier kan niets worden geschreven dat daar niet in een dossier of postbus komt. Daarom doen wij dat niet.',
    en: 'Nothing can be written here that would not come into a record or mailbox. Therefore we do not.',
  },
  'test-not-agreed': {
    nl: 'Een testbericht is met deze praktijk niet afgesproken (testing). Er is niets gestuurd.',
    en: 'A test message was not agreed with this practice (testing). Nothing was sent.',
  },
  'no-hl7-answer': {
    nl: 'Er kwam geen HL7-antwoord op het testbericht. Vraag de leverancier wat daar aankwam.',
    en: 'No HL7 answer came to the test message. Ask the supplier what arrived there.',
  },
};
const elseSaid: Said = {
  nl: 'Dit ging mis. Vraag de leverancier ernaar met deze code.',
  en: 'This went wrong. Ask the supplier about it with this code.',
};

function stepItem(one: Probed, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const advice = one.code && (adviceSaid[one.code] ?? elseSaid)[viewer.language];
  return html`
    <li class="delivery">
      <div class="lead">${stepSaid[one.step][viewer.language]}: <strong>${stateSaid[one.state][viewer.language]}</strong></div>
      <div class="more">
        ${one.state !== 'not-reached' && one.state !== 'not-needed' && html`<span>${one.ms} ms</span>`}
        ${one.until && html`<span>${t('geldig tot en met', 'valid until')} ${one.until}</span>`}
        ${one.code && html`<span><code>${one.code}</code></span>`}
      </div>
      ${advice && html`<p>${advice}</p>`}
    </li>`;
}

/** How the last test ended, in a few words; undefined when there was none. */
export function lastTestText(test: EndpointTest | undefined, viewer: Viewer): string | undefined {
  if (!test) return undefined;
  const t = sayIn(viewer.language);
  const step = test.step && test.step in stepSaid ? stepSaid[test.step as ProbeStep][viewer.language] : '';
  const result =
    test.code === 'ok'
      ? t('goed', 'ok')
      : test.code === null
        ? t('niet afgemaakt', 'not finished')
        : `${step}: ${test.code}`;
  return `${t('getest', 'tested')} ${momentText(test.at, viewer.language)}, ${test.by}: ${result}`;
}

/** The button that tests a connection, and how that went the last time. */
export function testPart(id: string, test: EndpointTest | undefined, viewer: Viewer): Markup {
  const t = sayIn(viewer.language);
  const last = lastTestText(test, viewer);
  return html`
    <section aria-labelledby="test">
      <h2 id="test">${t('Test deze verbinding', 'Test this connection')}</h2>
      <p class="hint">${t(
        'Kijkt stap voor stap of het werkt. Er gaan geen gegevens van een inwoner mee. Sla eerst op wat u veranderde.',
        'Looks step by step whether it works. No data of a resident goes along. Save what you changed first.',
      )}</p>
      ${last && html`<p>${last}</p>`}
      <form method="post" action="/admin/directory/endpoints/${id}/test">
        ${csrfField(viewer)}
        <p class="buttons"><button class="quiet">${t('Test', 'Test')}</button></p>
      </form>
    </section>`;
}

function resultPage(visit: Visit, id: string, steps: readonly Probed[]): void {
  const { viewer } = visit;
  const t = sayIn(viewer.language);
  const isGood = steps.every((one) => one.state !== 'not-ok');
  const title = t(`Test van ${id}`, `Test of ${id}`);
  const main = html`
    <p><a href="/admin/directory/endpoints/${id}">${t('Naar de verbinding', 'To the connection')}</a></p>
    <h1>${title}</h1>
    <p>${
      isGood
        ? t('Alles wat te testen was, is goed.', 'Everything that could be tested is ok.')
        : t(
            'Er is iets niet goed. Begin bij de eerste stap die dat zegt.',
            'Something is not ok. Begin with the first step that says so.',
          )
    }</p>
    <ol class="deliveries">${steps.map((one) => stepItem(one, viewer))}</ol>`;
  send(visit, { title, main });
}

/** Tests a connection at the press of a button; the same connection once in ten seconds, by whomever. */
export function endpointTestPages(site: Site, viewerOf: ViewerOf): Router {
  const router = Router();
  const { probe } = site;
  if (!probe) return router;
  router.post(
    '/admin/directory/endpoints/:id/test',
    visiting('administrator', viewerOf, async (visit) => {
      const id = String(visit.request.params.id);
      const { actor, language } = visit.viewer;
      const steps = await testEndpoint(site.store, await site.directory(), probe, { id, actor });
      if (steps === 'absent') return sendNotFound(visit);
      if (steps !== 'too-soon') return resultPage(visit, id, steps);
      const t = sayIn(language);
      const title = t('Even wachten', 'One moment');
      const text = t(
        'Deze verbinding is net getest. Wacht tien seconden.',
        'This connection was tested just now. Wait ten seconds.',
      );
      visit.response.set('Retry-After', '10');
      send(
        visit,
        {
          title,
          main: html`
            <h1>${title}</h1>
            <p>${text}</p>
            <p><a href="/admin/directory/endpoints/${id}">${t('Terug', 'Back')}</a></p>`,
        },
        429,
      );
    }),
  );
  return router;
}
