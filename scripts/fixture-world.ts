import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, Communication, Extension, Resource } from '@medplum/fhirtypes';
import { type His, startHis } from '../demo/his.ts';
import { type MailCatcher, startMailCatcher } from '../demo/mail.ts';
import { type Patient as HisPatient, type Practice, patientSchema, practicesFileSchema } from '../demo/model.ts';
import { notifyMailConnector } from '../src/connectors/notify-mail.ts';
import { extensions } from '../src/fhir/systems.ts';
import { loadMappings, mappingOf } from '../src/mapping/load.ts';
import { bsnSystems } from '../src/referral/patient-from-fhir.ts';
import { asText, fixturesFolder, play, publicUrl, regionWith } from './fixture-case.ts';
import { type MllpFixture, playMllp } from './fixture-mllp.ts';
import type { Fixture, Played } from './fixture-story.ts';

/** What stages 3 and 6 need of other parties: the simulated HIS and a mail server, both on this machine. */
export interface World {
  /** All stages of a case that are made by command, file name → text as it stands in the file. */
  stagesOf(fixture: Fixture): Promise<Map<string, string>>;
  /** The same of a case of the MLLP door. */
  mllpStagesOf(fixture: MllpFixture): Promise<Map<string, string>>;
  close(): Promise<void>;
}

const extensionOf = (parts: readonly Extension[] | undefined, name: string) => parts?.find((one) => one.url === name);

function resourceIn<T extends Resource['resourceType']>(received: Resource, type: T) {
  const entries = received.resourceType === 'Bundle' ? (received as Bundle).entry?.map((one) => one.resource) : [];
  const contained = 'contained' in received ? received.contained : [];
  return [received, ...(entries ?? []), ...(contained ?? [])].find(
    (one): one is Extract<Resource, { resourceType: T }> => one?.resourceType === type,
  );
}

/** The patient as the practice's own record has them: what its message says, in the HIS's own form. */
export function hisPatient(fixture: Fixture): HisPatient {
  const patient = resourceIn(fixture.received, 'Patient');
  if (!patient) throw new Error(`${fixture.name}: no Patient in 0-received.json`);
  const name = patient.name?.find((one) => one.use === 'official');
  const usual = patient.name?.find((one) => one.use === 'usual');
  const parts = (name as { _family?: { extension?: Extension[] } } | undefined)?._family?.extension;
  const part = (key: string, url: string) => {
    const value = extensionOf(parts, url)?.valueString;
    return value ? { [key]: value } : {};
  };
  const bsn = patient.identifier?.find((one) => bsnSystems.includes(one.system ?? ''))?.value;
  const own = patient.identifier?.find((one) => !bsnSystems.includes(one.system ?? ''))?.value;
  return patientSchema.parse({
    id: own ?? fixture.name,
    ...(bsn && { bsn }),
    given: name?.given ?? [],
    ...(usual?.given?.[0] && { callName: usual.given[0] }),
    ownName: name?.family,
    ...part('ownPrefix', extensions.ownPrefix),
    ...part('ownName', extensions.ownName),
    ...part('partnerPrefix', extensions.partnerPrefix),
    ...part('partnerName', extensions.partnerName),
    ...(extensionOf(name?.extension, extensions.assemblyOrder)?.valueCode && {
      nameOrder: extensionOf(name?.extension, extensions.assemblyOrder)?.valueCode,
    }),
    gender: patient.gender,
    birthDate: patient.birthDate,
  });
}

async function asked(url: string, body?: object, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the simulated HIS answered ${answer.status}`);
  return answer.json();
}

/** The practice's own number of the referral, as its message says it. */
export function practiceNumber(received: Resource): { system: string; value: string } {
  const request = resourceIn(received, 'ServiceRequest');
  const found = request?.identifier?.find((one) => one.system && one.value);
  return { system: found?.system ?? '', value: found?.value ?? '' };
}

/** Puts a case's patient and the practice's own number of the referral into the HIS, as if it had sent it itself. */
export async function registerInHis(his: His, fixture: Fixture): Promise<HisPatient> {
  const patient = hisPatient(fixture);
  const { practice, received } = fixture;
  await asked(`${his.url}/api/patients`, { practice, patients: [patient] });
  const referrals = [{ ...practiceNumber(received), patientId: patient.id }];
  await asked(`${his.url}/api/referrals`, { practice, referrals });
  return patient;
}

const lines = (text: string) => text.split('\n');

/** What was mailed after the first `count` mails, as people read it. */
export function mailsSince(
  mail: MailCatcher,
  count: number,
): { to: readonly string[]; subject: string; text: string[] }[] {
  return mail
    .mails()
    .slice(count)
    .map(({ to, subject, text }) => ({ to, subject, text: lines(text) }));
}

/**
 * How it stands in the patient's record of the HIS, read over its API: journal entries, newest first, and their letters.
 * Ids of letters count from the oldest; the moment of filing is only told as such.
 */
export async function readRecord(
  his: His,
  practice: Pick<Practice, 'id' | 'token'>,
  patientId: string,
): Promise<object> {
  const record = (await asked(`${his.url}/${practice.id}/api/patients/${patientId}`)) as {
    journal: { kind: string; letterId?: string; referralId?: string }[];
  };
  const items = record.journal.filter((one) => one.kind === 'letter');
  const letters = await Promise.all(
    items.map(async ({ letterId }, n) => {
      const kept = (await asked(`${his.url}/${practice.id}/fhir/Communication/${letterId}`, undefined, {
        authorization: `Bearer ${practice.token}`,
      })) as Communication;
      const text = kept.payload?.flatMap((one) => lines(one.contentString ?? ''));
      return {
        letter: `letter-${items.length - n}`,
        status: kept.status,
        received: kept.received ? 'when it was filed' : 'not yet',
        sent: kept.sent,
        text,
      };
    }),
  );
  const journal = items.map(({ letterId: _letter, referralId: _referral, ...item }, n) => ({
    ...item,
    letter: `letter-${items.length - n}`,
  }));
  return { journal, letters };
}

/** The practices that the simulated HIS plays, with the credentials of both directions. */
export async function demoPractices(): Promise<readonly Practice[]> {
  return practicesFileSchema.parse(JSON.parse(await readFile(new URL('region/demo-his.json', fixturesFolder), 'utf8')))
    .practices;
}

/** Starts what the stages need; the caller closes it. */
export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'kortelijn-fixtures-'));
  const practices = await demoPractices();
  const mail = await startMailCatcher({ port: 0 });
  const mailer = notifyMailConnector(
    { host: '127.0.0.1', port: mail.port, from: 'Kortelijn <kortelijn@kortelijn.example>', secure: false },
    publicUrl,
  );
  const mappings = await loadMappings();
  const mapping = mappingOf(mappings, 'fhir-r4');

  const mailsOf = async (notices: Played['notices']) => {
    const before = mail.mails().length;
    for (const { messageId, ...to } of notices)
      await mailer.send({ messageId, kind: 'notify', ambiguous: false, mail: to }, AbortSignal.timeout(5_000));
    return mailsSince(mail, before);
  };

  // A HIS of its own for each case: ids of messages count per case, and a HIS takes each id once.
  const returned = async (fixture: Fixture, communications: Played['communications']) => {
    const practice = practices.find((one) => one.id === fixture.practice);
    if (!practice) throw new Error(`${fixture.name}: the simulated HIS does not play ${fixture.practice}`);
    let now = new Date(fixture.now);
    const dataDir = join(folder, fixture.name);
    const his = await startHis({ port: 0, dataDir, kortelijn: publicUrl, practices: [practice], now: () => now });
    try {
      const patient = await registerInHis(his, fixture);
      for (const one of communications) {
        now = new Date(one.sent ?? 0);
        const condition = `identifier=${one.identifier?.[0]?.system}|${one.identifier?.[0]?.value}`;
        const headers = { authorization: `Bearer ${practice.token}`, 'if-none-exist': condition };
        await asked(`${his.url}/${practice.id}/fhir/Communication`, one, headers);
      }
      return await readRecord(his, practice, patient.id);
    } finally {
      await his.close();
    }
  };

  return {
    stagesOf: async (fixture) => {
      const { stages, notices, communications } = play(fixture, mapping, await regionWith(fixture.absent));
      const all = new Map(stages);
      const seen = all.get('3-delivered.json');
      if (seen) all.set('3-delivered.json', { ...seen, mails: await mailsOf(notices) });
      if (communications.length > 0) all.set('6-returned.json', await returned(fixture, communications));
      return new Map([...all].sort(([a], [b]) => a.localeCompare(b)).map(([file, content]) => [file, asText(content)]));
    },
    mllpStagesOf: async (fixture) => {
      const region = await regionWith(fixture.absent);
      const { stages, notices } = playMllp(fixture, mappingOf(mappings, 'hl7v2-ref'), region);
      const all = new Map(stages);
      const seen = all.get('3-delivered.json');
      if (seen) all.set('3-delivered.json', { ...seen, mails: await mailsOf(notices) });
      const text = (content: unknown) => (typeof content === 'string' ? content : asText(content));
      return new Map([...all].sort(([a], [b]) => a.localeCompare(b)).map(([file, content]) => [file, text(content)]));
    },
    close: async () => {
      mailer.close();
      await mail.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
