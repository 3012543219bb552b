import type { Bundle, Extension, OperationOutcome, Resource, ServiceRequest } from '@medplum/fhirtypes';
import { type Issue, type Language, type Said, toOutcome } from '../../fhir/outcome.ts';
import { codeSystems, extensions } from '../../fhir/systems.ts';
import type { Answer } from '../../referral/receive.ts';
import type { Accepted } from '../arriving.ts';

const dayFormat = (locale: string) =>
  new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
// Making one costs more than all the rest of an answer.
const dayFormats = { nl: dayFormat('nl-NL'), en: dayFormat('en-GB') };

/** "Sanne Verhoeven belt vóór donderdag 26 november. Nummer: 06-…" — the sentence the GP reads at the click. */
function promiseSaid(answer: Answer): Said {
  const { promise } = answer;
  const day = new Date(`${promise.callBefore}T12:00:00Z`);
  const number = promise.phone
    ? { nl: ` Nummer: ${promise.phone}.`, en: ` Number: ${promise.phone}.` }
    : { nl: '', en: '' };
  const who = promise.name
    ? {
        nl: `${promise.name} (${promise.team}) belt de inwoner`,
        en: `${promise.name} (${promise.team}) calls the resident`,
      }
    : {
        nl: `De vaste Wally en de vervanger zijn afwezig. De teamleider van ${promise.team} wijst iemand aan, die belt`,
        en: `The fixed Wally and the substitute are absent. The team lead of ${promise.team} assigns someone, who calls`,
      };
  return {
    nl: `${who.nl} vóór ${dayFormats.nl.format(day)}.${number.nl}`,
    en: `${who.en} before ${dayFormats.en.format(day)}.${number.en}`,
  };
}

export const information = (reason: string, said: Said, path = ''): Issue => ({
  severity: 'information',
  code: 'informational',
  reason,
  path,
  said,
});

/** Everything the sender should know about a taken referral: the promise, a warning when it is acute, each loss. */
function answerIssues(answer: Answer): Issue[] {
  const acute: Issue = {
    severity: 'warning',
    code: 'business-rule',
    reason: 'acute-call-too',
    path: '',
    said: {
      nl: 'Deze verwijzing heeft spoed. Kortelijn werkt in werkdagen: bel nu ook zelf. Bij gevaar 112, of de crisisdienst.',
      en: 'This referral is urgent. Kortelijn works in working days: call now as well. In danger 112, or the crisis service.',
    },
  };
  const lost: Record<string, Said> = {
    'kept-as-text': {
      nl: 'Dit is als tekst bewaard bij de verwijzing.',
      en: 'This was kept as text with the referral.',
    },
    'kept-with-source': {
      nl: 'Dit is niet doorgestuurd; het staat alleen in het ontvangen bericht.',
      en: 'This was not passed on; it stays in the received message only.',
    },
    'unknown-code': {
      nl: 'Deze code kennen wij niet; zij is als tekst bewaard.',
      en: 'We do not know this code; it was kept as text.',
    },
    'not-shared': {
      nl: 'Dit is niet gedeeld: de toestemming gaat er niet over.',
      en: 'This was not shared: the consent does not cover it.',
    },
    deviates: {
      nl: 'Dit is anders geschreven dan is afgesproken. Wij hebben het toch kunnen lezen.',
      en: 'This is written in another way than was agreed. We could read it all the same.',
    },
  };
  return [
    information('promise', promiseSaid(answer)),
    ...(answer.acute ? [acute] : []),
    ...answer.losses.map((loss) => {
      const said = lost[loss.why] ?? { nl: '', en: '' };
      if (loss.why !== 'deviates') return information(`loss-${loss.why}`, said, loss.path);
      return { ...information('deviates', said, loss.path), severity: 'warning' as const };
    }),
  ];
}

/** What became of a message that changed or withdrew something. */
export const became: Partial<Record<Accepted['outcome'], Said>> = {
  superseded: {
    nl: 'Van deze verwijzing hebben wij al een nieuwere versie. Die blijft gelden.',
    en: 'We already have a newer version of this referral. That one stays.',
  },
  corrected: {
    nl: 'De verwijzing is gewijzigd. De Wally krijgt bericht.',
    en: 'The referral was changed. The Wally is told.',
  },
  supplemented: {
    nl: 'Dit is bij de verwijzing gevoegd. De Wally krijgt bericht.',
    en: 'This was added to the referral. The Wally is told.',
  },
  cancelled: {
    nl: 'De verwijzing is ingetrokken.',
    en: 'The referral was withdrawn.',
  },
  'stop-asked': {
    nl: 'De Wally is al begonnen. Wij vragen de Wally om te stoppen; u krijgt antwoord.',
    en: 'The Wally has begun already. We ask the Wally to stop; you will get an answer.',
  },
};

const keptFor: Record<'cancel' | 'supplement', Said> = {
  cancel: {
    nl: 'Wij hebben nog geen verwijzing met dit nummer. Komt zij binnen 30 dagen alsnog, dan nemen wij haar niet aan.',
    en: 'We have no referral with this number yet. If it comes within 30 days, we will not take it.',
  },
  supplement: {
    nl: 'Wij hebben nog geen verwijzing met dit nummer. Dit blijft 30 dagen liggen en gaat mee zodra de verwijzing er is.',
    en: 'We have no referral with this number yet. This waits for 30 days and goes along as soon as the referral is here.',
  },
};

/** What became of a message, and everything its sender should know of the referral it belongs to. */
export function acceptedIssues(accepted: Accepted): Issue[] {
  if (accepted.outcome === 'kept') return [information('kept-for-later', keptFor[accepted.intent])];
  const { outcome, answer } = accepted;
  const said = became[outcome];
  const rest = answerIssues(answer);
  // Whoever withdraws need not hear who will call.
  if (outcome === 'cancelled') return said ? [information('cancelled', said)] : [];
  return said ? [information(outcome, said), ...rest] : rest;
}

export function acceptedOutcome(accepted: Accepted, language: Language): OperationOutcome {
  return toOutcome(acceptedIssues(accepted), language, codeSystems.refusal);
}

/** Who calls, on which number, before which day: for programs. */
export function promiseExtension(answer: Answer): Extension {
  const { promise } = answer;
  return {
    url: extensions.promise,
    extension: [
      { url: 'number', valueString: answer.number },
      ...(promise.name ? [{ url: 'name', valueString: promise.name }] : []),
      { url: 'team', valueString: promise.team },
      ...(promise.phone ? [{ url: 'phone', valueString: promise.phone }] : []),
      { url: 'callBefore', valueDate: promise.callBefore },
      { url: 'route', valueCode: promise.route },
    ],
  };
}

/** The ServiceRequest as the answer to a create: the stored one, with the promise and the number people use. */
export function withPromise(request: ServiceRequest, answer: Answer): ServiceRequest {
  return { ...request, extension: [...(request.extension ?? []), promiseExtension(answer)] };
}

export function isBundle(resource: Resource): resource is Bundle {
  return resource.resourceType === 'Bundle';
}
