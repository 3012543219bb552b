import type { Endpoint } from '@medplum/fhirtypes';
import type { Actor } from '../../referral/actor.ts';
import { channelsOf, destinationOf } from '../../referral/directory/channels.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import { fedSystems } from '../../referral/directory/fed-systems.ts';
import { type Probe, type Probed, type ProbeTarget, probeResult } from '../../referral/probe.ts';
import { readDestinationSecret, readDirectoryResource } from '../directory.ts';
import type { Store } from '../store.ts';
import { beginEndpointTest, endEndpointTest } from './endpoint-tests.ts';

/** All steps together; each has less by what those before it took. */
const timeoutMs = 20_000;

/**
 * The connection behind an Endpoint, with the credential of the case system that it is, or of the first practice that
 * has it; undefined: nothing goes there.
 */
async function targetOf(store: Store, directory: Directory, id: string): Promise<ProbeTarget | undefined> {
  const endpoint = await readDirectoryResource<Endpoint>(store, 'Endpoint', id);
  const [channel] = endpoint ? channelsOf([endpoint]) : [];
  if (!channel) return undefined;
  const fed = fedSystems(directory).find((one) => one.endpoint === id);
  if (fed) {
    const secret = await readDestinationSecret(store, fed.destination);
    return { channel, form: 'Task', ...(secret && { secret }) };
  }
  const practice = [...directory.practices.values()].find((one) => one.channels.some((each) => each.id === id));
  const ours = practice?.channels.find((one) => one.id === id);
  const secret = practice && ours && (await readDestinationSecret(store, destinationOf(practice, ours)));
  return { channel, form: channel.form ?? 'Communication', ...(secret && { secret }) };
}

/**
 * Tests a connection of the directory now and keeps how it ended, without content, on the trail too. `absent`: there is
 * no such connection; `too-soon`: it was tested a moment ago.
 */
export async function testEndpoint(
  store: Store,
  directory: Directory,
  probe: Probe,
  { id, actor }: { readonly id: string; readonly actor: Actor },
): Promise<readonly Probed[] | 'absent' | 'too-soon'> {
  const target = await targetOf(store, directory, id);
  if (!target) return 'absent';
  if (!(await beginEndpointTest(store, id, actor.id))) return 'too-soon';
  const steps = await probe(target, AbortSignal.timeout(timeoutMs));
  const result = probeResult(steps);
  await endEndpointTest(store, id, result);
  const line = {
    event: 'endpoint-tested',
    at: store.clock().toISOString(),
    actor: { id: actor.id, role: actor.role },
    action: 'E',
    outcome: result.code === 'ok' ? 'ok' : 'failed',
    object: `Endpoint/${id}`,
    code: result.step ? `${result.step} ${result.code}` : result.code,
    purpose: 'SYSADMIN',
  } as const;
  const done = await store.commit({ scope: { practice: '' }, audit: [line] });
  if (!done.ok) throw new Error('a test could not be noted');
  return steps;
}
