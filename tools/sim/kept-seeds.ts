/** A seed that found a defect, and goes on being run. */
export interface KeptSeed {
  readonly seed: number;
  readonly calls: number;
  /** What it found, in the worlds as they were then. */
  readonly found: string;
}

/**
 * Seeds of defects that were found and mended. A world follows from its seed and from how worlds are made, so a wilder
 * workload makes another world of the same seed: each defect has a test of its own beside the code that was mended.
 */
export const KEPT_SEEDS: readonly KeptSeed[] = [
  { seed: 19, calls: 1_000, found: 'requests turned away by a breaker whose shard was back' },
  { seed: 187, calls: 1_000, found: 'a row made late, in use beside the placement' },
  { seed: 457, calls: 1_000, found: 'the same, of a shard that the account had left' },
  { seed: 44, calls: 1_000, found: 'an operation that had ended reported as failed' },
  { seed: 37, calls: 800, found: 'a key at an announced home not looked up before a refusal' },
  { seed: 60, calls: 800, found: 'rows of a resize that was given up, opened by a runner that had stalled' },
  { seed: 2_546, calls: 800, found: 'a resize begun again after its end' },
  {
    seed: 8_593,
    calls: 800,
    found: 'a cancel under a key that a deduction had taken elsewhere, not told so',
  },
  { seed: 2_768, calls: 800, found: 'credits without end while a shard could not be read' },
  { seed: 2_899, calls: 800, found: 'a shortfall that nobody was told, of a flush sent again' },
  { seed: 770, calls: 800, found: 'a reversal of what had just been written from a lease, not told so' },
  {
    seed: 29,
    calls: 300,
    found:
      'transfers starved behind those that were stuck, by instances that took the backlog from each other',
  },
  {
    seed: 172,
    calls: 1_000,
    found:
      'a key told as not there by an instance that stood still while an empty database was replaced by the own one',
  },
  {
    seed: 32,
    calls: 250,
    found: 'a departure hidden from whoever delivers, because the clock of its shard had been ahead',
  },
  {
    seed: 253,
    calls: 1_000,
    found:
      'rows of a new account that an empty database did not make, taken for made because the own one was back',
  },
  {
    seed: 2_449,
    calls: 400,
    found: 'a payment refused by a status that the other account had had, and had no more',
  },
  {
    seed: 1_032,
    calls: 500,
    found: 'a deduction with budgets told as put off that had taken effect in the last moment of its time',
  },
  { seed: 30, calls: 300, found: 'feed rows published again that another database was asked to take out' },
  { seed: 3_016, calls: 1_000, found: 'a capture paid under locks that its hold was not loaded for' },
  { seed: 1_022, calls: 1_000, found: 'two callers of a queued deduction both told that it was theirs' },
  {
    seed: 5_090,
    calls: 1_000,
    found: 'a hold that opened the period of a budget told as put off where a queue was full',
  },
  { seed: 1, calls: 1_000, found: 'a limit lowered twice while the account of its budget moved' },
];
