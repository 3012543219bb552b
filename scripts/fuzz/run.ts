import type { Mapping } from '../../src/mapping/run.ts';
import type { DirectoryResource } from '../../src/referral/directory/directory.ts';
import type { ConsentAgreement } from '../../src/referral/directory/mllp.ts';
import type { Syntax } from '../../src/referral/format.ts';
import { isRefusal } from '../../src/referral/refusal.ts';
import { toTheDoor } from '../fixture-doors.ts';
import { playFormat } from '../fixture-play.ts';
import type { Case } from '../mapping/cases.ts';
import { mutate } from './mutate.ts';
import { randomOf } from './random.ts';
import { type SecondReader, saying } from './second.ts';
import { secondEdifact } from './second-edifact.ts';
import { secondFhir } from './second-fhir.ts';
import { secondHl7v2 } from './second-hl7v2.ts';
import { secondJson } from './second-json.ts';

/** What is thrown at a format, and what it is read with. */
export interface Fuzzing {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly mapping: Mapping;
  readonly cases: readonly Case[];
  readonly region: readonly DirectoryResource[];
  readonly seed: number;
}

/** A mutant that did what none may do; it can be made again from seed and number. */
export interface Failure {
  readonly nth: number;
  readonly what: string;
}

export interface Mutant {
  readonly bytes: Uint8Array;
  readonly agreement: ConsentAgreement | undefined;
  readonly practice: string;
  readonly now: string;
}

const secondReaders: Readonly<Record<Syntax, SecondReader>> = {
  fhir: secondFhir,
  json: secondJson,
  hl7v2: secondHl7v2,
  edifact: secondEdifact,
};

/** What we keep of a message may be this many times its size, and so much more: names of fields, texts of losses. */
const growthMax = 40;
const growthFree = 40_000;

/** The nth mutant of a seed: always the same. */
export function mutantOf({ mapping, cases, seed }: Fuzzing, nth: number): Mutant {
  const random = randomOf(seed, nth);
  const { agreement, messages, practice, now } = random.pick(cases.filter((one) => one.messages.length > 0));
  return { bytes: mutate(mapping.format.syntax, random, random.pick(messages).bytes), agreement, practice, now };
}

/** Takes a mutant to its door and, when it says something, through the whole pure path; gives what no mutant may do. */
export function tryMutant(
  fuzzing: Fuzzing,
  { bytes, agreement, practice, now }: Mutant,
): { isTaken: boolean; wrong: string[] } {
  const { mapping, mappings, region } = fuzzing;
  const { syntax, name } = mapping.format;
  try {
    const newId = () => '00000000-0000-7000-8000-000000000000';
    const at = toTheDoor(bytes, {
      mappings,
      mapping,
      practice: { id: practice, agb: '', agreement },
      now: new Date(now),
      newId,
    });
    if (isRefusal(at.mapped)) {
      at.refused(at.mapped);
      return { isTaken: false, wrong: saying(at.mapped.refused.length > 0, 'a refusal without a reason') };
    }
    const fixture = { name, format: name, practice, now, note: '', answeredAt: [], answers: [] };
    const messages = [{ file: '', bytes }];
    const stages = playFormat({ ...fixture, ...(agreement && { agreement }), messages }, mappings, region);
    const isTaken = stages.keys().some((file) => file.startsWith('2-answer'));
    const size = JSON.stringify(at.mapped).length;
    const wrong = isTaken
      ? [
          ...secondReaders[syntax](bytes, at.mapped, agreement).map((one) => `the second reader reads ${one}`),
          ...saying(size <= bytes.length * growthMax + growthFree, 'what we keep is far larger than what came'),
        ]
      : [];
    return { isTaken, wrong };
  } catch (error) {
    return {
      isTaken: false,
      wrong: [
        `it throws: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : 'something'}`,
      ],
    };
  }
}
