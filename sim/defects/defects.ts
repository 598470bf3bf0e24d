import type { Defect } from './defect';

/** Each breaks one rule of how the product handles money. The simulator must find every one. */
export const DEFECTS: readonly Defect[] = [
  // One key, one effect
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
        find: 'if (waiting.epoch === placement.epoch) return true;',
        replace: 'if (waiting.epoch <= placement.epoch) return true;',
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
  // Money between shards
  {
    name: 'departure-made-up',
    breaks: 'money arrives though it is not known to have left',
    edits: [
      {
        file: 'src/engine/mover.ts',
        find: "return outcome.kind === 'departed' ? outcome.departure : undefined;",
        replace:
          "return outcome.kind === 'departed'\n      ? outcome.departure\n      : { accountId, transferId: `made up ${this.newTransferId()}`, amountMinor: amountMaxMinor, fromSubAccount: 0, toSubAccount, toShard };",
      },
    ],
  },
  {
    name: 'transfer-arrives-twice',
    breaks: 'an arrival is neither remembered nor guarded',
    edits: [
      {
        file: 'src/ledger/transfer-in.ts',
        find: "if (draft.hasArrived(key)) return { kind: 'alreadyArrived' };",
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
    name: 'arrival-not-remembered',
    breaks: 'a transfer that has arrived is not found to have',
    edits: [
      {
        file: 'src/ledger/transfer-in.ts',
        find: "if (draft.hasArrived(key)) return { kind: 'alreadyArrived' };",
        replace: '',
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
        file: 'src/engine/transfers.ts',
        find: 'if (pending.length === 0) return;',
        replace: 'if (pending.length >= 0) return;',
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
  // Readings and refusals
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
        find: 'const refused = short.filter(({ command }) => command.amountMinor > availableMinor);',
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
        find: 'const underWay = this.#snapshots.get(accountId);',
        replace: 'const underWay = this.#snapshots.get(accountId);\n    if (underWay) return underWay;',
      },
    ],
  },
  {
    name: 'torn-snapshot',
    breaks: 'a snapshot is one pass over the shards',
    edits: [
      {
        file: 'src/engine/balances.ts',
        find: 'if (heldStill(first, second.reading)) return balanceOf(second.reading);',
        replace: 'return balanceOf(second.reading);',
      },
    ],
  },
  // Placement changes
  {
    name: 'fence-lowers-epochs',
    breaks: 'a fence that comes late takes a row back to an older epoch',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: '(row.epoch < epoch ? { ...row, epoch } : row)',
        replace: '(row.epoch !== epoch ? { ...row, epoch } : row)',
      },
    ],
  },
  {
    name: 'late-layout-is-taken',
    breaks: 'a row takes a layout that is older than its own',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: 'if (row.operation >= operation) return row;',
        replace: 'if (row.operation === operation) return row;',
      },
    ],
  },
  {
    name: 'steps-without-compare',
    breaks: 'a step is taken wherever the operation stands',
    edits: [
      {
        file: 'src/shards/directory/operation-store.ts',
        find: "`UPDATE operation SET ${sets.join(', ')} WHERE operation_id = ? AND step = ?`,\n      [...values, operationId, from],",
        replace:
          "`UPDATE operation SET ${sets.join(', ')} WHERE operation_id = ?`,\n      [...values, operationId],",
      },
    ],
  },
  {
    name: 'activated-unfenced',
    breaks: 'a placement is activated though a shard is not fenced',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: "if (outcome.status === 'fulfilled') fenced.add(outcome.value);",
        replace:
          "if (outcome.status === 'fulfilled' || fenced.size > 0) reach.forEach((name) => fenced.add(name));",
      },
    ],
  },
  {
    name: 'abandoned-under-the-old-epoch',
    breaks: 'a fence is abandoned by going back to the epoch before it',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'await this.#makeActive(run, { ...from, epoch: from.epoch + 2 }, (account) => account.past);',
        replace: 'await this.#makeActive(run, { ...from, epoch: from.epoch }, (account) => account.past);',
      },
    ],
  },
  {
    name: 'older-status-is-taken',
    breaks: 'a row takes a status that is older than its own',
    edits: [
      {
        file: 'src/ledger/account-wide.ts',
        find: 'row.accountStatusVersion < version',
        replace: 'row.accountStatusVersion !== version',
      },
    ],
  },
  {
    name: 'new-rows-not-told',
    breaks: 'rows made by a resize do not learn of a status set meanwhile',
    edits: [
      {
        file: 'src/engine/operations/resize-job.ts',
        find: 'await this.#tellStatus(await accountOf(run, this.parts.accounts), target);',
        replace: '',
      },
    ],
  },
  {
    name: 'closed-unseen',
    breaks: 'an account is closed without a look at what it holds',
    edits: [
      {
        file: 'src/engine/operations/status-job.ts',
        find: 'return totalMinor === 0n && heldMinor === 0n;',
        replace: 'return totalMinor >= 0n && heldMinor >= 0n;',
      },
    ],
  },
  {
    name: 'operations-left-alone',
    breaks: 'operations whose runner died are taken up by nobody',
    edits: [
      {
        file: 'src/engine/operations/operation-runner.ts',
        find: 'if (room <= 0) return;',
        replace: 'if (room <= 1_000) return;',
      },
    ],
  },
  {
    name: 'breaker-stays-open',
    breaks: 'a shard that was gone is never asked again',
    edits: [
      {
        file: 'src/engine/breaker.ts',
        find: 'this.parts.changed(false);\n    this.#probeLater();',
        replace: 'this.parts.changed(false);',
      },
    ],
  },
  // Holds and reversals
  {
    name: 'reversal-without-a-sum',
    breaks: 'a reversal does not look at what was reversed before',
    edits: [
      {
        file: 'src/ledger/reverse.ts',
        find: 'const leftMinor = deduction.amountMinor - (before?.reversedMinor ?? 0n);',
        replace: 'const leftMinor = deduction.amountMinor;',
      },
    ],
  },
  {
    name: 'held-is-payable',
    breaks: 'what is held counts as what the account can pay',
    edits: [
      {
        file: 'src/engine/reading.ts',
        find: 'availableMinor: totalMinor - heldMinor,',
        replace: 'availableMinor: totalMinor,',
      },
    ],
  },
  {
    name: 'confirmed-twice',
    breaks: 'a confirmed hold is confirmed again',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: "if (hold.state !== 'held') return { kind: 'holdAlreadyCancelled' };\n\n  const row = draft.pinnedRow(command.accountId, hold.subAccount);\n  if (!row) return { kind: 'holdNotHere' };\n  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };\n  if (isOver",
        replace:
          "const row = draft.pinnedRow(command.accountId, hold.subAccount);\n  if (!row) return { kind: 'holdNotHere' };\n  if (row.epoch > command.epoch) return { kind: 'fenced', epoch: row.epoch };\n  if (isOver",
      },
    ],
  },
  {
    name: 'no-tombstone',
    breaks: 'a cancel that comes before its try leaves nothing behind',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: 'return command.leaveTombstone ? leaveTombstone(draft, command) : notHere(draft, command);',
        replace: 'return notHere(draft, command);',
      },
    ],
  },
  {
    name: 'tombstone-before-seeking',
    breaks: 'a cancel leaves a tombstone without looking where the account was before',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: 'const told = await ask(home, others.length === 0);',
        replace: 'const told = await ask(home, true);',
      },
    ],
  },
  {
    name: 'followed-up-at-home-only',
    breaks: 'a hold or a deduction is not looked for where the account was before',
    edits: [
      {
        file: 'src/engine/follow-ups.ts',
        find: 'if (!isNotHere(told) || others.length === 0) return told;',
        replace: 'if (!isNotHere(told) || others.length >= 0) return told;',
      },
    ],
  },
  {
    name: 'nothing-expires',
    breaks: 'holds whose time is over stay',
    edits: [
      {
        file: 'src/engine/hold-expiry.ts',
        find: 'if (expired.length === 0 || !(await this.#isMine(name))) return;',
        replace: 'if (expired.length >= 0 || !(await this.#isMine(name))) return;',
      },
    ],
  },
  {
    name: 'releases-on-another-row',
    breaks: 'what is released does not become available again',
    edits: [
      {
        file: 'src/ledger/settle-hold.ts',
        find: 'availableMinor: row.availableMinor + amountMinor,',
        replace: 'availableMinor: row.availableMinor,',
      },
    ],
  },
  // What is answered from leases is backed by money, and written once
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
        find: 'const [lease] = await this.leases.open(account);',
        replace: 'const [lease] = await this.leases.open(account);\n    if (lease ?? true) return outcome;',
      },
    ],
  },
  {
    name: 'reversed-as-seen-before',
    breaks: 'a deduction is not looked for again where no lease stands any more',
    edits: [
      {
        file: 'src/engine/engine.ts',
        find: 'const [lease] = await this.leases.open(account);',
        replace: 'const [lease] = await this.leases.open(account);\n    if (!lease) return outcome;',
      },
    ],
  },
];
