import type { FhirForm, PracticeEndpoint } from './directory/channels.ts';

/** The steps of a test of a connection, in the order in which each needs the one before it. */
export const probeSteps = ['address', 'name', 'connect', 'tls', 'credential', 'capability', 'write'] as const;
export type ProbeStep = (typeof probeSteps)[number];

/** How one step ended. Codes and days only: never another system's words, never a person's data. */
export interface Probed {
  readonly step: ProbeStep;
  /** `not-needed`: this kind of connection has no such step. `not-reached`: an earlier one failed, or it cannot be tried. */
  readonly state: 'ok' | 'not-ok' | 'not-reached' | 'not-needed';
  readonly ms: number;
  readonly code?: string;
  /** Of a certificate: its last day. */
  readonly until?: string;
}

/** A connection as the directory has it, with the credential that we have there. */
export interface ProbeTarget {
  readonly channel: PracticeEndpoint;
  /** What it files, or keeps: the Task of a case system. */
  readonly form: FhirForm | 'Task';
  readonly secret?: string;
}

/** Tests a connection with harmless calls; never throws for what is wrong there. */
export type Probe = (target: ProbeTarget, signal: AbortSignal) => Promise<readonly Probed[]>;

/** What a test comes to: the code of the first step that failed, or `ok`. */
export function probeResult(steps: readonly Probed[]): { readonly code: string; readonly step?: ProbeStep } {
  const failed = steps.find((one) => one.state === 'not-ok');
  return failed ? { code: failed.code ?? 'rejected', step: failed.step } : { code: 'ok' };
}
