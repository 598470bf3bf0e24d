import type { Surroundings } from '../shards/surroundings';
import { SharedBudget } from './shared-budget';

/** Items that are begun in one turn of the event loop: some milliseconds of work. */
const TURN_ITEMS = 512;
/** The same while somebody waits for single requests: about one millisecond. */
const TURN_ITEMS_BESIDE_SINGLE = 64;
/** Of one batch, before the next key has its turn. */
const SLICE_ITEMS = 64;

/** Many items that came in one request, or in one message of a stream. */
export interface ItemFeed {
  readonly keyId: string;
  readonly count: number;
  /** Begins items, up to and without `to`; `ended` is called once for each when it has come to something. */
  readonly begin: (from: number, to: number, ended: () => void) => void;
  /** Items from here on have waited too long and are not begun. */
  readonly refuse: (from: number) => void;
}

export interface ItemGateParts {
  readonly surroundings: Pick<Surroundings, 'later' | 'turn' | 'now'>;
  /** Items that may be under way at once; one key alone may have half of them. */
  readonly itemsMax: number;
  /** How long items may wait to be begun. */
  readonly waitMsMax: number;
  /** Whether single requests come at the same time. */
  readonly isMixed: (now: number) => boolean;
  readonly refused: (items: number, keyId: string) => void;
}

/**
 * Lets the items of batches begin a few at a time. A batch of 5,000 that was begun as it comes would hold up the event loop for
 * as long as all of its items take to be read, hashed and routed, and would fill the lanes.
 *
 * Each turn of the event loop begins one slice, of the keys in turn. A key's batches go one after the other, so that the first is
 * answered early. What is begun and has not ended is bounded, and each key has its part of that (`SharedBudget`), so that
 * items which wait for a shard that is slow do not keep those of others waiting.
 */
export class ItemGate {
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #underWay: SharedBudget;
  #waitingItems = 0;
  /** Items that were begun since the event loop came round. */
  #begunInTurn = 0;
  #isTurnDue = false;

  constructor(private readonly parts: ItemGateParts) {
    this.#underWay = new SharedBudget(parts.itemsMax, 1);
  }

  /** Items that wait to be begun. */
  get waiting(): number {
    return this.#waitingItems;
  }

  /** Begins at once what this turn has room for. */
  feed(feed: ItemFeed): void {
    if (feed.count === 0) return;
    const waiting = new Waiting(feed, (count) => {
      this.#underWay.giveBack(feed.keyId, count);
      if (this.#waiting.size > 0) this.#nextTurn();
    });
    const mine = this.#waiting.get(feed.keyId);
    if (mine) mine.push(waiting);
    else this.#waiting.set(feed.keyId, [waiting]);
    this.#waitingItems += feed.count;
    this.#beginMore();
    if (waiting.left > 0)
      waiting.callOff = this.parts.surroundings.later(this.parts.waitMsMax, () => {
        this.#refuse(waiting);
      });
  }

  #nextTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    void this.parts.surroundings.turn().then(() => {
      this.#isTurnDue = false;
      this.#begunInTurn = 0;
      this.#beginMore();
    });
  }

  get #roomInTurn(): number {
    const { isMixed, surroundings } = this.parts;
    const itemsMax = isMixed(surroundings.now()) ? TURN_ITEMS_BESIDE_SINGLE : TURN_ITEMS;
    return itemsMax - this.#begunInTurn;
  }

  #beginMore(): void {
    for (let hasBegun = true; hasBegun && this.#roomInTurn > 0;) {
      hasBegun = false;
      for (const [keyId, [first]] of [...this.#waiting]) {
        if (!first || !this.#beginSlice(first)) continue;
        hasBegun = true;
        this.#keepInTurn(keyId);
      }
    }
    if (this.#begunInTurn > 0) this.#nextTurn();
  }

  #beginSlice(first: Waiting): boolean {
    const count = Math.min(first.left, this.#roomInTurn, SLICE_ITEMS);
    if (count <= 0 || this.#underWay.take(first.feed.keyId, count) !== undefined) return false;
    this.#begunInTurn += count;
    this.#waitingItems -= count;
    first.begin(count);
    return true;
  }

  /** A batch that has begun whole leaves; a key that had a turn comes last the next time. */
  #keepInTurn(keyId: string): void {
    const mine = this.#waiting.get(keyId) ?? [];
    if (mine[0]?.left === 0) mine.shift();
    this.#waiting.delete(keyId);
    if (mine.length > 0) this.#waiting.set(keyId, mine);
  }

  #refuse(waiting: Waiting): void {
    const { keyId } = waiting.feed;
    const mine = this.#waiting.get(keyId)?.filter((each) => each !== waiting) ?? [];
    if (mine.length > 0) this.#waiting.set(keyId, mine);
    else this.#waiting.delete(keyId);
    this.#waitingItems -= waiting.left;
    this.parts.refused(waiting.left, keyId);
    waiting.refuse();
  }
}

/** Room is given back in such pieces: each costs the key's account of it. */
const GIVEN_BACK_AT_ONCE = 32;

/** One feed, and how far it has come. */
class Waiting {
  callOff: () => void = () => undefined;
  #begun = 0;
  #underWay = 0;
  #toGiveBack = 0;

  constructor(
    readonly feed: ItemFeed,
    private readonly giveBack: (count: number) => void,
  ) {}

  get left(): number {
    return this.feed.count - this.#begun;
  }

  begin(count: number): void {
    const from = this.#begun;
    this.#begun += count;
    this.#underWay += count;
    if (this.left === 0) this.callOff();
    this.feed.begin(from, from + count, () => {
      this.#ended();
    });
  }

  refuse(): void {
    const from = this.#begun;
    this.#begun = this.feed.count;
    this.feed.refuse(from);
  }

  #ended(): void {
    this.#underWay -= 1;
    this.#toGiveBack += 1;
    if (this.#underWay > 0 && this.#toGiveBack < GIVEN_BACK_AT_ONCE) return;
    const count = this.#toGiveBack;
    this.#toGiveBack = 0;
    this.giveBack(count);
  }
}
