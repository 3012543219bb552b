import { takeLateAnswer } from './delivery/late-answer.ts';
import { readLetterFonts } from './delivery/letter-fonts.ts';
import { loadDefinitions } from './fhir/validate.ts';
import { type Issuer, mountIssuer } from './identity/issuer.ts';
import { openRelying } from './identity/relying.ts';
import { listenMllp, usualMllp } from './intake/mllp-listen.ts';
import type { Opened } from './line.ts';
import { mappingOf } from './mapping/load.ts';
import { readSecret } from './outside.ts';
import type { Health } from './web/health.ts';
import { type DemoPerson, issuerErrorPage } from './web/login.ts';
import { createApp } from './web/server.ts';

/** The web as one request handler: doors, pages, log-in. `selfUrl`: where this process reaches itself. */
export async function openWeb(opened: Opened, health: Health, selfUrl: string, demoPeople: readonly DemoPerson[]) {
  const { config, log, store, directory, mappings, publicUrl, onAbsence } = opened;
  loadDefinitions();
  const clientSecret = await readSecret(config.ISSUER_CLIENT_SECRET_FILE);
  const external =
    config.ISSUER_URL && config.ISSUER_CLIENT_ID
      ? { issuer: config.ISSUER_URL, clientId: config.ISSUER_CLIENT_ID, clientSecret: clientSecret ?? '' }
      : undefined;
  const embedded = external ? undefined : await mountIssuer({ store, publicUrl, log, errorPage: issuerErrorPage });
  const relying = openRelying({ store, publicUrl, log, issuer: external ?? (embedded as Issuer), selfUrl });
  const site = { store, directory, publicUrl, log };
  const fonts = await readLetterFonts();
  return createApp({
    ...site,
    fonts,
    fhir: { ...site, mapping: mappingOf(mappings, 'fhir-r4'), bodyBytesMax: config.BODY_BYTES_MAX },
    formats: { ...site, mappings, bodyBytesMax: config.BODY_BYTES_MAX },
    issuer: embedded,
    relying,
    health,
    onAbsence,
    trustedProxies: config.TRUSTED_PROXIES,
    securityContact: config.SECURITY_CONTACT,
    theme: config.THEME,
    demoPeople,
  });
}

/** The HL7 v2 door; gives its port. */
export async function openMllp(opened: Opened): Promise<number> {
  const { config, log, closers, store, directory, mappings, tls } = opened;
  const mllp = await listenMllp(
    {
      store,
      directory,
      log,
      mappings,
      answered: (...answer) => takeLateAnswer({ store, directory, random: Math.random }, ...answer),
    },
    {
      ...usualMllp,
      host: config.HOST,
      port: config.MLLP_PORT,
      messageBytesMax: config.BODY_BYTES_MAX,
      ...(tls && { tls }),
    },
  );
  closers.push('mllp', mllp.close);
  log.info('mllp-listening', { port: mllp.port });
  return mllp.port;
}
