import type { LetterFonts } from '../feedback/pdf/sheet.ts';
import type { Log } from '../log.ts';
import type { Directory } from '../referral/directory/directory.ts';
import type { Probe } from '../referral/probe.ts';
import type { Store } from '../store/store.ts';

/** What every page needs: opened once by main, passed down. */
export interface Site {
  readonly store: Store;
  readonly directory: () => Promise<Directory>;
  /** Origin that browsers use, e.g. http://127.0.0.1:8080; no slash at the end. */
  readonly publicUrl: string;
  readonly log: Log;
  /** So many days after it landed content is erased here (H16); absent or 0: never. */
  readonly retentionDays?: number;
  /** Of what is downloaded as PDF; absent: nothing is. */
  readonly fonts?: LetterFonts;
  /** Tests a connection of the directory; absent: nothing can be tested from here. */
  readonly probe?: Probe;
}
