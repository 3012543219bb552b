import type { Said } from '../../fhir/outcome.ts';

/** The rights of a person, each with one page. */
export const rightOrder = ['access', 'correct', 'object', 'withdraw', 'erase', 'hold', 'release'] as const;
export type Right = (typeof rightOrder)[number];

interface RightWords {
  readonly title: Said;
  readonly hint: Said;
  /** What is said before it is done. */
  readonly sure: Said;
  /** What is said of each referral for which it was done. */
  readonly done: Said;
  /** What is still to do, after it was done. */
  readonly next?: Said;
}

export const rightWords: Readonly<Record<Right, RightWords>> = {
  access: {
    title: { nl: 'Inzage, of een kopie', en: 'Access, or a copy' },
    hint: { nl: 'Alles wat er over de inwoner bewaard wordt.', en: 'Everything that is kept about the resident.' },
    sure: {
      nl: 'Wij zetten alles bij elkaar. Daarna leest u elke tekst: wat over iemand anders gaat, laat u weg. Pas dan kunt u de kopie geven.',
      en: 'We put everything together. Then you read every text: you leave out what is about someone else. Only then you can give the copy.',
    },
    done: { nl: 'is bij elkaar gezet', en: 'was put together' },
  },
  correct: {
    title: { nl: 'Verbetering', en: 'Correction' },
    hint: { nl: 'Er staat iets dat niet klopt.', en: 'Something in it is not right.' },
    sure: {
      nl: 'Wij noteren dat de inwoner om verbetering vroeg. Verbeteren doet wie het schreef.',
      en: 'We note that the resident asked for a correction. Whoever wrote it corrects it.',
    },
    done: { nl: 'verzoek om verbetering genoteerd', en: 'request for correction noted' },
    next: {
      nl: 'Schreef uw praktijk het? Stuur uit uw HIS de verwijzing verbeterd opnieuw, onder hetzelfde nummer. Schreef de Wally het? Bel de Wally; die stuurt een nieuw bericht.',
      en: 'Did your practice write it? Send the corrected referral again from your system, under the same number. Did the Wally write it? Call the Wally, who sends a new message.',
    },
  },
  object: {
    title: { nl: 'Bezwaar', en: 'Objection' },
    hint: {
      nl: 'De inwoner wil dit gebruik van de gegevens niet.',
      en: 'The resident does not want this use of the data.',
    },
    sure: {
      nl: 'Wij noteren het bezwaar. Wat ervan komt, beslist een mens.',
      en: 'We note the objection. What follows from it, a person decides.',
    },
    done: { nl: 'bezwaar genoteerd', en: 'objection noted' },
    next: {
      nl: 'Loopt de verwijzing nog? Overleg met de inwoner of u de toestemming intrekt. Is zij klaar? Wis haar, of leg uit waarom niet.',
      en: 'Is the referral still open? Talk with the resident about withdrawing the consent. Is it done? Erase it, or explain why not.',
    },
  },
  withdraw: {
    title: { nl: 'Toestemming intrekken', en: 'Withdraw consent' },
    hint: { nl: 'Het werk stopt meteen. Iedereen hoort het.', en: 'The work stops at once. Everyone is told.' },
    sure: {
      nl: 'De verwijzing stopt meteen en er gaat niets meer uit. De Wally en andere ontvangers krijgen bericht. Dit kan niet ongedaan worden gemaakt.',
      en: 'The referral stops at once and nothing is sent any more. The Wally and other receivers are told. This cannot be undone.',
    },
    done: { nl: 'is gestopt', en: 'has ended' },
  },
  erase: {
    title: { nl: 'Wissen', en: 'Erase' },
    hint: { nl: 'Alleen van een verwijzing die klaar is.', en: 'Only of a referral that is done.' },
    sure: {
      nl: 'De inhoud wordt voorgoed onleesbaar, en de inwoner is hier niet meer te vinden. Wie gekeken heeft, blijft in het logboek staan. Dit kan niet ongedaan worden gemaakt.',
      en: 'The content becomes unreadable for good, and the resident cannot be found here any more. Who looked stays in the log. This cannot be undone.',
    },
    done: { nl: 'is gewist', en: 'was erased' },
    next: {
      nl: 'Wat uw eigen HIS en de Wally in het eigen dossier bewaren, wist dit niet.',
      en: "This does not erase what your own system and the Wally's own record keep.",
    },
  },
  hold: {
    title: { nl: 'Vasthouden', en: 'Hold' },
    hint: { nl: 'Moet bewaard blijven, bijvoorbeeld om een klacht.', en: 'Must be kept, for example for a complaint.' },
    sure: {
      nl: 'De inhoud wordt niet gewist, ook niet vanzelf, tot iemand die loslaat.',
      en: 'The content is not erased, not by itself either, until someone releases it.',
    },
    done: { nl: 'wordt vastgehouden', en: 'is held' },
  },
  release: {
    title: { nl: 'Loslaten', en: 'Release' },
    hint: { nl: 'Vasthouden is niet meer nodig.', en: 'It need not be held any longer.' },
    sure: {
      nl: 'De inhoud mag daarna weer gewist worden, ook vanzelf als de tijd om is.',
      en: 'The content may be erased again after this, by itself too when its time has come.',
    },
    done: { nl: 'wordt niet meer vastgehouden', en: 'is held no longer' },
  },
};

export const isRight = (value: string): value is Right => (rightOrder as readonly string[]).includes(value);
