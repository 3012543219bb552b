import type { Change } from '../../referral/change.ts';

/** The sealed form of what a change holds in the clear: made by commit.ts before any SQL runs. */
export interface Sealed {
  readonly newKey?: { readonly wrapped: Buffer; readonly masterKeyId: string };
  /** One per `change.resources`, in that order. */
  readonly documents: readonly Buffer[];
  /** What each of them can be searched by, in the same order. */
  readonly found: readonly { readonly words: readonly string[]; readonly dates: string }[];
  readonly answer?: Buffer;
  /** One per `change.attempts`; null where nothing was said, or no key is there to seal it with. */
  readonly said?: readonly (Buffer | null)[];
  /** How the referral stands in a case system. */
  readonly copy?: Buffer;
  readonly hmacs?: {
    readonly bsn: Buffer | null;
    readonly family: Buffer;
    readonly birthDate: Buffer;
    readonly postcode: Buffer | null;
  };
  /** One per `change.links`; null for a move of a link that is there already. */
  readonly linkHashes?: readonly (Buffer | null)[];
  readonly auditIds: readonly string[];
  readonly auditLines: readonly string[];
}

export interface Prepared {
  readonly change: Change;
  readonly sealed: Sealed;
  readonly at: string;
  /** The trace that the change was made in. */
  readonly traceparent?: string;
}

/** One part of the commit's single statement: its rows as columns, and how many rows it must touch. */
export interface Part {
  readonly name: string;
  /** `name type, name type, …` in the order of the rows' values. */
  readonly columns: string;
  readonly rows: readonly (readonly unknown[])[];
  /** Uses `n`, the rows as a table. Must end in `returning 1`. */
  readonly sql: string;
  /** A row that is not touched means someone was earlier: the change is stale. */
  readonly exact: boolean;
}

/** The columns of a part as pairs of name and type. */
export function columnsOf(columns: string): (readonly [name: string, type: string])[] {
  return columns
    .trim()
    .split(/,\s+/)
    .map((column) => {
      const [name = '', ...type] = column.split(' ');
      return [name, type.join(' ')] as const;
    });
}

/** A text[] as PostgreSQL reads it, so that rows of arrays can travel in one array. */
export const textArray = (values: readonly string[]) =>
  `{${values.map((one) => `"${one.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** An interval column is a delay from now, by PostgreSQL's clock (decision 16). */
const expressions: Record<string, (column: string) => string> = {
  'text[]': (column) => `n.${column}::text[]`,
  interval: (column) => `now() + n.${column}`,
};

/** A part that inserts its rows as they are; `more` says what happens where there is one already. */
export function insert(name: string, table: string, columns: string, rows: Part['rows'], more = ''): Part {
  const pairs = columnsOf(columns);
  const names = pairs.map(([column]) => column).join(', ');
  const values = pairs.map(([column, type]) => expressions[type]?.(column) ?? `n.${column}`).join(', ');
  return {
    name,
    columns,
    rows,
    sql: `insert into ${table} (${names}) select ${values} from n ${more} returning 1`,
    exact: true,
  };
}

/** One statement for all parts that have rows, and the row counts it must give. */
export function composeStatement(
  parts: readonly Part[],
): { text: string; name: string; values: unknown[]; expected: Map<string, number> } | undefined {
  const used = parts.filter((part) => part.rows.length > 0);
  if (used.length === 0) return undefined;
  const values: unknown[] = [];
  const ctes = used.map((part) => {
    const columns = columnsOf(part.columns);
    const arrays = columns.map(([, type], column) => {
      values.push(part.rows.map((row) => row[column] ?? null));
      // An array column travels as text: unnest would flatten it.
      return `$${values.length}::${type === 'text[]' ? 'text' : type}[]`;
    });
    const names = columns.map(([name]) => name).join(', ');
    return `${part.name} as (with n as (select * from unnest(${arrays.join(', ')}) as u(${names})) ${part.sql})`;
  });
  const counts = used.map((part) => `(select count(*) from ${part.name}) as ${part.name}`);
  return {
    text: `with ${ctes.join(',\n')} select ${counts.join(', ')}`,
    name: `commit-${used.map((part) => part.name).join('-')}`,
    values,
    expected: new Map(used.filter((part) => part.exact).map((part) => [part.name, part.rows.length])),
  };
}
