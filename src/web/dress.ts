/** The kinds of input that are a line to type in; radio, checkbox and hidden are not. */
const choiceTypes: Readonly<Record<string, string>> = {
  radio: 'utrecht-radio-button utrecht-radio-button--html-input',
  checkbox: 'utrecht-checkbox utrecht-checkbox--html-input',
  hidden: '',
};

const heading = (level: number) => `nl-heading nl-heading--level-${level}`;

/** The component of an element by its name alone. */
const byTag: Readonly<Record<string, string>> = {
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  p: 'nl-paragraph',
  a: 'nl-link',
  textarea: 'utrecht-textarea utrecht-textarea--html-textarea',
  select: 'utrecht-select utrecht-select--html-select',
  label: 'utrecht-form-label',
  table: 'utrecht-table utrecht-table--html-table',
  dl: 'utrecht-data-list utrecht-data-list--html-dl',
  dt: 'utrecht-data-list__item-key utrecht-data-list__item-key--html-dt',
  dd: 'utrecht-data-list__item-value utrecht-data-list__item-value--html-dd',
};

/** What the words of our own class attribute make of an element instead; the first that fits counts. */
const byWord: readonly (readonly [fits: (words: readonly string[]) => boolean, component: string])[] = [
  [(words) => words.includes('skip'), 'nl-skip-link nl-skip-link--visible-on-focus'],
  [(words) => words.includes('field'), 'utrecht-form-field'],
  [(words) => words.includes('error'), 'nl-paragraph utrecht-form-field-error-message'],
  [(words) => words.includes('notice') && words.includes('done'), 'nl-paragraph utrecht-alert utrecht-alert--ok'],
  [(words) => words.includes('notice'), 'nl-paragraph utrecht-alert utrecht-alert--error'],
  [(words) => words.includes('errors'), 'utrecht-alert utrecht-alert--error'],
  [(words) => words.includes('count'), 'nl-number-badge'],
  [
    (words) => words.includes('mark') && (words.includes('late') || words.includes('acute')),
    'utrecht-badge-status utrecht-badge-status--danger',
  ],
  [(words) => words.includes('mark') && words.includes('soon'), 'utrecht-badge-status utrecht-badge-status--warning'],
  [(words) => words.includes('mark') || words.includes('presence'), 'nl-data-badge'],
];

function buttonOf(words: readonly string[]): string {
  if (words.includes('link')) return 'nl-button nl-button--subtle';
  if (words.includes('quiet')) return 'nl-button nl-button--secondary';
  if (words.includes('danger')) return 'nl-button nl-button--primary nl-button--negative';
  return 'nl-button nl-button--primary';
}

function componentOf(tag: string, attributes: string, words: readonly string[]): string {
  if (tag === 'button' || (tag === 'a' && words.includes('button'))) return buttonOf(words);
  if (tag === 'input') {
    const type = /\stype="(\w+)"/.exec(attributes)?.[1] ?? 'text';
    return choiceTypes[type] ?? 'utrecht-textbox utrecht-textbox--html-input';
  }
  return byWord.find(([fits]) => fits(words))?.[1] ?? byTag[tag] ?? '';
}

/** A start tag with what stands in it: values are escaped, so no attribute holds an angle bracket. */
const startTag = /<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>/g;
const classAttribute = /\sclass="([^"]*)"/;

/**
 * A page in plain HTML → the same with the classes of its components (NL Design System candidate, else Utrecht). Pages are
 * written in elements and in our own few words; which component shows them is said here and nowhere else.
 */
export function dress(markup: string): string {
  return markup.replaceAll(startTag, (whole, tag: string, attributes: string) => {
    const said = classAttribute.exec(attributes)?.[1] ?? '';
    const component = componentOf(tag, attributes, said.split(/\s+/));
    if (component === '') return whole;
    if (!classAttribute.test(attributes)) return `<${tag}${attributes} class="${component}">`;
    return `<${tag}${attributes.replace(classAttribute, ` class="${`${said.trim()} ${component}`.trim()}"`)}>`;
  });
}
