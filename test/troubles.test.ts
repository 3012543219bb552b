import { readFile } from 'node:fs/promises';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../src/store/store.ts';
import { findChromium, openChromium, Person, readAxe, type Watch } from './doubles/browser.ts';
import { type Certificates, hasOpenssl, makeCertificates } from './doubles/certificates.ts';
import { until } from './doubles/made.ts';
import { openTestRedis, redisMissing, type TestRedis } from './doubles/redis.ts';
import {
  addressOf,
  feedbackOf,
  referredLongAgo,
  reported,
  untilBetweenTries,
  untilFeedback,
  withoutWally,
} from './doubles/seeding.ts';
import { prepareService, type Service, storeOf } from './doubles/service.ts';
import { openTlsFront, type TlsFront } from './doubles/tls-front.ts';
import { behave, localToday, logIn, type Region } from './doubles/walk.ts';

const program = findChromium();
const missing = program ? redisMissing : 'no Chromium on this machine';
const title = `an administrator mends what is stuck, with nothing but the pages${missing ? ` (not run: ${missing})` : ''}`;
const practice = 'zuidrand';
const receiver = 'Huisartsen Voorbeeldrand';

describe.skipIf(missing !== undefined)(title, { timeout: 60_000 }, () => {
  let service: Service;
  let redis: TestRedis;
  let certificates: Certificates | undefined;
  let front: TlsFront | undefined;
  let region: Region;
  let open: Awaited<ReturnType<typeof storeOf>>;
  let store: Store;
  let browser: Browser;
  let watch: Watch;
  let admin: Person;
  const told: string[] = [];

  beforeAll(async () => {
    redis = await openTestRedis(false);
    await redis.start();
    const environment: Record<string, string> = { LOG_LEVEL: 'warn', REDIS_URL: redis.url };
    if (hasOpenssl) {
      certificates = makeCertificates('expired', 'renewed');
      front = await openTlsFront(pairOf('expired'), () => Number(new URL(region.his).port));
      Object.assign(environment, { OUTBOUND_HOSTS: front.host, NODE_EXTRA_CA_CERTS: certificates.path('ca.pem') });
    }
    service = prepareService(environment);
    const [opened, axe] = await Promise.all([openChromium(program ?? ''), readAxe(), service.start()]);
    browser = opened;
    region = { url: service.url, his: service.his ?? '' };
    open = await storeOf(service.dataDir);
    store = open.store;
    // The service looks a minute after its start: by the time of the last trouble it has.
    await referredLongAgo(store, 'de-brink');
    watch = { origins: [region.url], axe, findings: [], addresses: new Set() };
    admin = await Person.arrive(browser, watch);
    await admin.open(`${region.url}/admin`);
    await logIn(admin, 'beheer');
  }, 120_000);
  afterAll(async () => {
    process.stdout.write(`${told.join('\n')}\n`);
    await browser?.close();
    await open?.close();
    await service?.signal('SIGTERM');
    await service?.close();
    front?.close();
    certificates?.remove();
    await redis?.close();
  });

  afterEach(() => {
    expect(watch.findings.splice(0)).toEqual([]);
  });

  const pairOf = (name: string) => ({
    cert: certificates?.pem(`${name}.pem`) ?? '',
    key: certificates?.pem(`${name}.key`) ?? '',
  });

  /** Begins on the first page; every press that goes on is counted, every field that is typed in as well. */
  async function mending(trouble: string, work: (hands: ReturnType<typeof handsOf>) => Promise<void>): Promise<void> {
    const began = performance.now();
    const hands = handsOf();
    await admin.open(`${region.url}/admin`);
    await work(hands);
    told.push(
      `${trouble}: ${hands.clicks} clicks, ${hands.typed} typed, ${Math.round((performance.now() - began) / 100) / 10} s`,
    );
  }
  function handsOf() {
    const hands = {
      clicks: 0,
      typed: 0,
      press: async (what: Locator | string, status = 200) => {
        hands.clicks += 1;
        await admin.press(what, status);
      },
      type: async (where: Locator, text: string) => {
        hands.typed += 1;
        await where.fill(text);
      },
      /** Of a kind of error: notes what is with it. */
      say: async (part: Locator, reason: string, state: string) => {
        hands.clicks += 1;
        await part.getByText(/Zeg wat hiermee is/).click();
        await hands.type(why(part), reason);
        await hands.press(part.getByRole('button', { name: state, exact: true }));
        expect(await part.innerText()).toContain(reason);
        expect(await part.locator('.mark').first().innerText()).toBe(state);
      },
      /** On the first page: the kind of error that it counts. */
      toClass: (said: string) => hands.press(link(new RegExp(`^\\d+ ${said}$`))),
      /** What the page of the kinds of errors says of one, with its buttons. */
      onClasses: async (code: string) => {
        await hands.press(link('Soorten fouten'));
        return admin.page.locator('li.delivery', { has: admin.page.locator(`h2#${code}`) });
      },
    };
    return hands;
  }
  const link = (name: string | RegExp) => admin.page.getByRole('link', { name }).first();
  const section = (name: string) => admin.page.getByRole('region', { name });
  const why = (within: Locator) => within.getByLabel('Waarom?');
  const main = () => admin.page.locator('main');
  const sendRaw = async (from: string, fixture: string, file: string) => {
    const text = await readFile(new URL(`../fixtures/${fixture}/${file}`, import.meta.url), 'utf8');
    const answer = await fetch(`${region.url}/fhir/R4`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json', authorization: `Bearer demo-${from}-to-kortelijn` },
      // The fixtures are of later: what a practice sends is never of a day to come.
      body: text
        .replaceAll(/2026-1[12]-\d\dT[\d:]{8}/g, `${localToday()}T00:00:01`)
        .replaceAll(/2026-12-\d\d/g, localToday()),
    });
    return { status: answer.status, body: await answer.text() };
  };
  const held = async (code: string) => {
    const number = await reported(region, store, practice);
    await untilFeedback(store, number, 'held', code);
    return number;
  };

  test('the GP system is down: kept as long as it lasts, and on when it is back', async () => {
    await behave(region, { practice, mode: 'down' });
    const number = await reported(region, store, practice);
    await untilFeedback(store, number, 'pending', 'connection-lost');
    await mending('HIS down', async (hands) => {
      await hands.toClass('Niet bereikbaar');
      expect(await main().innerText()).toContain('De verbinding brak tijdens het versturen af.');
      await hands.press(link(receiver));
      await hands.type(why(section('Wat wilt u?')), 'Hun leverancier meldt een storing');
      await hands.press('Vasthouden zolang hun systeem plat ligt');
      expect(await main().innerText()).toContain('Ligt plat');
      await behave(region, { practice, reset: true });
      await hands.type(why(section('Wat wilt u?')), 'Zij werken weer');
      await hands.press('Ga weer verder');
      await untilFeedback(store, number, 'landed');
    });
  });

  test('the address is wrong: the page of the message corrects it and sends again', async () => {
    const way = await addressOf(store, practice);
    await way.change(`${way.address}/verhuisd`);
    const number = await held('address-unknown');
    await mending('wrong address', async (hands) => {
      await hands.toClass('Klopt niet');
      expect(await main().innerText()).toContain('Pas het aan in de adreslijst');
      await hands.press(link(number));
      const part = section('Verbeter het adres en stuur opnieuw');
      await hands.type(part.getByLabel('Adres van de verbinding'), way.address);
      await hands.type(why(part), 'Hun leverancier gaf dit adres');
      await hands.press('Bewaar en stuur opnieuw');
      await untilFeedback(store, number, 'landed');
    });
  });

  test.skipIf(!hasOpenssl)(
    'a certificate has expired: it goes on by itself once it is renewed, and is noted as solved',
    async () => {
      const way = await addressOf(store, practice);
      const { host = '' } = front ?? {};
      await way.change(way.address.replace(/^http:\/\/[^/]+/, `https://${host}`));
      const number = await reported(region, store, practice);
      await untilFeedback(store, number, 'pending', 'certificate');
      await mending('expired certificate', async (hands) => {
        const part = await hands.onClasses('certificate');
        expect(await part.innerText()).toContain('De leverancier; daarna gaat het vanzelf verder.');
        front?.renew(pairOf('renewed'));
        await untilFeedback(store, number, 'landed');
        await hands.say(part, 'Hun certificaat is vernieuwd', 'opgelost');
      });
      await way.change(way.address);
    },
  );

  test('their system refuses: once it is mended there, all of the filter goes again', async () => {
    await behave(region, { practice, mode: 'reject' });
    const numbers = [await held('rejected'), await held('rejected')];
    await mending('rejected', async (hands) => {
      await hands.toClass('Geweigerd door hun systeem');
      expect(await main().innerText()).toContain('Bel de leverancier met het nummer.');
      await behave(region, { practice, reset: true });
      await hands.press('Doe iets met alles van dit filter');
      await hands.type(why(main()), 'Verholpen door de leverancier');
      await hands.press('Begin');
      for (const number of numbers) await untilFeedback(store, number, 'landed');
    });
  });

  test('an unknown patient: the page says that the practice must act, and what was agreed is noted', async () => {
    expect((await sendRaw('de-brink', 'fhir-bsn-invalid', '0-received.json')).status).toBe(422);
    await mending('unknown patient', async (hands) => {
      const part = await hands.onClasses('unknown-patient');
      expect(await part.innerText()).toContain('De praktijk, in haar eigen systeem.');
      await hands.press(part.getByRole('link', { name: /geweigerd$/ }));
      await hands.press(main().locator('li.delivery').getByRole('link').first());
      expect(await main().innerText()).toContain('bsn-invalid');
      await hands.press(link('Onbekende patiënt'));
      await hands.say(part, 'Praktijk gebeld, zij sturen opnieuw', 'opgelost');
    });
  });

  test('no Wally: the directory gives the practice one again, and the kept message is taken in', async () => {
    await withoutWally(store, 'aan-de-kade');
    const refer = await fetch(`${region.his}/aan-de-kade/api/patients/p1/refer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        reason: 'Is veel alleen.',
        lifeAreas: ['loneliness'],
        consent: { by: 'resident', how: 'spoken', medical: false, feedback: true },
      }),
    });
    expect(JSON.stringify(await refer.json())).toContain('no-wally-service');
    await mending('no Wally', async (hands) => {
      const part = await hands.onClasses('no-wally');
      expect(await part.innerText()).toContain('U, in de adreslijst.');
      await hands.press(part.getByRole('link', { name: 'Praktijk Voorbeeldkade' }));
      await hands.press(admin.page.getByRole('button', { name: /^Zet terug HealthcareService/ }).first());
      await hands.press(link(/^Bezorging|^Wachtrij/));
      await hands.press((await hands.onClasses('no-wally')).getByRole('link', { name: /geweigerd$/ }));
      await hands.press(main().locator('li.delivery').getByRole('link').first());
      await hands.press(link('Probeer het zonder iets op te slaan'));
      await hands.type(why(section('Alsnog aannemen')), 'De praktijk heeft weer een Wally');
      await hands.press('Neem het bericht aan');
      expect(await main().innerText()).toContain('Dit bericht is later alsnog aangenomen.');
    });
  });

  test('a message on which we break: set aside while the others go on, and released once it is mended', async () => {
    await behave(region, { practice, mode: 'refuse' });
    const number = await reported(region, store, practice);
    const { document = '' } = (await feedbackOf(store, number)) ?? {};
    const flip = () =>
      store.pool.query(
        `update document set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40)) where type = 'Communication' and id = $1`,
        [document],
      );
    await flip();
    await behave(region, { practice, reset: true });
    await untilFeedback(store, number, 'pending', 'fault');
    await mending('poison message', async (hands) => {
      await hands.toClass('Fout in Kortelijn');
      expect(await main().innerText()).toContain('Meld het nummer bij de ontwikkelaars.');
      await hands.press(link(number));
      await hands.type(why(section('Wat kunt u doen?')), 'Gemeld bij de ontwikkelaars');
      await untilBetweenTries(store, number);
      await hands.press('Opzijzetten');
      await untilFeedback(store, number, 'held', 'fault');
      await untilFeedback(store, await reported(region, store, practice), 'landed');
      await flip();
      await hands.type(why(section('Wat kunt u doen?')), 'Verholpen in de nieuwe versie');
      await hands.press('Weer vrijgeven');
      await untilFeedback(store, number, 'landed');
    });
  });

  test('a storm of the same message: one referral, and what is not the same is counted as one kind', async () => {
    const first = await sendRaw('aan-de-kade', 'fhir-conflict', '0-received.json');
    expect(first.status).toBe(200);
    const storm = await Promise.all(
      Array.from({ length: 20 }, () => sendRaw('aan-de-kade', 'fhir-conflict', '0-received.json')),
    );
    expect(new Set(storm.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    for (let n = 0; n < 3; n += 1)
      expect((await sendRaw('aan-de-kade', 'fhir-conflict', '0-received-again.json')).status).toBe(409);
    await mending('duplicate storm', async (hands) => {
      const part = await hands.onClasses('duplicate');
      expect(await part.innerText()).toMatch(
        /3 geweigerd[\s\S]*De leverancier van de praktijk\.[\s\S]*Praktijk Voorbeeldkade/,
      );
      await hands.say(part, 'Leverancier gebeld, zij zoeken het uit', 'bekend');
    });
  });

  test('Redis was wiped: what waits is in the record, and goes on by itself', async () => {
    await redis.kill();
    const number = await reported(region, store, practice);
    await mending('Redis wiped', async () => {
      expect(await main().innerText()).toMatch(/\d+ (nog te versturen|onderweg)/);
      await redis.start();
      await untilFeedback(store, number, 'landed');
      await until('nothing is open', async () => {
        await admin.open(`${region.url}/admin`);
        return (await main().innerText()).includes('Niets wacht op u.');
      });
    });
  });

  test('a practice is silent against its own rhythm: the alarm says whom to call, and is noted as seen', {
    timeout: 120_000,
  }, async () => {
    const raised = async () => {
      const { rows } = await store.pool.query(
        `select from region_alarm where class = 'practice-silent' and over_at is null`,
      );
      return rows.length > 0;
    };
    await until('the alarm is raised', raised, 90_000);
    await mending('silent practice', async (hands) => {
      await hands.press(link('Alarmen'));
      const alarm = admin.page.locator('li#practice-silent');
      expect(await alarm.innerText()).toMatch(/Een praktijk is stil[\s\S]*bel de praktijk en vraag of verwijzen lukt/);
      await hands.press(alarm.getByRole('link', { name: 'Huisartsenpraktijk Voorbeeldbrink' }));
      expect(await main().getByLabel('Telefoon', { exact: true }).inputValue()).toMatch(/^[0-9-]{10,}$/);
      await hands.press(link(/^Bezorging|^Wachtrij/));
      await hands.press(link('Alarmen'));
      hands.clicks += 1;
      await alarm.getByText(/Zeg dat u het weet/).click();
      await hands.type(why(alarm), 'Praktijk gebeld, hun leverancier herstelt de koppeling');
      await hands.press(alarm.getByRole('button', { name: /^Ik heb het gezien/ }));
      expect(await alarm.innerText()).toContain('Praktijk gebeld, hun leverancier herstelt de koppeling');
    });
  });
});
