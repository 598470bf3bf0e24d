import type { FollowUpCommand, PinnedDebitCommand } from '../ledger/command';
import type { Hold } from '../ledger/hold';
import { capturedKey, reversalKey, reversedName } from '../ledger/identifiers';
import { routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Span } from '../shards/span';
import { acrossFences, type FenceParts, type Told } from './across-fences';
import type { AccountCache } from './account-cache';
import { isUnsettled, newestSteps, openedAllowance } from './budgets/newest-steps';
import type { PinnedDebit } from './collecting/waiting';
import type { Admission } from './balance-limit';
import type { EngineOutcome } from './engine-outcome';
import { NO_FAULTS, type ReachPoint } from './fault-points';
import type { Flow } from './flow';
import type { KeyLookUps } from './key-look-ups';
import type { ShardSet } from './shard-set';
import { type EarlierEntry, turnedAway } from './turned-away';

/** What a user asks to be done to a hold or a deduction that was made before, wherever that is. */
export type FollowUp = Confirmation | Cancellation | Extension | Raise | ReversalRequest;

interface Confirmation {
  readonly kind: 'confirm';
  readonly accountId: string;
  readonly holdId: string;
  /** `null` for the last capture, which needs no id of its own. */
  readonly captureId: string | null;
  /** `null` for all of it. */
  readonly amountMinor: bigint | null;
  readonly isFinal: boolean;
  /** What is above the hold comes out of what is available. */
  readonly mayTakeMore: boolean;
  readonly fingerprint: string;
  readonly flow?: Flow | undefined;
  /** Of the entry; `null` for what the hold says. */
  readonly reference: string | null;
  readonly metadata: string | null;
  readonly span?: Span | undefined;
}

interface Cancellation {
  readonly kind: 'cancel';
  readonly accountId: string;
  readonly holdId: string;
  readonly fingerprint: string;
  readonly flow?: Flow | undefined;
  readonly span?: Span | undefined;
}

interface Extension {
  readonly kind: 'extend';
  readonly accountId: string;
  readonly holdId: string;
  readonly expiresInUs: number;
  readonly lastsUsMax: number;
  readonly fingerprint: string;
  readonly flow?: Flow | undefined;
  readonly span?: Span | undefined;
}

interface Raise {
  readonly kind: 'raise';
  readonly accountId: string;
  readonly holdId: string;
  /** What the hold is to come to in all. */
  readonly amountMinor: bigint;
  readonly fingerprint: string;
  readonly flow?: Flow | undefined;
  readonly span?: Span | undefined;
}

export interface ReversalRequest {
  readonly kind: 'reverse';
  readonly of: 'deduction' | 'credit';
  readonly accountId: string;
  readonly reverses: string;
  /** Of a hold's capture that has an id of its own. */
  readonly captureId: string | null;
  readonly requestId: string;
  /** `null` for what is left. */
  readonly amountMinor: bigint | null;
  readonly fingerprint: string;
  readonly reference: string | null;
  readonly metadata: string | null;
  readonly flow?: Flow | undefined;
  readonly span?: Span | undefined;
}

export interface FollowUpParts extends FenceParts {
  readonly accounts: Pick<AccountCache, 'peek' | 'read'>;
  readonly shards: ShardSet;
  readonly lookUps: KeyLookUps;
  readonly reach?: ReachPoint;
  /** Whether the account has room for what comes back to it. */
  readonly admit: (account: AccountRecord, amountMinor: bigint) => Promise<Admission>;
  /** Pays what its shard could not, with what the account's other shards have; or refuses it. */
  readonly collect: (debit: PinnedDebit, account: AccountRecord) => Promise<Told>;
}

/** How often money is brought for one request whose amount others change meanwhile. */
const COLLECTIONS_MAX = 8;

/** The placement that an account is made with; one that never had another has everything at home. */
const FIRST_EPOCH = 1;

/**
 * Confirms, cancels, changes and reverses where the hold or the entry is: at home, or, when the account has moved since, on
 * another shard of its reach, however long ago that was. There the row that it is pinned to decides.
 *
 * Only when it is nowhere in reach is it unknown. A tombstone is left at home then, under an epoch that fences off every
 * other place a late try could go to.
 */
export class FollowUps {
  constructor(private readonly parts: FollowUpParts) {}

  /**
   * Resolves once the outcome is durable, or with why there is none; rejects with `ShardUnavailableError` when a shard where
   * it may be could not be read.
   */
  async submit(followUp: FollowUp, account: AccountRecord): Promise<EngineOutcome> {
    return followUp.kind === 'reverse' && followUp.of === 'deduction'
      ? this.#reverseWithinLimit(followUp, account)
      : this.#tryAcrossFences(followUp, account);
  }

  #tryAcrossFences(followUp: FollowUp, account: AccountRecord): Promise<EngineOutcome> {
    return acrossFences(this.parts, account, (current) => this.#tryOnce(followUp, current));
  }

  /** Rejects with `ShardUnavailableError` when a shard where it may be could not be read. */
  async findHold(account: AccountRecord, holdId: string): Promise<{ hold: Hold; shard: string } | undefined> {
    const found = await this.#findHoldIn(account, holdId);
    if (found) return found;
    // The account may have moved since its record was read here.
    const fresh = await this.parts.accounts.read(account.accountId);
    return fresh && fresh.revision !== account.revision ? this.#findHoldIn(fresh, holdId) : undefined;
  }

  async #findHoldIn(
    account: AccountRecord,
    holdId: string,
  ): Promise<{ hold: Hold; shard: string } | undefined> {
    const { shard: home } = routeRequest(holdId, account.placement, account.subAccounts);
    const places = [home, ...otherShards(home, account)];
    await this.parts.shards.ensure(places);
    const found = await Promise.all(
      places.map(async (shard) => ({
        shard,
        hold: await this.parts.shards.shard(shard).findHold(account.accountId, holdId),
      })),
    );
    for (const { shard, hold } of found) if (hold) return { shard, hold };
    return undefined;
  }

  async #tryOnce(followUp: FollowUp, account: AccountRecord): Promise<Told> {
    const home = routeRequest(idOf(followUp), account.placement, account.subAccounts);
    const others = otherShards(home.shard, account);
    const ask = (at: { shard: string; subAccount: number }, leaveTombstone: boolean): Promise<Told> =>
      this.#ask(at.shard, toCommand(followUp, at.subAccount, { account, leaveTombstone }), account);

    const told = await ask(home, others.length === 0);
    if (!isNotHere(told) || others.length === 0) return told;
    const found = await this.#seek(followUp, others);
    await (this.parts.reach ?? NO_FAULTS)('hold.sought');
    if (found) return ask(found, false);
    return followUp.kind === 'cancel' ? ask(home, true) : told;
  }

  async #ask(shard: string, command: FollowUpCommand, account: AccountRecord): Promise<Told> {
    const { shards } = this.parts;
    if (!shards.has(shard)) await shards.ensure([shard]);
    if (!shards.has(shard)) return { shard, outcome: { kind: 'shardUnavailable', shard } };
    const told = { shard, outcome: await shards.lanes(shard).submit(command) };
    if (told.outcome.kind === 'stepsNeeded' && (command.kind === 'confirm' || command.kind === 'raise')) {
      const charges = await newestSteps(this.parts.accounts, told.outcome.charges, account);
      if (isUnsettled(charges)) return { shard, outcome: charges };
      const charged = { ...command, charges };
      return this.#pay({ shard, outcome: await shards.lanes(shard).submit(charged) }, charged, account);
    }
    return takesMoney(command) ? this.#pay(told, command, account) : told;
  }

  /**
   * Brings what the shard lacks, of the account or of a budget of the hold's. How much that is may change while it is brought: others
   * capture what the hold had, and then it is asked for anew.
   */
  async #pay(first: Told, command: PinnedDebitCommand, account: AccountRecord): Promise<Told> {
    const { shard } = first;
    let told = first;
    for (let collections = 0; collections < COLLECTIONS_MAX; collections += 1) {
      const { outcome } = told;
      if (outcome.kind === 'fenced' && outcome.fencedBy !== undefined)
        await this.parts.accounts.read(outcome.fencedBy);
      if (outcome.kind !== 'insufficientFunds' || outcome.askedMinor === undefined) return told;
      const { askedMinor: amountMinor, shortOf } = outcome;
      const accountId = shortOf ?? command.accountId;
      const payer = shortOf === undefined ? account : await openedAllowance(this.parts.accounts, shortOf);
      told = await this.parts.collect({ kind: 'pinned', accountId, shard, command, amountMinor }, payer);
      // The collector tells that the account itself is short of this only when it has proved it.
      const { outcome: paid } = told;
      if (paid.kind === 'insufficientFunds' && paid.askedMinor === amountMinor && paid.shortOf === shortOf)
        return told;
    }
    return { shard, outcome: { kind: 'overloaded', shard } };
  }

  async #seek(
    followUp: FollowUp,
    shards: readonly string[],
  ): Promise<{ shard: string; subAccount: number } | undefined> {
    const found = await Promise.all(
      shards.map(async (shard) => {
        const entry = await this.parts.lookUps.find(shard, followUp.accountId, idOf(followUp));
        return entry && { shard, subAccount: entry.subAccount };
      }),
    );
    return found.find((each) => each !== undefined);
  }

  async #reverseWithinLimit(reversal: ReversalRequest, account: AccountRecord): Promise<EngineOutcome> {
    const { accountId, reverses, requestId, fingerprint } = reversal;
    const { shard: home } = routeRequest(reverses, account.placement, account.subAccounts);
    const places = [home, ...otherShards(home, account)];
    const find = async (key: string): Promise<EarlierEntry | undefined> => {
      const found = await Promise.all(
        places.map(async (shard) => ({ shard, entry: await this.parts.lookUps.find(shard, accountId, key) })),
      );
      for (const { shard, entry } of found) if (entry) return { shard, entry };
      return undefined;
    };
    const name = reversedName(reverses, reversal.captureId);
    const reversed = reversal.captureId === null ? reverses : capturedKey(name);
    const amountMinor = reversal.amountMinor ?? (await find(reversed))?.entry.amountMinor;
    if (amountMinor === undefined) return this.#tryAcrossFences(reversal, account);
    const admission = await this.parts.admit(account, amountMinor);
    if (admission.kind !== 'admitted') {
      // A found key outranks the limit, so it is looked up before the refusal leaves.
      const earlier = await find(reversalKey(name, requestId));
      return turnedAway(admission, earlier, { fingerprint, home });
    }
    try {
      return await this.#tryAcrossFences(reversal, account);
    } finally {
      admission.release();
    }
  }
}

function takesMoney(command: FollowUpCommand): command is PinnedDebitCommand {
  return command.kind === 'confirm' || command.kind === 'raise' || command.kind === 'reverse';
}

/** Where it may be when it is not at home. */
function otherShards(home: string, { placement, reach }: AccountRecord): readonly string[] {
  return placement.epoch === FIRST_EPOCH ? [] : reach.filter((shard) => shard !== home);
}

/** The id that decides where it is. */
function idOf(followUp: FollowUp): string {
  return followUp.kind === 'reverse' ? followUp.reverses : followUp.holdId;
}

function isNotHere({ outcome }: Told): boolean {
  return outcome.kind === 'holdNotHere' || outcome.kind === 'deductionNotHere';
}

function toCommand(
  followUp: FollowUp,
  subAccount: number,
  { account, leaveTombstone }: { readonly account: AccountRecord; readonly leaveTombstone: boolean },
): FollowUpCommand {
  const routed = { subAccount, epoch: account.placement.epoch };
  return followUp.kind === 'cancel' ? { ...followUp, ...routed, leaveTombstone } : { ...followUp, ...routed };
}
