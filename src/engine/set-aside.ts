import type { Command } from '../ledger/command';
import type { AccountsLockedError } from '../shards/faults';
import type { Span } from '../shards/span';
import type { Surroundings } from '../shards/surroundings';
import type { LaneOutcome } from './engine-outcome';
import type { Flow } from './flow';
import type { LaneSettings } from './lane-settings';
import type { EngineObserver } from './observer';

/** A command that waits for its batch. */
export interface Waiting {
  readonly command: Command;
  /** Whose share of the lane it takes. */
  readonly flow: Flow;
  /** Where it is traced: its time in the lane. */
  readonly span?: Span | undefined;
  readonly since: number;
  /** Commands with the same group go into the same transaction. */
  readonly group: object | undefined;
  readonly resolve: (outcome: LaneOutcome) => void;
  /** An earlier batch with it had an unknown outcome: nobody may say that nothing was done. */
  mayHaveCommitted?: boolean;
}

export interface SetAsideParts {
  readonly shard: { readonly name: string };
  readonly settings: LaneSettings;
  readonly observer: Pick<EngineObserver, 'accountSetAside'>;
  readonly now: () => number;
  readonly sleep: Surroundings['sleep'];
  /** Runs commands beside the lane and answers them; or answers none of them and says what is locked. */
  readonly run: (batch: readonly Waiting[]) => Promise<AccountsLockedError | undefined>;
  /** Takes what still waits of an account that is free again back into the lane; nothing, where nothing does. */
  readonly takeBack: (waiting: readonly Waiting[]) => void;
}

/** Between two tries, and between two looks for what has waited too long. */
const PAUSE_MS = 100;

/** How long a try beside the lane may wait for locks: commands are answered so much before their time is over. */
const LOCK_WAITS_MS = 2_000;

/** An account that was found locked and for which nothing waits any more stays here for so long: its next command would stop the lane. */
const KEPT_MS = 10_000;

interface Account {
  readonly waiting: Waiting[];
  keptUntil: number;
}

/**
 * The commands of accounts that somebody else has locked. They wait here instead of in the lane, where all others would have
 * to wait with them.
 *
 * They are tried together, one batch at a time, in a transaction beside the lane's. If that waits too long for a lock, the
 * accounts whose rows are locked are left out and the others tried again; where no row is to blame, each account is tried
 * alone. An account whose commands went through goes back to the lane with whatever came in meanwhile. So an account that
 * was set aside because it is merely busy is away for one batch.
 *
 * Bounded: an account may have an eighth of a lane's commands waiting here, all accounts together as many as a lane has,
 * and no command waits for longer than in a lane.
 */
export class SetAside {
  /** Those that were tried in vain most lately come last. */
  readonly #accounts = new Map<string, Account>();
  #depth = 0;
  #isTrying = false;
  #isExpiring = false;
  #isDraining = false;

  constructor(private readonly parts: SetAsideParts) {}

  /** Commands waiting. */
  get depth(): number {
    return this.#depth;
  }

  get isEmpty(): boolean {
    return this.#accounts.size === 0;
  }

  has(accountId: string): boolean {
    return this.#accounts.has(accountId);
  }

  /** Sets an account aside; one that is set aside already stays so. */
  open(accountId: string): void {
    const { shard, observer, settings, now } = this.parts;
    if (this.#accounts.has(accountId) || this.#accounts.size >= settings.depthMax) return;
    this.#accounts.set(accountId, { waiting: [], keptUntil: now() + KEPT_MS });
    observer.accountSetAside({ shard: shard.name, accountId, isAside: true });
    if (!this.#isTrying) void this.#tryOn();
    if (!this.#isExpiring) void this.#expireOn();
  }

  /** A command of an account that is set aside. One without room is answered at once, and so is upkeep, which comes again. */
  add(waiting: Waiting): void {
    const account = this.#accounts.get(waiting.command.accountId);
    if (account && this.#hasRoom(account, waiting)) {
      account.waiting.push(waiting);
      this.#depth += 1;
    } else turnAway(waiting, this.parts.shard.name);
  }

  #hasRoom({ waiting: queue }: Account, { command, group }: Waiting): boolean {
    const { depthMax } = this.parts.settings;
    if (command.kind === 'expire' || command.kind === 'level') return false;
    // A group is let in whole.
    if (group && queue.at(-1)?.group === group) return true;
    return queue.length < Math.max(1, Math.floor(depthMax / 8)) && this.#depth < depthMax;
  }

  /** Accounts for which nothing waits are not kept from now on. */
  drain(): void {
    this.#isDraining = true;
  }

  async #tryOn(): Promise<void> {
    this.#isTrying = true;
    while (!this.isEmpty) {
      // Whoever sets accounts aside adds their commands first.
      await this.parts.sleep(PAUSE_MS);
      await this.#tryTogether([...this.#accounts.keys()]);
      this.#letGoUnused();
    }
    this.#isTrying = false;
  }

  async #tryTogether(accountIds: readonly string[]): Promise<void> {
    let rest = accountIds;
    while (rest.length > 0) {
      const error = await this.#try(rest);
      if (!error) return;
      const free = rest.filter((accountId) => error.accounts?.has(accountId) !== true);
      if (free.length === rest.length) {
        if (rest.length > 1) for (const accountId of rest) await this.#try([accountId]);
        return;
      }
      rest = free;
    }
  }

  /** Accounts whose commands went through go back to the lane. */
  async #try(accountIds: readonly string[]): Promise<AccountsLockedError | undefined> {
    const batch = this.#takeHeads(accountIds);
    if (batch.length === 0) return undefined;
    const error = await this.parts.run(batch);
    if (error) this.#putBack(batch);
    else for (const accountId of namedIn(batch)) this.#letGo(accountId);
    return error;
  }

  #takeHeads(accountIds: readonly string[]): Waiting[] {
    const { batchCommandsMax } = this.parts.settings;
    const batch: Waiting[] = [];
    for (const accountId of accountIds) {
      if (batch.length >= batchCommandsMax) break;
      const queue = this.#accounts.get(accountId)?.waiting ?? [];
      batch.push(...queue.splice(0, endOfGroups(queue, batchCommandsMax - batch.length)));
    }
    this.#depth -= batch.length;
    return batch;
  }

  #putBack(batch: readonly Waiting[]): void {
    this.#depth += batch.length;
    for (const accountId of namedIn(batch)) {
      const account = this.#accounts.get(accountId);
      if (!account) continue;
      account.waiting.unshift(...batch.filter(({ command }) => command.accountId === accountId));
      account.keptUntil = this.parts.now() + KEPT_MS;
      this.#accounts.delete(accountId);
      this.#accounts.set(accountId, account);
    }
  }

  #letGo(accountId: string): void {
    const { shard, observer, takeBack } = this.parts;
    const account = this.#accounts.get(accountId);
    if (!account) return;
    this.#accounts.delete(accountId);
    this.#depth -= account.waiting.length;
    observer.accountSetAside({ shard: shard.name, accountId, isAside: false });
    takeBack(account.waiting);
  }

  #letGoUnused(): void {
    const now = this.parts.now();
    for (const [accountId, { waiting, keptUntil }] of this.#accounts)
      if (waiting.length === 0 && (this.#isDraining || now >= keptUntil)) this.#letGo(accountId);
  }

  async #expireOn(): Promise<void> {
    const { shard, settings, now, sleep } = this.parts;
    const ageMsMax = Math.max(settings.waitMsMax - LOCK_WAITS_MS, settings.waitMsMax / 2);
    this.#isExpiring = true;
    while (!this.isEmpty) {
      await sleep(PAUSE_MS);
      const oldest = now() - ageMsMax;
      for (const { waiting } of this.#accounts.values()) {
        const young = waiting.findIndex(({ since }) => since >= oldest);
        const old = waiting.splice(0, young === -1 ? waiting.length : young);
        this.#depth -= old.length;
        for (const each of old) turnAway(each, shard.name);
      }
    }
    this.#isExpiring = false;
  }
}

function namedIn(batch: readonly Waiting[]): Set<string> {
  return new Set(batch.map(({ command }) => command.accountId));
}

/** "Overloaded" promises that nothing was done. */
export function turnAway({ resolve, mayHaveCommitted }: Waiting, shard: string): void {
  resolve({ kind: mayHaveCommitted ? 'shardUnavailable' : 'overloaded', shard });
}

/** Where to cut a queue so that no group is: at the bound, or behind the group that reaches over it. */
export function endOfGroups(queue: readonly Waiting[], commandsMax: number): number {
  if (queue.length <= commandsMax) return queue.length;
  const group = queue[commandsMax - 1]?.group;
  let end = commandsMax;
  if (group) while (queue[end]?.group === group) end += 1;
  return end;
}
