import type { Time } from './time';

/** What ends by itself when its time is over. */
export interface Expiring {
  readonly deadlineMs: number;
  expire(): void;
}

interface Slot<Call> {
  readonly waiting: Set<Call>;
  readonly cancel: () => void;
}

/** How far behind its deadline a call may end: one timer serves all calls of such a slot. */
const SLOT_MS = 16;

/** Ends calls whose time is over. A hundred thousand calls that wait share some tens of timers. */
export class Deadlines<Call extends Expiring = Expiring> {
  readonly #slots = new Map<number, Slot<Call>>();
  #count = 0;

  constructor(private readonly time: Time) {}

  /** How many have neither been removed nor expired. */
  get count(): number {
    return this.#count;
  }

  /** All of them, in no order. */
  *[Symbol.iterator](): Generator<Call, void, undefined> {
    for (const { waiting } of [...this.#slots.values()]) yield* waiting;
  }

  add(call: Call): void {
    this.#count += 1;
    const key = slotOf(call);
    const slot = this.#slots.get(key);
    if (slot) slot.waiting.add(call);
    else this.#open(key, call);
  }

  remove(call: Call): void {
    const key = slotOf(call);
    const slot = this.#slots.get(key);
    if (!slot?.waiting.delete(call)) return;
    this.#count -= 1;
    if (slot.waiting.size > 0) return;
    slot.cancel();
    this.#slots.delete(key);
  }

  #open(key: number, call: Call): void {
    const waiting = new Set([call]);
    const cancel = this.time.after(Math.max(0, key - this.time.nowMs()), () => {
      this.#slots.delete(key);
      this.#count -= waiting.size;
      for (const each of waiting) each.expire();
    });
    this.#slots.set(key, { waiting, cancel });
  }
}

function slotOf({ deadlineMs }: Expiring): number {
  return Math.ceil(deadlineMs / SLOT_MS) * SLOT_MS;
}
