import type { Actor } from '../../referral/actor.ts';
import type { AuditLine } from '../../referral/change.ts';
import { looksPersonal } from '../../referral/looks-personal.ts';
import { issue, type Refusal, refuse } from '../../referral/refusal.ts';
import { csrfField, field, type Visit } from '../acting.ts';
import { html, type Markup, sayIn } from '../html.ts';

const lengthMax = 200;

/** Why somebody did something, as they typed it; a refusal when there is nothing, or something about a person (H17). */
export function reasonIn(body: unknown): string | Refusal {
  const reason = field(body, 'reason').replaceAll('\n', ' ');
  if (reason.length < 3 || reason.length > lengthMax) {
    return refuse(
      issue('required', 'required-why', 'reason', {
        nl: 'Schrijf in een paar woorden waarom. Er is niets veranderd.',
        en: 'Write in a few words why. Nothing was changed.',
      }),
    );
  }
  const [look] = looksPersonal(reason);
  if (!look) return reason;
  return refuse(
    issue('value', 'looks-personal', 'reason', {
      nl: `${look.said.nl} Schrijf de reden zonder iets over een persoon. Er is niets veranderd.`,
      en: `${look.said.en} Write the reason without anything about a person. Nothing was changed.`,
    }),
  );
}

/** The field in which somebody says why; `id` tells it from others on the page. */
export function reasonField(visit: Visit, id = 'reason'): Markup {
  const t = sayIn(visit.viewer.language);
  return html`
    <div class="field">
      <label for="${id}">${t('Waarom?', 'Why?')}</label>
      <p class="hint" id="${id}-hint">${t(
        'Een paar woorden, zonder iets over een persoon. Ze staan in het logboek.',
        'A few words, without anything about a person. They stand in the audit trail.',
      )}</p>
      <input type="text" id="${id}" name="reason" maxlength="${lengthMax}" autocomplete="off" required aria-describedby="${id}-hint">
    </div>`;
}

/** A form of one press: a reason where it is asked, hidden fields, and buttons. */
export function smallForm(visit: Visit, action: string, inside: Markup): Markup {
  return html`<form method="post" action="${action}" class="form">${csrfField(visit.viewer)}${inside}</form>`;
}

/** The line of the trail for what an administrator does. */
export function adminLine(
  actor: Actor,
  at: string,
  event: string,
  more: Pick<AuditLine, 'object' | 'code' | 'reason'> = {},
): AuditLine {
  return {
    event,
    at,
    actor: { id: actor.id, role: actor.role },
    action: 'U',
    outcome: 'ok',
    purpose: 'SYSADMIN',
    ...more,
  };
}
