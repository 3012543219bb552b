import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Bundle, Resource } from '@medplum/fhirtypes';

/** The FHIR server of a case system: transactions of conditional updates, on which a test decides how it answers. */
export interface CaseServer {
  readonly url: string;
  readonly host: string;
  /** `away`: 503; `lost`: does it and cuts the connection; `half`: says yes without an answer per entry. */
  mode: 'well' | 'away' | 'lost' | 'half';
  readonly requests: readonly { readonly authorization: string | undefined; readonly body: string }[];
  /** Everything that stands there, with the number of times that its content changed. */
  all(): { readonly resource: Resource; readonly version: number }[];
  close(): Promise<void>;
}

interface Kept {
  readonly resource: Resource & { id: string };
  readonly version: number;
}

export async function startCaseServer(): Promise<CaseServer> {
  const kept = new Map<string, Kept>();
  const requests: { authorization: string | undefined; body: string }[] = [];
  let made = 0;

  /** All entries or none; references to `urn:uuid:` of the Bundle become those of here (http.html#trules). */
  const transact = (bundle: Bundle): Bundle => {
    const places = (bundle.entry ?? []).map(({ request, fullUrl, resource }) => {
      const [type = '', query = ''] = (request?.url ?? '').split('?');
      const condition = new URLSearchParams(query).get('identifier') ?? '';
      const own = (resource as { identifier?: { system?: string; value?: string }[] }).identifier;
      const fits = own?.some((one) => `${one.system}|${one.value}` === condition);
      if (bundle.type !== 'transaction' || request?.method !== 'PUT' || type !== resource?.resourceType || !fits)
        throw new Error('not a conditional update by an identifier of its own');
      const key = `${type}?${condition}`;
      made += kept.has(key) ? 0 : 1;
      return { key, fullUrl: fullUrl ?? '', id: kept.get(key)?.resource.id ?? `case-${made}`, type, resource };
    });
    const entry = places.map(({ key, id, resource }) => {
      const body = places.reduce(
        (so, one) => so.replaceAll(`"reference":"${one.fullUrl}"`, `"reference":"${one.type}/${one.id}"`),
        JSON.stringify({ ...resource, id }),
      );
      const before = kept.get(key);
      const isSame = before !== undefined && JSON.stringify(before.resource) === body;
      const version = isSame ? before.version : (before?.version ?? 0) + 1;
      kept.set(key, { resource: JSON.parse(body), version });
      return { response: { status: before ? '200 OK' : '201 Created', etag: `W/"${version}"` } };
    });
    return { resourceType: 'Bundle', type: 'transaction-response', entry };
  };

  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({ authorization: request.headers.authorization, body });
    const say = (status: number, resource: unknown) =>
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(resource));
    if (one.mode === 'away') return void say(503, { resourceType: 'OperationOutcome', issue: [] });
    try {
      const done = transact(JSON.parse(body));
      if (one.mode === 'lost') return void request.socket.destroy();
      say(200, one.mode === 'half' ? { ...done, entry: [] } : done);
    } catch {
      say(400, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const one: CaseServer = {
    url: `http://${host}/fhir`,
    host,
    mode: 'well',
    requests,
    all: () => [...kept.values()],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return one;
}
