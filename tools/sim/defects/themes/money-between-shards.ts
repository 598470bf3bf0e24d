import type { Defect } from '../defect';

/** Money that leaves a shard arrives at another, once, and rows add up. */
export const MONEY_BETWEEN_SHARDS: readonly Defect[] = [
  {
    name: 'spread-id-by-key',
    breaks: 'the shares of a spread credit are named after its key',
    edits: [
      {
        file: 'src/ledger/credit.ts',
        find: 'spreadTransferId(command.spreadId, share.subAccount)',
        replace: 'spreadTransferId(command.requestId, share.subAccount)',
      },
    ],
  },
  {
    name: 'arrival-of-another',
    breaks: 'they are, and an arrival under the same id from another sender is taken for this one',
    edits: [
      {
        file: 'src/ledger/credit.ts',
        find: 'spreadTransferId(command.spreadId, share.subAccount)',
        replace: 'spreadTransferId(command.requestId, share.subAccount)',
      },
      { file: 'src/ledger/transfer-in.ts', find: 'assertSame(earlier, command);', replace: '' },
    ],
  },
  {
    name: 'departure-made-up',
    breaks: 'money arrives though it is not known to have left',
    edits: [
      {
        file: 'src/engine/mover.ts',
        find: "if (outcome.kind !== 'departed' || !outcome.departure) return undefined;",
        replace:
          "if (outcome.kind !== 'departed' || !outcome.departure)\n      return { accountId, transferId: `made up ${this.newTransferId()}`, amountMinor: amountMaxMinor, fromSubAccount: 0, toSubAccount, toShard };",
      },
    ],
  },
  {
    name: 'transfer-arrives-twice',
    breaks: 'an arrival is neither remembered nor guarded',
    edits: [
      {
        file: 'src/ledger/transfer-in.ts',
        find: 'if (earlier) {',
        replace: "if (earlier && key === '') {",
      },
      {
        file: 'src/shards/memory/memory-database.ts',
        find: 'this.#guard(transfers.map((row) => [this.account(row.accountId).transfers, transferKey(row)]));',
        replace: '',
      },
    ],
  },
  {
    name: 'arrival-not-remembered',
    breaks: 'a transfer that has arrived is not found to have',
    edits: [
      {
        file: 'src/ledger/transfer-in.ts',
        find: 'if (earlier) {',
        replace: "if (earlier && key === '') {",
      },
    ],
  },
  {
    name: 'departs-twice',
    breaks: 'a departure is not found by its id, so it leaves again',
    edits: [
      {
        file: 'src/ledger/transfer-out.ts',
        find: "if (earlier) return { kind: 'departed', departure: earlier };",
        replace: '',
      },
      {
        file: 'src/shards/memory/memory-database.ts',
        find: 'this.#guard(transfers.map((row) => [this.account(row.accountId).transfers, transferKey(row)]));',
        replace: '',
      },
    ],
  },
  {
    name: 'marked-without-arriving',
    breaks: 'a departure is marked as arrived whatever became of the arrival',
    edits: [
      {
        file: 'src/engine/transfers.ts',
        find: 'const done = departures.filter((_, position) => arrived[position]);',
        replace: 'const done = departures.filter((_, position) => arrived[position] !== undefined);',
      },
    ],
  },
  {
    name: 'spread-without-trace',
    breaks: 'the shares of a credit leave its home without a row that says so',
    edits: [
      {
        file: 'src/ledger/credit.ts',
        find: 'for (const departure of departures) draft.addDeparture(departure, after.version);',
        replace: '',
      },
    ],
  },
  {
    name: 'closed-stays-closed',
    breaks: 'a closed row that money arrives at stays closed',
    edits: [
      {
        file: 'src/ledger/sub-account.ts',
        find: "const state = inUse ? 'open' : row.availableMinor + row.heldMinor === 0n ? 'closed' : 'draining';",
        replace:
          "const state = inUse ? 'open' : row.state === 'closed' || row.availableMinor + row.heldMinor === 0n ? 'closed' : 'draining';",
      },
    ],
  },
  {
    name: 'no-sweeper',
    breaks: 'rows out of use are emptied only when the resize ends',
    edits: [
      {
        file: 'src/engine/sweeper.ts',
        find: 'if (found.every(({ accountIds }) => accountIds.length === 0)) return;',
        replace: 'if (found.length > 0) return;',
      },
    ],
  },
  {
    name: 'no-recovery',
    breaks: 'transfers that were cut short are not found',
    edits: [
      {
        file: 'src/engine/recovery.ts',
        find: 'for (let page = await this.#read(from, to); page.length > 0;)',
        replace: 'for (let page = await this.#read(from, to); page.length < 0;)',
      },
    ],
  },
  {
    name: 'starved-behind-the-stuck',
    breaks: 'recovery goes no further than the first page of which something cannot be delivered',
    edits: [
      {
        file: 'src/engine/recovery.ts',
        find: "if (stuck.length > 0 && shards.lanes(to).isDown) return 'down';",
        replace: 'if (stuck.length > 0) return { count, examples };',
      },
    ],
  },
  {
    name: 'starved-beside-the-stuck',
    breaks: 'what waits for a shard that is gone keeps recovery from what leaves for other shards',
    edits: [
      {
        file: 'src/engine/recovery.ts',
        find: 'if (shards.lanes(from).isDown) return;',
        replace: 'if (shards.names.some((name) => shards.lanes(name).isDown)) return;',
      },
    ],
  },
  {
    name: 'backlog-not-kept',
    breaks: 'a backlog is kept no longer than a lease, however long a page of it takes',
    edits: [
      {
        file: 'src/engine/recovery.ts',
        find: 'isFull ? this.#keepingMine(from, to, deliver) : deliver(),',
        replace: 'deliver(),',
      },
    ],
  },
  {
    name: 'stuck-for-good',
    breaks: 'what was stuck once is not tried again',
    edits: [
      {
        file: 'src/engine/recovery.ts',
        find: 'now() + Math.max(settings.intervalMs, now() - began)',
        replace: 'Infinity',
      },
    ],
  },
  {
    name: 'net-does-not-wrap',
    breaks: '`net` is not kept modulo 2^64',
    edits: [
      {
        file: 'src/ledger/outside-change.ts',
        find: 'netMinor: wrap64(row.netMinor + signedMinor),',
        replace: 'netMinor: row.netMinor + signedMinor,',
      },
    ],
  },
  {
    name: 'moved-not-kept',
    breaks: '`moved` does not follow transfers',
    edits: [
      {
        file: 'src/ledger/inside-move.ts',
        find: 'movedMinor: wrap64(row.movedMinor + signedMinor),',
        replace: 'movedMinor: row.movedMinor,',
      },
    ],
  },
];
