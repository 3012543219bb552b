import type { Extension } from '@medplum/fhirtypes';
import { extensions, identifiers } from '../../fhir/systems.ts';
import { birthdaySince } from '../../referral/consent.ts';
import { custodies, isCustody } from '../../referral/custody.ts';
import { localDay } from '../../referral/deadlines.ts';
import type { Directory } from '../../referral/directory/directory.ts';
import type { Journey } from '../../referral/journey.ts';
import { lifeAreas } from '../../referral/life-area.ts';
import { consentDetails, receiverSees, type Seen, teamSees } from '../../referral/minimise.ts';
import { birthDateText, dayText, html, type Markup, sayIn } from '../html.ts';
import type { Viewer } from '../page.ts';

/** A referral as its reader may see it: made once per page, the only thing the parts below look at. */
export interface Shown extends Seen {
  readonly journey: Journey;
  readonly consentDetails: readonly string[];
  readonly directory: Directory;
  readonly viewer: Viewer;
  readonly today: string;
}

/** Minimises for who has the referral (promise 4), whoever reads the page: nobody sees more here than the Wally. */
export function show(journey: Journey, directory: Directory, viewer: Viewer, today: string): Shown {
  return {
    ...receiverSees(journey, teamSees(journey, directory, today)),
    journey,
    consentDetails: consentDetails(journey.consent.resource),
    directory,
    viewer,
    today,
  };
}

const part = (parts: readonly Extension[] | undefined, url: string) => parts?.find((one) => one.url === url);
const phonesOf = (from: { telecom?: { system?: string; value?: string }[] } | undefined) =>
  (from?.telecom ?? []).flatMap((one) => (one.system === 'phone' && one.value ? [one.value] : []));

/** A number that a telephone can call at a tap. */
export function telLink(phone: string): Markup {
  return html`<a class="tel" href="tel:${phone.replaceAll(/[^\d+]/g, '')}">${phone}</a>`;
}

/** "8299 AA": a postcode as people write it. */
export function postcodeText(postcode: string): string {
  return postcode.replace(/^(\d{4})([A-Z]{2})$/, '$1 $2');
}

/** Rows of a summary list; a row without a value is left out. */
export function facts(
  rows: readonly (readonly [name: string, value: Markup | string | undefined | false])[],
  kind: 'brief' | 'wide' = 'brief',
): Markup {
  const shown = rows.filter(([, value]) => value);
  return html`<dl class="facts ${kind}">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Name and birth date together, wherever a person could be mistaken for another (H3). */
export function recognition(shown: Shown, level: 'h1' | 'p'): Markup {
  const t = sayIn(shown.viewer.language);
  const name = shown.patient.name?.[0]?.text ?? '';
  const born = html`<span class="born">${t('geboren', 'born')}
    ${birthDateText(shown.patient.birthDate ?? '', shown.viewer.language)}</span>`;
  return level === 'h1'
    ? html`<h1>${name} ${born}</h1>`
    : html`<p class="recognise"><strong>${name}</strong> ${born}</p>`;
}

/** How to reach the resident safely (H2); first on the page and outlined when contact is not safe. */
export function reachPart(shown: Shown): Markup {
  const t = sayIn(shown.viewer.language);
  const { request, patient, journey } = shown;
  const safe = part(request.extension, extensions.safeContact)?.extension;
  const safePhone = part(safe, 'phone')?.valueString;
  const times = part(safe, 'times')?.valueString;
  const noVoicemail = part(safe, 'noVoicemail')?.valueBoolean === true;
  const noLetters = part(safe, 'noLetters')?.valueBoolean === true;
  const { unsafeContact } = journey.index;
  const email = (patient.telecom ?? []).find((one) => one.system === 'email')?.value;
  const rules = [
    noVoicemail && t('Spreek geen voicemail in.', 'Do not leave a voicemail.'),
    noLetters && t('Stuur geen brieven.', 'Do not send letters.'),
    unsafeContact &&
      t(
        'Mail of app de inwoner niet. Zet in een agenda alleen "afspraak".',
        'Do not mail or text the resident. Write only "appointment" in a calendar.',
      ),
  ].filter((one) => one !== false);
  const others = phonesOf(patient).filter((one) => one !== safePhone);
  const practicePhone = shown.directory.practices.get(journey.practice)?.phone;
  const preferred = unsafeContact ? t('Veilig nummer', 'Safe number') : t('Liefst op', 'Preferably on');
  const numbers = others.map((phone) => html`<li>${telLink(phone)}</li>`);
  return html`
    <section class="panel ${unsafeContact ? 'unsafe' : ''}" aria-labelledby="reach">
      <h2 id="reach">${
        unsafeContact
          ? t('Zo bereikt u de inwoner veilig', 'How to reach the resident safely')
          : t('Bereiken', 'How to reach')
      }</h2>
      ${
        unsafeContact &&
        html`<p>${t(
          'Misschien mag iemand thuis dit niet weten. Houd u aan deze afspraken.',
          'Someone at home may not be allowed to know. Keep to what is agreed here.',
        )}</p>`
      }
      ${facts([
        [preferred, safePhone && telLink(safePhone)],
        [t('Wanneer bellen', 'When to call'), times],
        [t('Telefoon', 'Phone'), !unsafeContact && numbers.length > 0 && html`<ul class="plain">${numbers}</ul>`],
        ['E-mail', !unsafeContact && email],
      ])}
      ${rules.length > 0 && html`<ul class="rules">${rules.map((one) => html`<li>${one}</li>`)}</ul>`}
      ${
        !unsafeContact &&
        !safePhone &&
        numbers.length === 0 &&
        html`<p>${t(
          'Er is geen telefoonnummer bekend. Vraag het de praktijk',
          'No telephone number is known. Ask the practice',
        )}${practicePhone ? html`: ${telLink(practicePhone)}` : '.'}</p>`
      }
      ${
        unsafeContact &&
        !safePhone &&
        html`<p>${t(
          'Er is geen veilig nummer bekend. Overleg eerst met de praktijk',
          'No safe number is known. Ask the practice first',
        )}${practicePhone && html`: ${telLink(practicePhone)}`}.</p>`
      }
      ${
        unsafeContact &&
        numbers.length > 0 &&
        html`
          <details>
            <summary>${t(
              'Andere nummers: niet bellen zonder overleg met de inwoner',
              'Other numbers: do not call unless the resident agrees',
            )}</summary>
            ${listed(others)}
          </details>`
      }
    </section>`;
}

const listed = (texts: readonly string[]) =>
  texts.length > 0 && html`<ul class="plain">${texts.map((one) => html`<li>${one}</li>`)}</ul>`;
const quoted = (texts: readonly string[]) =>
  texts.length > 0 && html`${texts.map((one) => html`<p class="said" lang="nl">${one}</p>`)}`;

/** Why: the resident's own question first, then the practice's words and the life areas. */
export function whyPart(shown: Shown): Markup {
  const { language } = shown.viewer;
  const t = sayIn(language);
  const { request, journey } = shown;
  const question = part(request.extension, extensions.residentQuestion)?.valueString;
  const reasons = (request.reasonCode ?? []).flatMap((one) => one.text ?? []);
  const codes = (request.reasonCode ?? []).flatMap((one) => one.coding ?? []);
  const notes = (request.note ?? []).flatMap((one) => one.text ?? []);
  return html`
    <section aria-labelledby="why">
      <h2 id="why">${t('Waarom', 'Why')}</h2>
      ${
        question &&
        html`
          <figure class="question">
            <figcaption>${t(
              'De vraag van de inwoner, in eigen woorden',
              "The resident's question, in their own words",
            )}</figcaption>
            <blockquote lang="nl">${question}</blockquote>
          </figure>`
      }
      ${facts(
        [
          [t('De huisarts schrijft', 'The GP writes'), quoted(reasons)],
          [t('Leefgebieden', 'Life areas'), listed(journey.index.lifeAreas.map((one) => lifeAreas[one][language]))],
          [
            t('Medische code', 'Medical code'),
            listed(codes.map((one) => [one.code, one.display].filter(Boolean).join(' '))),
          ],
          [t('Ook meegestuurd', 'Also sent along'), quoted(notes)],
        ],
        'wide',
      )}
    </section>`;
}

/** "dinsdag 24 november om 09:30": a moment to come, in Dutch time; `today` decides whether its year is said. */
export function appointmentMoment(instant: string, language: Viewer['language'], today: string): string {
  const start = new Date(instant);
  const time = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'nl-NL', {
    timeStyle: 'short',
    timeZone: 'Europe/Amsterdam',
  }).format(start);
  const day = dayText(localDay(start), language, today);
  return sayIn(language)(`${day} om ${time}`, `${day} at ${time}`);
}

/** The appointments that are still to come, as they were written down, first one first; in the reader's language unless said otherwise. */
export function comingAppointments(shown: Shown, now: Date, language = shown.viewer.language): string[] {
  return shown.journey.appointments
    .map((one) => one.resource)
    .filter((one) => one.status === 'booked' && new Date(one.start ?? 0) >= now)
    .toSorted((a, b) => (a.start ?? '').localeCompare(b.start ?? ''))
    .map(({ start = '', comment }) =>
      [appointmentMoment(start, language, shown.today), comment].filter(Boolean).join(', '),
    );
}

/** What was agreed to come; `below`: what can be done with it. */
export function appointmentsPart(shown: Shown, now: Date, below?: Markup): Markup | undefined {
  const t = sayIn(shown.viewer.language);
  const coming = comingAppointments(shown, now);
  if (coming.length === 0) return undefined;
  return html`
    <section aria-labelledby="appointments">
      <h2 id="appointments">${t('Volgende afspraak', 'Next appointment')}</h2>
      ${listed(coming)}
      ${below}
    </section>`;
}

/** Who: what is needed to call, meet and recognise, and the resident's own contact person. */
export function whoPart(shown: Shown): Markup | undefined {
  const t = sayIn(shown.viewer.language);
  const { patient } = shown;
  const home = patient.address?.[0];
  const street = home?.line?.join(' ');
  const town = [postcodeText(home?.postalCode ?? ''), home?.city].filter(Boolean).join(' ');
  const address = [street, town].filter((one): one is string => Boolean(one));
  const called = patient.name?.find((one) => one.use === 'usual')?.given?.join(' ');
  const genders: Record<string, string> = {
    male: t('man', 'male'),
    female: t('vrouw', 'female'),
    other: t('anders', 'other'),
  };
  const contacts = (patient.contact ?? []).map((one) => {
    const relation = one.relationship?.[0]?.text;
    return html`<p>${one.name?.text}${relation && ` (${relation})`} ${phonesOf(one).map(telLink)}</p>`;
  });
  const gender = genders[patient.gender ?? ''];
  const bsn = patient.identifier?.find((one) => one.system === identifiers.bsn)?.value;
  if (!called && !gender && !bsn && address.length === 0 && contacts.length === 0) return undefined;
  return html`
    <section aria-labelledby="who">
      <h2 id="who">${t('Wie', 'Who')}</h2>
      ${facts([
        [t('Roepnaam', 'Called'), called],
        [t('Geslacht', 'Sex'), gender],
        ['BSN', bsn],
        [
          t('Adres', 'Address'),
          address.length > 0 && html`${address.map((one, nth) => html`${nth > 0 && html`<br>`}${one}`)}`,
        ],
        [t('Contactpersoon', 'Contact person'), contacts.length > 0 && html`${contacts}`],
      ])}
    </section>`;
}

const givers: Record<string, readonly [string, string]> = {
  parents: ['de ouders', 'the parents'],
  representative: ['de vertegenwoordiger', 'the representative'],
};

/** What the resident agreed to: what went to the Wally, and what may come back. */
export function consentPart(shown: Shown): Markup {
  const { language } = shown.viewer;
  const t = sayIn(language);
  const consent = shown.journey.consent.resource;
  const who = (consent.performer ?? []).map((one) => {
    const [nl, en] = givers[one.display ?? ''] ?? ['de inwoner', 'the resident'];
    return t(nl, en);
  });
  const how = part(consent.extension, extensions.consentMethod)?.valueCode;
  const custody = part(consent.extension, extensions.custody)?.valueCode;
  const on = consent.dateTime ? dayText(consent.dateTime.slice(0, 10), language, shown.today) : '';
  const { birthDate } = shown.journey.patient.resource;
  const grown = consent.dateTime && birthdaySince(birthDate, consent.dateTime.slice(0, 10), shown.today);
  const back = shown.consentDetails.includes('feedback-content')
    ? t(
        'Hoe het ging en wat is afgesproken, als de inwoner dat dan ook goedvindt',
        'How it went and what was agreed, if the resident agrees to that then as well',
      )
    : t('Alleen dát het is afgesloten, geen inhoud', 'Only that it was closed, no content');
  return html`
    <section aria-labelledby="agreed">
      <h2 id="agreed">${t('Wat is afgesproken', 'What was agreed')}</h2>
      ${facts([
        [t('Toestemming van', 'Consent of'), who.join(t(' en ', ' and '))],
        [t('Gezag', 'Custody'), isCustody(custody) && custodies[custody][language]],
        [
          t('Hoe', 'How'),
          `${how === 'written' ? t('schriftelijk', 'in writing') : t('mondeling', 'spoken')}${on && `, ${on}`}`,
        ],
        [t('Mag terug naar de huisarts', 'May go back to the GP'), back],
        [t('Let op', 'Mind'), grown && html`<strong>${grown[language]}</strong>`],
      ])}
    </section>`;
}
