import type { Communication, Task } from '@medplum/fhirtypes';

/** A case system to ask, and what to knock with. */
export interface CaseAddress {
  readonly address: string;
  readonly secret?: string;
}

/** What was found of what was asked. */
export interface FoundThere<T> {
  readonly items: readonly T[];
  /** False: there is more, which comes the next time. */
  readonly isWhole: boolean;
}

/**
 * Reads in a case system what stands there of ours, and nothing else (connectors/case-reader does it). Every one of them
 * throws when there was no usable answer; `code` of what it throws is a short stable name.
 */
export interface CaseReader {
  /** The Tasks with these ids, as far as they changed since a moment of that server. */
  tasks(there: CaseAddress, ids: readonly string[], since: string | undefined): Promise<FoundThere<Task>>;
  /** Messages of our kinds about these Tasks or requests (`Type/id` as they are there), as far as they changed since. */
  messages(
    there: CaseAddress,
    about: { readonly tasks: readonly string[]; readonly requests: readonly string[] },
    since: string | undefined,
  ): Promise<FoundThere<Communication>>;
  /** One Task as it now is. `gone`: it is not there any more; `unread`: that server does not let us look. */
  task(there: CaseAddress, id: string): Promise<Task | 'gone' | 'unread'>;
  /** The versions of a Task, the newest first; empty where the server keeps none. */
  versions(there: CaseAddress, id: string): Promise<readonly Task[]>;
}
