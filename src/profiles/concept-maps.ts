import type { ConceptMap, ConceptMapGroupElementTarget } from '@medplum/fhirtypes';
import { codeSystems, conceptMaps } from '../fhir/systems.ts';
import { type LifeArea, lifeAreas } from '../referral/life-area.ts';
import { asPublished, type Published } from './published.ts';
import { valueSetOf } from './terminology.ts';

type Equivalence = NonNullable<ConceptMapGroupElementTarget['equivalence']>;
/** Target codes with how they relate to the life area; an empty list: nothing there matches. */
type Areas = Readonly<Record<LifeArea, readonly (readonly [code: string, equivalence: Equivalence])[]>>;

// No mapping of life areas to any of these three was ever published: these are our own, cautious ones.
const toZrm: Areas = {
  loneliness: [
    ['social-network', 'relatedto'],
    ['participation', 'relatedto'],
  ],
  debts: [['finances', 'relatedto']],
  housing: [['housing', 'equivalent']],
  work: [
    ['work-and-education', 'narrower'],
    ['use-of-time', 'narrower'],
  ],
  relations: [['domestic-relations', 'narrower']],
  'daily-life': [
    ['basic-adl', 'narrower'],
    ['instrumental-adl', 'narrower'],
  ],
  health: [
    ['physical-health', 'narrower'],
    ['mental-health', 'narrower'],
    ['substance-use', 'narrower'],
  ],
  meaning: [],
  safety: [['domestic-relations', 'inexact']],
  other: [],
};

const toPositiveHealth: Areas = {
  loneliness: [['participation', 'relatedto']],
  debts: [['quality-of-life', 'wider']],
  housing: [['quality-of-life', 'wider']],
  work: [['participation', 'wider']],
  relations: [['quality-of-life', 'relatedto']],
  'daily-life': [['daily-functioning', 'relatedto']],
  health: [
    ['bodily-functions', 'narrower'],
    ['mental-wellbeing', 'narrower'],
  ],
  meaning: [['meaningfulness', 'relatedto']],
  safety: [['quality-of-life', 'relatedto']],
  other: [],
};

/** The mirror of mappings/fhir-r4/codes/life-area.json: what is wider there is narrower here. */
const toGravity: Areas = {
  loneliness: [['social-connection', 'equivalent']],
  debts: [
    ['financial-insecurity', 'narrower'],
    ['material-hardship', 'narrower'],
    ['medical-cost-burden', 'narrower'],
    ['food-insecurity', 'narrower'],
  ],
  housing: [
    ['housing-instability', 'narrower'],
    ['homelessness', 'narrower'],
    ['inadequate-housing', 'narrower'],
  ],
  work: [
    ['employment-status', 'narrower'],
    ['educational-attainment', 'narrower'],
  ],
  relations: [],
  'daily-life': [],
  health: [],
  meaning: [],
  safety: [
    ['intimate-partner-violence', 'narrower'],
    ['elder-abuse', 'narrower'],
  ],
  other: [['sdoh-category-unspecified', 'inexact']],
};

const unmatched = { equivalence: 'unmatched' as const, comment: 'Nothing there means this' };
const comments: Partial<Record<Equivalence, string>> = {
  narrower: 'One part of this life area',
  inexact: 'They overlap; what is in the one is not always in the other',
};

function targetOf(code: string, equivalence: Equivalence): ConceptMapGroupElementTarget {
  const comment = comments[equivalence];
  return { code, equivalence, ...(comment && { comment }) };
}

function toConceptMap(url: string, title: string, target: string, areas: Areas): Published<ConceptMap> {
  return {
    resourceType: 'ConceptMap',
    ...asPublished(url, title, `${title}. Made by us: no published mapping exists. What has no match says so.`),
    sourceCanonical: valueSetOf(codeSystems.lifeArea),
    group: [
      {
        source: codeSystems.lifeArea,
        target,
        element: Object.entries(areas).map(([code, targets]) => ({
          code,
          display: lifeAreas[code as LifeArea].en,
          target: targets.length > 0 ? targets.map((one) => targetOf(...one)) : [unmatched],
        })),
      },
    ],
  };
}

/** Life areas to the three lists that the social domain and the world use. */
export const maps: readonly Published<ConceptMap>[] = [
  toConceptMap(conceptMaps.lifeAreaToZrm, 'Life areas to Zelfredzaamheid-Matrix 2017', codeSystems.zrm, toZrm),
  toConceptMap(
    conceptMaps.lifeAreaToPositiveHealth,
    'Life areas to Positieve Gezondheid',
    codeSystems.positiveHealth,
    toPositiveHealth,
  ),
  toConceptMap(conceptMaps.lifeAreaToGravity, 'Life areas to Gravity SDOH domains', codeSystems.gravity, toGravity),
];
