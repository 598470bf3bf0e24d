import type { Parameter } from '../database';

/** A statement that runs on both dialects; placeholders are `?`. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}
