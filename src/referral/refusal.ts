import type { Issue, IssueCode, Said } from '../fhir/outcome.ts';

/** An expected no: every issue at once, each with code, path into the sender's message and a sentence. */
export interface Refusal {
  readonly refused: readonly Issue[];
  /** It is refused for something else and names no consent either: of its content nothing stays (decision 15). */
  readonly withoutConsent?: true;
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

export function issue(code: IssueCode, reason: string, path: string, said: Said): Issue {
  return { severity: 'error', code, reason, path, said };
}

export function refuse(...issues: Issue[]): Refusal {
  return { refused: issues };
}

const statuses: Partial<Record<IssueCode, number>> = {
  login: 401,
  forbidden: 403,
  suppressed: 403,
  'not-found': 404,
  deleted: 410,
  conflict: 409,
  duplicate: 409,
  'too-long': 413,
  throttled: 429,
  transient: 503,
  exception: 500,
};

/** We could not read it at all; what we could read and may not take is 422. */
const unreadable = new Set(['not-parseable', 'too-deep']);

/** HTTP status of a refusal: the gravest of its issues; 422 for everything about content (referral-guides "Error answers"). */
export function httpStatus(refusal: Refusal): number {
  const order = [500, 503, 401, 413, 400, 429, 403, 404, 410, 409];
  const found = new Set(refusal.refused.map((one) => (unreadable.has(one.reason) ? 400 : (statuses[one.code] ?? 422))));
  return order.find((status) => found.has(status)) ?? 422;
}

const consentSaid = {
  nl: 'Er staat geen toestemming van de inwoner bij. Vraag toestemming, leg vast wie die gaf en hoe, en stuur de verwijzing opnieuw.',
  en: 'The consent of the resident is missing. Ask for it, record who gave it and how, and send the referral again.',
};

/** The refusals that more than one door gives, so that they read the same everywhere. */
export const refusals = {
  noConsent: (path: string): Issue => issue('forbidden', 'consent-missing', path, consentSaid),
  required: (path: string, what: Said): Issue =>
    issue('required', 'missing-field', path, {
      nl: `${what.nl} ontbreekt. Vul dit aan en stuur de verwijzing opnieuw.`,
      en: `${what.en} is missing. Add it and send the referral again.`,
    }),
  bsn: (path: string): Issue =>
    issue('value', 'bsn-invalid', path, {
      nl: 'Dit is geen geldig burgerservicenummer (de 11-proef klopt niet). Controleer het nummer of laat het weg.',
      en: 'This is not a valid citizen service number (BSN): the check digit is wrong. Check it or leave it out.',
    }),
  impossibleDate: (path: string): Issue =>
    issue('value', 'impossible-date', path, {
      nl: 'Deze datum kan niet. Controleer dag, maand en jaar.',
      en: 'This date is not possible. Check day, month and year.',
    }),
  conflict: (path: string): Issue =>
    issue('conflict', 'same-number-other-content', path, {
      nl: 'Onder dit nummer hebben wij al een verwijzing met een andere inhoud. Gebruik een nieuw nummer. Is het een correctie? Bel dan de Wally.',
      en: 'We already have a referral with this number and other content. Use a new number. Is it a correction? Then call the Wally.',
    }),
  cancelledEarlier: (path: string): Issue =>
    issue('conflict', 'cancelled-earlier', path, {
      nl: 'Uw praktijk heeft deze verwijzing eerder ingetrokken. Wilt u toch verwijzen? Maak dan een nieuwe verwijzing met een nieuw nummer.',
      en: 'Your practice withdrew this referral earlier. Do you want to refer after all? Then make a new referral with a new number.',
    }),
  erased: (path: string): Issue =>
    issue('deleted', 'erased', path, {
      nl: 'Deze verwijzing is afgerond en haar inhoud is bij ons gewist. Er is niets veranderd. Is er iets nieuws? Maak dan een nieuwe verwijzing met een nieuw nummer.',
      en: 'This referral is finished and its content was erased here. Nothing was changed. Is there something new? Then make a new referral with a new number.',
    }),
  olderCorrection: (path: string): Issue =>
    issue('conflict', 'older-correction', path, {
      nl: 'Wij hebben al een nieuwere correctie van deze verwijzing. Met deze oudere is niets gedaan. Klopt de nieuwere niet? Stuur dan een nieuwe correctie.',
      en: 'We already have a newer correction of this referral. Nothing was done with this older one. Is the newer one wrong? Then send a new correction.',
    }),
  otherPerson: (path: string): Issue =>
    issue('conflict', 'other-person', path, {
      nl:
        'De naam of de geboortedatum past niet bij de verwijzing met dit nummer. Er is niets veranderd. ' +
        'Controleer het nummer. Ging de verwijzing over de verkeerde persoon? Trek haar in en bel de Wally.',
      en:
        'The name or the birth date does not fit the referral with this number. Nothing was changed. Check the number. ' +
        'Was the referral about the wrong person? Withdraw it and call the Wally.',
    }),
  slotTaken: (path: string): Issue =>
    issue('conflict', 'slot-taken', path, {
      nl: 'Dit moment op het spreekuur is net vergeven. Er is niets verstuurd en niets kwijt. Kies een ander moment, of geen.',
      en: 'This moment of the consulting hours has just been taken. Nothing was sent and nothing is lost. Choose another moment, or none.',
    }),
  alreadyClosed: (path: string): Issue =>
    issue('business-rule', 'already-closed', path, {
      nl: 'De Wally heeft deze verwijzing al afgesloten. Er is niets veranderd. Is er iets nieuws? Maak dan een nieuwe verwijzing.',
      en: 'The Wally has closed this referral already. Nothing was changed. Is there something new? Then make a new referral.',
    }),
  tooLong: (path: string): Issue =>
    issue('too-long', 'too-large', path, {
      nl: 'Het bericht is te groot. Stuur het zonder grote bijlagen.',
      en: 'The message is too large. Send it without large attachments.',
    }),
  doesNotFit: (path: string, field: string): Issue =>
    issue('value', 'does-not-fit', path, {
      nl: `Dit deel van de verwijzing is te lang of heeft een vorm die wij niet kunnen gebruiken (${field}). Maak het korter of controleer het.`,
      en: `This part of the referral is too long or has a form we cannot use (${field}). Shorten or check it.`,
    }),
  notParseable: (): Issue =>
    issue('structure', 'not-parseable', '', {
      nl: 'Wij kunnen dit bericht niet lezen: het is geen geldige JSON.',
      en: 'We cannot read this message: it is not valid JSON.',
    }),
  login: (): Issue =>
    issue('login', 'unknown-credential', '', {
      nl: 'Wij kennen deze aanmelding niet. Controleer de sleutel (Authorization: Bearer) van uw praktijk.',
      en: 'We do not know this credential. Check the key (Authorization: Bearer) of your practice.',
    }),
  notAllowed: (): Issue =>
    issue('forbidden', 'not-allowed', '', {
      nl: 'Uw systeem mag dit niet. Wat het wel mag, spreekt u af met de beheerder van uw regio.',
      en: 'Your system may not do this. What it may do is agreed with the administrator of your region.',
    }),
  tooOften: (): Issue =>
    issue('throttled', 'too-often', '', {
      nl: 'Uw systeem vraagt te vaak iets. Er is niets verloren. Wacht zo lang als Retry-After zegt en probeer het dan opnieuw.',
      en: 'Your system asks too often. Nothing is lost. Wait as long as Retry-After says and try again.',
    }),
  notThere: (): Issue =>
    issue('not-found', 'no-such-resource', '', {
      nl: 'Dit gegeven bestaat niet, of het is niet van uw praktijk.',
      en: 'This resource does not exist, or it is not of your practice.',
    }),
  unknownPractice: (path: string): Issue =>
    issue('not-found', 'no-wally-service', path, {
      nl: 'Voor deze praktijk is nog geen Wally ingesteld. Bel de beheerder van uw regio.',
      en: 'No Wally has been set up for this practice yet. Call the administrator of your region.',
    }),
  otherPractice: (path: string): Issue =>
    issue('forbidden', 'other-practice', path, {
      nl: 'Dit bericht hoort bij een andere praktijk dan de sleutel waarmee u het stuurt.',
      en: 'This message belongs to another practice than the key you send it with.',
    }),
  busy: (): Issue =>
    issue('transient', 'try-again', '', {
      nl: 'Het lukt nu even niet. Er is niets verloren. Stuur het bericht over een minuut opnieuw.',
      en: 'This does not work right now. Nothing is lost. Send the message again in a minute.',
    }),
};
