import type { WriteLetter } from '../referral/edi-letter.ts';

const ours = new URL('../../mappings/', import.meta.url);

/** What writes feedback for an EDIFACT mailbox: `fromFeedback` of mappings/medvri/. Throws when it is not there. */
export async function loadLetterWriter(folder = ours): Promise<WriteLetter> {
  const module = (await import(new URL('medvri/from-feedback.ts', folder).href)) as { fromFeedback?: WriteLetter };
  if (!module.fromFeedback) throw new Error('mappings/medvri/from-feedback.ts does not export fromFeedback');
  return module.fromFeedback;
}
