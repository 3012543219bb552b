import type { DemoUser } from './load.ts';

/** What runs where, once it runs. */
export interface Running {
  readonly publicUrl: string;
  readonly hisUrl: string | undefined;
  readonly users: readonly DemoUser[];
  readonly record: string;
  readonly queue: string;
  /** Where HL7 v2 comes in; undefined when another process has that door. */
  readonly hl7v2: string | undefined;
}

/** The few lines that a start ends with: what runs where and, with the demo, what to click and as whom. */
export function greeting(running: Running): string {
  const lines = [
    '',
    `Kortelijn is up:      ${running.publicUrl}`,
    `  record              ${running.record}`,
    `  queue               ${running.queue}`,
    ...(running.hl7v2 ? [`  HL7 v2 over MLLP    ${running.hl7v2}`] : []),
  ];
  if (running.hisUrl) {
    lines.push(
      `  simulated HIS       ${running.hisUrl}   (mails it caught: ${running.hisUrl}/mail)`,
      '',
      'What to click: open the simulated HIS, choose a patient, "Verwijs naar Wally"; then sign in here as the Wally.',
      'Invented users (this machine only):',
      ...running.users.map((user) => `  ${user.username.padEnd(12)} ${user.password.padEnd(18)} ${user.actor.name}`),
      'Or let it play by itself in another terminal: npm run demo',
    );
  }
  return [...lines, 'Stop with Ctrl-C.', ''].join('\n');
}
