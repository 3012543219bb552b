import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A machine without openssl skips what needs certificates. */
export const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface Certificates {
  /** Contents of `<name>.pem`, `<name>.key` or `ca.pem`. */
  pem(file: string): string;
  /** Where one of those files lies. */
  path(file: string): string;
  /** SHA-256, as openssl writes it. */
  fingerprint(name: string): string;
  remove(): void;
}

/** Certificates for 127.0.0.1 of these names, signed by a CA of their own (`expired` ended yesterday); and one that signed itself, `self`. */
export function makeCertificates(...names: readonly string[]): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'kortelijn-tls-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' }).toString();
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const [name, subject] of [
    ['ca', '/CN=Test CA'],
    ['self', '/CN=Nobody'],
  ] as const)
    openssl(
      'req',
      '-x509',
      '-days',
      '2',
      ...key,
      '-subj',
      subject,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.pem`),
    );
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy'];
  for (const name of names) {
    const request = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file(`${name}.key`)];
    openssl('req', ...key, ...request, '-out', file(`${name}.csr`));
    const days = name === 'expired' ? '-1' : '2';
    openssl('x509', '-req', '-days', days, '-in', file(`${name}.csr`), ...signed, '-out', file(`${name}.pem`));
  }
  return {
    pem: (name) => readFileSync(file(name), 'utf8'),
    path: file,
    fingerprint: (name) =>
      openssl('x509', '-in', file(`${name}.pem`), '-noout', '-fingerprint', '-sha256')
        .trim()
        .split('=')[1] ?? '',
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
