/** What a named line is about. */
export type Part = keyof typeof names;

/**
 * The names of lines, Dutch and English; capitals, accents and spaces make no difference. What a HIS writes above its
 * medical sections is named too, so that these do not become part of a text before them (H17).
 */
export const names = {
  number: ['Verwijsnummer', 'Referral number'],
  consent: ['Toestemming', 'Consent'],
  reason: ['Reden', 'Reden van verwijzing', 'Reason', 'Reason for referral'],
  question: ['Vraag van de inwoner', 'Hulpvraag', 'Question of the resident'],
  area: ['Leefgebied', 'Leefgebieden', 'Life area', 'Life areas'],
  urgency: ['Urgentie', 'Spoed', 'Urgency'],
  phone: ['Telefoon', 'Telefoonnummer', 'Phone'],
  safe: ['Veilig bereiken', 'Reach safely'],
  safePhone: ['Veilig nummer', 'Safe number'],
  noVoicemail: ['Geen voicemail', 'No voicemail'],
  noLetters: ['Geen brieven', 'Geen post', 'No letters'],
  medicalShared: ['Medische gegevens delen', 'Share medical data'],
  feedback: ['Terugkoppeling', 'Feedback'],
  episode: ['Episode'],
  contact: ['Contactpersoon', 'Contact person'],
  agb: ['AGB verwijzer', 'AGB of referrer'],
  code: ['ICPC', 'Diagnose', 'Diagnosis'],
  medical: [
    'Medische gegevens',
    'Medical data',
    'Voorgeschiedenis',
    'Medicatie',
    'Allergieën',
    'Episodelijst',
    'Probleemlijst',
    'Journaal',
    'Medication',
    'Allergies',
    'Medical history',
  ],
  note: ['Opmerking', 'Opmerkingen', 'Remark', 'Remarks'],
  cancel: ['Intrekken', 'Intrekking van', 'Withdraw'],
  correct: ['Correctie', 'Correctie van', 'Correction of'],
  supplement: ['Aanvulling', 'Aanvulling op', 'Supplement to'],
  replaces: ['Vervangt', 'Replaces'],
} as const satisfies Record<string, readonly string[]>;

/** Parts that may stand there more than once. */
export const repeatable: ReadonlySet<Part> = new Set(['area', 'code', 'medical', 'note', 'phone']);

/** Parts whose text goes on until the next name. */
export const longTexts: ReadonlySet<Part> = new Set(['reason', 'question', 'medical', 'note']);

/** Parts that are lists: their value goes on below a line that ends in a comma. */
export const lists: ReadonlySet<Part> = new Set(['consent', 'area', 'code', 'contact']);

const parts = new Map<string, Part>(
  (Object.entries(names) as [Part, readonly string[]][]).flatMap(([part, all]) => all.map((name) => [name, part])),
);

export const allNames: readonly string[] = [...parts.keys()];

/** What a name of the list is about; throws for one that is not in it. */
export function partOf(name: string): Part {
  const part = parts.get(name);
  if (!part) throw new Error('a name that is not in the list');
  return part;
}

/** The source of every table in codes/: words as people write them, `folded`. */
export const words = 'https://kortelijn.example/fhir/CodeSystem/medvri-word';
