import type { Surroundings } from '../shards/surroundings';
import { SharedBudget } from './shared-budget';

/** Rows of answers that are under way, from the beginning of their reading until a client has taken them. */
const UNDER_WAY_ROWS_MAX = 32_000;
/** The longest list: every key may have one under way. */
const LIST_ROWS_MAX = 1_000;
/** Rows that are being read and written out at once; one list always is. */
const WORK_ROWS_MAX = 1_000;
/** What takes longer than this waits for a database, and takes nothing from others. */
const WORK_MS_MAX = 250;
const WAITING_MAX = 2_048;
const WAITING_OF_KEY_MAX = 256;
/** A client that has not taken an answer by then does not read. */
const UNREAD_MS_MAX = 30_000;

/** Why a list was not read, or its connection ended. */
export type ListRefusal = 'waiting' | 'waited' | 'unread';

export interface ListRequest {
  readonly keyId: string;
  /** Where answers go out in the order of their requests: one list after another is read for it. */
  readonly connection?: object;
  /** How many rows the answer may have. */
  readonly rows: number;
  /** Ends what the answer would go out on. */
  readonly cutOff: () => void;
}

export interface ListGateParts {
  readonly surroundings: Pick<Surroundings, 'now' | 'later'>;
  /** How long a list may wait for its turn. */
  readonly waitMsMax: number;
  readonly refused: (refusal: ListRefusal, keyId: string) => void;
}

/** One list, from its request until its answer has gone. */
export interface ListPass {
  /** Resolves when the list may be read; to `false` when it may not, for too many are under way. */
  readonly begun: Promise<boolean>;
  /** The answer has been written out, and goes to the client. */
  answered(): void;
  /** The client has the answer, or is gone itself. */
  gone(): void;
}

/**
 * Lets lists be read a few at a time. A list of a thousand rows takes as much as hundreds of deductions: read as they come,
 * those that one client can ask for in a moment would hold up the event loop, and those that nobody takes would fill the memory.
 *
 * Lists take at most half of the event loop's time: after each one, its rows stay taken for as long as it took. Keys take
 * turns, and what waits, how long it waits, and how long an answer may stay unread is bounded.
 */
export class ListGate {
  readonly #waiting = new Map<string, Pass[]>();
  readonly #busy = new Set<object>();
  readonly #underWay = new SharedBudget(UNDER_WAY_ROWS_MAX, LIST_ROWS_MAX);
  #waitingCount = 0;
  #workRows = 0;

  constructor(private readonly parts: ListGateParts) {}

  get waiting(): number {
    return this.#waitingCount;
  }

  ask(request: ListRequest): ListPass {
    const rows = Math.min(request.rows, LIST_ROWS_MAX);
    const pass = new Pass({ ...request, rows }, this.parts, {
      waited: () => {
        this.#forget(pass);
        this.#refuse(pass, 'waited');
      },
      worked: () => {
        this.#workRows -= rows;
        this.#beginMore();
      },
      unread: () => {
        this.parts.refused('unread', request.keyId);
        request.cutOff();
      },
      gone: (hadBegun) => {
        if (hadBegun) this.#free(pass);
        else this.#forget(pass);
        this.#beginMore();
      },
    });
    const mine = this.#waiting.get(request.keyId) ?? [];
    if (this.#waitingCount >= WAITING_MAX || mine.length >= WAITING_OF_KEY_MAX) {
      this.#refuse(pass, 'waiting');
      return pass;
    }
    mine.push(pass);
    this.#waiting.set(request.keyId, mine);
    this.#waitingCount += 1;
    this.#beginMore();
    if (!pass.hasBegun) pass.wait();
    return pass;
  }

  /** Begins what there is room for, one of each key in turn. */
  #beginMore(): void {
    for (let hasBegun = true; hasBegun;) {
      hasBegun = false;
      for (const [keyId, passes] of [...this.#waiting]) {
        const pass = passes.find((each) => this.#mayBegin(each));
        if (!pass) continue;
        this.#begin(pass);
        hasBegun = true;
        // Whoever has had a turn comes last the next time.
        if (passes.length > 0) {
          this.#waiting.delete(keyId);
          this.#waiting.set(keyId, passes);
        }
      }
    }
  }

  #mayBegin({ request: { rows, keyId, connection } }: Pass): boolean {
    if (this.#workRows > 0 && this.#workRows + rows > WORK_ROWS_MAX) return false;
    if (connection && this.#busy.has(connection)) return false;
    return this.#underWay.take(keyId, rows) === undefined;
  }

  #begin(pass: Pass): void {
    const { connection, rows } = pass.request;
    this.#forget(pass);
    if (connection) this.#busy.add(connection);
    this.#workRows += rows;
    pass.begin();
  }

  #free({ request: { connection, keyId, rows } }: Pass): void {
    if (connection) this.#busy.delete(connection);
    this.#underWay.giveBack(keyId, rows);
  }

  #forget(pass: Pass): void {
    const { keyId } = pass.request;
    const passes = this.#waiting.get(keyId);
    const index = passes?.indexOf(pass) ?? -1;
    if (!passes || index < 0) return;
    passes.splice(index, 1);
    this.#waitingCount -= 1;
    if (passes.length === 0) this.#waiting.delete(keyId);
  }

  #refuse(pass: Pass, refusal: ListRefusal): void {
    this.parts.refused(refusal, pass.request.keyId);
    pass.refuse();
  }
}

interface Steps {
  /** It has waited its longest. */
  waited(): void;
  /** Its share of the event loop is free again. */
  worked(): void;
  /** Its answer has not been taken. */
  unread(): void;
  gone(hadBegun: boolean): void;
}

class Pass implements ListPass {
  readonly begun: Promise<boolean>;
  #answer: (may: boolean) => void = () => undefined;
  #callOff: () => void = () => undefined;
  #begunAt = 0;
  #state: 'waiting' | 'working' | 'answered' | 'over' = 'waiting';
  #isWorkDone = false;

  constructor(
    readonly request: ListRequest,
    private readonly parts: Pick<ListGateParts, 'surroundings' | 'waitMsMax'>,
    private readonly steps: Steps,
  ) {
    this.begun = new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  get hasBegun(): boolean {
    return this.#state !== 'waiting';
  }

  wait(): void {
    this.#callOff = this.parts.surroundings.later(this.parts.waitMsMax, () => {
      this.steps.waited();
    });
  }

  begin(): void {
    this.#state = 'working';
    this.#begunAt = this.parts.surroundings.now();
    this.#after(WORK_MS_MAX, () => {
      this.#worked();
    });
    this.#answer(true);
  }

  refuse(): void {
    this.#state = 'over';
    this.#callOff();
    this.#answer(false);
  }

  answered(): void {
    if (this.#state !== 'working') return;
    this.#state = 'answered';
    this.#pause();
    this.#after(UNREAD_MS_MAX, () => {
      this.steps.unread();
    });
  }

  gone(): void {
    if (this.#state === 'over') return;
    const { hasBegun } = this;
    if (this.#state === 'working') this.#pause();
    this.#state = 'over';
    this.#callOff();
    this.#answer(false);
    this.steps.gone(hasBegun);
  }

  /** As long as the list took, others have the event loop to themselves. */
  #pause(): void {
    const tookMs = this.parts.surroundings.now() - this.#begunAt;
    if (tookMs >= WORK_MS_MAX) {
      this.#worked();
      return;
    }
    this.parts.surroundings.later(tookMs, () => {
      this.#worked();
    });
  }

  #worked(): void {
    if (this.#isWorkDone) return;
    this.#isWorkDone = true;
    this.steps.worked();
  }

  #after(ms: number, run: () => void): void {
    this.#callOff();
    this.#callOff = this.parts.surroundings.later(ms, run);
  }
}
