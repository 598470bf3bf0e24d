import { type Problem, readProblem } from './problem';
import { meaningOf } from './problem-codes';

/** What one item of a batch came to. */
export type ItemOutcome<Effect = DeductionEffect> =
  | { readonly kind: 'succeeded'; readonly effect: Effect }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'passing'; readonly problem: Problem; readonly perhapsDone: boolean }
  /** It is kept durably, and will be charged. */
  | { readonly kind: 'received' };

/** What a deduction that took effect came to. */
export interface DeductionEffect {
  readonly replayed: boolean;
  readonly durability: Durability;
}

/** What became of one deduction of a batch that is to be charged later: `succeeded` is one that took effect before. */
export type LaterOutcome = ItemOutcome;

/** Of what the answer to a batch is read: what was sent in it, in order. */
export type SentItems = readonly { readonly requestId: string }[];

/** `deferred`: answered from memory by the strategy `leased`, and written within moments. */
export type Durability = 'committed' | 'deferred';

/**
 * Reads the answer to a batch. One result that is not what it must be, and none of them is trusted: the answer belongs to
 * something else, or somebody has been at it.
 *
 * @param sent what was sent, in order
 * @returns one outcome for each, in order; undefined for what is no answer to this batch
 */
export function readBatchAnswer(body: unknown, sent: SentItems): ItemOutcome[] | undefined {
  return readResults(body, sent, readResult);
}

/** The same of a batch that is to be charged later: there, nothing is deducted by this answer. */
export function readLaterAnswer(body: unknown, sent: SentItems): LaterOutcome[] | undefined {
  return readResults(body, sent, (result) =>
    result.status === 'succeeded' ? undefined : readResult(result),
  );
}

/** One outcome for each that was sent, by `read`; undefined for what is no answer to this batch. */
export function readResults<Outcome>(
  body: unknown,
  sent: SentItems,
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

/** What a batch says of one item. */
export interface Result {
  readonly requestId: string;
  readonly hold?: unknown;
  readonly status?: unknown;
  readonly error?: unknown;
  readonly durability?: unknown;
}

function isResultOf(result: unknown, requestId: string): result is Result {
  return typeof result === 'object' && result !== null && (result as Partial<Result>).requestId === requestId;
}

const deducted = (replayed: boolean, durability: Durability) =>
  ({ kind: 'succeeded', effect: { replayed, durability } }) as const;

const SUCCEEDED = deducted(false, 'committed');
const REPLAYED = deducted(true, 'committed');

function readResult({ status, error, durability }: Result): ItemOutcome | undefined {
  switch (status) {
    case 'succeeded':
      return durability === 'deferred' ? deducted(false, durability) : SUCCEEDED;
    case 'replayed':
      return durability === 'deferred' ? deducted(true, durability) : REPLAYED;
    case 'received':
      return { kind: 'received' };
    case 'rejected':
      return readRejection(error);
    default:
      return undefined;
  }
}

/** Why an item was rejected, and what that means for another try. */
export function readRejection(
  error: unknown,
): Extract<ItemOutcome, { kind: 'refused' | 'passing' }> | undefined {
  const problem = readProblem(error);
  if (!problem) return undefined;
  const meaning = meaningOf(problem);
  return meaning.kind === 'refused'
    ? { kind: 'refused', problem }
    : { kind: 'passing', problem, perhapsDone: meaning.perhapsDone };
}
