import type { Finding } from '../oracles/finding';
import type { Reproduction } from './reproduction';

/** What a door came to in one round of requests. */
export interface Round {
  readonly requests: number;
  readonly found: readonly FoundOnce[];
}

/** A finding, and the smallest request that shows it. */
export interface FoundOnce {
  readonly finding: Finding;
  readonly reproduction: Reproduction | undefined;
}

/**
 * A way into the service that is fuzzed: it makes requests from the door's own description, sends them and judges what
 * comes back. REST is one; a second protocol is one more beside it, on the same books.
 */
export interface Door {
  readonly name: string;
  /** Sends about so many requests, several at a time. */
  run(requests: number, seed: number): Promise<Round>;
  /**
   * Sends about so many to the operations that have never succeeded, and to the one that makes accounts, since some succeed with new
   * ones only; none where there is no such operation.
   */
  runLacking(requests: number, seed: number): Promise<Round>;
  /** Sends so many, one by one, and reports what a refused one had changed. */
  runQuietly(requests: number, seed: number): Promise<Round>;
  /** Which operations never succeeded, and how often each was answered with what. */
  report(): {
    readonly neverSucceeded: readonly string[];
    readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  close(): void;
}

/** What is lacking, so often that it is drawn twice as often as what it needs to be made first. */
export function mostlyLacking<T>(lacking: readonly T[], making: readonly T[]): readonly T[] {
  const times = Math.ceil((2 * making.length) / lacking.length);
  return [...Array.from({ length: times }, () => lacking).flat(), ...making];
}
