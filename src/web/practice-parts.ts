import type { Directory } from '../referral/directory/directory.ts';
import { isOpen, transition } from '../referral/lifecycle/lifecycle.ts';
import { isRefusal } from '../referral/refusal.ts';
import { csrfField } from './acting.ts';
import { dayText, html, type Markup, sayIn } from './html.ts';
import { type Shown, telLink } from './journey/referral-view.ts';
import type { Viewer } from './page.ts';
import { pressing } from './words.ts';

/** Who has it now, with a number to call: the owner's, else the team's (promise 2); and in whose place. */
export function ownerPart(
  directory: Directory,
  { owner, actingFor }: { readonly owner: string | null; readonly actingFor: string | null },
  practice: string,
  viewer: Viewer,
): Markup {
  const t = sayIn(viewer.language);
  const team = directory.teams.get(directory.practices.get(practice)?.service?.team ?? '');
  const role = directory.roles.get(owner ?? '');
  const phone = role?.phone ?? team?.phone;
  const name =
    role?.name ?? t('nog niemand; de teamleider wijst iemand aan', 'nobody yet; the team lead assigns someone');
  const absent = owner && directory.roles.get(actingFor ?? '')?.name;
  return html`<span class="owner">${name}</span>${
    absent && html` <span>${t(`neemt waar voor ${absent}`, `acts for ${absent}`)}</span>`
  }${phone && html` ${telLink(phone)}`}`;
}

/** What was promised at the click, and plainly so when it was not kept. */
export function promise(referral: Parameters<typeof pressing>[0], viewer: Viewer, today: string): Markup | undefined {
  const t = sayIn(viewer.language);
  const due = pressing(referral, today);
  if (due === 'kept') return undefined;
  const day = dayText(referral.callBefore, viewer.language, today);
  if (due !== 'late') return html`<span class="due">${t(`belt vóór ${day}`, `calls before ${day}`)}</span>`;
  return html`<strong class="mark late">${t(
    `nog niet gebeld; beloofd was vóór ${day}`,
    `not called yet; promised before ${day}`,
  )}</strong>`;
}

/** What the practice may still do: undo while nobody saw it (H3), withdraw while the Wally has not reported, else call. */
export function takeBackPart(shown: Shown, now: Date): Markup | undefined {
  const { journey, viewer, directory } = shown;
  const t = sayIn(viewer.language);
  const { undoUntil, taskStatus } = journey.index;
  const may = (move: 'undo' | 'withdraw') => !isRefusal(transition(journey, move, viewer.actor));
  const form = (how: 'undo' | 'withdraw', label: string) =>
    html`<form method="post" action="/practice/${journey.id}/take-back" class="buttons">${csrfField(viewer)}
<button name="how" value="${how}" class="${how === 'undo' ? '' : 'danger'}">${label}</button></form>`;
  if (undoUntil && undoUntil > now.toISOString() && may('undo')) {
    const until = new Intl.DateTimeFormat(viewer.language === 'en' ? 'en-GB' : 'nl-NL', {
      timeStyle: 'short',
      timeZone: 'Europe/Amsterdam',
    }).format(new Date(undoUntil));
    return html`<div class="panel">
<p>${t(
      `U kunt deze verwijzing tot ${until} uur nog terugnemen. Tot dan ziet de Wally niets.`,
      `You can take this referral back until ${until}. The Wally sees nothing until then.`,
    )}</p>
${form('undo', t('Terugnemen', 'Take back'))}</div>`;
  }
  if (may('withdraw')) {
    return html`<details class="panel"><summary>${t('Verwijzing intrekken', 'Withdraw the referral')}</summary>
<p>${t(
      'De Wally stopt dan en ziet dat u de verwijzing hebt ingetrokken. Dit kan niet ongedaan worden gemaakt.',
      'The Wally then stops and sees that you withdrew the referral. This cannot be undone.',
    )}</p>
${form('withdraw', t('Ja, intrekken', 'Yes, withdraw'))}</details>`;
  }
  if (!isOpen(taskStatus)) return undefined;
  if (journey.requests.some((one) => one.resource.status === 'requested'))
    return html`<p class="panel">${t(
      'U hebt gevraagd om te stoppen. De Wally overlegt met de inwoner en geeft u antwoord.',
      'You asked to stop. The Wally talks with the resident and answers you.',
    )}</p>`;
  return html`<p class="panel">${t(
    'De Wally is al met de inwoner bezig. Wilt u stoppen? Vraag het hieronder, of bel:',
    'The Wally is already working with the resident. Do you want to stop? Ask below, or call:',
  )} ${ownerPart(directory, journey.index, journey.practice, viewer)}</p>`;
}
