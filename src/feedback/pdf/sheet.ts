import { create, type Font } from 'fontkit';
import PDFDocument from 'pdfkit';
import { stretches } from './glyphs.ts';
import { linesOf, type Placed, type Span } from './lines.ts';

/** The bytes of two TrueType fonts that hold the same characters. */
export interface LetterFonts {
  readonly regular: Uint8Array;
  readonly bold: Uint8Array;
}

/** The same, parsed; for one letter only, see `parseFonts`. */
export interface ParsedFonts {
  readonly regular: Font;
  readonly bold: Font;
}

/** Lengths are points of 1/72 inch, from the top left corner of an A4 sheet. */
export const page = { width: 595.28, height: 841.89, left: 71, right: 79, top: 57, bottom: 92 } as const;
export const column = page.width - page.left - page.right;

export interface Style {
  readonly size: number;
  /** From one line to the next. */
  readonly leading: number;
  readonly colour: string;
  readonly bold?: boolean;
}

export interface Info {
  readonly title: string;
  readonly created: Date;
  /** Our own number of the message: what makes the id of the file its own. */
  readonly message: string;
}

/** An element of the structure that a screen reader follows. */
export type Group = PDFKit.PDFStructureElement;

/** Where a paragraph stands, and as what. */
export interface Place {
  readonly tag: 'H1' | 'H2' | 'P' | 'Lbl' | 'LBody';
  readonly parent: Group;
  readonly left: number;
  readonly width: number;
}

export type Sheet = ReturnType<typeof openSheet>;

function parse(bytes: Uint8Array): Font {
  const font = create(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!('layout' in font)) throw new Error('a collection of fonts is not a font');
  return font;
}

/**
 * Parses the fonts anew, for one letter: a parsed font remembers as which character it met a glyph first, and that
 * would show in the bytes of the next letter. Throws when the bytes are no font.
 */
export function parseFonts(fonts: LetterFonts): ParsedFonts {
  return { regular: parse(fonts.regular), bold: parse(fonts.bold) };
}

/** XMP is written by pdfkit as it stands: what could end an element has no place in it. */
const plain = (value: string) => value.replace(/[<>&]/g, ' ');

/**
 * That it is PDF/UA-1 too (ISO 14289-1, 5), with the description of that schema which PDF/A asks for (ISO 19005-2,
 * 6.6.2.3): pdfkit writes one claim only.
 */
const accessible = `
        <rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="">
            <pdfuaid:part>1</pdfuaid:part>
        </rdf:Description>
        <rdf:Description rdf:about=""
            xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
            xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
            xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
            <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
                <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
                <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
                <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
                <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
                    <pdfaProperty:name>part</pdfaProperty:name>
                    <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
                    <pdfaProperty:category>internal</pdfaProperty:category>
                    <pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>
                </rdf:li></rdf:Seq></pdfaSchema:property>
            </rdf:li></rdf:Bag></pdfaExtension:schemas>
        </rdf:Description>
        `;

/**
 * A tagged PDF/A-2a and PDF/UA-1 to write on from top to bottom; what does not fit goes on to a next sheet. Nothing in it comes
 * from a clock or from chance. Streams are left unpacked: packed bytes differ from one build of zlib to another. The
 * one thing read is pdfkit's own sRGB profile, from beside its code, at the first letter.
 */
export function openSheet(fonts: ParsedFonts, info: Info) {
  const title = plain(info.title);
  const pdf = new PDFDocument({
    size: [page.width, page.height],
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    autoFirstPage: false,
    bufferPages: true,
    compress: false,
    pdfVersion: '1.7',
    subset: 'PDF/A-2a',
    tagged: true,
    lang: 'nl-NL',
    displayTitle: true,
    // Empty is none: pdfkit would add a font of its own that nothing is written in.
    font: '',
    info: {
      Title: title,
      Creator: 'Kortelijn',
      Producer: 'Kortelijn',
      CreationDate: info.created,
      Keywords: plain(info.message),
    },
  });
  pdf.appendXML(accessible);
  // A parsed font is taken as well as its bytes (pdfkit 0.20); the types do not know it yet.
  for (const name of ['regular', 'bold'] as const) pdf.registerFont(name, fonts[name] as unknown as Uint8Array);
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  let y: number = page.top;
  let atNext: () => void = () => undefined;
  pdf.addPage();

  const pick = (style: Style, bold = style.bold) => pdf.font(bold ? 'bold' : 'regular').fontSize(style.size);
  const linesIn = (spans: readonly Span[], style: Style, width: number) =>
    linesOf(spans, width, (text, bold) => pick(style, bold).widthOfString(text));

  function draw(line: readonly Placed[], style: Style, left: number, baseline: number): void {
    for (const span of line) {
      let x = left + span.x;
      for (const { text, rightToLeft } of stretches(span.text)) {
        pick(style, span.bold).fillColor(style.colour);
        // With features pdfkit lays a stretch out as a whole, else word by word: wrong for words that go to the left.
        const features: PDFKit.Mixins.OpenTypeFeatures[] = [];
        const options = { lineBreak: false, baseline: 'alphabetic' as const, ...(rightToLeft && { features }) };
        pdf.text(text, x, baseline, options);
        x += pdf.widthOfString(text, options);
      }
    }
  }

  /** What is not read aloud: colour, rules, page numbers. */
  function artifact(type: 'Layout' | 'Pagination', make: () => void): void {
    pdf.markContent('Artifact', { type });
    make();
    pdf.endMarkedContent();
  }

  function turn(): void {
    pdf.addPage();
    y = page.top;
    atNext();
  }

  return {
    /** Distance from the top of the sheet. */
    get y() {
      return y;
    },
    moveTo(to: number) {
      y = to;
    },
    space(height: number) {
      y += height;
    },
    /** What happens at the top of every sheet after the first. */
    onNext(make: () => void) {
      atNext = make;
    },
    /** Turns to a next sheet unless so much still fits on this one. */
    room(height: number) {
      if (y + height > page.height - page.bottom) turn();
    },
    group(tag: 'L' | 'LI', parent: Group = root): Group {
      const made = pdf.struct(tag);
      parent.add(made);
      return made;
    },
    linesIn,
    fill(left: number, top: number, width: number, height: number, colour: string) {
      artifact('Layout', () => pdf.rect(left, top, width, height).fill(colour));
    },
    /** One line of what is around the letter, from `at` to the right, or up to it. */
    aside(text: string, style: Style, at: { readonly x: number; readonly baseline: number; readonly upTo?: boolean }) {
      const left = at.upTo ? at.x - pick(style).widthOfString(text) : at.x;
      artifact('Pagination', () => draw([{ text, x: 0, bold: style.bold === true }], style, left, at.baseline));
    },
    /** A paragraph over as many lines, and sheets, as it needs. */
    paragraph(spans: readonly Span[], style: Style, place: Partial<Place> = {}) {
      const { tag = 'P', parent = root, left = page.left, width = column } = place;
      const element = pdf.struct(tag);
      parent.add(element);
      let marked = false;
      for (const line of linesIn(spans, style, width)) {
        if (y + style.leading > page.height - page.bottom) {
          if (marked) pdf.endMarkedContent();
          marked = false;
          turn();
        }
        if (!marked) element.add(pdf.markStructureContent(tag));
        marked = true;
        draw(line, style, left, y + style.size);
        y += style.leading;
      }
      if (marked) pdf.endMarkedContent();
      element.end();
    },
    /** The bytes, after `foot` was drawn on every sheet. */
    close(foot: (nth: number, count: number) => void): Uint8Array {
      root.end();
      const { start, count } = pdf.bufferedPageRange();
      for (let nth = 0; nth < count; nth += 1) {
        pdf.switchToPage(start + nth);
        foot(nth + 1, count);
      }
      pdf.end();
      const bytes: unknown = pdf.read();
      if (!(bytes instanceof Uint8Array)) throw new Error('pdfkit gave no bytes');
      return new Uint8Array(bytes);
    },
  };
}
