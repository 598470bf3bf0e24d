import { SessionFence, type SlotCondition, type SlotState } from '../writer-fence';

/**
 * The slots of a database that is on a cluster, as they are committed. Each session has one to itself, and a change of the
 * writer takes all of them away.
 */
export class MemorySlots {
  #term = 1;
  #sessions = 0;
  readonly #slots = new Map<number, SlotState>();

  get term(): number {
    return this.#term;
  }

  /** A session is opened on the writer. */
  openSession(): SessionFence {
    const owner = (this.#sessions += 1);
    const session = { slot: owner, owner, term: this.#term };
    this.commit({ ...session, token: 0 });
    return new SessionFence(session, `the writer of term ${this.#term}`);
  }

  /** What is committed in a slot. */
  at(slot: number): SlotState | undefined {
    return this.#slots.get(slot);
  }

  commit(state: SlotState): void {
    this.#slots.set(state.slot, state);
  }

  /** Another node is the writer from now on. Its sessions are counted from the beginning again. */
  changeWriter(): void {
    this.#term += 1;
    this.#sessions = 0;
    for (const slot of this.#slots.keys()) this.commit({ slot, owner: 0, term: this.#term, token: 0 });
  }
}

/** What the database would answer: whether a slot holds what is asked for. */
export function holds(state: SlotState | undefined, condition: SlotCondition): boolean {
  const columns = Object.keys(condition) as (keyof SlotState)[];
  return state !== undefined && columns.every((column) => state[column] === condition[column]);
}
