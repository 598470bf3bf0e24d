import type { SeedResult } from './run-seed';

export interface SeedWork {
  readonly seed: number;
  readonly calls: number;
}

/** What a worker tells of a seed. */
export type SeedReport = Omit<SeedResult, 'violation'> & {
  readonly violation: { readonly message: string; readonly about: readonly string[] } | undefined;
};
