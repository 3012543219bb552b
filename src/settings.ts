import { z } from 'zod';
import { alarmSettings } from './alarm-settings.ts';

/** The roles a process may have (decision 11): together in one process, or split over several on a database of their own. */
export const roles = ['http', 'mllp', 'relay', 'deliver', 'clock'] as const;

const port = z.coerce.number().int().min(0).max(65_535);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const url = z.url({ protocol: /^https?$/ });

/** Values by comma; blanks around them and empty ones do not count. */
const list = (usual = '', written = (one: string) => one) =>
  z
    .string()
    .default(usual)
    .transform((text) =>
      text
        .split(',')
        .map((one) => written(one.trim()))
        .filter(Boolean),
    );

/** One setting: what it is for (OPERATING.md lists this text), how it is read, and what it is when not set. */
export interface Setting {
  readonly what: string;
  readonly schema: z.ZodType;
}

/** Every setting of the project. Names are those of the environment; values are never printed or logged. */
export const settings = {
  PORT: { what: 'HTTP port of the service. Not set and taken: a free one.', schema: port.optional() },
  HOST: { what: 'Address to listen on.', schema: z.string().min(1).default('127.0.0.1') },
  PUBLIC_URL: { what: 'Origin that people and systems use, when it is not http://HOST:PORT.', schema: url.optional() },
  TRUSTED_PROXIES: {
    what: 'Proxies before us whose X-Forwarded-For is believed: addresses, subnets or loopback, by comma.',
    schema: list('loopback').pipe(
      z.array(z.string().regex(/^(loopback|linklocal|uniquelocal|[0-9a-f.:]+(\/\d{1,3})?)$/i)),
    ),
  },
  DATA_DIR: {
    what: 'Folder of the embedded database, the master key and the demo.',
    schema: z.string().min(1).default('.data'),
  },
  DATABASE_URL: {
    what: 'PostgreSQL 14 or newer instead of the embedded one.',
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  },
  DATABASE_OWNER_URL: {
    what: 'Login that owns the schema and migrates; DATABASE_URL when not set.',
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  },
  MIGRATE: {
    what: 'on: bring the database up to date at the start. only: do that and stop. off: another process does it.',
    schema: z.enum(['on', 'only', 'off']).default('on'),
  },
  ROLES: {
    what: `Roles of this process, by comma: ${roles.join(', ')}. Default all.`,
    schema: z
      .string()
      .default(roles.join(','))
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(z.array(z.enum(roles)).min(1)),
  },
  DEMO: {
    what: 'on: load the invented region, start the simulated GP system and mail catcher. region: load it only. off: neither.',
    schema: z.enum(['on', 'region', 'off']).default('on'),
  },
  DEMO_HIS_URL: { what: 'With DEMO=region: where the simulated GP system is reached.', schema: url.optional() },
  DEMO_LOGIN: {
    what: 'anywhere: the invented users may sign in from other machines too. Never where strangers can reach it.',
    schema: z.enum(['loopback', 'anywhere']).default('loopback'),
  },
  HIS_PORT: { what: 'Port of the simulated GP system (demo). Not set and taken: a free one.', schema: port.optional() },
  MAIL_PORT: { what: "Port of the demo's mail catcher. Not set and taken: a free one.", schema: port.optional() },
  MASTER_KEY_FILE: {
    what: 'File with the master key (32 bytes, base64). Default DATA_DIR/master.key, made at the first start.',
    schema: z.string().min(1).optional(),
  },
  MASTER_KEY_OLD_FILES: {
    what: 'Files with master keys of before, by comma, newest first: what they wrapped still opens until `npm run keys -- rotate` is done.',
    schema: list(),
  },
  RETENTION_DAYS: {
    what: 'Content of a closed referral is destroyed so many days after its feedback landed, once it stands in the own record of who received it. 0: never.',
    schema: count(0, 3_650).default(90),
  },
  THEME: {
    what: 'Colours of the pages: the name of a file in src/web/assets/themes, without .css.',
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .default('kortelijn'),
  },
  SECURITY_CONTACT: {
    what: 'Where a weakness can be reported (mailto: or https:), for /.well-known/security.txt. Not set: there is no such page.',
    schema: z
      .string()
      .regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/)
      .optional(),
  },
  SMTP_HOST: {
    what: 'Mail server for notices without content. In the demo: the mail catcher.',
    schema: z.string().min(1).optional(),
  },
  SMTP_PORT: { what: 'Port of the mail server.', schema: port.default(587) },
  SMTP_SECURE: { what: 'on: TLS from the first byte (port 465).', schema: z.enum(['on', 'off']).default('off') },
  SMTP_USER: { what: 'User of the mail server.', schema: z.string().min(1).optional() },
  SMTP_PASSWORD_FILE: { what: 'File with the password of the mail server.', schema: z.string().min(1).optional() },
  MAIL_FROM: { what: 'Sender of the notices.', schema: z.string().min(3).default('Kortelijn <kortelijn@localhost>') },
  MAILBOX_SMTP_HOST: {
    what: 'Mail server of the closed network of EDIFACT mailboxes (MEDVRI). Not set: no letters go there.',
    schema: z.string().min(1).optional(),
  },
  MAILBOX_SMTP_PORT: { what: 'Port of that mail server.', schema: port.default(587) },
  MAILBOX_SMTP_TLS: {
    what: 'starttls: refused without it. on: TLS from the first byte. off: only where the network itself is closed.',
    schema: z.enum(['starttls', 'on', 'off']).default('starttls'),
  },
  MAILBOX_SMTP_USER: { what: 'User of that mail server.', schema: z.string().min(1).optional() },
  MAILBOX_SMTP_PASSWORD_FILE: {
    what: 'File with the password of that mail server.',
    schema: z.string().min(1).optional(),
  },
  MAILBOX_FROM: { what: 'Our own mail address in that network.', schema: z.email().optional() },
  MAILBOX_NUMBER: {
    what: 'Number of our own mailbox in that network.',
    schema: z
      .string()
      .regex(/^[0-9A-Za-z._-]{1,35}$/)
      .optional(),
  },
  MAILBOX_DOMAINS: {
    what: 'Mail domains of that network, by comma: a letter goes to no other address.',
    schema: list('', (one) => one.toLowerCase()).pipe(z.array(z.string().regex(/^[a-z0-9.-]+$/))),
  },
  OUTBOUND_HOSTS: {
    what: 'Hosts (host or host:port, by comma) that we may reach: for feedback, and for the keys of systems. Anything else is refused.',
    schema: list().pipe(z.array(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/i))),
  },
  ISSUER_URL: { what: 'OpenID Connect issuer for people, instead of the embedded one.', schema: url.optional() },
  ISSUER_CLIENT_ID: { what: 'Our client id at that issuer.', schema: z.string().min(1).optional() },
  ISSUER_CLIENT_SECRET_FILE: {
    what: 'File with our client secret at that issuer.',
    schema: z.string().min(1).optional(),
  },
  ISSUER_ACR: {
    what: 'How people must sign in at that issuer, such as with a second factor: its ID token names one of these in acr or amr. By comma.',
    schema: list().pipe(z.array(z.string().regex(/^\S{1,200}$/))),
  },
  ISSUER_AGE_MINUTES: {
    what: 'How long ago someone may have signed in at that issuer; else it asks again (max_age). 0: it is not asked to.',
    schema: count(0, 1_440).default(30),
  },
  TOKEN_ISSUER_URL: {
    what: 'Issuer of tokens for systems, instead of the embedded one: its JWTs are taken for clients that are registered here.',
    schema: url.optional(),
  },
  CALLS_PER_MINUTE: {
    what: 'How often one system may call a door of HTTP, per process; then it gets 429. Each entry of a batch is a call. 0: no bound.',
    schema: count(0, 1_000_000).default(1_200),
  },
  LAUNCH_SECRETS_FILE: {
    what: 'JSON file with our client secrets at practices that launch with SMART and know us by one: {"<Endpoint id>": "<secret>"}.',
    schema: z.string().min(1).optional(),
  },
  BODY_BYTES_MAX: {
    what: 'Largest message a door takes, in bytes.',
    schema: count(1_024, 268_435_456).default(10_485_760),
  },
  DELIVERY_TIMEOUT_MS: {
    what: 'How long one attempt at a delivery may take.',
    schema: count(100, 120_000).default(10_000),
  },
  DELIVERY_CONCURRENCY: { what: 'Deliveries at the same moment in this process.', schema: count(1, 200).default(20) },
  CASE_ASK_MINUTES: {
    what: 'How often a case system of who receives referrals is asked what was done there (role clock). Guides say: not more than four times an hour.',
    schema: count(1, 1_440).default(15),
  },
  LOG_LEVEL: {
    what: 'debug, info, warn, error or silent. Default info; in the demo warn.',
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional(),
  },
  METRICS_TOKEN_FILE: {
    what: 'File with the bearer token that a Prometheus on another machine shows at /metrics. Not set: only this machine may look.',
    schema: z.string().min(1).optional(),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    what: 'Collector of OpenTelemetry traces (OTLP over HTTP, http://host:4318). Not set: nothing is traced.',
    schema: url.optional(),
  },
  MLLP_PORT: {
    what: 'Port for HL7 v2 over MLLP (role mllp), usually 2575. Not set and taken: a free one.',
    schema: port.optional(),
  },
  MLLP_TLS_CERT_FILE: {
    what: 'PEM file with our certificate: MLLP is then TLS, and it is shown to systems that we send to by mllps.',
    schema: z.string().min(1).optional(),
  },
  MLLP_TLS_KEY_FILE: { what: 'PEM file with the key of that certificate.', schema: z.string().min(1).optional() },
  MLLP_TLS_CA_FILE: {
    what: 'PEM file with who signs the certificates of the other side. Not set: the directory names each certificate.',
    schema: z.string().min(1).optional(),
  },
  MAILDROP_DIR: {
    what: 'Folder in which the mail gateway puts EDIFACT messages of practices (role clock). Not set: none are taken.',
    schema: z.string().min(1).optional(),
  },
  MAILDROP_ADDRESS: {
    what: 'Our own mailbox numbers (EDI addresses, UNB-3), by comma. What is for another one is not read.',
    schema: list().pipe(z.array(z.string().regex(/^[0-9A-Za-z._@-]{1,35}$/))),
  },
  MAILDROP_KEEP: {
    what: 'on: keep the files that were read, in done and refused. They hold patient data: someone must clear them.',
    schema: z.enum(['on', 'off']).default('off'),
  },
  ...alarmSettings,
  REDIS_URL: {
    what: 'Redis 6.2 or newer as the queue (redis://, rediss:// or the path of a socket), the same for every process. Not set: the database is the queue.',
    schema: z
      .string()
      .regex(/^(rediss?:\/\/.|\/[^/])/)
      .optional(),
  },
} as const satisfies Record<string, Setting>;
