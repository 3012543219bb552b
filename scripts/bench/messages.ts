import { randomUUID } from 'node:crypto';
import { buildReferral } from '../../demo/bundle.ts';
import type { Patient, Practice } from '../../demo/model.ts';
import { validBsn } from '../../src/fhir/identifiers.ts';
import { facilityOf } from './place.ts';

/** A referral as one practice's system sends it. */
export interface Sent {
  readonly practice: Practice;
  /** The practice's own number. */
  readonly number: string;
  readonly body: Buffer;
}

const bsns = Array.from({ length: 99_999 }, (_, n) => String(999_900_000 + n)).filter(validBsn);

function patientOf(n: number): Patient {
  const day = new Date(Date.UTC(1940, 0, 1) + (n % 20_000) * 86_400_000).toISOString().slice(0, 10);
  return {
    id: `p${n}`,
    bsn: bsns[n % bsns.length],
    given: ['Voorbeeld', 'Maria'],
    callName: 'Voor',
    ownPrefix: 'van',
    ownName: `Meting-${n.toString(36)}`,
    nameOrder: 'NL1',
    gender: 'female',
    birthDate: day,
    phone: '099 910 20 31',
    mobile: '06 0010 20 31',
    email: `p${n}@patient.example`,
    street: 'Molenwerf',
    houseNumber: String((n % 200) + 1),
    postcode: `8299 ${'ABCDEFGH'.charAt(n % 8)}${'ABCDEFGH'.charAt((n >> 3) % 8)}`,
    city: 'Voorbeelddorp',
    episodes: [],
    journal: [],
  };
}

const reason =
  'Mevrouw komt sinds het overlijden van haar man nauwelijks meer buiten. Zij slaapt slecht en belt vaak met de praktijk, ' +
  'vooral in het weekend. Haar kinderen wonen ver weg. Zij wil graag weer onder de mensen zijn, maar weet niet hoe zij dat ' +
  'moet beginnen. Vroeger zong zij in een koor. Er zijn ook zorgen over geld: de uitvaart is nog niet betaald.';
const question = 'Ik zou zo graag weer eens met iemand eten. Alleen aan tafel smaakt het nergens naar.';

function practiceFor(practices: readonly Practice[], n: number): Practice {
  const practice = practices[n % practices.length];
  if (!practice) throw new Error('no practices');
  return practice;
}

/** Referrals `from` … `from + count − 1` as FHIR transactions: of different people, in turn from each practice. */
export function fhirMessages(practices: readonly Practice[], from: number, count: number): Sent[] {
  return Array.from({ length: count }, (_, at) => {
    const n = from + at;
    const practice = practiceFor(practices, n);
    const gp = practice.gps[0];
    if (!gp) throw new Error('a practice without a GP');
    const number = `M-${String(n).padStart(7, '0')}`;
    const bundle = buildReferral({
      practice,
      gp,
      patient: patientOf(n),
      request: {
        reason,
        question,
        lifeAreas: ['loneliness', 'debts'],
        priority: 'routine',
        icpc: 'Z01',
        consent: { by: 'resident', how: 'spoken', medical: true, feedback: true },
      },
      ids: {
        bundle: randomUUID(),
        patient: randomUUID(),
        organization: randomUUID(),
        practitioner: randomUUID(),
        practitionerRole: randomUUID(),
        consent: randomUUID(),
        condition: randomUUID(),
        serviceRequest: randomUUID(),
        task: randomUUID(),
      },
      number,
      authoredOn: new Date().toISOString(),
    });
    return { practice, number, body: Buffer.from(JSON.stringify(bundle)) };
  });
}

/** The same as REF^I12. `enclosedBytes`: with a letter of that size as base64, as systems enclose a PDF. */
export function hl7Messages(practices: readonly Practice[], from: number, count: number, enclosedBytes = 0): Sent[] {
  const instant = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`;
  const day = instant.slice(0, 8);
  return Array.from({ length: count }, (_, at) => {
    const n = from + at;
    const practice = practiceFor(practices, n);
    const patient = patientOf(n);
    const number = `V-${String(n).padStart(7, '0')}`;
    const consent = (of: string, nth: number) =>
      `CON|${nth}|${of}^^99KL||||||||V^Verbal^HL70497|A||${day}||||||||||||1^Subject^HL70548`;
    const lines = [
      `MSH|^~\\&|MEETHIS|${facilityOf(practice.id)}|KORTELIJN|WALLY|${instant}||REF^I12^REF_I12|C-${n}|P|2.5.1||||||UNICODE UTF-8`,
      `RF1|A|R^Routine^HL70280||||${number}^MEETHIS|${instant}|||loneliness^^99KL~debts^^99KL`,
      `PRD|RP|Leeuwen^M.|||||${practice.gps[0]?.agb}^VEKTIS`,
      `PID|1||${patient.id}^^^MEETHIS^PI~${patient.bsn}^^^NLMINBIZA^NNNLD||van ${patient.ownName}^V^M^^^^L||${patient.birthDate.replaceAll('-', '')}|F|||${patient.street} ${patient.houseNumber}&${patient.street}&${patient.houseNumber}^^Voorbeelddorp^^${patient.postcode}^NL^H||099 910 20 31`,
      `OBX|1|TX|reason^^99KL||${reason}`,
      `OBX|2|TX|resident-question^^99KL||${question}`,
      ...(enclosedBytes > 0 ? [`OBX|3|ED|letter^^L||MEETHIS^AP^PDF^Base64^${'QUJD'.repeat(enclosedBytes / 4)}`] : []),
      consent('share-reason', 1),
      consent('feedback-content', 2),
    ];
    return { practice, number, body: Buffer.from(lines.map((line) => `${line}\r`).join('')) };
  });
}
