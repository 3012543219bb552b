import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Where the processor's time went, in cores: 1 is one core all the time. */
export interface Load {
  readonly service: number;
  readonly database: number;
  readonly generator: number;
  /** Everything on this machine, also what is not ours. */
  readonly machine: number;
}

const ticksPerSecond = 100;

/** User and system time of a process in seconds, with its parent; undefined where the system does not tell. */
function timesOf(pid: number | string): { parent: number; seconds: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond };
  } catch {
    return undefined;
  }
}

function secondsOf(pid: number): number {
  return timesOf(pid)?.seconds ?? 0;
}

/** A server and its sessions; sessions that have ended count in nobody's time, so connections must outlive the phase. */
function familySeconds(pid: number): number {
  let sum = secondsOf(pid);
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const times = timesOf(name);
    if (times?.parent === pid) sum += times.seconds;
  }
  return sum;
}

function machineSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1_000;
}

/** Starts counting; the function it gives says the load since then. All zero where there is no /proc. */
export function countLoad(pids: { readonly service: number | undefined; readonly database: number }): () => Load {
  try {
    readdirSync('/proc');
  } catch {
    return () => ({ service: 0, database: 0, generator: 0, machine: 0 });
  }
  const look = () => {
    const own = process.cpuUsage();
    return {
      at: performance.now() / 1_000,
      service: pids.service === undefined ? 0 : secondsOf(pids.service),
      database: familySeconds(pids.database),
      generator: (own.user + own.system) / 1_000_000,
      machine: machineSeconds(),
    };
  };
  const before = look();
  return () => {
    const after = look();
    const per = (name: 'service' | 'database' | 'generator' | 'machine') =>
      Math.max(0, Math.round(((after[name] - before[name]) / (after.at - before.at)) * 100) / 100);
    return { service: per('service'), database: per('database'), generator: per('generator'), machine: per('machine') };
  };
}
