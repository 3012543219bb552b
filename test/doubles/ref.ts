/** The segments of a whole REF^I12 that tests vary on: a person nobody is, with a BSN nobody has. */
export interface RefParts {
  readonly controlId?: string;
  readonly number?: string;
  readonly charset?: string;
  readonly ack?: readonly [string, string];
  readonly facility?: string;
  /** Replaces the segments of a name; an empty list takes them away. */
  readonly change?: Readonly<Record<string, readonly string[]>>;
  /** Segments at the end. */
  readonly more?: readonly string[];
}

export const refSegments = (parts: RefParts = {}): string[] => {
  const { controlId = 'M1', number = 'V-1', charset = 'UNICODE UTF-8', ack = ['', ''], facility = '01990101' } = parts;
  const all: [string, readonly string[]][] = [
    [
      'MSH',
      [
        `MSH|^~\\&|VOORBEELDHIS|${facility}|KORTELIJN|REGIO|20261123100000+0100||REF^I12^REF_I12|${controlId}|P|2.5|||${ack[0]}|${ack[1]}|NLD|${charset}`,
      ],
    ],
    ['RF1', [`RF1|P|R^Routine^HL70280||||${number}^VOORBEELDHIS|20261123095500+0100|||loneliness^Eenzaamheid^99KL`]],
    ['PRD', ['PRD|RP^Referring provider^HL70286|van Leeuwen&van&Leeuwen^M.|||||01990111^VEKTIS']],
    [
      'PID',
      [
        'PID|1||P-77^^^VOORBEELDHIS^PI~999990019^^^NLMINBIZA^NNNLD||Kanariegeel - Zoekmij&&Kanariegeel&&Zoekmij^Quirijntje^Q^^^^L~^Quirien^^^^^N||19510412|F|||Zeldzamestraat 12 a&Zeldzamestraat&12^a^Voorbeelddorp^^8299 ZQ^NL^H||06-00777333^PRN^CP~^NET^Internet^quirijntje@vindbaar.example',
      ],
    ],
    ['NK1', ['NK1|1|Onvindbaar^Ursula|^buurvrouw||06-00777444']],
    ['DG1', ['DG1|1||Z03^Huisvestingsprobleem^ICPC-1-NL']],
    [
      'CON',
      [
        'CON|1|share-reason^^99KL||||||||V|A||20261123||||||||||||1',
        'CON|2|feedback-content^^99KL||||||||V|A||20261123||||||||||||1',
      ],
    ],
    [
      'OBX',
      [
        'OBX|1|TX|reason^Reden^99KL||Mevrouw is veel alleen sinds de zomer||||||F',
        'OBX|2|TX|resident-question^Vraag^99KL||Ik wil weer onder de mensen||||||F',
      ],
    ],
  ];
  return [...all.flatMap(([name, segments]) => parts.change?.[name] ?? segments), ...(parts.more ?? [])];
};

/** The message as text; segments end in CR. */
export const refMessage = (parts: RefParts = {}): string =>
  refSegments(parts)
    .map((one) => `${one}\r`)
    .join('');
