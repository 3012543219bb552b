import { readDay } from '../../intake/refer/fields.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Ages } from '../../referral/directory/practice-service.ts';
import { ageOn } from '../../referral/referral.ts';
import { send, type Visit } from '../acting.ts';
import { dayText, html, type Markup, sayIn } from '../html.ts';
import { telLink } from '../journey/referral-view.ts';
import type { Viewer } from '../page.ts';

const serviceOf = (directory: Directory, viewer: Viewer) =>
  directory.practices.get(viewer.actor.organization ?? '')?.service;

function agesText({ from, upTo }: Ages, { language }: Viewer): string {
  const t = sayIn(language);
  if (from !== undefined && upTo !== undefined)
    return t(`van ${from} tot ${upTo} jaar`, `from ${from} to ${upTo} years`);
  return from !== undefined
    ? t(`van ${from} jaar en ouder`, `of ${from} years and older`)
    : t(`jonger dan ${upTo} jaar`, `younger than ${upTo}`);
}

/** Whom this practice's route is for, where the directory says so. */
export function agesPart(directory: Directory, viewer: Viewer): Markup | undefined {
  const ages = serviceOf(directory, viewer)?.ages;
  if (!ages) return undefined;
  const t = sayIn(viewer.language);
  const said = agesText(ages, viewer);
  return html`<p class="panel">${t(`Deze route is voor inwoners ${said}.`, `This route is for residents ${said}.`)}</p>`;
}

/**
 * The route takes nobody today, or not this resident, whose birth date is known: said before the form, with the number to
 * call. Undefined when the route is open. `typedBirthDate` as it stands in the form.
 */
function closedPart(
  directory: Directory,
  viewer: Viewer,
  typedBirthDate: string | undefined,
  today: string,
): Markup | undefined {
  const t = sayIn(viewer.language);
  const service = serviceOf(directory, viewer);
  const closure = service?.closures?.find((one) => one.from <= today && (one.to === undefined || today <= one.to));
  const birthDate = readDay(typedBirthDate ?? '');
  const age = birthDate === undefined ? undefined : ageOn(birthDate, today);
  const { ages } = service ?? {};
  const isOutside =
    age !== undefined &&
    ages !== undefined &&
    (age < (ages.from ?? 0) || age >= (ages.upTo ?? Number.POSITIVE_INFINITY));
  if (!closure && !isOutside) return undefined;
  const team = directory.teams.get(service?.team ?? '');
  const until = closure?.to && dayText(closure.to, viewer.language, today);
  const why = closure
    ? html`<p>${t('De route neemt nu geen nieuwe verwijzingen aan', 'The route takes no new referrals now')}${
        until && t(`, tot en met ${until}`, `, up to and including ${until}`)
      }.${closure.why && html` <span lang="nl">${closure.why}</span>`}</p>`
    : html`<p>${t(
        `Deze route is voor inwoners ${agesText(ages ?? {}, viewer)}. Deze inwoner is ${age} jaar.`,
        `This route is for residents ${agesText(ages ?? {}, viewer)}. This resident is ${age}.`,
      )}</p>`;
  return html`<h1>${t('Deze route kan dit niet aannemen', 'This route cannot take this')}</h1>${why}
<p>${t('Er is niets verstuurd.', 'Nothing was sent.')}
${team?.phone && html`${t(`Overleg met ${team.name}`, `Consult ${team.name}`)}: ${telLink(team.phone)}.`}</p>
<p><a href="/practice">${t('Naar onze verwijzingen', 'To our referrals')}</a></p>`;
}

/** Sends that page when the route is closed to this resident; gives whether it did. */
export function sendClosed(
  visit: Visit,
  directory: Directory,
  typedBirthDate: string | undefined,
  today: string,
): boolean {
  const main = closedPart(directory, visit.viewer, typedBirthDate, today);
  const title = sayIn(visit.viewer.language)('Deze route kan dit niet aannemen', 'This route cannot take this');
  if (main) send(visit, { title, main }, 409);
  return main !== undefined;
}
