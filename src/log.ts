import { type DestinationStream, pino } from 'pino';

/**
 * What a log line may carry: ids, states, codes, counts and durations. No resource, no name, no text of another system:
 * the type is the allow-list, and the serialiser keeps to it at run time too.
 */
export interface LogFields {
  readonly journey?: string;
  /** Id of a refused message that was kept. */
  readonly refused?: string;
  readonly delivery?: string;
  readonly practice?: string;
  readonly destination?: string;
  readonly actor?: string;
  readonly request?: string;
  readonly role?: string;
  readonly door?: string;
  readonly route?: string;
  readonly method?: string;
  readonly state?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly status?: number;
  readonly count?: number;
  readonly attempt?: number;
  readonly generation?: number;
  readonly durationMs?: number;
  readonly port?: number;
  readonly migration?: string;
  readonly signal?: string;
  readonly part?: string;
}

const allowed: ReadonlySet<string> = new Set<keyof LogFields>([
  'journey',
  'refused',
  'delivery',
  'practice',
  'destination',
  'actor',
  'request',
  'role',
  'door',
  'route',
  'method',
  'state',
  'outcome',
  'code',
  'status',
  'count',
  'attempt',
  'generation',
  'durationMs',
  'port',
  'migration',
  'signal',
  'part',
]);

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** A bug: where it happened, never what it said (messages of libraries may quote data). */
  bug(event: string, error: unknown, fields?: LogFields): void;
}

/** As Node.js (ECONNRESET) and PostgreSQL (23505) write them; anything else may be a sentence. */
const errorCode = /^[A-Z0-9_]{2,40}$/;

/** The frames of an error without its message; file names and lines only. */
function frames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  // The message stands before the frames, and may itself hold lines that look like one.
  const { stack = '', message } = error;
  const at = stack.indexOf(message);
  if (at < 0) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

/** JSON lines to a stream (standard output unless given); `context` gives what is true of every line at its moment. */
export function openLog(level: string, stream?: DestinationStream, context: () => LogFields = () => ({})): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, ...(stream ? [stream] : []));
  const keep = (fields: LogFields = {}) =>
    Object.fromEntries(Object.entries({ ...context(), ...fields }).filter(([key]) => allowed.has(key)));
  return {
    info: (event, fields) => logger.info({ event, ...keep(fields) }),
    warn: (event, fields) => logger.warn({ event, ...keep(fields) }),
    bug: (event, error, fields) => {
      const code = (error as { code?: unknown } | undefined)?.code;
      const kind = error instanceof Error ? error.constructor.name : typeof error;
      logger.error({
        event,
        kind,
        ...(typeof code === 'string' && errorCode.test(code) && { errorCode: code }),
        at: frames(error),
        ...keep(fields),
      });
    },
  };
}
