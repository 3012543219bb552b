import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Figures } from './scale.ts';

const ticksPerSecond = 100;

/** User and system time of a process in milliseconds, with its parent; undefined where the system does not tell. */
function timesOf(pid: number | string): { parent: number; ms: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ms: ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond };
  } catch {
    return undefined;
  }
}

/** A database server with its sessions. Sessions that have ended count no more: connections must outlive the phase. */
function familyMs(pid: number): number {
  let sum = timesOf(pid)?.ms ?? 0;
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const times = timesOf(name);
    if (times?.parent === pid) sum += times.ms;
  }
  return sum;
}

const machineMs = () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);

/**
 * Counts the processor's time of a phase; the function it gives says, per item, the milliseconds of the service, of the
 * database and of this process, and how many cores were busy with anything at all. Neighbours on the machine stretch the
 * clock's time far more than these. Nothing where there is no /proc.
 */
export function countCpu(
  phase: string,
  pids: { readonly service?: number; readonly database: number },
): (items: number) => Figures {
  const look = () => {
    const own = process.cpuUsage();
    return {
      at: performance.now(),
      service: pids.service === undefined ? 0 : (timesOf(pids.service)?.ms ?? 0),
      database: familyMs(pids.database),
      generator: (own.user + own.system) / 1_000,
      machine: machineMs(),
    };
  };
  if (!timesOf(process.pid)) return () => ({});
  const before = look();
  return (items) => {
    const after = look();
    const perItem = (name: 'service' | 'database' | 'generator') => Math.max(0, (after[name] - before[name]) / items);
    return {
      [`${phase} cpu serviceMs`]: perItem('service'),
      [`${phase} cpu databaseMs`]: perItem('database'),
      [`${phase} cpu generatorMs`]: perItem('generator'),
      [`${phase} cpu busyCores`]: (after.machine - before.machine) / (after.at - before.at),
    };
  };
}
