import type { Outcome } from '../ledger/outcome';
import { DatabaseRefusedError, ShardFault } from './faults';
import {
  assertIdentity,
  IDENTIFIED_BEFORE,
  type KnownShards,
  NEVER_IDENTIFIED,
  shardAt,
  type ShardIdentity,
} from './shard-identity';

/** Where a database keeps the identity of its shard. Methods reject with `ShardFault`. */
export interface IdentityStore {
  /** Nothing is there at all, looked at before the database is opened. */
  isMissing(): boolean;
  /** Nothing where there is none, be it that its table is missing. */
  find(): Promise<ShardIdentity | undefined>;
  /** Makes the tables, and writes the identity unless there is one. */
  write(identity: ShardIdentity): Promise<void>;
  /** Gives an incarnation to a database that was identified before databases had one. */
  fill(incarnation: string): Promise<void>;
}

export interface IdentityGuardParts {
  readonly name: string;
  /** Of its database, without credentials: for messages. */
  readonly address?: string | undefined;
  readonly clusterId: () => Promise<string>;
  readonly known: KnownShards;
  readonly store: IdentityStore;
  readonly newId: () => string;
}

/**
 * Makes sure that a shard's database is the one that the directory knows, and not an empty one at the same address.
 *
 * An empty database has no rows, so nothing is paid from it; but it says of every request id that it was never used, and of
 * every balance that it is nothing. So whoever is answered that something is not there reads the identity in the same
 * statement or transaction and asks `confirmOwn`, and rows are made only under `incarnation`.
 */
export class IdentityGuard {
  #own: ShardIdentity | undefined;
  #underWay: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(private readonly parts: IdentityGuardParts) {}

  /** @throws ShardFault `unavailable` before the database has been identified */
  get incarnation(): string {
    const { name } = this.parts;
    if (!this.#own) throw new ShardFault(name, 'unavailable', new Error('it has not been identified yet'));
    return this.#own.incarnation ?? '';
  }

  /**
   * Before the database is opened, which would make a file that is missing.
   *
   * @throws DatabaseRefusedError `SHARD_EMPTY`
   */
  async refuseMissing(): Promise<void> {
    const { name, known, store } = this.parts;
    if (!store.isMissing()) return;
    const expected = await known.incarnationOf(name);
    if (expected !== undefined && expected !== NEVER_IDENTIFIED) throw emptyShard(this.parts, expected);
  }

  /**
   * Compares the database with what the directory knows. Only one that the directory has never seen identified is given an
   * identity, and the directory knows it before any money is written: so an empty database later is not a new one.
   *
   * @throws DatabaseRefusedError `SHARD_EMPTY`, `SHARD_IDENTITY_MISMATCH`
   */
  async identify(): Promise<void> {
    const { name, known, store, newId } = this.parts;
    const clusterId = await this.parts.clusterId();
    const expected = await known.incarnationOf(name);
    const taken = { name, clusterId, incarnation: newId() };
    if (expected === undefined || expected === NEVER_IDENTIFIED) await store.write(taken);
    const found = await this.#found(taken);
    if (!found) throw emptyShard(this.parts, expected);
    assertIdentity({ ...taken, address: this.parts.address }, found);
    await this.#assertKnown(found.incarnation, expected);
    this.#own = found;
    known.refused(name, undefined);
  }

  /**
   * Whether this is still the database that was identified. Callers share a look that began after they called.
   *
   * Rejects with `ShardFault` `unavailable`, its cause the `DatabaseRefusedError` that names why; also when a look has met
   * another database since the callers were answered, though the own one is back.
   */
  confirm(): Promise<void> {
    this.#next ??= this.#afterUnderWay();
    return this.#next;
  }

  /**
   * Whether the database that answered with this identity is the shard's own. Rejects as `confirm` does, and also when the
   * own one stands there again by now.
   *
   * @param found `undefined` where the answer was one that the own database does not give
   */
  async confirmOwn(found: ShardIdentity | undefined): Promise<void> {
    if (this.#isOwn(found)) return;
    await this.confirm();
    if (!this.#isOwn(found)) throw new AnotherForAWhile(this.parts.name);
  }

  #isOwn(found: ShardIdentity | undefined): boolean {
    return found !== undefined && this.#own !== undefined && isSame(found, this.#own);
  }

  async #afterUnderWay(): Promise<void> {
    // What is under way may have looked before this call. Had it met another database, so may have the caller.
    const metAnother = await this.#underWay?.then(
      () => undefined,
      (error: unknown) => (error instanceof AnotherForAWhile ? error : undefined),
    );
    this.#next = undefined;
    if (metAnother) throw metAnother;
    const look = (this.#underWay = this.#look());
    try {
      await look;
    } finally {
      if (this.#underWay === look) this.#underWay = undefined;
    }
  }

  async #look(): Promise<void> {
    const { name, known, store } = this.parts;
    try {
      const own = this.#own;
      const found = await store.find();
      if (found && own && isSame(found, own)) {
        known.refused(name, undefined);
        return;
      }
      // It is another one. Its shard may have been begun anew by another instance.
      await this.identify();
      // It was not: its own database is back since. Whoever asks now may have been answered by the one that was there.
      if (own && this.#own && isSame(this.#own, own)) throw new AnotherForAWhile(name);
    } catch (error) {
      const refused = error instanceof ShardFault ? error.cause : error;
      if (!(refused instanceof DatabaseRefusedError)) throw error;
      known.refused(name, refused);
      throw new ShardFault(name, 'unavailable', refused);
    }
  }

  async #found(
    taken: ShardIdentity,
  ): Promise<(ShardIdentity & { readonly incarnation: string }) | undefined> {
    const { store } = this.parts;
    let found = await store.find();
    if (
      found &&
      found.incarnation === null &&
      found.name === taken.name &&
      found.clusterId === taken.clusterId
    ) {
      await store.fill(taken.incarnation ?? '');
      found = await store.find();
    }
    return found && { ...found, incarnation: found.incarnation ?? '' };
  }

  async #assertKnown(incarnation: string, expected: string | undefined): Promise<void> {
    const { name, known } = this.parts;
    if (expected === undefined || expected === incarnation) return;
    if (expected === NEVER_IDENTIFIED && (await known.isLost(name, incarnation)))
      throw new DatabaseRefusedError(
        'SHARD_IDENTITY_MISMATCH',
        `the database of ${shardAt(this.parts)} is the one that was declared lost; the shard was begun anew without it`,
      );
    const isFirst = expected === NEVER_IDENTIFIED || expected === IDENTIFIED_BEFORE;
    if (isFirst && (await known.record(name, expected, incarnation))) return;
    if ((await known.incarnationOf(name)) === incarnation) return;
    throw new DatabaseRefusedError(
      'SHARD_IDENTITY_MISMATCH',
      `the database of ${shardAt(this.parts)} is not the one that the directory knows under this name`,
    );
  }
}

/** The shard's own database was away, another one stood in its place, and it is back. */
class AnotherForAWhile extends ShardFault {
  constructor(shard: string) {
    super(shard, 'unavailable', new Error('another database stood in its place a moment ago'));
  }
}

/** Whether a batch came to something because a row, a hold or an entry is not there: true only of the shard's own database. */
export function reliesOnAbsence(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'settled':
    case 'leveled':
    case 'holdNotHere':
    case 'deductionNotHere':
    case 'leaseOver':
      return true;
    // A record in a database that is not the shard's own would be found by nobody.
    case 'received':
      return !outcome.replayed;
    case 'departed':
      return outcome.departure === undefined;
    default:
      return false;
  }
}

function isSame(a: ShardIdentity, b: ShardIdentity): boolean {
  return a.name === b.name && a.clusterId === b.clusterId && a.incarnation === b.incarnation;
}

function emptyShard(
  shard: Pick<IdentityGuardParts, 'name' | 'address'>,
  incarnation: string | undefined,
): DatabaseRefusedError {
  return new DatabaseRefusedError(
    'SHARD_EMPTY',
    `the database of ${shardAt(shard)} is empty, and the directory knows one that is not. Correct its address, or ` +
      'bring its file or a backup back. Only if all that it held is lost for good, its balances, entries, holds and ' +
      `request ids: start once with HOTSPLIT_LOST_SHARDS=${shard.name}=${incarnation ?? ''}`,
  );
}
