import { isIP } from 'node:net';
import { connect } from 'node:tls';

const waitMs = 5_000;

/**
 * Opens a TLS connection to one of the allowed hosts (`host:port`, or `host` on 443) and gives the moment at which the
 * certificate that it shows ends. One that is not trusted is read too: only its end is asked. Undefined when there is none.
 */
export function lookAtCertificate(allowedHosts: ReadonlySet<string>) {
  return (host: string, port: number): Promise<Date | undefined> => {
    const isAllowed = allowedHosts.has(`${host}:${port}`) || (port === 443 && allowedHosts.has(host));
    if (!isAllowed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const socket = connect({
        host,
        port,
        ...(isIP(host) === 0 && { servername: host }),
        rejectUnauthorized: false,
        timeout: waitMs,
      });
      const done = (ends?: Date) => {
        socket.destroy();
        resolve(ends);
      };
      socket.once('secureConnect', () => {
        const ends = new Date(socket.getPeerCertificate().valid_to);
        done(Number.isNaN(ends.getTime()) ? undefined : ends);
      });
      socket.once('timeout', () => done());
      socket.once('error', () => done());
    });
  };
}
