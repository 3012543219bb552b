import { readFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { alarmWebhook } from './connectors/alarm-webhook.ts';
import { openCaseReader } from './connectors/case-reader.ts';
import { lookAtCertificate } from './connectors/certificate.ts';
import { openConnectors } from './connectors/open.ts';
import { openOutbound } from './connectors/outbound.ts';
import { openProbe } from './connectors/probe.ts';
import { mappingOf } from './mapping/load.ts';
import { loadLetterWriter } from './mapping/load-writer.ts';
import { nameOf } from './mapping/reading.ts';
import type { Mapping } from './mapping/run.ts';
import type { Ask } from './referral/ask.ts';
import type { CaseReader } from './referral/case-reader.ts';
import type { Probe } from './referral/probe.ts';

/** What main knows of the outside besides the settings. */
export interface Known {
  readonly publicUrl: string;
  readonly clock: () => Date;
  /** The formats that feedback is written in, by name. */
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** The simulated GP system and mail catcher of the demo. */
  readonly demo?: { readonly url: string; readonly mailPort: number; readonly mllpPort: number };
}

/** What stands in a file that a setting names, without the line's end. */
export async function readSecret(file: string | undefined): Promise<string | undefined> {
  return file ? (await readFile(file, 'utf8')).trim() : undefined;
}

async function login(user: string | undefined, passwordFile: string | undefined) {
  const password = await readSecret(passwordFile);
  return { ...(user && { user }), ...(password && { password }) };
}

/** The way into the network of EDIFACT mailboxes; undefined when there is none. */
async function readMailbox(config: Config, mappings?: Known['mappings']) {
  const { MAILBOX_SMTP_HOST: host, MAILBOX_FROM: from, MAILBOX_NUMBER: number } = config;
  if (!host || !from || !number) return undefined;
  return {
    host,
    port: config.MAILBOX_SMTP_PORT,
    tls: config.MAILBOX_SMTP_TLS,
    from,
    number,
    domains: new Set(config.MAILBOX_DOMAINS),
    write: await loadLetterWriter(),
    mapping: mappings && nameOf(mappingOf(mappings, 'medvri')),
    ...(await login(config.MAILBOX_SMTP_USER, config.MAILBOX_SMTP_PASSWORD_FILE)),
  };
}

/** Hosts that may be asked and sent to; in the demo the simulated system too. */
export function hostsOf(config: Config, demo: Known['demo']): Set<string> {
  return new Set([...config.OUTBOUND_HOSTS, ...(demo ? [new URL(demo.url).host, `127.0.0.1:${demo.mllpPort}`] : [])]);
}

/** To ask the servers of practices, at the same hosts and nowhere else. */
export function openAsking(config: Config, demo: Known['demo']): Ask {
  return openOutbound(hostsOf(config, demo));
}

/** How long one question to a case system may take: shorter than the margin of the lease of what is to be written there. */
const caseReadMs = 4_000;

/** To read in case systems what stands there of ours, at the same hosts. */
export function openCaseReading(config: Config, demo: Known['demo'], clock: () => Date): CaseReader {
  return openCaseReader(openAsking(config, demo), clock, caseReadMs);
}

/** To see when the certificates of those servers end. */
export function openCertificateLook(config: Config, demo: Known['demo']) {
  return lookAtCertificate(hostsOf(config, demo));
}

/** Where alarms are posted to; undefined when the settings name no address. */
export async function openAlarmWebhook(config: Config, publicUrl: string, clock: () => Date) {
  const { ALARM_WEBHOOK_URL: url, ALARM_WEBHOOK_SECRET_FILE: file } = config;
  const secret = await readSecret(file);
  return url ? alarmWebhook({ url, publicUrl, clock, ...(secret && { secret }) }) : undefined;
}

/** Our secrets at practices' authorization servers, by Endpoint id: JSON, one object. */
export async function readLaunchSecrets(config: Config): Promise<Readonly<Record<string, string>>> {
  const text = await readSecret(config.LAUNCH_SECRETS_FILE);
  const parsed: unknown = text ? JSON.parse(text) : {};
  const isText = (one: unknown) => typeof one === 'string';
  if (typeof parsed !== 'object' || parsed === null || !Object.values(parsed).every(isText))
    throw new Error('LAUNCH_SECRETS_FILE must hold one JSON object of texts');
  return parsed as Record<string, string>;
}

/** To test connections, at the same hosts and with the same certificates as sending. */
export async function openProbing(config: Config, known: Pick<Known, 'clock' | 'tls' | 'demo'>): Promise<Probe> {
  const { demo, tls, clock } = known;
  const hosts = hostsOf(config, demo);
  return openProbe({ hosts, send: openOutbound(hosts), tls, clock, mailbox: await readMailbox(config) });
}

/** The connectors as the settings want them; in the demo the simulated systems may be reached too. */
export async function openOutside(config: Config, known: Known) {
  const { demo, tls, mappings } = known;
  const mailbox = await readMailbox(config, mappings);
  const hl7 = mappingOf(mappings, 'hl7v2-ref');
  return openConnectors({
    hosts: hostsOf(config, demo),
    mail: {
      host: config.SMTP_HOST ?? '127.0.0.1',
      port: config.SMTP_HOST ? config.SMTP_PORT : (demo?.mailPort ?? config.SMTP_PORT),
      from: config.MAIL_FROM,
      secure: config.SMTP_SECURE === 'on',
      ...(await login(config.SMTP_USER, config.SMTP_PASSWORD_FILE)),
    },
    publicUrl: known.publicUrl,
    mllp: { write: hl7.format.fromFeedback, mapping: nameOf(hl7), ...(tls && { tls }) },
    ...(mailbox && { mailbox }),
    clock: known.clock,
  });
}
