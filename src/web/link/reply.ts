import type { ServiceRequest } from '@medplum/fhirtypes';
import { firstLineMax, type Outcome, outcomeCodes } from '../../feedback/answer.ts';
import { heardSchema } from '../../feedback/onward.ts';
import type { Journey } from '../../referral/journey.ts';
import { isLifeArea, type LifeArea, lifeAreas } from '../../referral/life-area.ts';
import type { Link } from '../../referral/link.ts';
import { field } from '../acting.ts';
import type { Fault } from '../form-controls.ts';
import { answerMax } from '../moves/waiting.ts';

/** What was typed on the page of a case, what was wrong with it, or why it could not be done. */
export interface CaseFields {
  readonly fields: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
  readonly refused?: string;
}

/** A link with what it is about. */
export interface At {
  readonly link: Link;
  readonly journey: Journey;
}

/** What the organisation was asked; undefined for a question to a practice. */
export function requestOf({ link, journey }: At): (ServiceRequest & { id: string }) | undefined {
  const focus = journey.children.find((one) => one.resource.id === link.subject)?.resource.focus?.reference;
  return journey.childRequests.find((one) => `ServiceRequest/${one.resource.id}` === focus)?.resource;
}

/** The life areas of what was asked; `other` when none was named, so that it still ends with an outcome. */
export function areasOf(at: At): LifeArea[] {
  const codes = (requestOf(at)?.category ?? []).flatMap((one) => one.coding ?? []).flatMap(({ code }) => code ?? []);
  const areas = codes.filter((one) => isLifeArea(one));
  return areas.length > 0 ? areas : ['other'];
}
export const outcomeField = (area: LifeArea) => `outcome-${area}`;

type Heard = Omit<ReturnType<typeof heardSchema.parse>, 'task'>;
type Reply = { readonly heard?: Heard; readonly text?: string };

/** What was posted from the page of a case: an answer to a question, or accept, interim, decline or report; or its faults. */
export function readReply(what: string, body: unknown, at: At): Reply | CaseFields {
  const text = (name: string) => field(body, name);
  const names = ['answerText', 'reason', 'interimText', 'firstLine', ...areasOf(at).map(outcomeField)];
  const fields = Object.fromEntries(names.map((name) => [name, text(name)]));
  const wrong = (...faults: Fault[]): CaseFields => ({ fields, faults });
  if (at.link.purpose === 'question') {
    const said = { nl: 'Schrijf het antwoord.', en: 'Write the answer.' };
    const answer = text('answerText');
    return answer === '' || answer.length > answerMax ? wrong({ field: 'answerText', said }) : { text: answer };
  }
  if (what === 'accept') return { heard: { outcome: 'accepted' } };
  if (what === 'interim') {
    const said = { nl: 'Schrijf in het kort hoe het gaat.', en: 'Write in short how it goes.' };
    const how = text('interimText');
    return how === '' || how.length > answerMax
      ? wrong({ field: 'interimText', said })
      : { heard: { outcome: 'interim', text: how } };
  }
  if (what === 'decline') {
    const reason = heardSchema.shape.reason.unwrap().safeParse(text('reason'));
    return reason.success
      ? { heard: { outcome: 'declined', reason: reason.data } }
      : wrong({ field: 'reason', said: { nl: 'Kies waarom niet.', en: 'Choose why not.' } });
  }
  const firstLine = text('firstLine').replaceAll(/\s+/g, ' ');
  const ended = areasOf(at).map((lifeArea) => ({ lifeArea, outcome: text(outcomeField(lifeArea)) as Outcome }));
  const open = ended.filter((one) => !outcomeCodes.includes(one.outcome));
  const lineSaid = {
    nl: `Schrijf in het kort hoe het ging, in hooguit ${firstLineMax} tekens.`,
    en: `Write in short how it went, in at most ${firstLineMax} characters.`,
  };
  const faults: Fault[] = [
    ...(firstLine === '' || firstLine.length > firstLineMax ? [{ field: 'firstLine', said: lineSaid }] : []),
    ...open.map(({ lifeArea }) => ({
      field: outcomeField(lifeArea),
      said: {
        nl: `Kies een uitkomst bij: ${lifeAreas[lifeArea].nl}.`,
        en: `Choose an outcome for: ${lifeAreas[lifeArea].en}.`,
      },
    })),
  ];
  if (faults.length > 0) return wrong(...faults);
  const isReached = ended.some((one) => one.outcome !== 'not-reached');
  return { heard: { outcome: isReached ? 'helped' : 'not-reached', text: firstLine, outcomes: ended } };
}
