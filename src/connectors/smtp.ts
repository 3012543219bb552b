import { Failure } from '../delivery/failure.ts';

/** What a mail server's no means (RFC 5321 §4.2.1: 4xx may pass, 5xx will not); its words go to the sealed record only. */
export function fromSmtp(error: { code?: string; responseCode?: number; response?: string }): Failure {
  const said = error.response;
  // A wrong password of ours (535) says nothing about this mail: it waits until someone mends it.
  if (error.code === 'EAUTH') return new Failure('transient', 'unauthorised', 60_000, said);
  if (error.code === 'ETLS') return new Failure('transient', 'certificate');
  if (error.responseCode && error.responseCode >= 500)
    return new Failure('permanent', 'mail-rejected', undefined, said);
  if (error.responseCode && error.responseCode >= 400)
    return new Failure('transient', 'mail-deferred', undefined, said);
  if (
    error.code === 'ECONNECTION' ||
    error.code === 'ESOCKET' ||
    error.code === 'EDNS' ||
    error.code === 'ECONNREFUSED'
  )
    return new Failure('transient', 'unreachable');
  if (error.code === 'EENVELOPE') return new Failure('permanent', 'no-address');
  return new Failure('ambiguous', 'connection-lost');
}

/** Rejects when the time of this attempt is over: the lease ends soon after, and then another may take it over. */
export function whenOver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const over = () => reject(new Failure('ambiguous', 'timeout'));
    if (signal.aborted) over();
    else signal.addEventListener('abort', over, { once: true });
  });
}
