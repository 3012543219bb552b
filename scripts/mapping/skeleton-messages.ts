const asText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const message = (number: string) => ({
  referralNumber: number,
  date: '2026-01-05T09:02:00+01:00',
  patient: { name: 'Waterman', birthDate: '1987-06-30', phone: '06-00004421' },
  subject: 'eenzaamheid',
  text: 'Is veel alleen en wil graag mensen leren kennen.',
  consent: { givenBy: 'resident', how: 'spoken', on: '2026-01-05' },
  colour: 'blue',
});

/** The message that a new format begins with: everything that the skeleton reads, and one field that it does not. */
export const takenMessage = (name: string): string => asText(message(`${name}-1`));

/** The same without consent. */
export function refusedMessage(name: string): string {
  const { consent: _consent, ...rest } = message(`${name}-2`);
  return asText(rest);
}
