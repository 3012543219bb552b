import { openOutbound } from './connectors/outbound.ts';
import { takeLateAnswer } from './delivery/late-answer.ts';
import { readLetterFonts } from './delivery/letter-fonts.ts';
import { loadDefinitions } from './fhir/validate.ts';
import { openBounds } from './identity/call-bound.ts';
import { openTokens } from './identity/callers.ts';
import { type Issuer, mountIssuer } from './identity/issuer.ts';
import { openRelying } from './identity/relying.ts';
import { openSmartClient } from './identity/smart-client.ts';
import type { FetchKeys } from './identity/token-grants.ts';
import { discoverIssuer } from './identity/token-place.ts';
import type { TokenPlace } from './intake/launch/smart.ts';
import { listenMllp, usualMllp } from './intake/mllp/listen.ts';
import type { Opened } from './line.ts';
import { mappingOf } from './mapping/load.ts';
import { hostsOf, openAsking, openProbing, readLaunchSecrets, readSecret } from './outside.ts';
import type { Health } from './web/health.ts';
import { issuerErrorPage } from './web/login.ts';
import type { DemoPerson } from './web/login-form.ts';
import { createApp } from './web/server.ts';

/** Who may give tokens to systems, and what checks them: our own issuer, or the one that the settings name. */
function openSystems({ config, store, directory, publicUrl }: Opened) {
  const issuer = config.TOKEN_ISSUER_URL;
  const hosts = new Set([...config.OUTBOUND_HOSTS, ...(issuer ? [new URL(issuer).host] : [])]);
  const send = openOutbound(hosts);
  const fetchKeys: FetchKeys = (url, signal) => send({ method: 'GET', url, signal });
  if (!issuer) {
    const own = `${publicUrl}/oauth`;
    const place: TokenPlace = { issuer: own, tokenUrl: `${own}/token`, jwksUrl: `${own}/jwks`, own: true };
    return { fetchKeys, tokens: openTokens({ store, publicUrl, directory }), tokenPlace: async () => place };
  }
  const discover = discoverIssuer(issuer, fetchKeys);
  return {
    fetchKeys,
    tokens: openTokens({ store, publicUrl, directory, external: { issuer, discover, fetchKeys } }),
    tokenPlace: async (): Promise<TokenPlace> => ({ ...(await discover()), own: false }),
  };
}

/** The web as one request handler: doors, pages, log-in. `selfUrl`: where this process reaches itself. */
export async function openWeb(
  opened: Opened,
  { health, boards }: { readonly health: Health; readonly boards: readonly unknown[] },
  selfUrl: string,
  demoPeople: readonly DemoPerson[],
) {
  const { config, log, store, directory, mappings, publicUrl, onAbsence, tls } = opened;
  loadDefinitions();
  const clientSecret = await readSecret(config.ISSUER_CLIENT_SECRET_FILE);
  const external =
    config.ISSUER_URL && config.ISSUER_CLIENT_ID
      ? {
          issuer: config.ISSUER_URL,
          clientId: config.ISSUER_CLIENT_ID,
          clientSecret: clientSecret ?? '',
          acr: config.ISSUER_ACR,
          maxAgeS: config.ISSUER_AGE_MINUTES * 60,
        }
      : undefined;
  const { fetchKeys, tokens, tokenPlace } = openSystems(opened);
  const people = external === undefined;
  // For people, for systems or for both; when others give all tokens there is none of ours.
  const embedded =
    people || !config.TOKEN_ISSUER_URL
      ? await mountIssuer({ store, publicUrl, log, errorPage: issuerErrorPage, fetchKeys, people })
      : undefined;
  const relying = openRelying({ store, publicUrl, log, issuer: external ?? (embedded as Issuer), selfUrl });
  const bounds = openBounds(config.CALLS_PER_MINUTE);
  const site = { store, directory, publicUrl, log, tokens, bounds, retentionDays: config.RETENTION_DAYS };
  const ask = openAsking(config, opened.demo);
  const smart = openSmartClient({ store, publicUrl, ask, secrets: await readLaunchSecrets(config) });
  return createApp({
    ...site,
    fonts: await readLetterFonts(),
    probe: await openProbing(config, {
      clock: store.clock,
      ...(tls && { tls }),
      ...(opened.demo && { demo: opened.demo }),
    }),
    tokenPlace,
    launch: { ...site, ask, smart, demo: config.DEMO === 'off' ? 'never' : config.DEMO_LOGIN },
    fhir: {
      ...site,
      mapping: mappingOf(mappings, 'fhir-r4'),
      bodyBytesMax: config.BODY_BYTES_MAX,
      outbound: hostsOf(config, opened.demo),
      onDirectory: onAbsence,
    },
    formats: { ...site, mappings, bodyBytesMax: config.BODY_BYTES_MAX },
    issuer: embedded,
    relying,
    health,
    boards,
    onAbsence,
    trustedProxies: config.TRUSTED_PROXIES,
    securityContact: config.SECURITY_CONTACT,
    theme: config.THEME,
    demoPeople,
  });
}

/** The HL7 v2 door; gives its port. */
export async function openMllp(opened: Opened): Promise<number> {
  const { config, log, closers, store, directory, mappings, tls, meter } = opened;
  const mllp = await listenMllp(
    {
      store,
      directory,
      log,
      mappings,
      answered: (...answer) => takeLateAnswer({ store, directory, random: Math.random, meter }, ...answer),
    },
    {
      ...usualMllp,
      host: config.HOST,
      port: config.MLLP_PORT,
      messageBytesMax: config.BODY_BYTES_MAX,
      meter,
      ...(tls && { tls }),
    },
  );
  closers.push('mllp', mllp.close);
  log.info('mllp-listening', { port: mllp.port });
  return mllp.port;
}
