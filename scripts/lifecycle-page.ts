import type { Transition } from '../src/referral/lifecycle/row.ts';
import { TRANSITIONS } from '../src/referral/lifecycle/transitions.ts';
import { conditionWords, tellsWords, whoWords } from '../src/referral/lifecycle/words.ts';

function rowOf(row: Transition): string {
  const who = row.by.map((one) => whoWords[one]).join(', ');
  const deviate = row.mayDeviate ? '; the team lead with a reason' : '';
  const follows = [
    ...(row.businessStatus ? [`\`${row.businessStatus}\``] : []),
    ...(row.said ? [`“${row.said.nl}”`] : []),
    ...(row.tells.length > 0 ? [`told: ${row.tells.map((one) => tellsWords[one]).join(', ')}`] : []),
  ];
  const cells = [
    `\`${row.move}\``,
    row.from.join(', '),
    row.to === 'same' ? 'stays' : row.to,
    `${who}${deviate}`,
    row.only ? conditionWords[row.only] : '',
    follows.join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** docs/lifecycle.md: the whole table in words. */
export function lifecyclePage(): string {
  return `# The life of a referral

Made from \`src/referral/lifecycle/transitions.ts\` by \`npm run lifecycle\`; do not edit it here. A referral is one Task, and this
table is all that may happen to it: who may move it, from which state, to which, under what condition, and what follows.
What is not in the table is refused, with the reason. In each open state somebody has it (promise 2), and each end but the
practice's own leaves a last message for the practice (promise 3). Rows are tried in order; the first that fits counts.

![The life of a referral](images/lifecycle.svg)

| move | from | to | who | only when | what follows |
|---|---|---|---|---|---|
${TRANSITIONS.map(rowOf).join('\n')}

“The team lead with a reason” (H18): in the owner's place, where neither consent nor safety is at stake. The reason is
audited and shown, and stands for the condition. \`stays\`: the state is the same, something about the work changes.
What the words on the pages are is in the last column; what runs out when is in \`src/referral/clocks.ts\`.
`;
}
