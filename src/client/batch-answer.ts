import { type Problem, readProblem } from './problem';
import { meaningOf } from './problem-codes';

/** What one deduction of a batch came to. */
export type ItemOutcome =
  | { readonly kind: 'deducted'; readonly replayed: boolean; readonly durability: Durability }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'passing'; readonly problem: Problem; readonly perhapsDone: boolean };

/** What became of one deduction of a batch that is to be charged later: `deducted` is one that took effect before. */
export type LaterOutcome = ItemOutcome | { readonly kind: 'received' };

/** `deferred`: answered from memory by the strategy `leased`, and written within moments. */
export type Durability = 'committed' | 'deferred';

/**
 * Reads the answer to a batch. One result that is not what it must be, and none of them is trusted: the answer belongs to
 * something else, or somebody has been at it.
 *
 * @param sent what was sent, in order
 * @returns one outcome for each, in order; undefined for what is no answer to this batch
 */
export function readBatchAnswer(
  body: unknown,
  sent: readonly { readonly requestId: string }[],
): ItemOutcome[] | undefined {
  return readResults(body, sent, readResult);
}

/** The same of a batch that is to be charged later: there, nothing is deducted by this answer. */
export function readLaterAnswer(
  body: unknown,
  sent: readonly { readonly requestId: string }[],
): LaterOutcome[] | undefined {
  return readResults(body, sent, (result) => {
    if (result.status === 'received') return { kind: 'received' };
    return result.status === 'succeeded' ? undefined : readResult(result);
  });
}

function readResults<Outcome>(
  body: unknown,
  sent: readonly { readonly requestId: string }[],
  read: (result: Result) => Outcome | undefined,
): Outcome[] | undefined {
  const results = (body as { results?: unknown } | null)?.results;
  if (!Array.isArray(results) || results.length !== sent.length) return undefined;
  const outcomes: Outcome[] = [];
  for (const [index, { requestId }] of sent.entries()) {
    const result: unknown = results[index];
    const outcome = isResultOf(result, requestId) ? read(result) : undefined;
    if (!outcome) return undefined;
    outcomes.push(outcome);
  }
  return outcomes;
}

interface Result {
  readonly requestId: string;
  readonly status?: unknown;
  readonly error?: unknown;
  readonly durability?: unknown;
}

function isResultOf(result: unknown, requestId: string): result is Result {
  return typeof result === 'object' && result !== null && (result as Partial<Result>).requestId === requestId;
}

const DEDUCTED = { kind: 'deducted', replayed: false, durability: 'committed' } as const;
const REPLAYED = { kind: 'deducted', replayed: true, durability: 'committed' } as const;

function readResult({ status, error, durability }: Result): ItemOutcome | undefined {
  switch (status) {
    case 'succeeded':
      return durability === 'deferred' ? { ...DEDUCTED, durability } : DEDUCTED;
    case 'replayed':
      return durability === 'deferred' ? { ...REPLAYED, durability } : REPLAYED;
    case 'rejected':
      return readRejection(error);
    default:
      return undefined;
  }
}

function readRejection(error: unknown): ItemOutcome | undefined {
  const problem = readProblem(error);
  if (!problem) return undefined;
  const meaning = meaningOf(problem);
  return meaning.kind === 'refused'
    ? { kind: 'refused', problem }
    : { kind: 'passing', problem, perhapsDone: meaning.perhapsDone };
}
