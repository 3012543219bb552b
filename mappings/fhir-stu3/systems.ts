/** URIs of ZorgDomein and of STU3 in the Netherlands (zorgdomein.com/integrator, FHIR edition; nictiz.nl STU3). */
export const zorgdomein = {
  documentType: 'http://zorgdomein.nl/terminology/code-system/document-type',
  sender: 'http://zorgdomein.nl/fhir/StructureDefinition/zd-sender',
  task: 'http://zorgdomein.nl/fhir/StructureDefinition/zd-task',
  /** Ours, for a ZD number that comes without a system: which one ZorgDomein writes is not published. */
  number: 'https://kortelijn.example/fhir/NamingSystem/zorgdomein-number',
} as const;

export const nictiz = {
  practitionerRole: 'http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference',
} as const;

/** Ours: the title of a section as people write it, in lower case; the codes that codes/section.json translates. */
export const sectionTitle = 'https://kortelijn.example/fhir/CodeSystem/section-title';
