import type { Said } from '../fhir/outcome.ts';

/** The life areas of the social domain; codes of our CodeSystem life-area, in the order people read them. */
export const lifeAreas = {
  loneliness: { nl: 'eenzaamheid en sociale contacten', en: 'loneliness and social contacts' },
  debts: { nl: 'geld en schulden', en: 'money and debts' },
  housing: { nl: 'wonen', en: 'housing' },
  work: { nl: 'werk, school en dagbesteding', en: 'work, school and daytime activities' },
  relations: { nl: 'relaties en gezin', en: 'relations and family' },
  'daily-life': { nl: 'dagelijks leven en zelf regelen', en: 'daily life and self-management' },
  health: { nl: 'gezondheid en leefstijl', en: 'health and lifestyle' },
  meaning: { nl: 'zingeving en verlies', en: 'meaning and loss' },
  safety: { nl: 'veiligheid', en: 'safety' },
  other: { nl: 'iets anders', en: 'something else' },
} as const satisfies Record<string, Said>;

export type LifeArea = keyof typeof lifeAreas;

export const lifeAreaCodes = Object.keys(lifeAreas) as LifeArea[];

export function isLifeArea(code: string): code is LifeArea {
  return Object.hasOwn(lifeAreas, code);
}
