import { SCREENING_REASON_MAX, type Verdict, VERDICTS } from '../../ledger/screened';
import { ScreeningFailure } from './screening-failure';

/** What the service says of one charge. */
export interface Said {
  readonly verdict: Verdict;
  readonly reason: string | null;
}

/**
 * Reads the service's answer, which is untrusted input. A charge of which it says nothing usable fails alone; an answer
 * that speaks of anything else than was asked, or twice of the same, is not believed in any part.
 *
 * @param requestIds what was asked about, each once
 * @returns what is said of each, in their order
 * @throws ScreeningFailure for an answer that is not one to this question
 */
export function readVerdicts(requestIds: readonly string[], answer: unknown): (Said | ScreeningFailure)[] {
  const results: unknown = isObject(answer) ? answer['results'] : undefined;
  if (!Array.isArray(results)) throw new ScreeningFailure('malformed', 'the answer has no list "results"');
  if (results.length > requestIds.length)
    throw new ScreeningFailure('unknown_id', `${results.length} results to ${requestIds.length} charges`);
  const asked = new Set(requestIds);
  const said = new Map<string, Said | ScreeningFailure>();
  for (const result of results as readonly unknown[]) {
    const requestId: unknown = isObject(result) ? result['requestId'] : undefined;
    if (!isObject(result) || typeof requestId !== 'string')
      throw new ScreeningFailure('malformed', 'a result without a "requestId"');
    if (!asked.has(requestId)) throw new ScreeningFailure('unknown_id', 'a result that was not asked for');
    if (said.has(requestId)) throw new ScreeningFailure('unknown_id', 'two results for one charge');
    said.set(requestId, readOne(result));
  }
  return requestIds.map(
    (requestId) =>
      said.get(requestId) ?? new ScreeningFailure('missing', 'the answer says nothing of the charge'),
  );
}

function readOne({ verdict, reason }: Readonly<Record<string, unknown>>): Said | ScreeningFailure {
  const known = VERDICTS.find((each) => each === verdict);
  return known
    ? { verdict: known, reason: readReason(reason) }
    : new ScreeningFailure('bad_verdict', 'a result whose verdict is not "pass", "reject" or "wait"');
}

/** Text of others: bounded, without control characters and lone surrogates, and nothing where it is not text. */
function readReason(reason: unknown): string | null {
  if (typeof reason !== 'string') return null;
  const characters = Array.from(
    reason
      .slice(0, 4 * SCREENING_REASON_MAX)
      .toWellFormed()
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
  );
  return characters.slice(0, SCREENING_REASON_MAX).join('') || null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
