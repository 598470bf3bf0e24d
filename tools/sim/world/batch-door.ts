import { EachOfMany } from '../../../src/api/each-of-many';
import type { Problem } from '../../../src/contract/problem';
import type { Principal } from '../../../src/platform/principal';
import { ItemGate } from '../../../src/platform/item-gate';
import type { Surroundings } from '../../../src/shards/surroundings';
import type { Answer } from '../model/answer-rules';

/** One of many requests that came together, and what carries it out. */
export interface OneOfBatch {
  readonly accountId: string;
  readonly carryOut: () => Promise<Answer>;
}

export interface BatchDoorParts {
  readonly surroundings: Surroundings;
  /** Items that are under way at once; one key has half of them. */
  readonly itemsMax: number;
  /** How long items wait to be begun. */
  readonly waitMsMax: number;
  /** Items are refused before they were begun. */
  readonly refused: () => void;
  /** A fault that nobody foresaw. */
  readonly defect: (error: unknown) => void;
}

const CALLER: Principal = { keyId: 'batches', permissions: new Set(), accounts: null, rates: null };

/** Where an instance takes requests that come together: the product's own gate, and what it makes of each item. */
export class BatchDoor {
  readonly #each: EachOfMany<OneOfBatch, Answer>;

  constructor({ surroundings, itemsMax, waitMsMax, refused, defect }: BatchDoorParts) {
    const gate = new ItemGate({ surroundings, itemsMax, waitMsMax, refused, isMixed: () => false });
    const observer = {
      problemAnswered: () => undefined,
      defect: (_: string, error: unknown) => {
        defect(error);
      },
    };
    this.#each = new EachOfMany(({ carryOut }) => carryOut(), observer, gate);
  }

  /** What became of them, in their order. */
  async all(items: readonly OneOfBatch[]): Promise<readonly Answer[]> {
    const results = await this.#each.all({
      items,
      read: (item) => item,
      caller: CALLER,
      names: { callId: 'batch', traceParent: undefined },
    });
    return results.map(answerOf);
  }
}

function answerOf(result: Answer | Problem): Answer {
  if ('kind' in result) return result;
  return result.code === 'OVERLOADED' ? { kind: 'overloaded', shard: '' } : { kind: 'unknown' };
}
