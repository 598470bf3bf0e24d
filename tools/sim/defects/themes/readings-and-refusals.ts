import type { Defect } from '../defect';

/** A balance is one the account had, and a refusal is one that the account could not have paid. */
export const READINGS_AND_REFUSALS: readonly Defect[] = [
  {
    name: 'refused-by-home-alone',
    breaks: 'what one shard cannot pay is refused',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: "if (outcome.kind === 'insufficientFunds') return this.#collect(request, shard, account);",
        replace: '',
      },
    ],
  },
  {
    name: 'placement-only',
    breaks: 'a reading does not look at shards that the account has left',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: 'account.reach.map(async (name) => {',
        replace: 'account.placement.shards.map(async (name) => {',
      },
    ],
  },
  {
    name: 'never-void',
    breaks: 'a reading by a placement that is past counts',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: 'return epoch > (account.next?.epoch ?? account.placement.epoch);',
        replace: 'return epoch > (account.next?.epoch ?? account.placement.epoch) + 1_000;',
      },
    ],
  },
  {
    name: 'one-reading-is-enough',
    breaks: 'two readings count as one instant whatever happened between them',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: '([name, part]) => second.parts.get(name)?.outsideVersion === part.outsideVersion',
        replace: '([name]) => second.parts.has(name)',
      },
    ],
  },
  {
    name: 'in-transit-not-counted',
    breaks: 'money in transit is not part of what the account can pay',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: 'availableMinor: totalMinor - heldMinor,',
        replace: 'availableMinor: sums.availableMinor,',
      },
    ],
  },
  {
    name: 'refused-by-the-last-reading',
    breaks: 'a deduction is refused by a reading that began before it came',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'return this.#collect(request, shard, account);\n    }',
        replace: "return { shard, outcome: { kind: 'insufficientFunds', availableMinor: 0n } };\n    }",
      },
    ],
  },
  {
    name: 'unreadable-is-empty',
    breaks: 'a shard that cannot be read counts as having nothing',
    edits: [{ file: 'src/engine/reading.ts', find: 'unreadable.push(name);', replace: 'void name;' }],
  },
  {
    name: 'waiting-counts-twice',
    breaks: 'what earlier claims would leave is refused, not what the account has',
    edits: [
      {
        file: 'src/ledger/plan-collection.ts',
        find: 'else if (amountMinor > payableMinor) short.push(position);',
        replace: 'else if (amountMinor > left) short.push(position);',
      },
      {
        file: 'src/engine/collector.ts',
        find: 'const refused = short.filter(({ amountMinor }) => amountMinor > payableMinor);',
        replace: 'const refused = [...short];',
      },
    ],
  },
  {
    name: 'snapshot-of-an-earlier-caller',
    breaks: 'a snapshot that began before the call answers it',
    edits: [
      {
        file: 'src/engine/balances.ts',
        find: 'return this.#snapshots.ask(account.accountId, account);',
        replace:
          'const all = (this.all ??= new Map());\n    const joined = all.get(account.accountId);\n    if (joined) return joined;\n    const begun = this.#takeSnapshot(account).finally(() => all.delete(account.accountId));\n    all.set(account.accountId, begun);\n    return begun;',
      },
    ],
  },
  {
    name: 'torn-snapshot',
    breaks: 'a snapshot is one pass over the shards',
    edits: [
      {
        file: 'src/engine/balances.ts',
        find: 'if (heldStill(first, second.reading)) return possible(balanceOf(second.reading), account);',
        replace: 'return possible(balanceOf(second.reading), account);',
      },
    ],
  },
];
