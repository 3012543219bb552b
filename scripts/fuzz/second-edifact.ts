import { identityOf, isAgreed, isWithin, type SecondReader, saying } from './second.ts';

/** Splits at a character that is not released, and takes the release characters out at the last. */
function split(text: string, separator: string, release: string): string[] {
  const parts: string[] = [''];
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (one === release) {
      parts[parts.length - 1] += one + (text[at + 1] ?? '');
      at += 1;
    } else if (one === separator) parts.push('');
    else parts[parts.length - 1] += one;
  }
  return parts;
}

/** EDIFACT by a splitter of its own: tags, elements and components, as text. */
export const secondEdifact: SecondReader = (bytes, mapped, agreement) => {
  const decoded = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^[^U]+/, '');
  const utf8 = Buffer.from(bytes).toString('utf8');
  const una = decoded.startsWith('UNA') ? decoded.slice(3, 9) : ":+.? '";
  const [component = ':', element = '+', , release = '?', , end = "'"] = una;
  const segmentsOf = (text: string) =>
    split(text.replace(/^UNA.{6}/s, ''), end, release).map((one) =>
      split(one.trimStart(), element, release).map((part) =>
        split(part, component, release).map((value) => value.replaceAll(new RegExp(`\\${release}(.)`, 'gs'), '$1')),
      ),
    );
  const segments = segmentsOf(decoded);
  const all = segments.map((one) => one.flat().join(' '));
  const others = segmentsOf(utf8).map((one) => one.flat().join(' '));
  const { family = '', birthDate, bsn } = identityOf(mapped);
  const [year = '', month = '', day = ''] = (birthDate ?? '').split('-');
  const days = [`${year}${month}${day}`, `${year.slice(2)}${month}${day}`, `${day}${month}${year}`];
  const digits = all.map((one) => one.replaceAll(/\D/g, ''));
  const consent = 'referral' in mapped && !isAgreed(mapped, agreement);
  const text = all.join('\n');
  return [
    ...saying(
      [...all, ...others].some((one) => isWithin(family, one)),
      'another family name',
    ),
    ...saying(
      birthDate === undefined || digits.some((one) => days.some((said) => one.includes(said))),
      'another birth date',
    ),
    ...saying(bsn === undefined || digits.some((one) => one.includes(bsn.replace(/^0/, ''))), 'another BSN'),
    ...saying(mapped.practiceAgb === undefined || text.includes(mapped.practiceAgb.value), 'another practice'),
    ...saying(!consent || isWithin('toestemming', text), 'a consent that is not there'),
  ];
};
