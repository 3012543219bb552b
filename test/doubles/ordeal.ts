import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type His, startHis } from '../../demo/his.ts';
import { type MailCatcher, startMailCatcher } from '../../demo/mail.ts';
import { practicesFileSchema } from '../../demo/model.ts';
import { listReferrals, readCarriages } from '../../src/store/lists/lists.ts';
import type { Store } from '../../src/store/store.ts';
import { freePort, reportBack } from './made.ts';
import { prepareService, type Service, storeOf } from './service.ts';
import { openWire, type Wire } from './wire.ts';

export type KillKind = 'random' | 'answer' | 'effect';
export const practices = ['de-brink', 'zuidrand', 'aan-de-kade'] as const;

/** What a practice knows of a referral it sent: its own number, the patient, and what was promised. */
export interface Sent {
  readonly practice: string;
  readonly patientId: string;
  readonly number: string;
  readonly promised: string;
  /** How often the same bytes went over the wire. */
  readonly tries: number;
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The service as a process with its own database; the GP system, the mail server, the wire between and the Wallys in
 * this one. Whoever holds it can kill the service at a moment of choice, and start it again.
 */
export interface Ordeal {
  readonly service: Service;
  readonly his: His;
  readonly mail: MailCatcher;
  /** The wire from the service to the GP system. */
  readonly toHis: Wire;
  readonly kills: Record<KillKind, number>;
  store(): Promise<Store>;
  /** kill -9, once per start; says whether it was this call that did it. */
  kill(kind: KillKind): boolean;
  /** The next moment of this kind kills it: the first byte of an answer, or an effect at the practice. */
  arm(kind: 'answer' | 'effect' | undefined): void;
  /** One referral of a patient, sent again with the same bytes until it is acknowledged. */
  refer(nth: number): Promise<Sent>;
  /** From now the Wallys answer whatever stands on their worklists, until the function that comes back is called. */
  startWallys(): () => Promise<void>;
  close(): Promise<void>;
}

async function postTo<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the GP system said ${answer.status}`);
  return (await answer.json()) as T;
}

export const patientOf = (nth: number) => `k${nth}`;
export const familyOf = (nth: number) => `Kanarie-${String(nth).padStart(3, '0')}`;
const reason = 'Zingt sinds het onweer alleen nog achterstevoren';

/** A Wally looks when a mail told her to. */
async function wasTold(store: Store, journey: string): Promise<boolean> {
  const carriages = await readCarriages(store, journey);
  return carriages.some((one) => one.kind === 'notify' && one.state === 'landed');
}

export async function openOrdeal(patients: number): Promise<Ordeal> {
  const folder = await mkdtemp(join(tmpdir(), 'kortelijn-ordeal-'));
  const port = await freePort();
  const wire = await openWire(() => port);
  const region = new URL('../../fixtures/region/demo-his.json', import.meta.url);
  const file = practicesFileSchema.parse(JSON.parse(await readFile(region, 'utf8')));
  const his = await startHis({
    port: 0,
    dataDir: folder,
    kortelijn: wire.url,
    practices: file.practices,
    timeoutMs: 8_000,
  });
  const mail = await startMailCatcher({ port: 0 });
  const toHis = await openWire(() => Number(new URL(his.url).port));
  for (const [at, practice] of practices.entries()) {
    const own = Array.from({ length: patients }, (_, nth) => nth).filter((nth) => nth % practices.length === at);
    await postTo(`${his.url}/api/patients`, {
      practice,
      patients: own.map((nth) => ({
        id: patientOf(nth),
        given: ['Jo'],
        ownName: familyOf(nth),
        birthDate: `19${40 + (nth % 50)}-0${1 + (nth % 9)}-1${nth % 10}`,
      })),
    });
  }
  const service = prepareService({
    PORT: String(port),
    DEMO: 'region',
    DEMO_HIS_URL: toHis.url,
    OUTBOUND_HOSTS: new URL(toHis.url).host,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(mail.port),
    DELIVERY_TIMEOUT_MS: '1000',
  });
  const kills = { random: 0, answer: 0, effect: 0 };
  let armed: 'answer' | 'effect' | undefined;
  let opened: Awaited<ReturnType<typeof storeOf>> | undefined;
  let killed = -1;
  const ordeal: Ordeal = {
    service,
    his,
    mail,
    toHis,
    kills,
    store: async () => {
      opened ??= await storeOf(service.dataDir);
      return opened.store;
    },
    kill: (kind) => {
      if (killed === service.starts) return false;
      killed = service.starts;
      armed = undefined;
      kills[kind] += 1;
      void service.kill();
      return true;
    },
    arm: (kind) => {
      armed = kind;
    },
    refer: async (nth) => {
      const practice = practices[nth % practices.length] ?? 'de-brink';
      const request = { reason, lifeAreas: ['loneliness'], consent: { by: 'resident', how: 'spoken', feedback: true } };
      interface Said {
        readonly status: number;
        readonly promised: { readonly number?: string };
        readonly sentences: readonly { readonly code?: string }[];
        readonly referral: { readonly id: string; readonly bodyHash: string };
      }
      let said = await postTo<Said>(`${his.url}/${practice}/api/patients/${patientOf(nth)}/refer`, request);
      const { id, bodyHash } = said.referral;
      let tries = 1;
      for (; said.status < 200 || said.status > 299; tries += 1) {
        if (tries > 500 || (said.status >= 400 && said.status < 500))
          throw new Error(`the referral ended with ${said.status}: ${said.sentences.map((one) => one.code).join(' ')}`);
        await new Promise((resolve) => setTimeout(resolve, 400));
        said = await postTo<Said>(`${his.url}/${practice}/api/referrals/${id}/send`, {});
        if (said.referral.bodyHash !== bodyHash) throw new Error('other bytes were sent');
      }
      return { practice, patientId: patientOf(nth), number: id, promised: said.promised.number ?? '', tries };
    },
    startWallys: () => {
      let working = true;
      const done = (async () => {
        const waiting = new Map<string, string>();
        while (working) {
          const store = await ordeal.store();
          for (const owner of ['wally-sanne', 'wally-joost', 'wally-karim']) {
            const found = await listReferrals(store, { kind: 'owner', owner }, 'new', 100);
            for (const one of found)
              if (await wasTold(store, one.journey)) waiting.set(one.journey, one.practiceReferralId);
          }
          for (const [journey, number] of waiting) {
            // Someone was at the same referral (the line notes what it delivers): look again in the next round.
            const reported = await reportBack(store, journey, `Gesproken over ${number}.`).then(
              () => true,
              () => false,
            );
            if (reported) waiting.delete(journey);
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      return async () => {
        working = false;
        await done;
      };
    },
    close: async () => {
      await opened?.close();
      await service.close();
      await wire.close();
      await toHis.close();
      await his.close();
      await mail.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  wire.onAnswer = (bytes) => {
    const head = bytes.toString('latin1');
    // The first answer to a referral: committed, and nobody knows it yet. A replay would be no such moment.
    const first = head.startsWith('HTTP/1.1 200') && !/^x-duplicate:/im.test(head);
    return armed === 'answer' && first && ordeal.kill('answer');
  };
  his.onEffect = async () => {
    if (armed === 'effect' && ordeal.kill('effect')) await service.ended();
  };
  return ordeal;
}
