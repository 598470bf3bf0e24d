import type { Doubts } from './doubts';
import type { Question } from './question';
import type { Said } from './read-verdicts';
import type { ScreeningFailure } from './screening-failure';

export interface Waiting {
  readonly question: Question;
  readonly resolve: (said: Said | ScreeningFailure) => void;
}

/** `doubtful`: halves of batches that failed, and charges of doubted accounts. */
export type Lane = 'fresh' | 'doubtful';

/** Charges that wait to be asked about, in two lanes, so that those that make calls fail do not stand before the others. */
export class WaitingCharges {
  #fresh: Waiting[] = [];
  #doubtful: Waiting[] = [];
  #halves: Waiting[][] = [];
  #inHalves = 0;

  constructor(
    private readonly doubts: Doubts,
    private readonly bounds: { readonly itemsMax: number; readonly depthMax: number },
  ) {}

  has(lane: Lane): boolean {
    return lane === 'fresh' ? this.#fresh.length > 0 : this.#halves.length + this.#doubtful.length > 0;
  }

  /** New batches could become new halves: none is begun until there are fewer of them. */
  get hasManyHalves(): boolean {
    return this.#inHalves >= this.bounds.depthMax;
  }

  /** @returns false where too many charges wait in its lane */
  add(waiting: Waiting): boolean {
    const lane = this.doubts.has(waiting.question) ? this.#doubtful : this.#fresh;
    if (lane.length >= this.bounds.depthMax) return false;
    lane.push(waiting);
    return true;
  }

  /** Charges of one account stay together, so that an account with many bad charges takes few calls to find. */
  addHalvesOf(batch: readonly Waiting[]): void {
    const byAccount = batch.toSorted((one, other) => compare(accountOf(one), accountOf(other)));
    const middle = Math.ceil(batch.length / 2);
    this.#halves.push(byAccount.slice(0, middle), byAccount.slice(middle));
    this.#inHalves += batch.length;
  }

  /** @returns the charges of the next call; none where all that were left are doubted by now */
  take(lane: Lane): readonly Waiting[] {
    if (lane === 'fresh') return this.#takeFresh();
    const half = this.#halves.shift();
    if (!half) return this.#takeDoubtful();
    this.#inHalves -= half.length;
    return half;
  }

  /** One charge for a trial: of another account than the last trial's where there is one, so that no bad charge is tried for ever. */
  takeOne(lastAccountId: string | undefined): Waiting | undefined {
    const all = this.drain();
    const isOther = (each: Waiting): boolean => accountOf(each) !== lastAccountId;
    const one =
      all.find((each) => isOther(each) && !this.doubts.has(each.question)) ?? all.find(isOther) ?? all.at(-1);
    for (const each of all)
      if (each !== one) (this.doubts.has(each.question) ? this.#doubtful : this.#fresh).push(each);
    return one;
  }

  /** One charge of an account that has not made a call fail lately. */
  takeUndoubted(): Waiting | undefined {
    const at = this.#fresh.findIndex(({ question }) => !this.doubts.has(question));
    return at < 0 ? undefined : this.#fresh.splice(at, 1)[0];
  }

  drain(): readonly Waiting[] {
    const all = [...this.#halves.flat(), ...this.#fresh, ...this.#doubtful];
    this.#halves = [];
    this.#inHalves = 0;
    this.#fresh = [];
    this.#doubtful = [];
    return all;
  }

  /** Charges of accounts that have come to be doubted since change lanes as they are met. */
  #takeFresh(): readonly Waiting[] {
    const { taken, left } = this.#split(this.#fresh, (each) => {
      const isDoubted = this.doubts.has(each.question);
      if (isDoubted) this.#doubtful.push(each);
      return isDoubted ? 'not here' : 'taken';
    });
    this.#fresh = left;
    return taken;
  }

  /** A doubted charge alone, or charges of one doubted account. */
  #takeDoubtful(): readonly Waiting[] {
    const [first] = this.#doubtful;
    if (!first) return [];
    if (this.doubts.isCharge(first.question)) return this.#doubtful.splice(0, 1);
    const { taken, left } = this.#split(this.#doubtful, (each) =>
      accountOf(each) === accountOf(first) && !this.doubts.isCharge(each.question) ? 'taken' : 'left',
    );
    this.#doubtful = left;
    return taken;
  }

  /** The answer names request ids and no accounts, so no two charges of a call have the same one. */
  #split(
    all: readonly Waiting[],
    placeOf: (each: Waiting) => 'taken' | 'left' | 'not here',
  ): { readonly taken: Waiting[]; readonly left: Waiting[] } {
    const taken = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const [at, each] of all.entries()) {
      if (taken.size >= this.bounds.itemsMax) {
        left.push(...all.slice(at));
        break;
      }
      const { requestId } = each.question;
      const place = placeOf(each);
      if (place === 'left' || (place === 'taken' && taken.has(requestId))) left.push(each);
      else if (place === 'taken') taken.set(requestId, each);
    }
    return { taken: [...taken.values()], left };
  }
}

export function accountsOf(batch: readonly Waiting[]): ReadonlySet<string> {
  return new Set(batch.map(accountOf));
}

function accountOf({ question }: Waiting): string {
  return question.accountId;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
