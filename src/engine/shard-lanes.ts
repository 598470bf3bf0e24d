import { hashId } from '../ledger/routing';
import { type Command, isAccountWide } from '../ledger/command';
import { ShardContendedError } from '../shards/faults';
import type { Shard, ShardBalance } from '../shards/shard';
import type { Later, Surroundings } from '../shards/surroundings';
import { Breaker } from './breaker';
import type { LaneOutcome } from './engine-outcome';
import type { HeatMeter } from './heat/heat-meter';
import { GroupedLookUps, type LookUpBounds } from './grouped-look-ups';
import { Lane } from './lane';
import type { LaneSettings } from './lane-settings';
import { LoadMix } from './load-mix';
import type { EngineObserver } from './observer';
import { withinMs } from './within-ms';

/** A probe of a shard that takes longer has failed. */
const PROBE_MS_MAX = 2_000;

/**
 * Two batches of 5,000 accounts that cannot pay may be read at once, twice over. A group is small, so that an account of few
 * rows waits for no thousands of others'; statements at once leave half of a shard's reading sessions to everything else.
 */
const READING_BOUNDS: LookUpBounds = {
  groupMax: 64,
  groupsAtOnceMax: 4,
  waitingMax: 20_000,
  waitMsMax: 2_500,
};

/** What the lanes of all shards share. */
export interface LaneEnvironment {
  readonly settings: LaneSettings;
  readonly observer: EngineObserver;
  /** One for all lanes of the process, which share its event loop. */
  readonly mix?: LoadMix;
  readonly meter?: HeatMeter | undefined;
  readonly now: () => number;
  readonly turn: () => Promise<void>;
  readonly sleep: Surroundings['sleep'];
  readonly later: Later;
  readonly newId: () => string;
}

/**
 * The lanes of one shard. Each sub-account belongs to one lane, so lanes run side by side and rarely wait for each
 * other's locks; commands of different accounts share a lane and its batches.
 */
export class ShardLanes {
  readonly #lanes: Lane[];
  /** Of its own: what is received waits for no row, and must not wait behind those that do. */
  readonly #intake: Lane;
  readonly #breaker: Breaker;
  readonly #balances: GroupedLookUps<ShardBalance>;

  constructor(
    readonly shard: Shard,
    parts: LaneEnvironment,
  ) {
    const { settings, observer, meter, mix = new LoadMix(), now, turn, newId, sleep, later } = parts;
    const breaker = (this.#breaker = new Breaker({
      breakMs: settings.breakMs,
      later,
      probe: () => withinMs(sleep, { msMax: PROBE_MS_MAX, shard: shard.name }, shard.ping()),
      changed: (up) => observer.shardState(shard.name, up),
    }));
    const lane = (number: number): Lane =>
      new Lane({ shard, number, settings, breaker, observer, meter, mix, now, turn, newId, sleep });
    this.#lanes = Array.from({ length: shard.parallelism }, (_, number) => lane(number));
    this.#intake = lane(shard.parallelism);
    this.#balances = new GroupedLookUps(READING_BOUNDS, {
      ask: (accountIds) => shard.readBalances(accountIds),
      overloaded: () => new ShardContendedError(shard.name, 0),
      now,
      turn,
    });
  }

  submit(command: Command): Promise<LaneOutcome> {
    return this.#laneOf(command).submit(command);
  }

  /** Whether commands of this account wait apart from the others, because somebody else has it locked. */
  isSetAside(accountId: string): boolean {
    return this.#lanes.some((lane) => lane.isSetAside(accountId));
  }

  /** A command whose account was just found locked by somebody else. */
  submitAside(command: Command): Promise<LaneOutcome> {
    return this.#laneOf(command).submitAside(command);
  }

  /** Commands of one account that are merged into the same transaction, in this order. */
  submitTogether(commands: readonly Command[]): Promise<LaneOutcome[]> {
    const [first] = commands;
    return first ? this.#laneOf(first).submitTogether(commands) : Promise.resolve([]);
  }

  /**
   * What an account has on this shard, by a statement that begins after this call.
   *
   * Rejects with `ShardUnavailableError` when the shard cannot be read, `ShardContendedError` when too many wait.
   */
  async readBalance(accountId: string): Promise<ShardBalance> {
    const balance = await this.#balances.find(accountId);
    if (!balance) throw new RangeError(`${this.shard.name} did not answer for ${accountId}`);
    return balance;
  }

  /** The shard could not be reached just now: what is asked of it is turned away. */
  get isDown(): boolean {
    return this.#breaker.isOpen;
  }

  /** Commands waiting, by lane. */
  get depths(): number[] {
    return [...this.#lanes, this.#intake].map((lane) => lane.depth);
  }

  /** A shard that is down is not looked after any more. */
  stop(): void {
    this.#breaker.stop();
  }

  async whenIdle(): Promise<void> {
    await Promise.all([...this.#lanes, this.#intake].map((lane) => lane.whenIdle()));
  }

  /** Hashed, because an account's sub-accounts on one shard are S apart and would otherwise meet in one lane. */
  #laneOf(command: Command): Lane {
    if (command.kind === 'receive') return this.#intake;
    if (this.#lanes.length === 1) return this.#lanes[0] as Lane;
    const row = isAccountWide(command) ? 'account' : command.subAccount;
    const slot = hashId(`${command.accountId} ${row}`);
    return this.#lanes[slot % this.#lanes.length] as Lane;
  }
}
