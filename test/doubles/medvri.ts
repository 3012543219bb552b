/** The segments of a whole MEDVRI that tests vary on: a person nobody is, with a BSN nobody has. */
export interface MedvriParts {
  readonly sender?: string;
  readonly receiver?: string;
  readonly control?: string;
  readonly syntax?: string;
  readonly isTest?: boolean;
  /** Replaces the segments of a tag (without terminator); an empty list takes them away. */
  readonly change?: Readonly<Record<string, readonly string[]>>;
  /** The free text. */
  readonly lines?: readonly string[];
  /** More messages in the same interchange, each its free text. */
  readonly more?: readonly (readonly string[])[];
}

export const usualLines = [
  'Verwijzing naar de Wally',
  '',
  'Toestemming: ja, mondeling, door inwoner, 23-11-2026',
  'Verwijsnummer: V-1',
  'Reden: Mevrouw is veel alleen sinds de zomer.',
  'Zij gaat nergens meer heen.',
  'Vraag van de inwoner: Ik wil weer onder de mensen',
  'Leefgebied: eenzaamheid, zingeving',
  'Terugkoppeling: ja',
  'AGB verwijzer: 01990111',
];

/** `usualLines` with some of them otherwise: by their name; empty takes it away, a new name is added. */
export function linesWith(changes: Readonly<Record<string, string>>): string[] {
  const left = new Map(Object.entries(changes));
  const lines = usualLines.flatMap((line) => {
    const name = line.split(':')[0] ?? '';
    const change = left.get(name);
    left.delete(name);
    return change === undefined ? [line] : change === '' ? [] : [`${name}: ${change}`];
  });
  return [...lines, ...[...left].map(([name, value]) => (value === '' ? name : `${name}: ${value}`))];
}

const release = (text: string): string => text.replace(/[?+:']/g, '?$&');

/** The interchange as text, a segment on each line. */
export function medvriText(parts: MedvriParts = {}): string {
  const { sender = '500000001', receiver = '500000002', control = 'REF1', syntax = 'UNOC', isTest = false } = parts;
  const head: [string, readonly string[]][] = [
    ['GGA', ['GGA+M. van Leeuwen++Huisartsenpraktijk Voorbeeldbrink+Brink:1::Voorbeelddorp:8299ZQ+0570-000201']],
    ['DET', ['DET+26:11:23+09:55']],
    ['PID', ['PID+1951:04:12+V+Kanariegeel::Zoekmij::Quirijntje:Q.+P77+BSN999990019']],
    ['PAD', ['PAD+Zeldzamestraat:12a::Voorbeelddorp:8299ZQ+06-00777333']],
  ];
  const messages = [parts.lines ?? usualLines, ...(parts.more ?? [])].map((lines, n) => {
    const segments = [
      ...head.flatMap(([tag, all]) => parts.change?.[tag] ?? all),
      ...lines.map((line, at) => `TXT:${at + 1}+${release(line)}`),
      ...(parts.change?.GGO ?? []),
    ];
    return [`UNH+${n + 1}+MEDVRI:1`, ...segments, `UNT+${segments.length + 2}+${n + 1}`];
  });
  const test = isTest ? '++++++1' : '';
  return [
    "UNA:+.? '",
    ...[`UNB+${syntax}:1+${sender}+${receiver}+261123:0957+${control}${test}`, ...messages.flat()].map(
      (one) => `${one}'`,
    ),
    `UNZ+${messages.length}+${control}'`,
    '',
  ].join('\r\n');
}

export const medvriBytes = (parts: MedvriParts = {}): Buffer => Buffer.from(medvriText(parts), 'latin1');
