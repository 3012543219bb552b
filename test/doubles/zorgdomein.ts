/** Messages in the shape that ZorgDomein sends (integrator.zorgdomein.com/hl7v2-specs), about a person nobody is. */
export interface ZorgDomeinParts {
  readonly number?: string;
  readonly facility?: string;
  readonly controlId?: string;
  readonly at?: string;
  /** VB, AF, another mark, or none. */
  readonly mark?: string;
  /** OBX-5 of the file; empty for none. */
  readonly file?: string;
  /** Answer on the form. */
  readonly text?: string;
  /** Replaces the segments of a name; an empty list takes them away. */
  readonly change?: Readonly<Record<string, readonly string[]>>;
  readonly more?: readonly string[];
}

export const pdf64 = (text = 'brief'): string => Buffer.from(`%PDF-1.7\n${text}`).toString('base64');
export const zdPatient =
  'PID|1||999990019^^^NLMINBIZA^NNNLD||Kanariegeel - van Zoekmij&van&Zoekmij&&Kanariegeel^Q^B^^^^L||19510412|F|||Zeldzamestraat 12  a&Zeldzamestraat&12^a^Voorbeelddorp^^8299ZQ^NL^H||099-7773330_06-00777333^ORN^CP_^NET^Internet^q@vindbaar.example';

const join = (all: readonly (readonly [string, readonly string[]])[], { change, more = [] }: ZorgDomeinParts): string =>
  [...all.flatMap(([name, segments]) => change?.[name] ?? segments), ...more].map((one) => `${one}\r`).join('');

const header = (parts: ZorgDomeinParts, type: string, delimiters: string): string => {
  const { number = 'ZD200000001', facility = '01990101', at = '20261123100000+0100' } = parts;
  return `MSH|${delimiters}|ZorgDomein|${facility}|KORTELIJN|REGIO|${at}||${type}|${parts.controlId ?? number}|P|2.4`;
};

/** ORU^R01: a letter (VB), a form (AF), or without a mark an attachment. */
export function zdLetter(parts: ZorgDomeinParts = {}): string {
  const { number = 'ZD200000001', mark = 'VB', file = `^application^pdf^Base64^${pdf64()}`, text = '' } = parts;
  const all: [string, readonly string[]][] = [
    ['MSH', [header(parts, 'ORU^R01', '^_\\&')]],
    ['PID', [zdPatient]],
    ['PV1', ['PV1|1|O']],
    [
      'ORC',
      [
        `ORC|NW|${number}|||||||20261123095500+0100|^&&de Dokter^F.G.||01990111^&&van Leeuwen^M.^^^^^^VEKTIS||099-1112222`,
      ],
    ],
    [
      'OBR',
      [`OBR|1|${number}||WEL^Welzijn^ZORGDOMEIN|||20261123095500+0100|||||||||01990111^&&van Leeuwen^M.^^^^^^VEKTIS`],
    ],
    [
      'OBX',
      [
        ...(mark ? [`OBX|1|NM|${mark}^^123||||||||F`] : []),
        ...(file ? [`OBX|2|ED|WELEEN^Eenzaamheid^ZORGDOMEIN||${file}||||||F`] : []),
        `OBX|3|FT|WEL001^Waarom deze verwijzing?^ZORGDOMEIN||${text}||||||F`,
      ],
    ],
  ];
  return join(all, parts);
}

/** SRM^S01 (announcement) or SRM^S04 (cancellation); these repeat with `~`. */
export function zdAppointment(event: 'S01' | 'S04', parts: ZorgDomeinParts = {}): string {
  const { number = 'ZD200000001', controlId = `${event}-${number}` } = parts;
  const all: [string, readonly string[]][] = [
    ['MSH', [`${header({ ...parts, controlId }, `SRM^${event}^SRM_S01`, '^~\\&')}|||||NLD|8859/1`]],
    ['ARQ', [`ARQ|${number}|||||WELEEN^Eenzaamheid^ZORGDOMEIN|||||||||01990111^&&van Leeuwen^M.^^^^^^VEKTIS`]],
    ['PID', [zdPatient.replaceAll('_', '~')]],
  ];
  return join(all, parts);
}
