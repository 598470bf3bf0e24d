import type { AccountRecord } from '../../../src/shards/directory/account-record';
import type { Answer } from '../model/answer-rules';
import type { OneOfBatch } from '../world/batch-door';
import type { SimInstance } from '../world/sim-instance';

interface Item {
  readonly accountId: string;
  readonly carryOut: (at: SimInstance, account: AccountRecord) => Promise<Answer>;
}

/** What is sent to one instance together: when the first of it comes there, all of it has been added. */
export class Together {
  readonly #items: OneOfBatch[] = [];
  #answers: Promise<readonly Answer[]> | undefined;

  constructor(private readonly at: SimInstance) {}

  /** @returns what sends all of it, if nobody has yet, and waits for the answer to this item */
  add({ accountId, carryOut }: Item): () => Promise<Answer> {
    const { at } = this;
    const item = async (): Promise<Answer> => {
      const account = await at.accounts.find(accountId);
      return account ? carryOut(at, account) : { kind: 'unknown' };
    };
    const position = this.#items.push({ accountId, carryOut: item }) - 1;
    return async () => {
      this.#answers ??= at.batches.all(this.#items);
      return (await this.#answers)[position] ?? { kind: 'unknown' };
    };
  }
}
