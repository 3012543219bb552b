import { readdirSync, readFileSync } from 'node:fs';
import type { Communication, Patient } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { getDocumentProxy } from 'unpdf';
import { describe, expect, test } from 'vitest';
import { readLetterFonts } from '../../src/delivery/letter-fonts.ts';
import type { FeedbackAnswer } from '../../src/feedback/answer.ts';
import { dutchDate } from '../../src/feedback/letter.ts';
import { letterPdf } from '../../src/feedback/pdf/letter.ts';
import { report } from '../../src/feedback/report.ts';
import { identifiers } from '../../src/fhir/systems.ts';
import { accepted, answerOf, sanne } from './journeys.ts';

const fonts = await readLetterFonts();
const folder = new URL('../../fixtures/', import.meta.url);
const kept = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((one) => one.endsWith('5-communication.json'))
  .sort()
  .flatMap((file) => {
    const read: unknown = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    return [read].flat().map((one, nth) => [`${file.split('/')[0]} ${nth + 1}`, one as Communication] as const);
  });

/** The letter that goes back when Sanne answers so. */
function letterOf(change: Partial<FeedbackAnswer> = {}): Communication {
  const made = accepted().move(sanne, (journey, acting) => report(journey, answerOf(change), acting));
  const found = made.resources?.find(({ resource }) => resource.resourceType === 'Communication');
  return found?.resource as Communication;
}

const residentOf = (document: Communication) =>
  document.contained?.find((one) => one.resourceType === 'Patient') as Patient;

interface Item {
  readonly str: string;
  readonly transform: readonly number[];
  readonly width: number;
  readonly hasEOL: boolean;
}

/** What another program reads back. */
async function read(bytes: Uint8Array) {
  const pdf = await getDocumentProxy(bytes.slice());
  const pages: { text: string; items: Item[]; tree: string }[] = [];
  for (let nth = 1; nth <= pdf.numPages; nth += 1) {
    const page = await pdf.getPage(nth);
    const items = (await page.getTextContent({ disableNormalization: true })).items.filter(
      (one) => 'str' in one,
    ) as Item[];
    const text = items.map((one) => `${one.str}${one.hasEOL ? '\n' : ''}`).join('');
    pages.push({ text, items, tree: JSON.stringify(await page.getStructTree()) });
  }
  const { info, metadata } = await pdf.getMetadata();
  const raw = Buffer.from(bytes).toString('latin1');
  return { pages, info: info as Record<string, unknown>, metadata: metadata as { getRaw(): string } | null, raw };
}

/** Where lines end is the sheet's own affair. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
const textOf = (document: Communication) => document.payload?.at(-1)?.contentString ?? '';
const readText = async (document: Communication) =>
  flat((await read(letterPdf(document, fonts).bytes)).pages.map((one) => one.text).join(' '));

describe.each(kept)('the letter of %s', (_, document) => {
  test('is one sheet that says every line of the text, who it is about and both numbers', async () => {
    const { bytes, lost } = letterPdf(document, fonts);
    const { pages } = await read(bytes);
    expect(lost).toEqual([]);
    expect(pages).toHaveLength(1);
    const all = flat(pages[0]?.text ?? '');
    for (const line of textOf(document).split('\n')) expect(all).toContain(flat(line.replace(/^- /, '• ')));
    const resident = residentOf(document);
    expect(all).toContain(resident.name?.[0]?.text);
    expect(all).toContain(`geboren ${dutchDate(resident.birthDate ?? '')}`);
    for (const one of document.basedOn ?? []) expect(all).toContain(one.identifier?.value);
    expect(all).toMatch(/pagina 1 van 1$/);
  });

  test('keeps within its margins and has no line upon another', async () => {
    const { pages } = await read(letterPdf(document, fonts).bytes);
    const items = pages.flatMap((one) => one.items).filter((one) => one.str.trim() !== '');
    for (const one of items) {
      const [, , , , x = 0, y = 0] = one.transform;
      expect(x).toBeGreaterThan(70);
      expect(x + one.width).toBeLessThan(595.28 - 70);
      expect(y).toBeGreaterThan(40);
    }
    const places = items.map((one) => `${one.transform[4]?.toFixed(0)} ${one.transform[5]?.toFixed(0)}`);
    expect(new Set(places).size).toBe(places.length);
  });
});

test('there are letters to look at', () => {
  expect(kept.length).toBeGreaterThan(25);
});

test('the same Communication gives the same bytes, whatever was written before it', () => {
  const [first, ...others] = kept.map(([, document]) => document);
  if (!first) throw new Error('no letters');
  const before = letterPdf(first, fonts).bytes;
  const strange = letterOf({ plan: 'Ωmega ΔŁ\u00a0ﬁ ŞşĞğ محمد' });
  for (const other of [strange, ...others.slice(0, 5)]) letterPdf(other, fonts);
  expect(Buffer.compare(letterPdf(first, fonts).bytes, before)).toBe(0);
  // What its sending changes of it is no part of the letter.
  const landed: Communication = { ...first, status: 'completed', received: '2027-01-01T00:00:00Z' };
  expect(Buffer.compare(letterPdf(landed, fonts).bytes, before)).toBe(0);
});

test('the practice is named when the Communication names it', async () => {
  const document = letterOf();
  document.recipient = [{ reference: 'Organization/de-brink', display: 'Huisartsenpraktijk De Brink' }];
  expect(await readText(document)).toContain('Huisartsenpraktijk De Brink');
});

test('what the GP needs first stands first', async () => {
  const all = await readText(
    letterOf({ plan: 'Samen eten.', appointment: { at: '2026-12-02T11:30:00+01:00', place: 'Buurthuis' } }),
  );
  const places = [
    'Mevrouw gaat naar de eettafel.',
    'Terugkoppeling van uw verwijzing',
    'Uitkomst:',
    'Afgesproken met de inwoner: Samen eten.',
    'Volgende afspraak: woensdag 2 december 2026 om 11:30, Buurthuis.',
    'Wat u hoeft te doen: niets.',
    'Telefoon:',
  ].map((one) => all.indexOf(one));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('a closure without content has none on paper either (H9)', async () => {
  const all = await readText(letterOf({ residentAgreed: false, firstLine: 'geheim een', plan: 'geheim twee' }));
  expect(all).toContain('De inwoner deelt verder niets met de huisarts.');
  expect(all).not.toMatch(/geheim|Uitkomst|Contact met|Afgesproken/);
});

test('a BSN stands in it only when the Communication carries one', async () => {
  const document = letterOf();
  const resident = residentOf(document);
  const own = { system: 'http://his.example/patient', value: '47110815' };
  resident.identifier = [own];
  expect(await readText(document)).not.toMatch(/BSN|47110815/);
  resident.identifier = [own, { system: identifiers.bsn, value: '123456782' }];
  expect(await readText(document)).toMatch(/BSN 123456782/);
});

describe('long letters', () => {
  test('flow on, each next sheet saying who it is about', async () => {
    const words = Array.from({ length: 500 }, (_, nth) => `woord${nth}`);
    const document = letterOf({ plan: `${words.slice(0, 250).join(' ')}\n\n${words.slice(250).join(' ')}` });
    const { pages } = await read(letterPdf(document, fonts).bytes);
    expect(pages.length).toBeGreaterThan(1);
    const name = residentOf(document).name?.[0]?.text ?? '?';
    for (const [nth, page] of pages.entries()) {
      expect(page.text).toContain(name);
      expect(page.text).toContain(`pagina ${nth + 1} van ${pages.length}`);
    }
    const all = flat(pages.map((one) => one.text).join(' '));
    expect(all.match(/woord\d+/g)).toEqual(words);
    // The box and who signs are not torn apart.
    expect(pages.at(-1)?.text).toMatch(/Telefoon/);
  });

  test('the longest first line and a word without end stay within the sheet', async () => {
    const document = letterOf({ firstLine: 'W'.repeat(140), plan: 'x'.repeat(400) });
    const { pages } = await read(letterPdf(document, fonts).bytes);
    expect(pages).toHaveLength(1);
    for (const { transform, width } of pages[0]?.items ?? []) {
      expect((transform[4] ?? 0) + width).toBeLessThan(595.28 - 70);
    }
    expect(pages[0]?.text.replaceAll(/[^W]/g, '').length).toBeGreaterThanOrEqual(140);
    expect(pages[0]?.text.match(/x{2,}/g)?.join('')).toHaveLength(400);
  });
});

describe('every name is shown as it is written', () => {
  const latin1 = Array.from({ length: 0x100 - 0xa1 }, (_, nth) => String.fromCharCode(0xa1 + nth))
    .filter((one) => one !== '\u00ad')
    .join('');
  const ascii = Array.from({ length: 0x7f - 0x21 }, (_, nth) => String.fromCharCode(0x21 + nth)).join('');
  test.each([
    ['ASCII', ascii],
    ['Latin-1', latin1],
    ['Turkish', 'Çç Ğğ Iı İi Öö Şş Üü'],
    ['Polish', 'Ąą Ćć Ęę Łł Ńń Óó Śś Źź Żż'],
    ['Romanian, Hungarian, Czech, Croatian', 'Șș Țț Ăă Őő Űű Řř Ěě Ůů Đđ Žž'],
    ['Vietnamese', 'Nguyễn Thị Ảnh'],
    ['Arabic in our letters', 'al-Ḥasan ʿAlī Ṣāliḥ'],
    ['Ukrainian and Greek', 'Їжакевич Ґалаґан Παπαδόπουλος'],
    ['typography', '‘een’ “twee” – — … € •'],
  ])('%s', async (_, written) => {
    const document = letterOf({ firstLine: written.slice(0, 140), plan: written });
    const { bytes, lost } = letterPdf(document, fonts);
    expect(lost).toEqual([]);
    const { pages } = await read(bytes);
    expect(pages[0]?.text.replaceAll(/\s/g, '')).toContain(`inwoner:${written.replaceAll(/\s/g, '')}`);
  });

  test('Arabic and Hebrew stand from right to left within the line', async () => {
    const document = letterOf({ plan: 'Samen met محمد خالد en שרה naar het buurthuis.' });
    const { bytes, lost } = letterPdf(document, fonts);
    expect(lost).toEqual([]);
    const { pages } = await read(bytes);
    expect(flat(pages[0]?.text ?? '')).toContain('Samen met محمد خالد en שרה naar het buurthuis.');
  });

  test('accents that came apart are put together; what cannot be seen is left out', async () => {
    const document = letterOf({ plan: 'Jose\u0301 \u202eeet\u202c\u200b mee\u0007\u00a0nu' });
    expect(letterPdf(document, fonts).lost).toEqual([]);
    expect(await readText(document)).toContain('José eet mee nu');
  });

  test('what has no glyph is said, once each, and never a box', async () => {
    const document = letterOf({ plan: 'Zij komt uit አማ en 中文 中, met 👩‍👩‍👧 en \uf401.' });
    const { bytes, lost } = letterPdf(document, fonts);
    expect(lost).toEqual(['አ', 'ማ', '中', '文', '👩‍👩‍👧', '\uf401']);
    const { pages } = await read(bytes);
    const all = flat(pages[0]?.text ?? '');
    expect(all).toContain('Zij komt uit [?] en [?] [?], met [?] en [?].');
    expect(all).toContain('Waar [?] staat, kan deze brief een teken niet laten zien.');
  });
});

test('whatever is typed, there is a letter, and what it does not show is said', async () => {
  const blocks = [
    [0x20, 0x17f],
    [0x250, 0x370],
    [0x590, 0x6ff],
    [0x900, 0x97f],
    [0x200b, 0x2070],
    [0xd7f0, 0xe010],
    [0xfb00, 0xfeff],
    [0x1f3f0, 0x1f650],
  ] as const;
  const letter = fc
    .constantFrom(...blocks)
    .chain(([min, max]) => fc.integer({ min, max }))
    .map((one) => String.fromCodePoint(one));
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: letter, minLength: 1, maxLength: 60 }), async (typed) => {
      const document = letterOf({ plan: `plan ${typed} eind` });
      const { bytes, lost } = letterPdf(document, fonts);
      const all = await readText(document);
      expect(all).toContain('Afgesproken met de inwoner: plan');
      expect(all.includes('Waar [?] staat')).toBe(lost.length > 0);
      expect(Buffer.compare(letterPdf(document, fonts).bytes, bytes)).toBe(0);
    }),
    { numRuns: 25 },
  );
});

describe('the file', () => {
  test('says its title and language, is tagged, and holds its fonts', async () => {
    const document = letterOf({ plan: 'Samen eten.' });
    const { pages, info, metadata, raw } = await read(letterPdf(document, fonts).bytes);
    const message = document.identifier?.[0]?.value;
    expect(info).toMatchObject({
      Title: document.topic?.text,
      Language: 'nl-NL',
      Creator: 'Kortelijn',
      Keywords: message,
    });
    expect(metadata?.getRaw()).toMatch(/<pdfaid:part>2<\/pdfaid:part>\s*<pdfaid:conformance>A</);
    expect(metadata?.getRaw()).toMatch(/<pdfuaid:part>1</);
    expect(raw).toContain('/Marked true');
    expect(raw).not.toMatch(/\/(Helvetica|Times|Courier)/);
    expect(raw.match(/\/FontFile2/g)).toHaveLength(2);
    for (const tag of ['Document', 'H1', 'H2', 'P', 'L', 'LI', 'Lbl', 'LBody']) {
      expect(pages[0]?.tree).toContain(`"role":"${tag}"`);
    }
  });

  test('names nobody outside the sheet: title, keywords and file id are no place for a resident', async () => {
    const document = letterOf();
    const { info, metadata } = await read(letterPdf(document, fonts).bytes);
    const family = residentOf(document).name?.[0]?.family ?? '?';
    expect(`${JSON.stringify(info)} ${metadata?.getRaw()}`).not.toContain(family);
  });

  test('two messages of one moment are two files', () => {
    const document = letterOf();
    const other = { ...document, identifier: [{ system: identifiers.message, value: 'urn:uuid:other' }] };
    const id = (one: Communication) =>
      /\/ID \[<(\w+)>/.exec(Buffer.from(letterPdf(one, fonts).bytes).toString('latin1'))?.[1];
    expect(id(document)).toMatch(/^\w{32}$/);
    expect(id(document)).not.toBe(id(other));
  });

  test('a topic that could break the metadata does not', async () => {
    const document = { ...letterOf(), topic: { text: '</rdf:li> & <x>' } };
    const { metadata } = await read(letterPdf(document, fonts).bytes);
    expect(metadata?.getRaw()).not.toMatch(/<x>| & /);
  });

  test('a Communication with almost nothing still makes a letter; fonts that are none are refused', async () => {
    const bare: Communication = { resourceType: 'Communication', status: 'in-progress' };
    expect((await read(letterPdf(bare, fonts).bytes)).pages).toHaveLength(1);
    const none = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(() => letterPdf(letterOf(), { regular: none, bold: none })).toThrow();
  });
});
