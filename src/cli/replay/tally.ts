import { type BadRow, type Charge, linesOf, type NotSent } from './charge';

/** What came of the rows of one account. */
export interface AccountTally {
  rows: number;
  succeeded: number;
  /** To be charged later. */
  received: number;
  replayed: number;
  rejected: number;
  /** Deducted by this run: replays not included. */
  amountMinor: bigint;
  /** Received by this run or an earlier one, to be charged later. */
  receivedMinor: bigint;
  readonly rejectedBy: Map<string, number>;
}

export interface Rejection {
  readonly row: number;
  readonly accountId: string;
  readonly requestId: string;
  readonly code: string;
  readonly detail: string;
}

const LISTED_MAX = 20;

/** Counts answers. Grows with the number of accounts and codes, not with the number of rows. */
export class Tally {
  readonly accounts = new Map<string, AccountTally>();
  readonly rejectedBy = new Map<string, number>();
  /** The first ones only. */
  readonly rejections: Rejection[] = [];
  readonly badRows: BadRow[] = [];
  /** Lines that are no rows; several of them may make up one entry of `badRows`. */
  badRowCount = 0;
  blankLines = 0;
  /** Replays that this run may have deducted itself, in a try whose answer it did not get. */
  replayedAfterLostAnswer = 0;

  succeeded(charge: Charge): void {
    const account = this.#account(charge);
    account.succeeded += 1;
    account.amountMinor += charge.amountMinor;
  }

  received(charge: Charge): void {
    const account = this.#account(charge);
    account.received += 1;
    account.receivedMinor += charge.amountMinor;
  }

  replayed(charge: Charge, { answerLost }: { readonly answerLost: boolean }): void {
    this.#account(charge).replayed += 1;
    if (answerLost) this.replayedAfterLostAnswer += 1;
  }

  rejected(charge: Charge, problem: { readonly code: string; readonly detail: string }): void {
    const account = this.#account(charge);
    account.rejected += 1;
    countOne(account.rejectedBy, problem.code);
    countOne(this.rejectedBy, problem.code);
    if (this.rejections.length >= LISTED_MAX) return;
    const { row, accountId, requestId } = charge;
    this.rejections.push({ row, accountId, requestId, ...problem });
  }

  notSent(row: NotSent): void {
    if (row.kind === 'blank') {
      this.blankLines += 1;
      return;
    }
    this.badRowCount += linesOf(row);
    if (this.badRows.length >= LISTED_MAX) return;
    this.badRows.push({ row: row.row, lastRow: row.lastRow, reason: row.reason });
  }

  /** The sum over all accounts. */
  total(): Omit<AccountTally, 'rejectedBy'> {
    const total = {
      ...{ rows: 0, succeeded: 0, received: 0, replayed: 0, rejected: 0 },
      ...{ amountMinor: 0n, receivedMinor: 0n },
    };
    for (const account of this.accounts.values()) {
      total.rows += account.rows;
      total.succeeded += account.succeeded;
      total.received += account.received;
      total.replayed += account.replayed;
      total.rejected += account.rejected;
      total.amountMinor += account.amountMinor;
      total.receivedMinor += account.receivedMinor;
    }
    return total;
  }

  #account({ accountId }: Charge): AccountTally {
    let account = this.accounts.get(accountId);
    if (account === undefined) {
      account = {
        rows: 0,
        succeeded: 0,
        received: 0,
        replayed: 0,
        rejected: 0,
        amountMinor: 0n,
        receivedMinor: 0n,
        rejectedBy: new Map(),
      };
      this.accounts.set(accountId, account);
    }
    account.rows += 1;
    return account;
  }
}

function countOne(counts: Map<string, number>, code: string): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}
