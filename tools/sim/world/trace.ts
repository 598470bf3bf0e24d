import * as CRC32 from 'crc-32';
import type { Timeline } from './timeline';

/** What happened, line by line. Only its checksum is always kept: two runs of a seed must have the same. */
export class Trace {
  #checksum = 0;
  #lines = 0;
  readonly #kept: string[] | undefined;

  constructor(
    private readonly timeline: Timeline,
    keep: boolean,
  ) {
    this.#kept = keep ? [] : undefined;
  }

  note(what: string): void {
    const line = `${this.timeline.nowMs.toFixed(3)} ${what}`;
    this.#lines += 1;
    this.#checksum = CRC32.str(line, this.#checksum);
    this.#kept?.push(line);
  }

  /** Of all lines, in their order. */
  get checksum(): string {
    return `${this.#lines}:${(this.#checksum >>> 0).toString(16).padStart(8, '0')}`;
  }

  /** Nothing unless lines are kept. */
  get lines(): readonly string[] {
    return this.#kept ?? [];
  }
}
