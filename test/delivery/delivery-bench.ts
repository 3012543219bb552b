import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type His, startHis } from '../../demo/his.ts';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { practicesFileSchema } from '../../demo/model.ts';
import { fhirConnector } from '../../src/connectors/fhir.ts';
import { mllpConnector } from '../../src/connectors/mllp.ts';
import { notifyMailConnector } from '../../src/connectors/notify-mail.ts';
import { openOutbound } from '../../src/connectors/outbound.ts';
import { worklistConnector } from '../../src/connectors/worklist.ts';
import { type Delivering, deliver } from '../../src/delivery/deliver.ts';
import { readLetterFonts } from '../../src/delivery/letter-fonts.ts';
import { openLog } from '../../src/log.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import type { Referral } from '../../src/referral/referral.ts';
import { loadDemoAccess, pointEndpointsAt } from '../../src/region/load.ts';
import { directoryReader } from '../../src/store/directory.ts';
import { type Due, offerDue } from '../../src/store/outbox/outbox.ts';
import { loadTestRegion, openTestStore, type TestStore } from '../doubles/database.ts';
import { canaries, reportBack, takeIn } from '../doubles/made.ts';

const region = new URL('../../fixtures/region/', import.meta.url);
const system = 'http://de-brink.his.example/referral';

export interface SeenDelivery {
  readonly id: string;
  readonly state: string;
  readonly proof: string | null;
  readonly attempts: number;
  readonly code: string | null;
  readonly reason: string | null;
  readonly ambiguous: boolean;
  readonly recipient: string;
  /** Seconds from now until it is tried again, by PostgreSQL's clock. */
  readonly inSeconds: number;
}

/** Real store, real connectors, the HIS and a mail server as the other side; the queue between relay and worker left out. */
export interface DeliveryBench {
  readonly at: TestStore;
  readonly his: His;
  readonly mail: MailCatcher;
  readonly delivering: Delivering;
  readonly logged: () => string;
  /** A referral that the practice's HIS knows, of a patient it knows; worklist and mail are delivered. */
  referred(number: string, practice?: string, referral?: Partial<Referral>): Promise<string>;
  /** The Wally has reported back: the feedback waits in the outbox. */
  reported(number: string, practice?: string): Promise<string>;
  /** Everything that is due now, each delivered once, at the same moment. Gives how many. */
  round(change?: Partial<Delivering>): Promise<number>;
  /** What waits for its time is due now, and no destination is left alone any longer. */
  dueNow(): Promise<void>;
  of(journey: string, kind: string): Promise<SeenDelivery>;
  close(): Promise<void>;
}

export async function openDeliveryBench(): Promise<DeliveryBench> {
  const at = await openTestStore();
  const { store } = at;
  const folder = await mkdtemp(join(tmpdir(), 'kortelijn-delivery-'));
  const { practices } = practicesFileSchema.parse(JSON.parse(await readFile(new URL('demo-his.json', region), 'utf8')));
  const mllp = { port: 0, mayMove: true };
  const his = await startHis({ port: 0, mllp, dataDir: folder, kortelijn: 'http://127.0.0.1:9', practices });
  const mllpHost = `127.0.0.1:${his.mllpPort}`;
  const mail = await startMailCatcher({ port: 0 });
  const directory = directoryReader(store);
  await loadTestRegion(store);
  await loadDemoAccess(store, region, false);
  await pointEndpointsAt(store, await directory(), his.url, mllpHost);
  const lines: string[] = [];
  const mailer = notifyMailConnector(
    { host: '127.0.0.1', port: mail.port, from: 'Kortelijn <k@localhost>', secure: false },
    'https://kortelijn.example',
  );
  const hl7v2 = await loadMapping('hl7v2-ref');
  const delivering: Delivering = {
    store,
    directory,
    connectors: {
      worklist: worklistConnector,
      mail: mailer,
      fhir: fhirConnector(openOutbound(new Set([new URL(his.url).host])), store.clock),
      mllp: mllpConnector({ allowedHosts: new Set([mllpHost]), write: hl7v2.format.fromFeedback }),
    },
    fonts: await readLetterFonts(),
    log: openLog('debug', { write: (line: string) => void lines.push(line) }),
    timeoutMs: 5_000,
    random: () => 0.5,
  };
  const post = async (path: string, body: unknown) => {
    const answer = await fetch(`${his.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the HIS said ${answer.status}`);
  };
  const round = async (change: Partial<Delivering> = {}) => {
    const due: Due[] = [];
    const parts = { ...delivering, ...change };
    await offerDue(parts.store, async (jobs) => void due.push(...jobs));
    await Promise.all(due.map((job) => deliver(parts, job)));
    return due.length;
  };
  const referred = async (number: string, practice = 'de-brink', referral: Partial<Referral> = {}) => {
    const patient = {
      id: `x${number}`,
      given: [canaries.given],
      ownName: canaries.family,
      birthDate: referral.patient?.birthDate ?? canaries.birthDate,
    };
    await post('/api/patients', { practice, patients: [patient] });
    await post('/api/referrals', { practice, referrals: [{ system, value: number, patientId: `x${number}` }] });
    const journey = await takeIn(store, { number, practice, referral });
    await round();
    return journey;
  };
  return {
    at,
    his,
    mail,
    delivering,
    logged: () => lines.join(''),
    referred,
    reported: async (number, practice) => {
      const journey = await referred(number, practice);
      await reportBack(store, journey);
      return journey;
    },
    round,
    dueNow: async () => {
      await at.owner.query(`update delivery set next_at = now() where state in ('pending', 'sent')`);
      await at.owner.query(
        `update destination set hold_until = null, open_until = null, breaker = 'closed', fails = 0, openings = 0`,
      );
    },
    of: async (journey, kind) => {
      const { rows } = await at.owner.query<SeenDelivery>(
        `select id::text, state, proof, attempts, failure_code as code, reason, ambiguous, recipient,
                extract(epoch from next_at - now())::float8 as "inSeconds"
           from delivery where journey_id = $1 and kind = $2 order by delivery.id desc limit 1`,
        [journey, kind],
      );
      if (!rows[0]) throw new Error(`no ${kind} of this journey`);
      return rows[0];
    },
    close: async () => {
      mailer.close();
      await his.close();
      await mail.close();
      await at.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
