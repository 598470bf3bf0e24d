import type { Invariant } from '../../src/ledger/audit-finding';
import { routeRequest, shardOfSubAccount } from '../../src/ledger/routing';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import type { AuditedSite } from './audited-site';

interface Meddling {
  readonly site: AuditedSite;
  readonly account: AccountRecord;
}

export interface PlantedFault {
  readonly title: string;
  readonly invariants: readonly Invariant[];
  readonly plant: (meddling: Meddling) => Promise<unknown>;
}

/** Changes row 1. */
const setRow =
  (assignments: string) =>
  ({ site, account }: Meddling) =>
    site
      .raw(shardOfSubAccount(1, account.placement))
      .run(`UPDATE sub_account SET ${assignments} WHERE account_id = ? AND idx = 1`, account.accountId);

const homeOf = (account: AccountRecord, requestId: string): string =>
  routeRequest(requestId, account.placement, account.subAccounts).shard;

/** Changes something where a request has its home. */
const atHome =
  (requestId: string, sql: string) =>
  ({ site, account }: Meddling) =>
    site.raw(homeOf(account, requestId)).run(sql, account.accountId);

const otherThan = (shard: string): string => (shard === 's0' ? 's1' : 's0');

/** The spread of the top-up leaves its home; `far` is one of the shards where it arrives. */
const spread = (account: AccountRecord) => {
  const home = homeOf(account, 'topup');
  return { home, far: otherThan(home) };
};

/** A payment to an account of its own, which is under way from the shard `from`. */
const pay = async ({ site, account }: Meddling) => {
  const till = await site.create(`${account.accountId}.till`, 1, ['s1']);
  const payment = await site.pay(account, till, { requestId: 'paid', amountMinor: 30n });
  return { from: homeOf(account, 'paid'), payment };
};

/** A deduction with a budget of its own, where some statements then change what the allowance says of it. */
const charge =
  (...statements: readonly string[]) =>
  async ({ site, account }: Meddling) => {
    const { id, shard } = await site.charge(account, { requestId: 'charged', amountMinor: 20n });
    for (const statement of statements) await site.raw(shard).run(statement, id);
  };

/** The same of a hold, which stands. */
const chargedHold =
  (...statements: readonly string[]) =>
  async ({ site, account }: Meddling) => {
    const { id, shard } = await site.charge(account, { requestId: 'charged', amountMinor: 20n }, 'hold');
    for (const statement of statements) await site.raw(shard).run(statement, id);
  };

const ENTRY = 'kind, amount, epoch, fingerprint, reference, metadata';

/** Something that is said to have been received, and to have ended so. */
const recordOf =
  (requestId: string, state: 'succeeded' | 'moved') =>
  ({ site, account }: Meddling) =>
    site.raw(homeOf(account, requestId)).run(
      `INSERT INTO intake (account_id, request_id, attempt, state, amount, sub_account, fingerprint, received_at_us, since_us)
         SELECT ?, '${requestId}', 1, '${state}', 30, 0, X'${'0'.repeat(32)}', 1, ${Date.now() * 1_000}`,
      account.accountId,
    );

/**
 * Ways of breaking an account of four sub-accounts on three shards, with the keys `topup` and `a` to `e`, the holds
 * `held` and `taken`, and two reversals of `b` and `taken` each.
 */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    title: 'a changed available',
    invariants: ['balanceIsNetPlusMoved'],
    plant: setRow('available = available + 1'),
  },
  {
    title: 'a negative balance',
    invariants: ['balanceNotNegative', 'balanceIsNetPlusMoved'],
    plant: async (meddling) => {
      const { site, account } = meddling;
      await site.raw(shardOfSubAccount(1, account.placement)).breakChecks();
      await setRow('available = -5')(meddling);
    },
  },
  {
    title: 'a changed held',
    invariants: ['balanceIsNetPlusMoved', 'heldIsSumOfHolds'],
    plant: setRow('held = held + 7'),
  },
  {
    title: 'something received that is said to have succeeded and was never taken',
    invariants: ['receivedIsCharged'],
    plant: recordOf('never taken', 'succeeded'),
  },
  {
    title: 'something received that took another request’s place',
    invariants: ['receivedIsCharged'],
    plant: recordOf('a', 'succeeded'),
  },
  {
    title: 'something received that has moved to nowhere',
    invariants: ['receivedIsCharged'],
    plant: recordOf('nowhere', 'moved'),
  },
  {
    title: 'money held for nobody',
    invariants: ['heldIsSumOfHolds'],
    plant: setRow('available = available - 7, held = held + 7'),
  },
  {
    title: 'a missing hold',
    invariants: ['heldIsSumOfHolds', 'holdHasEntries'],
    plant: atHome('held', "DELETE FROM hold WHERE account_id = ? AND hold_id = 'held'"),
  },
  {
    title: 'a hold that was released and its money was not',
    invariants: ['heldIsSumOfHolds'],
    plant: atHome(
      'held',
      `UPDATE hold SET state = 'cancelled', settled_version = version
         WHERE account_id = ? AND hold_id = 'held'`,
    ),
  },
  {
    title: 'a changed amount of a hold',
    invariants: ['heldIsSumOfHolds', 'holdHasEntries'],
    plant: atHome('held', "UPDATE hold SET amount = amount + 1 WHERE account_id = ? AND hold_id = 'held'"),
  },
  {
    title: 'a hold whose key is free again',
    invariants: ['holdHasEntries'],
    plant: atHome('held', "DELETE FROM entry WHERE account_id = ? AND request_id = 'held'"),
  },
  {
    title: 'a confirmed hold that took nothing',
    invariants: ['holdHasEntries', 'netIsSumOfEntries', 'reversalsWithinDeduction'],
    plant: atHome('taken', "DELETE FROM entry WHERE account_id = ? AND request_id = 'confirmation taken'"),
  },
  {
    title: 'a changed amount of a confirmation',
    invariants: ['holdHasEntries'],
    plant: atHome(
      'taken',
      "UPDATE hold SET confirmed = confirmed + 1 WHERE account_id = ? AND hold_id = 'taken'",
    ),
  },
  {
    title: 'reversals that were forgotten',
    invariants: ['reversalIsCounted'],
    plant: atHome('b', "DELETE FROM reversal WHERE account_id = ? AND request_id = 'b' AND number = 2"),
  },
  {
    title: 'more reversed than deducted',
    invariants: ['reversalIsCounted', 'reversalsWithinDeduction'],
    plant: atHome(
      'b',
      `UPDATE reversal SET reversed = reversed + 11
         WHERE account_id = ? AND request_id = 'b' AND number = 2`,
    ),
  },
  {
    title: 'less deducted than reversed',
    invariants: ['netIsSumOfEntries', 'reversalsWithinDeduction'],
    plant: atHome('b', "UPDATE entry SET amount = 19 WHERE account_id = ? AND request_id = 'b'"),
  },
  {
    title: 'a changed net',
    invariants: ['balanceIsNetPlusMoved', 'netIsSumOfEntries'],
    plant: setRow('net = net + 1'),
  },
  {
    title: 'a running sum that lacks an entry',
    invariants: ['runningSumIsSumOfEntries'],
    plant: ({ site, account }) =>
      site
        .raw('s0')
        .run(
          "INSERT INTO running_sum (account_id, created_at_us, sub_account, version, sums) VALUES (?, 4000000000000000, 0, 1, 'credit 1 1')",
          account.accountId,
        ),
  },
  {
    title: 'a changed moved',
    invariants: ['balanceIsNetPlusMoved', 'movedIsSumOfTransfers'],
    plant: setRow('moved = moved - 1'),
  },
  {
    title: 'money made of nothing',
    invariants: ['netIsSumOfEntries'],
    plant: setRow('available = available + 9, net = net + 9'),
  },
  {
    title: 'a missing entry',
    invariants: ['netIsSumOfEntries'],
    plant: ({ site, account }) =>
      site
        .raw(homeOf(account, 'c'))
        .run("DELETE FROM entry WHERE account_id = ? AND request_id = 'c'", account.accountId),
  },
  {
    title: 'an entry twice',
    invariants: ['netIsSumOfEntries', 'entryForEachChange'],
    plant: ({ site, account }) =>
      site.raw(homeOf(account, 'c')).run(
        `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, ${ENTRY})
           SELECT account_id, created_at_us + 1, sub_account, version, 'copy', ${ENTRY}
           FROM entry WHERE account_id = ? AND request_id = 'c'`,
        account.accountId,
      ),
  },
  {
    title: 'a changed amount',
    invariants: ['netIsSumOfEntries'],
    plant: ({ site, account }) =>
      site
        .raw(homeOf(account, 'c'))
        .run(
          "UPDATE entry SET amount = amount + 1 WHERE account_id = ? AND request_id = 'c'",
          account.accountId,
        ),
  },
  {
    title: 'an arrival that never left',
    invariants: ['arrivalHasDeparture', 'movedIsSumOfTransfers'],
    plant: ({ site, account }) =>
      site
        .raw(spread(account).home)
        .run(
          "DELETE FROM transfer WHERE account_id = ? AND direction = 'out' AND peer_shard = ?",
          account.accountId,
          spread(account).far,
        ),
  },
  {
    title: 'a departure that did not arrive',
    invariants: ['departureArrives', 'movedIsSumOfTransfers'],
    plant: ({ site, account }) =>
      site
        .raw(spread(account).far)
        .run("DELETE FROM transfer WHERE account_id = ? AND direction = 'in'", account.accountId),
  },
  {
    title: 'a changed amount of an arrival',
    invariants: ['transferHalvesAgree', 'movedIsSumOfTransfers'],
    plant: ({ site, account }) =>
      site
        .raw(spread(account).far)
        .run(
          "UPDATE transfer SET amount = amount + 1 WHERE account_id = ? AND direction = 'in'",
          account.accountId,
        ),
  },
  {
    title: 'a changed amount of a departure',
    invariants: ['transferHalvesAgree', 'movedIsSumOfTransfers'],
    plant: ({ site, account }) =>
      site
        .raw(spread(account).home)
        .run(
          "UPDATE transfer SET amount = amount + 1 WHERE account_id = ? AND direction = 'out' AND peer_shard = ?",
          account.accountId,
          spread(account).far,
        ),
  },
  {
    title: 'a key on two shards',
    invariants: ['oneEffectPerKey', 'entryForEachChange', 'netIsSumOfEntries'],
    plant: async ({ site, account }) => {
      const home = homeOf(account, 'c');
      const other = otherThan(home);
      const [row] = await site
        .raw(other)
        .run('SELECT MIN(idx) FROM sub_account WHERE account_id = ?', account.accountId);
      // At about the same time: long before or after, it could be a use that the idempotency window allows.
      const [entry] = await site
        .raw(home)
        .run("SELECT created_at_us FROM entry WHERE account_id = ? AND request_id = 'c'", account.accountId);
      await site.raw(other).run(
        `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, ${ENTRY})
           VALUES (?, ?, ?, 1, 'c', 'deduction', 30, 1, ?, NULL, NULL)`,
        account.accountId,
        entry?.[0] ?? null,
        row?.[0] ?? null,
        Buffer.alloc(16),
      );
    },
  },
  {
    title: 'money on a shard outside the reach',
    invariants: ['shardIsInReach'],
    plant: async ({ site, account }) => {
      const accountId = `${account.accountId}.small`;
      await site.create(accountId, 1, ['s0']);
      await plantAccount(site, 's1', accountId);
    },
  },
  {
    title: 'an account that the directory does not know',
    invariants: ['accountIsKnown'],
    plant: ({ site, account }) => plantAccount(site, 's2', `${account.accountId}.unknown`),
  },
  {
    title: 'entries and transfers without their row',
    invariants: ['rowExists'],
    plant: ({ site, account }) =>
      site
        .raw(shardOfSubAccount(1, account.placement))
        .run('DELETE FROM sub_account WHERE account_id = ? AND idx = 1', account.accountId),
  },
  {
    title: 'a row set back to before its last entry',
    invariants: ['rowKeepsUp'],
    plant: async ({ site, account }) => {
      const accountId = `${account.accountId}.back`;
      await plantAccount(site, 's1', accountId);
      await site.create(accountId, 1, ['s1']);
      await site
        .raw('s1')
        .run(
          'UPDATE sub_account SET available = 0, net = 0, version = 0, outside_version = 0 WHERE account_id = ?',
          accountId,
        );
    },
  },
  {
    title: 'a payment under way that nobody knows of any more',
    invariants: ['paymentEnds'],
    plant: async (meddling) => {
      const { from, payment } = await pay(meddling);
      await meddling.site.shard(from).forgetPayments([payment]);
    },
  },
  {
    title: 'a payment that has arrived and has come back',
    invariants: ['paymentEnds'],
    plant: async (meddling) => {
      const { from, payment } = await pay(meddling);
      await meddling.site.letArrive(payment);
      await meddling.site.giveBack(from, payment);
    },
  },
  {
    title: 'a payment of which less has arrived than has left',
    invariants: ['paymentEnds', 'paymentWasMade', 'netIsSumOfEntries'],
    plant: async (meddling) => {
      const { payment } = await pay(meddling);
      await meddling.site.letArrive(payment);
      await meddling.site
        .raw(payment.payee.shard)
        .run(
          "UPDATE entry SET amount = amount - 1 WHERE account_id = ? AND kind = 'transfer-in'",
          payment.payee.accountId,
        );
    },
  },
  {
    title: 'an arrival of a payment that was never made',
    invariants: ['paymentWasMade'],
    plant: async (meddling) => {
      const { payment } = await pay(meddling);
      await meddling.site.letArrive({ ...payment, createdAtUs: payment.createdAtUs + 1 });
    },
  },
  {
    title: 'a payment that was made to somebody else',
    invariants: ['paymentEnds', 'paymentWasMade'],
    plant: async (meddling) => {
      const { site, account } = meddling;
      const { from, payment } = await pay(meddling);
      await site.letArrive(payment);
      await site.shard(from).forgetPayments([payment]);
      await site
        .raw(from)
        .run(
          "UPDATE entry SET counterparty = 'untouched' WHERE account_id = ? AND kind = 'transfer-out'",
          account.accountId,
        );
    },
  },
  {
    title: 'a deduction that was not charged to its budget',
    invariants: ['budgetsAreCharged'],
    plant: charge(
      "DELETE FROM entry WHERE account_id = ? AND request_id = 'charged'",
      'UPDATE sub_account SET available = available + 20, net = net + 20 WHERE account_id = ?',
    ),
  },
  {
    title: 'less charged to a budget than was deducted',
    invariants: ['budgetsAreCharged', 'chargeWasMade'],
    plant: charge(
      "UPDATE entry SET amount = 19 WHERE account_id = ? AND request_id = 'charged'",
      'UPDATE sub_account SET available = available + 1, net = net + 1 WHERE account_id = ?',
    ),
  },
  {
    title: 'something charged to a budget that was never deducted',
    invariants: ['chargeWasMade'],
    plant: charge(
      `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, ${ENTRY})
         SELECT account_id, created_at_us + 1, sub_account, version + 1, 'never', ${ENTRY}
         FROM entry WHERE account_id = ? AND request_id = 'charged'`,
      `UPDATE sub_account SET available = available - 20, net = net - 20, version = version + 1,
         outside_version = outside_version + 1 WHERE account_id = ?`,
    ),
  },
  {
    title: 'a hold that its budget has released',
    invariants: ['budgetsHoldAlike'],
    plant: chargedHold(
      "UPDATE hold SET state = 'cancelled', settled_version = version + 1 WHERE account_id = ?",
      `UPDATE sub_account SET available = available + 20, held = held - 20, version = version + 1,
         outside_version = outside_version + 1 WHERE account_id = ?`,
    ),
  },
  {
    title: 'a hold that stands in a budget and not in its account',
    invariants: ['budgetsHoldAlike'],
    plant: async ({ site, account }) => {
      const { shard } = await site.charge(account, { requestId: 'charged', amountMinor: 20n }, 'hold');
      const { accountId } = account;
      const raw = site.raw(shard);
      await raw.run(
        `UPDATE sub_account SET available = available + 20, held = held - 20, version = version + 1,
           outside_version = outside_version + 1
         WHERE account_id = ? AND idx = (SELECT sub_account FROM hold WHERE account_id = ? AND hold_id = 'charged')`,
        accountId,
        accountId,
      );
      await raw.run(
        "UPDATE hold SET state = 'cancelled', settled_version = version + 1 WHERE account_id = ? AND hold_id = 'charged'",
        accountId,
      );
    },
  },
  {
    title: 'a budget that may spend more than its limit',
    invariants: ['limitIsGranted'],
    plant: charge(
      "UPDATE entry SET amount = 501 WHERE account_id = ? AND request_id = 'allowance 1'",
      'UPDATE sub_account SET available = available + 1, net = net + 1 WHERE account_id = ?',
    ),
  },
  {
    title: 'a grant that the rows have twice',
    invariants: ['grantedIsCreditLimit'],
    plant: setRow('granted = granted + 5, available = available + 5'),
  },
  {
    title: 'a grant that is available and written nowhere',
    invariants: ['balanceIsNetPlusMoved'],
    plant: setRow('available = available + 5'),
  },
  {
    title: 'a grant that the directory has not announced',
    invariants: ['epochIsAnnounced'],
    plant: setRow('grant_version = 9'),
  },
  { title: 'a row ahead of the directory', invariants: ['epochIsAnnounced'], plant: setRow('epoch = 2') },
  {
    title: 'a closed row that holds money',
    invariants: ['closedRowIsEmpty'],
    plant: setRow("state = 'closed'"),
  },
];

/** An account of one row that is sound in itself: one credit of 5. */
async function plantAccount(site: AuditedSite, shard: string, accountId: string): Promise<void> {
  await site.raw(shard).run(
    `INSERT INTO sub_account (account_id, idx, available, net, epoch, version, outside_version, account_status, account_status_version)
       VALUES (?, 0, 5, 5, 1, 1, 1, 'active', 1)`,
    accountId,
  );
  await site.raw(shard).run(
    `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, ${ENTRY})
       VALUES (?, 1, 0, 1, 'k', 'credit', 5, 1, ?, NULL, NULL)`,
    accountId,
    Buffer.alloc(16),
  );
}
