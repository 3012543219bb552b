import { resolve } from 'node:path';
import type { z } from 'zod';
import { roles, settings } from './settings.ts';

type Values = { readonly [K in keyof typeof settings]: z.infer<(typeof settings)[K]['schema']> };

export interface Config extends Values {
  /** DATA_DIR as an absolute path. */
  readonly dataDir: string;
  readonly masterKeyFile: string;
  /** The simulated GP system runs beside us. */
  readonly demo: boolean;
  readonly logLevel: string;
}

/** What is wrong with the settings: name and reason, never the value. */
export interface ConfigFault {
  readonly setting: string;
  readonly why: string;
}

function reason(issue: z.core.$ZodIssue, what: string): string {
  const kind =
    issue.code === 'invalid_type'
      ? 'has the wrong type'
      : issue.code === 'invalid_value'
        ? 'is not one of the possible values'
        : 'is not valid';
  return `${kind}. ${what}`;
}

/**
 * Reads and checks every setting at once. Empty or blank means not set. Gives the configuration, or all faults together;
 * a fault names the setting and what it is for, not what it was.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): Config | { readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const raw = environment[name];
    const parsed = (setting.schema as z.ZodType).safeParse(raw?.trim() === '' ? undefined : raw);
    if (parsed.success) values[name] = parsed.data;
    else
      faults.push({
        setting: name,
        why: reason(parsed.error.issues[0] ?? ({ code: 'custom' } as z.core.$ZodIssue), setting.what),
      });
  }
  const config = values as unknown as Values;
  const split = new Set(config.ROLES ?? roles).size < roles.length;
  if (!config.DATABASE_URL && split) {
    faults.push({
      setting: 'ROLES',
      why: 'a process with some of the roles needs DATABASE_URL: the embedded database serves one process',
    });
  }
  const origin = config.PUBLIC_URL ? new URL(config.PUBLIC_URL) : undefined;
  if (origin?.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(origin.hostname)) {
    faults.push({ setting: 'PUBLIC_URL', why: 'must be https unless it is this machine itself: people sign in there' });
  }
  if (config.ISSUER_URL && !config.ISSUER_CLIENT_ID)
    faults.push({ setting: 'ISSUER_CLIENT_ID', why: 'is needed with ISSUER_URL' });
  if (config.ISSUER_ACR.length > 0 && !config.ISSUER_URL)
    faults.push({ setting: 'ISSUER_ACR', why: 'is asked of the issuer that ISSUER_URL names, and of no other' });
  for (const [one, other] of [
    ['MLLP_TLS_CERT_FILE', 'MLLP_TLS_KEY_FILE'],
    ['MLLP_TLS_KEY_FILE', 'MLLP_TLS_CERT_FILE'],
    ['MLLP_TLS_CA_FILE', 'MLLP_TLS_CERT_FILE'],
  ] as const) {
    if (config[one] && !config[other]) faults.push({ setting: other, why: `is needed with ${one}` });
  }
  if (config.MAILDROP_DIR && config.MAILDROP_ADDRESS?.length === 0)
    faults.push({ setting: 'MAILDROP_ADDRESS', why: 'is needed with MAILDROP_DIR' });
  for (const name of ['MAILBOX_FROM', 'MAILBOX_NUMBER', 'MAILBOX_DOMAINS'] as const) {
    if (config.MAILBOX_SMTP_HOST && !config[name]?.length)
      faults.push({ setting: name, why: 'is needed with MAILBOX_SMTP_HOST' });
  }
  if (config.DATABASE_OWNER_URL && !config.DATABASE_URL)
    faults.push({ setting: 'DATABASE_OWNER_URL', why: 'means nothing without DATABASE_URL' });
  if (config.DEMO !== 'on' && config.DATABASE_URL && !config.MASTER_KEY_FILE) {
    faults.push({
      setting: 'MASTER_KEY_FILE',
      why: 'is needed with DATABASE_URL outside the demo: the key must outlive this machine',
    });
  }
  if (faults.length > 0) return { faults };
  const dataDir = resolve(config.DATA_DIR);
  return {
    ...config,
    dataDir,
    masterKeyFile: config.MASTER_KEY_FILE ?? resolve(dataDir, 'master.key'),
    demo: config.DEMO === 'on',
    logLevel: config.LOG_LEVEL ?? (config.DEMO === 'on' ? 'warn' : 'info'),
  };
}

/** The only place where the environment is read. */
export function readEnvironment(): Config | { readonly faults: readonly ConfigFault[] } {
  return readConfig(process.env);
}
