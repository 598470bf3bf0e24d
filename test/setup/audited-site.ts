import { randomUUID } from 'node:crypto';
import { fingerprint } from '../../src/engine/fingerprint';
import { NOT_SPREAD, routeToHome } from '../../src/engine/router';
import { allowanceId, allowanceStepKey } from '../../src/ledger/allowance';
import type { Command } from '../../src/ledger/command';
import type { Payment } from '../../src/ledger/payment';
import { routeRequest, shardOfSubAccount } from '../../src/ledger/routing';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import { Directory } from '../../src/shards/directory/directory';
import { directoryDatabaseAt } from '../../src/shards/open-database';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { accountRecord } from '../models/account-record';
import { type RawSql, rawSql } from './raw-sql';
import { untilServed } from './until-served';
import { openShard, type TestStore } from './stores';

const NAMES = ['s0', 's1', 's2'] as const;

/** Three real shards with a directory on the first, and connections to each past the product. */
export class AuditedSite {
  private constructor(
    readonly shards: readonly Shard[],
    readonly directory: Directory,
    private readonly connections: readonly RawSql[],
    private readonly endings: readonly (() => Promise<void>)[],
  ) {}

  static async make({ mark, makeSite }: TestStore): Promise<AuditedSite> {
    const sites = [await makeSite(), await makeSite(), await makeSite()];
    const clusterId = randomUUID();
    const shards: Shard[] = [];
    for (const [position, { location }] of sites.entries())
      shards.push((await openShard(location, { name: NAMES[position] as string, clusterId })).shard);
    const first = (sites[0] as (typeof sites)[number]).location;
    const directory = new Directory(directoryDatabaseAt(first));
    await directory.open();
    // Accounts are made on shards that the directory knows.
    await directory.registerShards(NAMES);
    const connections = await Promise.all(sites.map(({ location }) => rawSql(location, mark)));
    return new AuditedSite(shards, directory, connections, [
      ...connections.map((connection) => () => connection.close()),
      () => directory.close(),
      ...shards.map((shard) => () => shard.close()),
      ...sites.map((site) => () => site.drop()),
    ]);
  }

  async end(): Promise<void> {
    for (const end of this.endings) await end();
  }

  shard(name: string): Shard {
    return this.shards[NAMES.indexOf(name as 's0')] as Shard;
  }

  raw(name: string): RawSql {
    return this.connections[NAMES.indexOf(name as 's0')] as RawSql;
  }

  async create(
    accountId: string,
    subAccounts: number,
    shards: readonly string[] = NAMES,
  ): Promise<AccountRecord> {
    const record = accountRecord({ accountId, subAccounts, placement: { epoch: 1, shards } });
    if (!(await this.directory.insertAccount(record))) throw new Error(`${accountId} was not made`);
    for (const name of shards) {
      const seeds = Array.from({ length: subAccounts }, (_, index) => index)
        .filter((index) => shardOfSubAccount(index, record.placement) === name)
        .map(
          (index) =>
            ({ accountId, index, epoch: 1, accountStatus: 'active', accountStatusVersion: 1 }) as const,
        );
      if (seeds.length > 0) await this.shard(name).createSubAccounts(seeds);
    }
    return record;
  }

  /** Runs requests as one batch on each home shard; departures stay pending. */
  async submit(requests: readonly Submission[]): Promise<void> {
    const batches = new Map<string, Command[]>();
    for (const { account, ...request } of requests) {
      const { shard, command } = routeToHome(
        {
          ...request,
          expiresInUs: HELD_US,
          accountId: account.accountId,
          fingerprint: fingerprint(request.kind, request.amountMinor),
          reference: null,
          metadata: null,
        },
        account,
        { newId: () => `of ${request.requestId}` },
      );
      batches.set(shard, [...(batches.get(shard) ?? []), command]);
    }
    await this.#apply(batches);
  }

  /** Does something to holds or deductions by their ids, as one batch on each shard. */
  async follow(account: AccountRecord, ids: readonly string[], toCommand: ToCommand): Promise<void> {
    const { accountId, placement, subAccounts } = account;
    const batches = new Map<string, Command[]>();
    for (const id of ids) {
      const { shard, subAccount } = routeRequest(id, placement, subAccounts);
      const print = fingerprint(id);
      const command = toCommand(id, { accountId, subAccount, epoch: placement.epoch, fingerprint: print });
      batches.set(shard, [...(batches.get(shard) ?? []), command]);
    }
    await this.#apply(batches);
  }

  /** Pays another account. @returns the payment, which is under way */
  async pay(
    payer: AccountRecord,
    payee: AccountRecord,
    { requestId, amountMinor }: Pick<Submission, 'requestId' | 'amountMinor'>,
  ): Promise<Payment> {
    const { accountId, placement } = payer;
    const { shard, subAccount } = routeRequest(requestId, placement, payer.subAccounts);
    const to = routeRequest(requestId, payee.placement, payee.subAccounts);
    const asked = { accountId, requestId, amountMinor, reference: null, metadata: null };
    const command: Command = {
      ...asked,
      kind: 'deduct',
      subAccount,
      epoch: placement.epoch,
      fingerprint: fingerprint('transfer', payee.accountId, amountMinor, null, null),
      payee: { accountId: payee.accountId, shard: to.shard, subAccount: to.subAccount },
    };
    await this.#apply(new Map([[shard, [command]]]));
    const [payment] = await this.shard(shard).findPayments(accountId, [requestId]);
    if (!payment) throw new Error(`${accountId} has not paid ${requestId}`);
    return payment;
  }

  /** Charges a deduction, or a hold, to a budget of its own, of 500, as well. @returns the allowance, and the shard where that is */
  async charge(
    account: AccountRecord,
    { requestId, amountMinor }: Pick<Submission, 'requestId' | 'amountMinor'>,
    kind: 'deduct' | 'hold' = 'deduct',
  ): Promise<{ id: string; shard: string }> {
    const { accountId, placement } = account;
    const { budgets } = this.directory;
    const names = { accountId, budgetId: 'cap' };
    await budgets.insert({ ...names, limitMinor: 500n, period: 'total', timeZone: 'UTC', parent: null });
    const id = allowanceId(fingerprint(accountId, 'cap', 0n));
    await budgets.openAllowance({ ...names, allowanceId: id, periodStartUs: 0, periodEndUs: null });
    const { shard, subAccount } = routeRequest(requestId, placement, account.subAccounts);
    const seed = { accountId: id, index: subAccount, epoch: 1 };
    await this.shard(shard).createSubAccounts([
      { ...seed, accountStatus: 'active', accountStatusVersion: 1 },
    ]);
    const asked = { subAccount, epoch: 1, reference: null, metadata: null };
    const step: Command = {
      ...asked,
      ...NOT_SPREAD,
      kind: 'credit',
      accountId: id,
      requestId: allowanceStepKey(1),
      amountMinor: 500n,
      fingerprint: fingerprint('allowance', 1n),
    };
    const about = { accountId, requestId, amountMinor, fingerprint: fingerprint(kind, amountMinor) };
    const charges = [{ budgetId: 'cap', allowanceId: id, step: 1 }];
    const charged: Command =
      kind === 'hold'
        ? { ...asked, ...about, charges, kind, expiresInUs: 600_000_000 }
        : { ...asked, ...about, charges, kind };
    await this.#apply(new Map([[shard, [step, charged]]]));
    const allowance = await this.directory.findAccount(id);
    if (allowance) await budgets.settle(allowance, []);
    return { id, shard };
  }

  /** Lets a payment arrive, whether it was made or not. */
  async letArrive(payment: Payment): Promise<void> {
    const { accountId, shard, subAccount } = payment.payee;
    await this.#apply(new Map([[shard, [{ ...NOT_SPREAD, kind: 'payIn', accountId, subAccount, payment }]]]));
  }

  /** Gives a payment back, whatever has become of it. */
  async giveBack(shard: string, payment: Payment): Promise<void> {
    const { accountId, subAccount } = payment;
    await this.#apply(new Map([[shard, [{ kind: 'payBack', accountId, subAccount, payment }]]]));
  }

  /** Lets what has left arrive, and marks it. @returns how much that was, at most a thousand of each shard */
  async settle(): Promise<number> {
    let settled = 0;
    for (const source of this.shards) {
      const pending = await source.pendingDepartures({ limit: 1_000, olderThanMs: 0 });
      for (const name of NAMES) {
        const arriving = pending.filter(({ toShard }) => toShard === name);
        if (arriving.length === 0) continue;
        const commands = arriving.map((transfer): Command => {
          return { ...transfer, kind: 'transferIn', subAccount: transfer.toSubAccount };
        });
        await this.#apply(new Map([[name, commands]]));
        await source.completeTransfers(arriving);
        settled += arriving.length;
      }
    }
    return settled;
  }

  /** Batches by shard. What a busy machine kept a shard from answering in time is sent again, under the same keys. */
  async #apply(batches: ReadonlyMap<string, readonly Command[]>): Promise<void> {
    const sent = [...batches].map(([name, commands]) =>
      untilServed(() => this.shard(name).applyBatch(commands, NO_HINT)),
    );
    await Promise.all(sent);
  }
}

const HELD_US = 900_000_000;

export type ToCommand = (
  id: string,
  routed: Pick<Command & { kind: 'confirm' }, 'accountId' | 'subAccount' | 'epoch' | 'fingerprint'>,
) => Command;

export interface Submission {
  readonly kind: 'deduct' | 'credit' | 'hold';
  readonly account: AccountRecord;
  readonly requestId: string;
  readonly amountMinor: bigint;
}
