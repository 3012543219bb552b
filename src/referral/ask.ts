/** One request to another's server. */
export interface Asking {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Asks another's server, at the hosts that may be reached and nowhere else (connectors/outbound does it). Throws when no
 * answer came; `code` of what it throws is a short stable name.
 */
export type Ask = (asking: Asking) => Promise<Answered>;
