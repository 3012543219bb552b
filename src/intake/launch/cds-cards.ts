import { z } from 'zod';
import type { Language, Said } from '../../fhir/outcome.ts';
import { codeSystems } from '../../fhir/systems.ts';
import { icpcOf, isSocial, resourcesIn } from '../../referral/social-icpc.ts';

/** The hooks that we answer (CDS Hooks 2.0), with what the client is asked to send along. */
export const hooks = ['patient-view', 'order-sign', 'order-dispatch'] as const;
export type Hook = (typeof hooks)[number];

const context = z.looseObject({ patientId: z.string().regex(/^[A-Za-z0-9\-.]{1,64}$/) });

/** One call of a hook; what we do not read is let be. */
export const callSchema = z.looseObject({
  hook: z.enum(hooks),
  hookInstance: z.string().min(1).max(200),
  fhirServer: z.string().max(500).optional(),
  context,
  prefetch: z.record(z.string(), z.unknown()).optional(),
});
export type Call = z.infer<typeof callSchema>;

export interface Service {
  readonly hook: Hook;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly prefetch: Readonly<Record<string, string>>;
}

/** One service per hook, named after it. */
export const services: readonly Service[] = hooks.map((hook) => ({
  hook,
  id: `refer-${hook}`,
  title: 'Verwijzen naar de Wally (sociaal werk)',
  description:
    'Offers a referral to the practice’s fixed social worker when the record has social problems (ICPC chapter Z) or a draft referral to social work. Never writes.',
  prefetch: {
    conditions: 'Condition?patient={{context.patientId}}',
    ...(hook === 'order-dispatch' && { orders: 'ServiceRequest?patient={{context.patientId}}&status=draft,active' }),
  },
}));

const socialOrders: readonly (readonly [system: string, code: string])[] = [
  [codeSystems.snomed, '308440001'],
  [codeSystems.snomed, '410606002'],
];

interface Order {
  readonly resourceType?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly category?: unknown;
}

/** A referral to social work, by its code or category, or by one of our own life areas. */
function isSocialOrder(resource: unknown): boolean {
  const order = (resource ?? {}) as Order;
  if (order.resourceType !== 'ServiceRequest') return false;
  const concepts = [order.code, ...(Array.isArray(order.category) ? order.category : [])];
  return concepts
    .flatMap((one) => (one as { coding?: unknown } | undefined)?.coding ?? [])
    .some((coding) => {
      const { system, code } = (coding ?? {}) as { system?: unknown; code?: unknown };
      return system === codeSystems.lifeArea || socialOrders.some((one) => one[0] === system && one[1] === code);
    });
}

/** Referrals to social work that are about to be signed, or were just dispatched. */
function ordersIn({ hook, context: about, prefetch }: Call): boolean {
  const { draftOrders, dispatchedOrders } = about;
  if (hook === 'order-sign') return resourcesIn(draftOrders).some(isSocialOrder);
  if (hook !== 'order-dispatch' || !Array.isArray(dispatchedOrders)) return false;
  const ids = dispatchedOrders.map((one) => String(one).replace(/^ServiceRequest\//, ''));
  return Object.values(prefetch ?? {})
    .flatMap((one) => [one, ...resourcesIn(one)])
    .some((one) => isSocialOrder(one) && ids.includes(String((one as Order).id)));
}

function socialCodes({ prefetch }: Call): string[] {
  const codes = Object.values(prefetch ?? {})
    .flatMap((one) => [one, ...resourcesIn(one)])
    .flatMap((one) => icpcOf(one) ?? []);
  return [...new Set(codes.filter(isSocial))];
}

/** Where a card leads: the practice's SMART launch, else the page itself. Neither holds a word about the patient. */
export interface CardLink {
  readonly url: string;
  readonly type: 'smart' | 'absolute';
}

const words = {
  problems: {
    nl: 'In het dossier staan sociale problemen. Wilt u verwijzen naar de Wally?',
    en: 'The record has social problems. Would you like to refer to the Wally?',
  },
  order: {
    nl: 'Dit is een verwijzing naar sociaal werk. Uw vaste Wally kan de patiënt bellen.',
    en: 'This is a referral to social work. Your fixed Wally can call the patient.',
  },
  detail: {
    nl: 'U ziet vooraf wie belt en vóór welke dag. Zonder toestemming van de patiënt gaat er niets uit uw praktijk.',
    en: 'You see beforehand who calls and before which day. Without the patient’s consent nothing leaves your practice.',
  },
  open: { nl: 'Verwijs naar de Wally', en: 'Refer to the Wally' },
  draft: { nl: 'Zet een concept-verwijzing klaar', en: 'Prepare a draft referral' },
  created: {
    nl: 'Concept-verwijzing naar sociaal werk, zonder inhoud',
    en: 'Draft referral to social work, without content',
  },
} as const satisfies Record<string, Said>;

/**
 * The cards for one call: one when there is reason to refer, none otherwise. For orders it suggests a draft
 * ServiceRequest, which the client makes when a person accepts it; we never write. Pure; `newId` makes uuids.
 */
export function cardsFor(call: Call, link: CardLink, language: Language, newId: () => string): object[] {
  const codes = socialCodes(call);
  const ordered = ordersIn(call);
  if (codes.length === 0 && !ordered) return [];
  const said = (what: keyof typeof words) => words[what][language];
  const why = codes.length > 0 ? ` (${codes.join(', ')})` : '';
  const resource = {
    resourceType: 'ServiceRequest',
    status: 'draft',
    intent: 'proposal',
    code: { coding: [{ system: codeSystems.snomed, code: '308440001' }] },
    subject: { reference: `Patient/${call.context.patientId}` },
  };
  return [
    {
      uuid: newId(),
      summary: said(ordered ? 'order' : 'problems'),
      detail: `${said('detail')}${why}`,
      indicator: 'info',
      source: { label: 'Kortelijn' },
      links: [{ label: said('open'), ...link }],
      ...(call.hook !== 'patient-view' &&
        !ordered && {
          selectionBehavior: 'any',
          suggestions: [
            {
              label: said('draft'),
              uuid: newId(),
              actions: [{ type: 'create', description: said('created'), resource }],
            },
          ],
        }),
    },
  ];
}
