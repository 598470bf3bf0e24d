import type { Defect } from '../defect';

const GRANT = 'src/ledger/grant.ts';
const LINES = 'src/engine/credit-lines/credit-lines.ts';
const STEP = 'src/engine/credit-lines/next-credit-step.ts';
const READING = 'src/engine/reading.ts';

/** An account owes no more than it may, is granted just that, and pays it to the last unit. */
export const CREDIT_LINES: readonly Defect[] = [
  {
    name: 'grant-twice',
    breaks:
      'rows do not remember the round that they have taken, and take it again from whoever goes on with it',
    edits: [{ file: GRANT, find: 'if (newest >= version)', replace: 'if (newest > version)' }],
  },
  {
    name: 'grant-known-to-one-row-only',
    breaks: 'whether a round was here before is asked of one row, which may have been made since',
    edits: [
      {
        file: GRANT,
        find: 'const newest = Math.max(...rows.map(({ grantVersion }) => grantVersion));',
        replace: 'const newest = Math.min(...rows.map(({ grantVersion }) => grantVersion));',
      },
    ],
  },
  {
    name: 'grant-from-memory',
    breaks:
      'a round is not written down before rows hear of it, and whoever goes on plans another one under its number',
    edits: [
      {
        file: LINES,
        find: "if (await directory.creditLines.beginRound(account, round)) await reach('credit.begun');",
        replace: 'await this.#tell(account, round);',
      },
    ],
  },
  {
    name: 'revoke-lost',
    breaks: 'what is taken back leaves the row, and the row still counts it as granted',
    edits: [
      {
        file: GRANT,
        find: 'grantedMinor: wrap64(row.grantedMinor + signedMinor),',
        replace:
          'grantedMinor: signedMinor < 0n ? row.grantedMinor : wrap64(row.grantedMinor + signedMinor),',
      },
    ],
  },
  {
    name: 'revoke-of-what-is-held',
    breaks: 'what is held is taken back as well',
    edits: [
      {
        file: GRANT,
        find: 'const rooms = rows.map(({ availableMinor }) => availableMinor);',
        replace: 'const rooms = rows.map(({ availableMinor, heldMinor }) => availableMinor + heldMinor);',
      },
    ],
  },
  {
    name: 'grant-unseen-by-readings',
    breaks: 'a grant leaves the version as it is by which two readings are found to have seen one instant',
    edits: [
      {
        file: GRANT,
        find: 'outsideVersion: row.outsideVersion + 1,',
        replace: 'outsideVersion: row.outsideVersion,',
      },
    ],
  },
  {
    name: 'debit-past-a-lowered-limit',
    breaks: 'rows that were told that the account is above its limit pay all the same',
    edits: [
      {
        file: 'src/ledger/fund-debit.ts',
        find: "if (row.accountStatus === 'overLimit')",
        replace: "if (row.accountStatus === 'overLimit' && row.availableMinor < amountMinor)",
      },
    ],
  },
  {
    name: 'lowered-without-telling-rows',
    breaks: 'an account that is above its limit is said to be so, and its rows are not told',
    edits: [
      {
        file: LINES,
        find: 'if (isToldOtherwise(account, reading)) {',
        replace: 'if (isToldOtherwise(account, reading) && !account.credit.isOver) {',
      },
    ],
  },
  {
    name: 'nothing-to-spend-above-the-limit',
    breaks: 'an account that was above its limit is taken to have nothing, whatever has come in since',
    edits: [
      { file: READING, find: 'return lesser(payableMinor, balance', replace: 'return lesser(0n, balance' },
    ],
  },
  {
    name: 'never-within-again',
    breaks: 'an account that credits have brought within its limit stays above it',
    edits: [
      {
        file: STEP,
        find: "if (missingMinor === 0n) return { kind: isOver ? 'within' : 'settle' };",
        replace: "if (missingMinor === 0n) return { kind: isOver ? 'rest' : 'settle' };",
      },
    ],
  },
  {
    name: 'balance-without-granted',
    breaks: 'what is granted is left out of what an account can pay',
    edits: [
      {
        file: READING,
        find: 'return availableMinor + grantedMinor;',
        replace: 'return availableMinor + 0n * grantedMinor;',
      },
    ],
  },
  {
    name: 'grant-forgotten-by-a-draining-row',
    breaks: 'a row that is emptied forgets what it was granted',
    edits: [
      {
        file: 'src/ledger/sub-account.ts',
        find: 'return state === row.state ? row : { ...row, state };',
        replace:
          "return state === row.state ? row : { ...row, state, ...(state === 'closed' && { grantedMinor: 0n }) };",
      },
    ],
  },
  {
    name: 'new-row-pays-above-the-limit',
    breaks: 'rows that a resize makes are told the status of the account and not that it is above its limit',
    edits: [
      {
        file: 'src/engine/operations/account-rows.ts',
        find: 'const accountStatus = rowStatusOf(account);',
        replace: 'const accountStatus = account.status;',
      },
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'const status = rowStatusOf(account);',
        replace: 'const { status } = account;',
      },
    ],
  },
  {
    name: 'unfrozen-above-the-limit',
    breaks: 'an account that is unfrozen pays, whether it is above its limit or not',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: 'const status = rowStatusOf(account);',
        replace: 'const { status } = account;',
      },
    ],
  },
  {
    name: 'closed-with-its-grant',
    breaks: 'an account is closed and keeps what it was granted',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: 'if (empty && account.credit.limitMinor !== null) {',
        replace: 'if (empty && account.credit.limitMinor === 0n) {',
      },
    ],
  },
  {
    name: 'settled-by-an-older-limit',
    breaks: 'a limit is settled though it was changed meanwhile',
    edits: [
      {
        file: 'src/shards/directory/credit-line-store.ts',
        find: `credit_unsettled = NULL, credit_version = credit_version + 1,
         revision = revision + 1, look_at_us = \${this.database.now}
       WHERE account_id = ? AND credit_version = ?\`,
      [...told.parameters, account.accountId, account.credit.version],`,
        replace: `credit_unsettled = NULL, credit_version = credit_version + 1,
         revision = revision + 1, look_at_us = \${this.database.now}
       WHERE account_id = ?\`,
      [...told.parameters, account.accountId],`,
      },
    ],
  },
  {
    name: 'change-left-to-the-dead',
    breaks: 'nobody goes on with a change of a limit whose instance died',
    edits: [
      {
        file: 'src/engine/credit-lines/credit-line-sweep.ts',
        find: "if (creation === 'done') await this.#settle(accountId);",
        replace: "if (creation !== 'done') await this.#settle(accountId);",
      },
    ],
  },
];
