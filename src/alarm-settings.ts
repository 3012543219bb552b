import { z } from 'zod';

const count = (max: number, usual: number) => z.coerce.number().int().min(1).max(max).default(usual);

/** When the administrator is alarmed, and how; part of `settings`. */
export const alarmSettings = {
  ALARM_MAIL_TO: {
    what: 'Mail addresses of the administrators, by comma: alarms and the morning digest go there. Not set: the page only.',
    schema: z
      .string()
      .default('')
      .transform((text) =>
        text
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      )
      .pipe(z.array(z.email())),
  },
  ALARM_WEBHOOK_URL: {
    what: 'Address that alarms are posted to as JSON. Not set: none are.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
  },
  ALARM_WEBHOOK_SECRET_FILE: {
    what: 'File with the secret that signs what is posted there (HMAC-SHA256 of the body, in Kortelijn-Signature).',
    schema: z.string().min(1).optional(),
  },
  ALARM_WAITING_MINUTES: {
    what: 'Alarm when a message waits so long for a receiver that nothing holds up; a day where something does.',
    schema: count(10_080, 60),
  },
  ALARM_BREAKER_MINUTES: {
    what: 'Alarm when a receiver cannot be reached for so long.',
    schema: count(10_080, 30),
  },
  ALARM_ANSWER_HOURS: {
    what: 'Alarm when a GP system took feedback and says nothing more of it for so long.',
    schema: count(720, 24),
  },
  ALARM_WALLY_DAYS: {
    what: 'Alarm when a Wally opens nothing for so many working days while work waits.',
    schema: count(30, 3),
  },
  ALARM_PRACTICE_MISSED: {
    what: 'Alarm when a practice is silent for as long as it usually sends so many referrals.',
    schema: count(100, 6),
  },
  ALARM_EXPIRY_DAYS: { what: 'Alarm so many days before a certificate ends.', schema: count(365, 30) },
  ALARM_DISK_PERCENT: {
    what: 'Alarm when less than this part of the disk of DATA_DIR is free.',
    schema: count(90, 10),
  },
  ALARM_DATABASE_GB: { what: 'Alarm when the database is larger than this.', schema: count(100_000, 50) },
} as const;
