import type { Defect } from '../defect';

/** What is answered from leases is backed by money, and written once. */
export const LEASES: readonly Defect[] = [
  {
    name: 'lease-unchecked',
    breaks: 'a flush does not check that its lease still stands',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: "if (leaseId === null || lease?.state === 'held') return undefined;",
        replace: "if (leaseId === null || lease?.state !== 'cancelled') return undefined;",
      },
    ],
  },
  {
    name: 'lease-written-behind-a-fence',
    breaks: 'a flush writes into rows of a newer placement',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: 'if (row.epoch > command.epoch && (next !== null || deductions.length > 0))',
        replace: 'if (row.epoch < 0)',
      },
    ],
  },
  {
    name: 'lease-key-twice',
    breaks: 'a flush writes what another instance has written before',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: 'const fresh = deductions.filter(({ requestId }) => !draft.entry(accountId, requestId));',
        replace: 'const fresh = [...deductions];',
      },
      {
        file: 'src/shards/memory/memory-database.ts',
        find: 'this.#guard(entries.map((entry) => [this.account(entry.accountId).entries, entry.requestId]));',
        replace: '',
      },
    ],
  },
  {
    name: 'recalled-unread',
    breaks: 'the owner of a recalled lease does not read that it is',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: "row.state === 'open' && lease?.reference !== RECALLED;",
        replace: "row.state === 'open';",
      },
    ],
  },
  {
    name: 'frozen-lends',
    breaks: 'a frozen row lends more',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: "const isUsable = row.accountStatus === 'active' && row.state === 'open'",
        replace: "const isUsable = row.state === 'open'",
      },
    ],
  },
  {
    name: 'frozen-before-leases-end',
    breaks: 'a freeze is answered while leases are answered from',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: "if (status !== 'active') await this.parts.waitOutLeases(account);",
        replace: '',
      },
    ],
  },
  {
    name: 'term-without-end',
    breaks: 'a lease is answered from beyond its term',
    edits: [
      { file: 'src/engine/leasing/lease.ts', find: ' || at >= this.#answersUntil || ', replace: ' || ' },
    ],
  },
  {
    name: 'term-from-the-answer',
    breaks: 'a term is counted from when a flush was answered, not from when it was sent',
    edits: [
      {
        file: 'src/engine/leasing/lease.ts',
        find: 'this.#answersUntil = isUsable && !this.#isEnding ? sentAt + settings.termMs : -Infinity;',
        replace:
          'this.#answersUntil = isUsable && !this.#isEnding ? Math.max(sentAt, this.parts.now()) + settings.termMs : -Infinity;',
      },
    ],
  },
  {
    name: 'waiting-is-free',
    breaks: 'the next lease is answered from as if nothing waited to be written',
    edits: [
      {
        file: 'src/engine/leasing/lease.ts',
        find: 'this.#freeMinor = (lease?.amountMinor ?? 0n) - unwrittenMinor;',
        replace: 'this.#freeMinor = (lease?.amountMinor ?? 0n) - (unwrittenMinor - unwrittenMinor);',
      },
    ],
  },
  {
    name: 'unknown-flush-forgotten',
    breaks: 'a flush of which nothing is known is given up',
    edits: [
      {
        file: 'src/engine/leasing/lease.ts',
        find: 'this.#againMs = Math.min(this.#againMs * 2, AGAIN_MS_MAX);',
        replace: 'this.#sent = this.#isEnding ? this.#sent : undefined;',
      },
    ],
  },
  {
    name: 'reused-told-once',
    breaks: 'a flush that is sent again does not tell which keys stand for something else',
    edits: [
      {
        file: 'src/ledger/flush.ts',
        find: 'found: 0, reused: reusedOf(draft, command) } as const;',
        replace: 'found: 0, reused: [] as string[] } as const;',
      },
    ],
  },
  {
    name: 'lost-lease-forgotten',
    breaks: 'what was answered from a lease that expired or was fenced is not charged otherwise',
    edits: [
      {
        file: 'src/engine/leasing/lease.ts',
        find: 'this.parts.chargeOtherwise(lost, hold ? this.giveBack() : Promise.resolve());',
        replace: 'if (hold) void this.giveBack();',
      },
    ],
  },
  {
    name: 'shortfall-untold',
    breaks: 'nobody is told what cannot be charged any more',
    edits: [
      {
        file: 'src/engine/leasing/other-charges.ts',
        find: '          this.#tell(lost, kind);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'cancelled-unwritten',
    breaks: 'a cancel takes the key of a deduction that its instance answered and has not written',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'return this.leases.concern(account)\n          ? this',
        replace: 'return account.revision < 0\n          ? this',
      },
    ],
  },
  {
    name: 'deferred-unseen',
    breaks: 'an instance does not know what it answered and has not written',
    edits: [
      {
        file: 'src/engine/leasing/deferred.ts',
        find: 'return this.#accounts.get(accountId)?.get(requestId);',
        replace: 'return this.#count < 0 ? this.#accounts.get(accountId)?.get(requestId) : undefined;',
      },
    ],
  },
  {
    name: 'leased-before-look-up',
    breaks: 'a key is answered from a lease without being looked up',
    edits: [
      {
        file: 'src/engine/leasing/leases.ts',
        find: 'const entry = await this.parts.lookUps.find(shard, accountId, requestId);',
        replace:
          'const entry = accountId === requestId ? await this.parts.lookUps.find(shard, accountId, requestId) : undefined;',
      },
    ],
  },
  {
    name: 'refused-while-lent',
    breaks: 'money in leases counts as spent',
    edits: [
      {
        file: 'src/engine/collecting/refusals.ts',
        find: 'return leases.some((some) => some.length > 0);',
        replace: 'return leases.length < 0;',
      },
    ],
  },
  {
    name: 'recall-without-waiting',
    breaks: 'a recall marks leases and does not wait for them',
    edits: [
      {
        file: 'src/engine/leasing/leases.ts',
        find: 'await surroundings.sleep(RECALL_PAUSE_MS);',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'stopped-unwritten',
    breaks: 'a stop leaves what was answered from leases unwritten',
    edits: [
      { file: 'src/engine/runtime.ts', find: 'await this.engine.leases.stop();', replace: '' },
      {
        file: 'src/engine/leasing/leases.ts',
        find: 'if (this.#stopped) return;',
        replace: 'if (!this.#stopped) return;',
      },
    ],
  },
  {
    name: 'reversed-unwritten',
    breaks: 'what other instances answered from leases is not asked for before a reversal is refused',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'const [lease] = await this.leases.open(known);',
        replace: 'const [lease] = await this.leases.open(known);\n    if (lease ?? true) return outcome;',
      },
    ],
  },
  {
    name: 'reversed-as-seen-before',
    breaks: 'a deduction is not looked for again where no lease stands any more',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'const [lease] = await this.leases.open(known);',
        replace: 'const [lease] = await this.leases.open(known);\n    if (!lease) return outcome;',
      },
    ],
  },
  {
    name: 'recall-joined-late',
    breaks: 'a recall that began before the call answers it',
    edits: [
      {
        file: 'src/engine/leasing/leases.ts',
        find: 'return this.#recalls.ask(account.accountId, account);',
        replace:
          'const all = (this.all ??= new Map());\n    const joined = all.get(account.accountId);\n    if (joined) return joined;\n    const begun = this.#recall(account).finally(() => all.delete(account.accountId));\n    all.set(account.accountId, begun);\n    return begun;',
      },
    ],
  },
  {
    name: 'recalled-where-it-was',
    breaks: 'leases are looked for on the shards that the account had when it was read last',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'return known ? laterRecord(known, account) : account;',
        replace: 'return account;',
      },
    ],
  },
];
