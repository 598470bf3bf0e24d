import type { Defect } from '../defect';

/** A key takes effect once, over all shards and placements, and never by halves. */
export const ONE_EFFECT_PER_KEY: readonly Defect[] = [
  {
    name: 'refuse-before-look-up',
    breaks: 'a refusal leaves before its key was looked up',
    edits: [
      {
        file: 'src/ledger/draft.ts',
        find: 'if (key !== undefined && !this.loaded.lookedUpKeys.has(key)) this.#keysNeeded.add(key);',
        replace: '',
      },
    ],
  },
  {
    name: 'collector-refuses-before-look-up',
    breaks: 'the collector refuses without looking the key up after the reading',
    edits: [
      {
        file: 'src/engine/collecting/refusals.ts',
        find: 'const entry = await this.parts.lookUps.find(home, accountId, requestId);',
        replace:
          'const entry = await Promise.resolve(accountId === requestId ? await this.parts.lookUps.find(home, accountId, requestId) : undefined);',
      },
    ],
  },
  {
    name: 'no-unique-index',
    breaks: 'entries have no unique index over account and key',
    edits: [
      {
        file: 'src/shards/memory/memory-database.ts',
        find: 'this.#guard(entries.map((entry) => [this.account(entry.accountId).entries, entry.requestId]));',
        replace: '',
      },
    ],
  },
  {
    name: 'duplicate-is-an-outcome',
    breaks: 'a duplicate key does not make the batch look its keys up',
    edits: [
      {
        file: 'src/shards/run-batch.ts',
        find: 'scope = { ...scope, lookUpKeys: true };',
        replace: '',
      },
    ],
  },
  {
    name: 'fingerprint-without-kind',
    breaks: 'the fingerprint does not tell a deduction from a credit',
    edits: [
      {
        file: 'src/engine/fingerprint.ts',
        find: 'const key = `${kind} ${amountMinor}`;',
        replace: "const key = `${amountMinor}`;\n  kind = 'any';",
      },
    ],
  },
  {
    name: 'no-epoch-check',
    breaks: 'a row does not turn back what was routed by an older placement',
    edits: [
      {
        file: 'src/ledger/outside-change.ts',
        find: "if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };",
        replace: '',
      },
    ],
  },
  {
    name: 'no-frozen-check',
    breaks: 'a frozen row pays',
    edits: [
      {
        file: 'src/ledger/fund-debit.ts',
        find: "if (row.accountStatus === 'frozen') return draft.refuse(command, { kind: 'accountFrozen' });",
        replace: '',
      },
    ],
  },
  {
    name: 'past-home-forgotten',
    breaks: 'a placement that is replaced is not remembered',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'return [...account.past.filter(({ shards }) => !sameShards(shards, present.shards)), present].filter(',
        replace: 'return account.past.filter(({ shards }) => !sameShards(shards, present.shards)).filter(',
      },
    ],
  },
  {
    name: 'instance-clock-decides',
    breaks: 'past placements are forgotten by the wall clock of an instance',
    edits: [
      {
        file: 'src/engine/runtime.ts',
        find: 'this.accounts = new AccountCache(accountLookUps,',
        replace:
          'const byOwnClock = async (id: string) => { const found = await accountLookUps.findAccount(id); return found && { ...found, readAtUs: surroundings.wallMs() * 1_000 }; };\n    this.accounts = new AccountCache({ findAccount: byOwnClock },',
      },
    ],
  },
  {
    name: 'audit-without-window',
    breaks: 'the audit takes a key that was used again after its window for one that took effect twice',
    edits: [
      {
        file: 'src/audit/account-look.ts',
        find: 'const window = { windowMs: parts.windowMs,',
        replace: 'const window = { windowMs: parts.windowMs * 100,',
      },
    ],
  },
  {
    name: 'past-home-not-asked',
    breaks: 'a key is not looked up at its past homes',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'if (account.past.length > 0) {',
        replace: 'if (account.past.length > 1_000) {',
      },
    ],
  },
  {
    name: 'collector-keeps-the-moved',
    breaks:
      'a deduction that waits while its account moves is paid without a look at what became its past home',
    edits: [
      {
        file: 'src/engine/collector.ts',
        find: 'if (isPlacedAlike(waiting.account, account)) return true;',
        replace: 'if (waiting.account.placement.epoch <= placement.epoch) return true;',
      },
    ],
  },
  {
    name: 'acknowledge-before-commit',
    breaks: 'the answer does not wait for the commit',
    edits: [
      {
        file: 'src/shards/attempt-batch.ts',
        find: 'const { ahead } = await transaction.commit(decision.changes, next);',
        replace:
          'const ahead = undefined;\n  transaction.commit(decision.changes).catch(() => transaction.rollback());',
      },
    ],
  },
  {
    name: 'unknown-told-as-undone',
    breaks: 'a batch whose commit may have taken effect is told to be undone',
    edits: [
      {
        file: 'src/shards/run-batch.ts',
        find: 'return (fault === undefined || isConflict(fault)) && !mayHaveCommitted',
        replace: 'return fault === undefined || isConflict(fault) || mayHaveCommitted',
      },
    ],
  },
];
