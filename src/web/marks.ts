import { dayText, html, type Markup, type Say, sayIn } from './html.ts';
import type { Viewer } from './page.ts';
import { isAcute, type Pressing, urgencyWords } from './words.ts';

/** When the promised call is due, in words and not only in colour. */
export function dueMark(
  due: Pressing,
  callBefore: string,
  shown: { viewer: Viewer; today: string },
): Markup | undefined {
  const t = sayIn(shown.viewer.language);
  const day = dayText(callBefore, shown.viewer.language, shown.today);
  switch (due) {
    case 'late':
      return html`<strong class="mark late">${t(
        `Te laat: bel vandaag. Beloofd was vóór ${day}`,
        `Late: call today. Promised before ${day}`,
      )}</strong>`;
    case 'today':
      return html`<strong class="mark soon">${t(`Bel vandaag (vóór ${day})`, `Call today (before ${day})`)}</strong>`;
    case 'later':
      return html`<span class="due">${t(`Bel vóór ${day}`, `Call before ${day}`)}</span>`;
    case 'kept':
      return undefined;
  }
}

export function urgencyMark(priority: string, t: Say): Markup {
  const said = urgencyWords(priority);
  return html`<span class="urgency ${isAcute(priority) ? 'mark acute' : priority}">${t(said.nl, said.en)}</span>`;
}

/** The safety mark of a list (H2): says that there is something to know, not what, and does not shout. */
export function safetyMark(t: Say): Markup {
  return html`<span class="mark safety">${t('let op bij bellen', 'take care when calling')}</span>`;
}
