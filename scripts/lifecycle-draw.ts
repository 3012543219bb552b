import type { Status } from '../src/referral/lifecycle/row.ts';
import { openStatuses } from '../src/referral/lifecycle/statuses.ts';
import { TRANSITIONS } from '../src/referral/lifecycle/transitions.ts';
import { moveWords, stateWords } from './lifecycle-words.ts';

/** One arrow: from a state to another, with every move that goes that way. */
interface Arrow {
  readonly from: Status;
  readonly to: Status;
  readonly moves: readonly string[];
}

interface Box {
  readonly status: Status;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly string[];
}

const width = 1310;
const left = { x: 110, width: 390 };
const right = { x: 1070, width: 220 };
const [lineHeight, slot, labelLine] = [17, 26, 15];
const labelMax = 26;
/** The ends from top to bottom, near the states from which they are reached; each has a colour and a channel. */
const ends: readonly { readonly status: Status; readonly colour: string }[] = [
  { status: 'rejected', colour: '#9a3412' },
  { status: 'cancelled', colour: '#6b21a8' },
  { status: 'entered-in-error', colour: '#9f1239' },
  { status: 'failed', colour: '#1e40af' },
  { status: 'completed', colour: '#166534' },
];
const grey = '#374151';

const unique = <T>(some: readonly T[]): T[] => [...new Set(some)];
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function arrows(): Arrow[] {
  const found = new Map<string, { from: Status; to: Status; moves: string[] }>();
  for (const row of TRANSITIONS)
    for (const from of row.from) {
      const { to } = row;
      if (to === 'same' || to === from) continue;
      const arrow = found.get(`${from} ${to}`) ?? { from, to, moves: [] };
      arrow.moves.push(moveWords[row.move]);
      found.set(`${from} ${to}`, arrow);
    }
  return [...found.values()].map((one) => ({ ...one, moves: unique(one.moves) }));
}

/** What may happen in a state without leaving it. */
function staying(status: Status): string[] {
  const rows = TRANSITIONS.filter((row) => row.from.includes(status) && (row.to === 'same' || row.to === status));
  return unique(rows.map((row) => moveWords[row.move]));
}

/** Words in lines of at most so many characters. */
function wrapped(words: readonly string[], charactersMax: number): string[] {
  const lines: string[] = [];
  for (const [n, word] of words.entries()) {
    const part = n < words.length - 1 ? `${word} ·` : word;
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${part}`.length <= charactersMax) lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return lines;
}

function boxes(all: readonly Arrow[]): Map<Status, Box> {
  const made = new Map<Status, Box>();
  let [y, bottom] = [84, 84];
  for (const status of openStatuses) {
    const lines = wrapped(staying(status), 52);
    const out = all.filter((one) => one.from === status && !openStatuses.includes(one.to));
    const labels = out.flatMap((one) => one.moves).length;
    const height = Math.max(50 + lines.length * lineHeight, labels * slot + 16);
    made.set(status, { status, ...left, y, height, lines });
    bottom = y + height;
    const next = openStatuses[openStatuses.indexOf(status) + 1];
    const beside = all.filter((one) => one.from === status && one.to === next).flatMap((one) => one.moves);
    y = bottom + 40 + wrapped(beside, labelMax).length * labelLine;
  }
  const height = 74;
  const between = (bottom - 84 - ends.length * height) / (ends.length - 1);
  for (const [n, { status }] of ends.entries()) {
    const lines = staying(status);
    made.set(status, { status, ...right, y: Math.round(84 + n * (height + between)), height, lines });
  }
  return made;
}

const text = (x: number, y: number, content: string, more = '') =>
  `<text x="${x}" y="${y}"${more}>${escaped(content)}</text>`;

function drawBox({ status, x, y, width: w, height: h, lines }: Box): string {
  const end = ends.find((one) => one.status === status);
  const name = text(x + 14, y + 25, stateWords[status] ?? status, ' class="name"');
  const code = text(x + w - 12, y + 25, status, ' class="code" text-anchor="end"');
  const each = lines.map((line, n) => text(x + 14, y + 48 + n * lineHeight, line, ' class="stay"'));
  const colour = end?.colour ?? grey;
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="8" fill="${end ? '#f9fafb' : '#fff'}" stroke="${colour}" stroke-width="2"/>
${end ? text(x + 14, y + 47, status, ' class="code"') : code}
${name}
${end ? lines.map((line, n) => text(x + 14, y + 64 + n * lineHeight, line, ' class="stay"')).join('\n') : each.join('\n')}`;
}

const path = (d: string, colour: string, arrow: boolean) =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.6"${arrow ? ` marker-end="url(#to-${colour.slice(1)})"` : ''}/>`;

/** From open states to the ends: to the right, down or up the end's own channel, and in. */
function drawEnds(all: readonly Arrow[], at: ReadonlyMap<Status, Box>): string[] {
  const drawn: string[] = [];
  for (const [n, { status, colour }] of ends.entries()) {
    const box = at.get(status);
    if (!box) continue;
    const channel = right.x - 110 + n * 18;
    const into = box.y + box.height / 2;
    drawn.push(path(`M${channel} ${into} H${box.x - 3}`, colour, true));
    for (const arrow of all.filter((one) => one.to === status)) {
      const from = at.get(arrow.from);
      if (!from) continue;
      const before = all.filter((one) => one.from === arrow.from && !openStatuses.includes(one.to));
      const order = ends.flatMap((end) => before.filter((one) => one.to === end.status));
      const first = order.slice(0, order.indexOf(arrow)).flatMap((one) => one.moves).length;
      for (const [nth, move] of arrow.moves.entries()) {
        const y = from.y + 18 + (first + nth) * slot;
        drawn.push(path(`M${from.x + from.width} ${y} H${channel} V${into}`, colour, false));
        drawn.push(text(from.x + from.width + 10, y - 5, move, ` class="move" fill="${colour}"`));
      }
    }
  }
  return drawn;
}

/** Between open states: straight down to the next one, else along the left. */
function drawBetween(all: readonly Arrow[], at: ReadonlyMap<Status, Box>): string[] {
  let lane = 0;
  return all.flatMap((arrow) => {
    const [from, to] = [at.get(arrow.from), at.get(arrow.to)];
    if (!from || !to || !openStatuses.includes(arrow.to)) return [];
    const steps = openStatuses.indexOf(arrow.to) - openStatuses.indexOf(arrow.from);
    if (Math.abs(steps) === 1) {
      const x = from.x + (steps > 0 ? 30 : 215);
      const [y, end] = steps > 0 ? [from.y + from.height, to.y - 3] : [from.y, to.y + to.height + 3];
      const label = wrapped(arrow.moves, labelMax);
      const middle = (y + end) / 2 + 4 - ((label.length - 1) * labelLine) / 2;
      return [
        path(`M${x} ${y} V${end}`, grey, true),
        ...label.map((line, n) => text(x + 9, middle + n * labelLine, line, ' class="move"')),
      ];
    }
    lane += 1;
    const x = left.x - 20 - lane * 26;
    const [y, end] = [from.y + from.height - 10 - lane * 4, to.y + 14 + lane * 6];
    const label = text(
      0,
      0,
      arrow.moves.join(' · '),
      ` class="move" transform="translate(${x - 6} ${(y + end) / 2}) rotate(-90)" text-anchor="middle"`,
    );
    return [path(`M${from.x} ${y} H${x} V${end} H${to.x - 3}`, grey, true), label];
  });
}

/** The life of a referral as an SVG: the same table gives the same bytes. */
export function lifecyclePicture(): string {
  const all = arrows();
  const at = boxes(all);
  const height = Math.max(...[...at.values()].map((one) => one.y + one.height)) + 30;
  const marker = (colour: string) =>
    `<marker id="to-${colour.slice(1)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="${colour}"/></marker>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">De weg van een verwijzing: van nieuw tot afgesloten, en wat er in elke stap kan gebeuren</title>
<style>text{font-family:system-ui,sans-serif;fill:#111827}.name{font-size:18px;font-weight:600}.code{font-size:12px;fill:#6b7280}.stay{font-size:13px}.move{font-size:13px;paint-order:stroke;stroke:#fff;stroke-width:4px}.head{font-size:14px;fill:#6b7280}</style>
<defs>${[grey, ...ends.map((one) => one.colour)].map(marker).join('')}</defs>
<rect width="${width}" height="${height}" fill="#fff"/>
${text(left.x, 36, 'Loopt: iemand heeft haar. In het vak staat wat kan zonder dat de stap verandert.', ' class="head"')}
${text(right.x, 36, 'Voorbij', ' class="head"')}
${drawBetween(all, at).join('\n')}
${drawEnds(all, at).join('\n')}
${[...at.values()].map(drawBox).join('\n')}
</svg>
`;
}
