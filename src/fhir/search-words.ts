import type { Issue, IssueCode, Said } from './outcome.ts';

/** Why a search, or a part of it, is not done. */
export type SearchReason =
  | 'search-unknown'
  | 'search-empty'
  | 'search-value'
  | 'search-modifier'
  | 'search-include'
  | 'search-sort'
  | 'search-chain'
  | 'search-too-many'
  | 'search-by-post'
  | 'search-page';

const said: Readonly<Record<SearchReason, readonly [IssueCode, Said]>> = {
  'search-unknown': [
    'not-supported',
    {
      nl: 'Deze zoekparameter kennen wij hier niet. In metadata staat welke wel kunnen.',
      en: 'We do not know this search parameter here. See metadata for those we do.',
    },
  ],
  'search-empty': [
    'value',
    {
      nl: 'Deze zoekparameter heeft geen waarde. Wij hebben er niet op gezocht.',
      en: 'This search parameter has no value. We did not search by it.',
    },
  ],
  'search-value': [
    'value',
    {
      nl: 'De waarde van deze zoekparameter kunnen wij niet lezen. Controleer de schrijfwijze.',
      en: 'We cannot read the value of this search parameter. Check how it is written.',
    },
  ],
  'search-modifier': [
    'not-supported',
    {
      nl: 'Zo kunt u met deze parameter niet zoeken. Laat het deel na de dubbele punt weg, of kijk in metadata.',
      en: 'You cannot search in this way with this parameter. Leave out what follows the colon, or see metadata.',
    },
  ],
  'search-include': [
    'not-supported',
    {
      nl: 'Dit kunnen wij niet meesturen. Schrijf bijvoorbeeld Task:focus; in metadata staat wat kan.',
      en: 'We cannot include this. Write for example Task:focus; see metadata for what is possible.',
    },
  ],
  'search-sort': [
    'not-supported',
    {
      nl: 'Op deze volgorde kunnen wij niet zoeken. Gebruik _lastUpdated, _id of de datum van dit gegeven.',
      en: 'We cannot search in this order. Use _lastUpdated, _id or the date of this type.',
    },
  ],
  'search-chain': [
    'not-supported',
    {
      nl: 'Deze keten van gegevens kunnen wij niet volgen. Noem het soort gegeven erbij, bijvoorbeeld focus:ServiceRequest.identifier.',
      en: 'We cannot follow this chain. Name the type in it, for example focus:ServiceRequest.identifier.',
    },
  ],
  'search-too-many': [
    'too-long',
    { nl: 'Dit zijn te veel zoekparameters in één keer.', en: 'These are too many search parameters at once.' },
  ],
  'search-by-post': [
    'suppressed',
    {
      nl: 'Wie iemand is, mag niet in een adres staan: adressen worden bewaard. Zoek met POST naar _search, met de parameters in de inhoud.',
      en: 'Who someone is may not stand in an address: addresses are kept. Search by POST to _search, with the parameters in the body.',
    },
  ],
  'search-page': [
    'value',
    {
      nl: 'Deze volgende pagina kunnen wij niet openen. Begin de zoekopdracht opnieuw.',
      en: 'We cannot open this next page. Begin the search anew.',
    },
  ],
};

/** One thing to say about a parameter of a search: its name, never its value. */
export function refusedSearch(reason: SearchReason, name: string): Issue {
  const [code, words] = said[reason];
  return { severity: 'error', code, reason, path: name === '' ? '' : `http.${name}`, said: words };
}
