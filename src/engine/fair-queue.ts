import type { Command } from '../ledger/command';
import { type Flow, type FlowKind, flowKind } from './flow';
import type { Waiting } from './set-aside';

/** What a batch may take. */
export interface TakeBounds {
  readonly commandsMax: number;
  /** Of the items of large batches, all flows together. */
  readonly bulkMax: number;
  /** Commands that it does not cover stay, with those of their account behind them. */
  readonly covers?: ((command: Command) => boolean) | undefined;
}

/** Of a full batch, items of large batches have this part at least, however many single requests wait. */
const BULK_PART_MIN = 1 / 4;

/**
 * The commands that wait in a lane. Flows have equal shares of a batch, and within a flow its accounts; what one does not need
 * goes to the others. Within an account of a flow, whoever came first goes first. A flow or account that was served comes last
 * the next time, should there be more of them than a batch has places.
 */
export class FairQueue {
  readonly #flows = new Map<Flow, FlowQueue>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @returns what kind of flow it is */
  push(waiting: Waiting): FlowKind {
    const flow = this.#flowOf(waiting.flow);
    flow.accountOf(waiting.command.accountId).items.push(waiting);
    flow.length += 1;
    this.#length += 1;
    return flow.kind;
  }

  /** Puts commands in front of those that their flows have waiting for their accounts. */
  putBack(waiting: readonly Waiting[]): void {
    for (const each of [...waiting].reverse()) {
      const flow = this.#flowOf(each.flow);
      flow.accountOf(each.command.accountId).putBack(each);
      flow.length += 1;
    }
    this.#length += waiting.length;
  }

  /** What `take` would take just now; left where it is. */
  peek(bounds: TakeBounds): Waiting[] {
    const { taken, touched } = this.#mark(bounds);
    for (const account of touched) account.marked = 0;
    return taken;
  }

  take(bounds: TakeBounds): Waiting[] {
    const { taken, touched } = this.#mark(bounds);
    for (const account of touched) account.flow.take(account);
    for (const flow of new Set(touched.map((account) => account.flow))) this.#keepInTurn(flow);
    this.#length -= taken.length;
    return taken;
  }

  /** Removes whatever waits for some accounts. */
  remove(accounts: ReadonlySet<string>): Waiting[] {
    const removed: Waiting[] = [];
    for (const flow of this.#flows.values())
      for (const accountId of accounts) {
        const account = flow.accounts.get(accountId);
        if (!account) continue;
        removed.push(...account.items.slice(account.head));
        account.marked = account.left;
        flow.take(account);
      }
    for (const flow of [...this.#flows.values()]) if (flow.length === 0) this.#flows.delete(flow.id);
    this.#length -= removed.length;
    return removed;
  }

  /**
   * Makes room for `count` commands of a flow at the cost of the longest one, if that stays the longer of the two. Whoever came
   * last has to go: without this, one flow could fill a lane and have everybody else's commands turned away.
   *
   * @returns the commands that have to go; none where there is no longer flow
   */
  makeRoom(flowId: Flow, count: number): Waiting[] {
    let longest: FlowQueue | undefined;
    for (const flow of this.#flows.values()) if (flow.length > (longest?.length ?? 0)) longest = flow;
    const mine = this.#flows.get(flowId)?.length ?? 0;
    if (!longest || longest.id === flowId || longest.length - count < mine + count) return [];
    const removed: Waiting[] = [];
    while (removed.length < count && longest.length > 0) removed.push(...longest.removeLast());
    if (longest.length === 0) this.#flows.delete(longest.id);
    this.#length -= removed.length;
    return removed;
  }

  #flowOf(id: Flow): FlowQueue {
    let flow = this.#flows.get(id);
    if (!flow) this.#flows.set(id, (flow = new FlowQueue(id)));
    return flow;
  }

  #keepInTurn(flow: FlowQueue): void {
    if (flow.length > 0 && this.#flows.size === 1) return;
    this.#flows.delete(flow.id);
    if (flow.length > 0) this.#flows.set(flow.id, flow);
  }

  #mark({ commandsMax, bulkMax, covers }: TakeBounds): Marks {
    const marks: Marks = { taken: [], touched: [], covers };
    const bulk: FlowQueue[] = [];
    const others: FlowQueue[] = [];
    let bulkLength = 0;
    for (const flow of this.#flows.values()) {
      (flow.kind === 'bulk' ? bulk : others).push(flow);
      if (flow.kind === 'bulk') bulkLength += flow.length;
    }
    const reserved = Math.min(bulkLength, bulkMax, Math.ceil(commandsMax * BULK_PART_MIN));
    const marked = share(others, commandsMax - reserved, marks);
    share(bulk, Math.min(bulkMax, commandsMax - marked), marks);
    return marks;
  }
}

interface Marks {
  readonly taken: Waiting[];
  readonly touched: AccountQueue[];
  readonly covers: TakeBounds['covers'];
}

interface Sharing {
  /** Marks up to so many; a group that reaches over the bound is marked whole. @returns how many it marked */
  mark(countMax: number, marks: Marks): number;
}

/** Equal shares for all, and what one leaves for the others: max-min fairness. */
function share(all: readonly Sharing[], countMax: number, marks: Marks): number {
  let left = countMax;
  let active = all;
  while (left > 0 && active.length > 0) {
    const part = Math.max(1, Math.floor(left / active.length));
    const hungry: Sharing[] = [];
    for (const each of active) {
      if (left <= 0) break;
      const marked = each.mark(Math.min(part, left), marks);
      left -= marked;
      if (marked >= part) hungry.push(each);
    }
    active = hungry;
  }
  return countMax - left;
}

class FlowQueue implements Sharing {
  readonly kind: FlowKind;
  readonly accounts = new Map<string, AccountQueue>();
  length = 0;

  constructor(readonly id: Flow) {
    this.kind = flowKind(id);
  }

  accountOf(accountId: string): AccountQueue {
    let account = this.accounts.get(accountId);
    if (!account) this.accounts.set(accountId, (account = new AccountQueue(this, accountId)));
    return account;
  }

  mark(countMax: number, marks: Marks): number {
    const first: AccountQueue[] = [];
    for (const account of this.accounts.values())
      if (account.left > account.marked && first.push(account) >= countMax) break;
    return share(first, countMax, marks);
  }

  /** Takes what is marked of an account. */
  take(account: AccountQueue): void {
    this.length -= account.marked;
    account.takeMarked();
    if (account.left > 0 && this.accounts.size === 1) return;
    this.accounts.delete(account.accountId);
    if (account.left > 0) this.accounts.set(account.accountId, account);
  }

  /** Whoever came last of the account for which most wait, with its group. */
  removeLast(): Waiting[] {
    let longest: AccountQueue | undefined;
    for (const account of this.accounts.values()) if (account.left > (longest?.left ?? 0)) longest = account;
    const removed = longest?.removeLast() ?? [];
    if (longest?.left === 0) this.accounts.delete(longest.accountId);
    this.length -= removed.length;
    return removed;
  }
}

/** From so many taken places on, and if they are the larger part, an account's queue is written anew. */
const COMPACTED_FROM = 1_024;

class AccountQueue implements Sharing {
  items: Waiting[] = [];
  /** What stands before it has been taken. */
  head = 0;
  /** How many from the head on are to be taken. */
  marked = 0;

  constructor(
    readonly flow: FlowQueue,
    readonly accountId: string,
  ) {}

  get left(): number {
    return this.items.length - this.head;
  }

  mark(countMax: number, { taken, touched, covers }: Marks): number {
    const { items } = this;
    const start = this.head + this.marked;
    let end = start;
    while (end - start < countMax && end < items.length) {
      const behind = endOfGroup(items, end);
      if (covers && !isCovered(items, { start: end, end: behind }, covers)) break;
      for (; end < behind; end += 1) taken.push(items[end] as Waiting);
    }
    if (this.marked === 0 && end > start) touched.push(this);
    this.marked += end - start;
    return end - start;
  }

  takeMarked(): void {
    this.head += this.marked;
    this.marked = 0;
    if (this.head < COMPACTED_FROM || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }

  putBack(waiting: Waiting): void {
    if (this.head > 0) this.items[(this.head -= 1)] = waiting;
    else this.items.unshift(waiting);
  }

  removeLast(): Waiting[] {
    let start = this.items.length - 1;
    const group = this.items[start]?.group;
    if (group) while (start > this.head && this.items[start - 1]?.group === group) start -= 1;
    return this.items.splice(start);
  }
}

function isCovered(
  items: readonly Waiting[],
  { start, end }: { readonly start: number; readonly end: number },
  covers: (command: Command) => boolean,
): boolean {
  for (let at = start; at < end; at += 1) if (!covers((items[at] as Waiting).command)) return false;
  return true;
}

function endOfGroup(items: readonly Waiting[], start: number): number {
  const group = items[start]?.group;
  let end = start + 1;
  if (group) while (items[end]?.group === group) end += 1;
  return end;
}
