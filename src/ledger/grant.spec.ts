import { BALANCE_MAX_MINOR } from './money';
import { LedgerShard } from '../../test/models/ledger-shard';
import { credit, deduct, grant, hold, row, setStatus } from '../../test/models/commands';

function rowsOf(shard: LedgerShard) {
  return [...shard.rows.values()].sort((a, b) => a.index - b.index);
}

describe('a grant', () => {
  it('is available to debits, spread over the rows in use', () => {
    const shard = new LedgerShard([row({ index: 0 }), row({ index: 1 }), row({ index: 2, state: 'closed' })]);
    shard.run([grant({ version: 3, signedMinor: 101n })]);
    expect(rowsOf(shard)).toMatchObject([
      { availableMinor: 51n, grantedMinor: 51n, netMinor: 0n, grantVersion: 3 },
      { availableMinor: 50n, grantedMinor: 50n, netMinor: 0n, grantVersion: 3 },
      { availableMinor: 0n, grantedMinor: 0n, grantVersion: 3, state: 'closed' },
    ]);
    const { outcomes } = shard.run([deduct({ amountMinor: 101n })]);
    expect(outcomes).toMatchObject([{ kind: 'applied' }]);
    expect(shard.sum('acme', (each) => each.netMinor)).toBe(-101n);
  });

  it('is made once, even where a row was made since that does not know of it', () => {
    const shard = new LedgerShard([row({ index: 0 })]);
    shard.run([grant({ version: 2, signedMinor: 10n })]);
    shard.rows.set('acme 1', row({ index: 1 }));
    const { outcomes } = shard.run([
      grant({ version: 2, signedMinor: 10n }),
      grant({ version: 1, signedMinor: 10n }),
    ]);
    expect(outcomes).toEqual([{ kind: 'settled' }, { kind: 'settled', newerVersion: 2 }]);
    expect(shard.sum('acme', (each) => each.grantedMinor)).toBe(10n);
  });

  it('is taken back as far as it is available, wherever it lies, and never from what is held', () => {
    const shard = new LedgerShard([row({ index: 0 }), row({ index: 1, availableMinor: 30n })]);
    shard.run([grant({ version: 1, signedMinor: 20n })]);
    shard.run([
      hold({ subAccount: 0, amountMinor: 10n }),
      deduct({ requestId: 'd', subAccount: 1, amountMinor: 25n }),
    ]);
    shard.run([grant({ version: 2, signedMinor: -20n })]);
    expect(rowsOf(shard)).toMatchObject([
      { availableMinor: 0n, heldMinor: 10n, grantedMinor: 10n },
      { availableMinor: 0n, heldMinor: 0n, grantedMinor: -5n },
    ]);
  });

  it('takes from each row in proportion to what it has', () => {
    const shard = new LedgerShard([
      row({ index: 0, availableMinor: 300n }),
      row({ index: 1, availableMinor: 100n }),
    ]);
    shard.run([grant({ version: 1, signedMinor: -40n })]);
    expect(rowsOf(shard).map(({ availableMinor }) => availableMinor)).toEqual([270n, 90n]);
  });

  it('fills no row above what it may hold', () => {
    const full = row({ index: 0, availableMinor: BALANCE_MAX_MINOR - 3n });
    const shard = new LedgerShard([full, row({ index: 1 })]);
    shard.run([grant({ version: 1, signedMinor: 100n })]);
    expect(rowsOf(shard)).toMatchObject([{ grantedMinor: 3n }, { grantedMinor: 97n }]);
  });

  it('keeps a row open for what it holds on credit alone, and lets it go when that is taken back', () => {
    const shard = new LedgerShard([row({ index: 0, state: 'closed' })]);
    shard.run([grant({ version: 1, signedMinor: 5n })]);
    expect(rowsOf(shard)).toMatchObject([{ state: 'draining', availableMinor: 5n }]);
    shard.run([grant({ version: 2, signedMinor: -5n })]);
    expect(rowsOf(shard)).toMatchObject([{ state: 'closed', availableMinor: 0n, grantedMinor: 0n }]);
  });

  it('is turned back where there is no row to remember it', () => {
    const shard = new LedgerShard([]);
    const { outcomes } = shard.run([grant({ signedMinor: 5n }), grant({ version: 2, signedMinor: 0n })]);
    expect(outcomes).toEqual([{ kind: 'fenced', epoch: 0 }, { kind: 'settled' }]);
  });

  it('counts modulo 2^64: granted here and taken back there, again and again, nothing overflows', () => {
    const shard = new LedgerShard([
      row({ index: 0, grantedMinor: 2n ** 63n - 1n, availableMinor: 0n, netMinor: 0n }),
    ]);
    shard.run([grant({ signedMinor: 1n })]);
    expect(rowsOf(shard)).toMatchObject([{ availableMinor: 1n, grantedMinor: -(2n ** 63n) }]);
  });
});

describe('rows of an account above its credit limit', () => {
  const above = () => new LedgerShard([row({ index: 0, availableMinor: 50n }), row({ index: 1 })]);

  it('refuse debits for want of funds, take credits, and settle what was promised', () => {
    const shard = above();
    shard.run([hold({ requestId: 'h', amountMinor: 20n }), setStatus({ status: 'overLimit' })]);
    const { outcomes } = shard.run([
      deduct({ requestId: 'd', amountMinor: 1n }),
      hold({ requestId: 'h2', amountMinor: 1n }),
      credit({ requestId: 'c', amountMinor: 5n }),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'insufficientFunds', availableMinor: 0n },
      { kind: 'insufficientFunds', availableMinor: 0n },
      { kind: 'applied' },
    ]);
  });

  it('answer what was done before', () => {
    const shard = above();
    shard.run([deduct({ amountMinor: 1n }), setStatus({ status: 'overLimit' })]);
    expect(shard.run([deduct({ amountMinor: 1n })]).outcomes).toMatchObject([{ kind: 'replayed' }]);
  });
});
