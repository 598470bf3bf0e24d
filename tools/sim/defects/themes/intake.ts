import type { Defect } from '../defect';

/** What was received ends, exactly once, and a rejection is final for its attempt. */
export const INTAKE: readonly Defect[] = [
  {
    name: 'received-before-it-is-kept',
    breaks: 'a request is said to be received before its record is durable',
    edits: [
      {
        file: 'src/engine/intake/reception.ts',
        find: 'const outcome = await shards.lanes(shard).submit({',
        replace:
          "const kept = { accountId, requestId, attempt: attemptMin, state: 'received', amountMinor, subAccount, fingerprint, reference, metadata, receivedAtUs: 0, sinceUs: 0, reason: null } as const;\n    const outcome = { kind: 'received', record: kept, replayed: false } as const;\n    void shards.lanes(shard).submit({",
      },
    ],
  },
  {
    name: 'charged-after-its-end',
    breaks: 'a charge does not look at the record under the lock of its row',
    edits: [
      {
        file: 'src/ledger/deduct.ts',
        find: 'const record = openIntake(draft, { ...command, attempt });',
        replace: 'const record = draft.intake(command.accountId, command.requestId);',
      },
    ],
  },
  {
    name: 'rejected-after-its-end',
    breaks: 'a rejection does not look at the record under the lock of its row',
    edits: [
      {
        file: 'src/ledger/receive.ts',
        find: 'const record = openIntake(draft, command);\n  if (!record)',
        replace: 'const record = draft.intake(accountId, requestId);\n  if (!record)',
      },
      {
        file: 'src/ledger/receive.ts',
        find: 'if (entry)\n    return entry.fingerprint === record.fingerprint\n      ? { state',
        replace:
          'if (entry && end === undefined)\n    return entry.fingerprint === record.fingerprint\n      ? { state',
      },
    ],
  },
  {
    name: 'message-charged-after-its-rejection',
    breaks: 'a message that was rejected is charged when it is delivered again',
    edits: [
      {
        file: 'src/ledger/deduct.ts',
        find: '(command.isMessage ? earlierDelivery(draft, command) : undefined) ?? take(draft, command)',
        replace: 'take(draft, command)',
      },
    ],
  },
  {
    name: 'message-forgotten-by-a-move',
    breaks: 'a message that was rejected before its account moved is charged when it is delivered again',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'const record = await this.#earlierDelivery(request, shard);',
        replace: 'const record = undefined as IntakeRecord | undefined;',
      },
    ],
  },
  {
    name: 'message-begins-another-attempt',
    breaks: 'the refusal of a message that was delivered again begins another attempt',
    edits: [
      {
        file: 'src/ledger/deduct.ts',
        find: '(command.isMessage ? earlierDelivery(draft, command) : undefined) ?? take(draft, command)',
        replace:
          "(command.isMessage && draft.intake(command.accountId, command.requestId)?.state === 'rejected' ? draft.refuse(command, draft.entry(command.accountId, command.requestId) ? take(draft, command) : { kind: 'insufficientFunds', availableMinor: 0n }) : undefined) ?? take(draft, command)",
      },
      {
        file: 'src/ledger/receive.ts',
        find: "const stands = command.isMessage && known.state === 'rejected'",
        replace: 'const stands = false',
      },
    ],
  },
  {
    name: 'rejected-without-the-lock',
    breaks: 'a rejection is written without the lock of the row',
    edits: [
      {
        file: 'src/shards/ahead.ts',
        find: "if (command.kind === 'receive') continue;",
        replace: "if (command.kind === 'receive' || command.kind === 'endIntake') continue;",
      },
      {
        file: 'src/ledger/receive.ts',
        find: "if (!row) {\n    draft.askForRow(accountId, subAccount);\n    return { kind: 'attemptOver' };\n  }",
        replace: '',
      },
      {
        file: 'src/ledger/receive.ts',
        find: "if (row.epoch > epoch) return { kind: 'fenced', epoch: row.epoch };\n  const record",
        replace: "if (row && row.epoch > epoch) return { kind: 'fenced', epoch: row.epoch };\n  const record",
      },
    ],
  },
  {
    name: 'rejected-while-a-shard-is-away',
    breaks: 'what cannot be charged because a shard is away is rejected',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: "insufficientFunds: 'INSUFFICIENT_FUNDS',",
        replace: "insufficientFunds: 'INSUFFICIENT_FUNDS',\n  shardUnavailable: 'INSUFFICIENT_FUNDS',",
      },
    ],
  },
  {
    name: 'moved-before-it-is-there',
    breaks: 'a record is marked as moved although its new home did not take it',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: 'const end = endAfterMove(outcome);',
        replace: "const end = endAfterMove(outcome) ?? ({ kind: 'moved' } as const);",
      },
    ],
  },
  {
    name: 'left-at-its-old-home',
    breaks: 'what waits where its account has been is not brought to its present home',
    edits: [
      {
        file: 'src/engine/intake/charging.ts',
        find: 'if (homeOf(record, account) !== shard) return this.#move(shard, record, account);',
        replace: '',
      },
    ],
  },
  {
    name: 'forgotten-before-it-ended',
    breaks: 'a record is deleted before its outcome is durable',
    edits: [
      {
        file: 'src/ledger/receive.ts',
        find: "if (ended?.attempt !== attempt || ended.state === 'received') return { kind: 'attemptOver' };",
        replace: "if (ended?.attempt !== attempt) return { kind: 'attemptOver' };",
      },
      {
        file: 'src/engine/intake/charging.ts',
        find: "await (this.parts.reach ?? NO_FAULTS)('intake.charging');",
        replace:
          "if (record.amountMinor % 5n === 0n) await this.#end(shard, record, { account, end: { kind: 'forgotten' } });",
      },
    ],
  },
  {
    name: 'never-worked-off',
    breaks: 'a record whose charge failed once is not tried again',
    edits: [
      {
        file: 'src/engine/intake/intake-worker.ts',
        find: 'const ms = Math.min(last ? 2 * last.ms : PAUSE_MS_MIN, PAUSE_MS_MAX);',
        replace: 'const ms = 1e12;',
      },
    ],
  },
];
