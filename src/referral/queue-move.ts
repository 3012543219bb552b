/** What is done to every delivery of a bulk job; each is a DeliveryMove of its own. */
export type BulkAction = 'retry' | 'park' | 'release' | 'call';

/** What an administrator does besides moving deliveries and destinations; none of it holds patient data. */
export type QueueMove =
  | {
      readonly to: 'class';
      readonly class: string;
      readonly state: 'new' | 'known' | 'solved';
      readonly by: string;
      readonly at: string;
      readonly reason: string;
    }
  /** What was said before stands again, or nothing does (`hadSaid`); `at`: when that was said which is undone. */
  | { readonly to: 'class-undone'; readonly class: string; readonly at: string; readonly hadSaid: boolean }
  /** The deliveries are fixed now: what fails later does not join. */
  | {
      readonly to: 'job-started';
      readonly id: string;
      readonly action: BulkAction;
      readonly reason: string;
      readonly by: { readonly id: string; readonly role: string };
      readonly at: string;
      readonly deliveries: readonly string[];
      /** The job that it undoes; a job is undone once. */
      readonly undoes?: string;
    }
  | { readonly to: 'job-stopped' | 'job-resumed'; readonly id: string }
  /** Stale when it was done before, or the job was stopped meanwhile. */
  | {
      readonly to: 'item-done';
      readonly job: string;
      readonly delivery: string;
      readonly outcome: 'done' | 'skipped';
    }
  | { readonly to: 'view-saved'; readonly by: string; readonly name: string; readonly query: string }
  | { readonly to: 'view-removed'; readonly by: string; readonly name: string }
  /** A refused message was taken in after all. */
  | { readonly to: 'retaken'; readonly id: string; readonly by: string };
