import { deduct, endIntake, fence, receive, row, setStatus, takeOver } from '../../test/models/commands';
import { LedgerShard } from '../../test/models/ledger-shard';
import type { Command, DeductCommand } from './command';
import type { Outcome } from './outcome';

const REJECTED = { kind: 'rejected', reason: 'INSUFFICIENT_FUNDS' } as const;

describe('what is received', () => {
  let shard: LedgerShard;

  beforeEach(() => {
    shard = new LedgerShard([row({ availableMinor: 100n })]);
  });

  const run = (...commands: Command[]): readonly Outcome[] => shard.run(commands).outcomes;
  const kinds = (...commands: Command[]): string[] => run(...commands).map(({ kind }) => kind);
  const record = () => shard.intakes.get('acme r1');
  const available = (): bigint => shard.sum('acme', ({ availableMinor }) => availableMinor);

  test('is a record and changes no row', () => {
    const { outcomes, changes } = shard.run([receive({ amountMinor: 30n })]);
    expect(changes).toMatchObject({ subAccounts: [], entries: [], changedIntakes: [] });
    expect(changes.newIntakes).toMatchObject([
      { requestId: 'r1', attempt: 1, state: 'received', amountMinor: 30n, receivedAtUs: 1_000_000 },
    ]);
    expect(outcomes).toEqual([{ kind: 'received', record: changes.newIntakes[0], replayed: false }]);
  });

  test('is received once, also within a batch, and another request under its key is refused', () => {
    expect(run(receive(), receive())).toMatchObject([{ replayed: false }, { replayed: true }]);
    expect(run(receive(), receive({ fingerprint: 'f'.repeat(32) }))).toMatchObject([
      { kind: 'received', replayed: true },
      { kind: 'keyReused' },
    ]);
  });

  test('is charged once, in the transaction that says so', () => {
    run(receive({ amountMinor: 30n }));
    const { changes } = shard.run([deduct({ amountMinor: 30n, attempt: 1 })]);
    expect(changes).toMatchObject({
      entries: [{ requestId: 'r1', amountMinor: 30n }],
      changedIntakes: [{ state: 'succeeded', attempt: 1 }],
    });
    expect(kinds(deduct({ amountMinor: 30n, attempt: 1 }))).toEqual(['attemptOver']);
    expect(available()).toBe(70n);
  });

  test('is not charged where no record stands, or another attempt or row has it', () => {
    expect(kinds(deduct({ attempt: 1 }))).toEqual(['attemptOver']);
    run(receive());
    expect(kinds(deduct({ attempt: 2 }), deduct({ attempt: 1, subAccount: 1 }))).toEqual([
      'attemptOver',
      'attemptOver',
    ]);
    expect(available()).toBe(100n);
  });

  test('has succeeded when a synchronous request under its key was first', () => {
    run(receive());
    run(deduct());
    expect(kinds(deduct({ attempt: 1 }))).toEqual(['replayed']);
    expect(record()).toMatchObject({ state: 'succeeded' });
    expect(run(receive())).toMatchObject([{ kind: 'replayed' }]);
    expect(run(receive({ fingerprint: 'f'.repeat(32) }))).toMatchObject([{ kind: 'keyReused' }]);
  });

  test('is rejected for good: a charge that comes later does nothing', () => {
    run(receive());
    expect(run(endIntake({ end: REJECTED }))).toMatchObject([
      { kind: 'intakeEnded', record: { state: 'rejected', reason: 'INSUFFICIENT_FUNDS' } },
    ]);
    expect(kinds(deduct({ attempt: 1 }))).toEqual(['attemptOver']);
    expect(available()).toBe(100n);
  });

  test('is not rejected once it was charged', () => {
    run(receive());
    run(deduct({ attempt: 1 }));
    expect(kinds(endIntake({ end: REJECTED }))).toEqual(['attemptOver']);
    expect(record()).toMatchObject({ state: 'succeeded', reason: null });
  });

  test('is not rejected when an entry stands under its key, and is when that is of another request', () => {
    run(receive());
    run(deduct());
    expect(run(endIntake({ end: REJECTED }))).toMatchObject([{ record: { state: 'succeeded' } }]);

    run(receive({ requestId: 'r2' }));
    run(deduct({ requestId: 'r2', fingerprint: 'f'.repeat(32) }));
    expect(run(endIntake({ requestId: 'r2', end: REJECTED }))).toMatchObject([
      { record: { state: 'rejected', reason: 'IDEMPOTENCY_KEY_REUSED' } },
    ]);
  });

  test('is tried anew by another request after a rejection, under the locks of all rows', () => {
    run(receive());
    run(endIntake({ end: REJECTED }));
    const { outcomes, changes } = shard.run([receive()]);
    expect(changes.changedIntakes).toMatchObject([{ attempt: 2, state: 'received', reason: null }]);
    expect(outcomes).toMatchObject([{ kind: 'received', replayed: false }]);
    expect(kinds(deduct({ attempt: 1 }), endIntake({ end: REJECTED }))).toEqual([
      'attemptOver',
      'attemptOver',
    ]);
    expect(kinds(deduct({ attempt: 2 }))).toEqual(['applied']);
  });

  test('is ended by no placement that its row has left behind', () => {
    run(receive());
    run(fence({ epoch: 2 }));
    expect(kinds(endIntake({ epoch: 1, end: REJECTED }), deduct({ epoch: 1, attempt: 1 }))).toEqual([
      'fenced',
      'fenced',
    ]);
    expect(record()).toMatchObject({ state: 'received' });
  });

  test('on a frozen or closed account is refused by the charge, and waits for what is made of that', () => {
    run(receive());
    run(setStatus({ status: 'frozen', version: 2 }));
    expect(kinds(deduct({ attempt: 1 }))).toEqual(['accountFrozen']);
    expect(record()).toMatchObject({ state: 'received' });
  });

  test('is forgotten when it has ended, and not before', () => {
    run(receive());
    expect(kinds(endIntake({ end: { kind: 'forgotten' } }))).toEqual(['attemptOver']);
    run(deduct({ attempt: 1 }));
    expect(kinds(endIntake({ end: { kind: 'forgotten' } }))).toEqual(['intakeEnded']);
    expect(record()).toBeUndefined();
  });

  describe('that screening puts off', () => {
    const screening = { verdict: 'wait', by: 'service', reason: 'not yet' } as const;
    const putOff = (jitter = 1) =>
      endIntake({ end: { kind: 'putOff', screening, waitUsMax: 3_600_000_000, jitter } });

    test('waits for a pause that grows with its age, within bounds', () => {
      run(receive());
      const pauses = [0, 0, 1, 8, 100].map((seconds) => {
        shard.nowUs += seconds * 1_000_000;
        expect(kinds(putOff())).toEqual(['intakeEnded']);
        return (record()?.sinceUs ?? 0) - shard.nowUs;
      });
      expect(pauses).toEqual([250_000, 250_000, 1_000_000, 9_000_000, 30_000_000]);
      run(putOff(0));
      expect((record()?.sinceUs ?? 0) - shard.nowUs).toBe(15_000_000);
      expect(record()).toMatchObject({ state: 'received', attempt: 1, screening });
      expect(kinds(deduct({ attempt: 1 }))).toEqual(['applied']);
    });

    test('is rejected when it has waited for too long', () => {
      run(receive());
      shard.nowUs += 3_600_000_000;
      expect(run(putOff())).toMatchObject([
        { record: { state: 'rejected', reason: 'SCREENED_OUT', screening: { verdict: 'wait' } } },
      ]);
      expect(kinds(deduct({ attempt: 1 }))).toEqual(['attemptOver']);
    });

    test('stays as it ended', () => {
      run(receive(), deduct({ attempt: 1 }));
      expect(kinds(putOff())).toEqual(['attemptOver']);
      expect(record()).toMatchObject({ state: 'succeeded' });
    });
  });

  test('is not charged any more once it was screened out, and begins anew without a verdict', () => {
    const screening = { verdict: 'reject', by: 'service', reason: 'a robot' } as const;
    run(receive(), endIntake({ end: { kind: 'rejected', reason: 'SCREENED_OUT', screening } }));
    expect(record()).toMatchObject({ state: 'rejected', reason: 'SCREENED_OUT', screening });
    expect(kinds(deduct({ attempt: 1 }))).toEqual(['attemptOver']);
    run(receive());
    expect(record()).toMatchObject({ state: 'received', attempt: 2, screening: null });
  });

  test('keeps the verdict by which it was charged', () => {
    const screening = { verdict: 'pass', by: 'velocity', reason: null } as const;
    run(receive(), deduct({ attempt: 1, screening }));
    expect(record()).toMatchObject({ state: 'succeeded', screening });
  });
});

describe('a message, which may be delivered again,', () => {
  let shard: LedgerShard;

  beforeEach(() => {
    shard = new LedgerShard([row({ availableMinor: 100n })]);
  });

  const run = (...commands: Command[]): readonly Outcome[] => shard.run(commands).outcomes;
  const message = (requestId = 'r1', amountMinor = 30n): DeductCommand =>
    deduct({ requestId, amountMinor, isMessage: true });
  const rejected = (): void => {
    run(receive({ amountMinor: 30n, isMessage: true }));
    run(endIntake({ end: REJECTED }));
  };

  test('is charged once', () => {
    expect(run(message(), message())).toMatchObject([{ kind: 'applied' }, { kind: 'replayed' }]);
    expect(run(message())).toMatchObject([{ kind: 'replayed' }]);
    expect(shard.intakes.size).toBe(0);
  });

  test('is not charged once it was rejected, and begins no other attempt', () => {
    rejected();
    const stands = { kind: 'received', replayed: true, record: { state: 'rejected', attempt: 1 } };
    expect(run(message())).toMatchObject([stands]);
    expect(run(receive({ isMessage: true }))).toMatchObject([stands]);
    expect(shard.sum('acme', ({ availableMinor }) => availableMinor)).toBe(100n);
  });

  test('is what a synchronous request under its key came to after it was rejected', () => {
    rejected();
    run(deduct({ amountMinor: 30n }));
    expect(run(message())).toMatchObject([{ kind: 'replayed' }]);
  });

  test('waits where an earlier delivery waits', () => {
    run(receive({ isMessage: true }));
    expect(run(message())).toMatchObject([{ kind: 'received', record: { state: 'received' } }]);
  });

  test('is told when another request has its key, and not when that was rejected', () => {
    run(receive({ fingerprint: 'f'.repeat(32) }));
    expect(run(message())).toMatchObject([{ kind: 'keyReused' }]);
    run(endIntake({ end: REJECTED }));
    expect(run(message())).toMatchObject([{ kind: 'applied' }]);
  });
});

describe('what is taken over from a past home', () => {
  let shard: LedgerShard;

  beforeEach(() => {
    shard = new LedgerShard([row({ availableMinor: 100n, epoch: 2 })]);
  });

  const run = (...commands: Command[]): readonly Outcome[] => shard.run(commands).outcomes;

  test('keeps its attempt and when it was received, and comes once', () => {
    expect(run(takeOver({ epoch: 2, attempt: 3 }))).toMatchObject([
      { kind: 'received', replayed: false, record: { attempt: 3, receivedAtUs: 7 } },
    ]);
    expect(run(takeOver({ epoch: 2, attempt: 3 }))).toMatchObject([{ kind: 'received', replayed: true }]);
    expect(run(takeOver({ epoch: 2, fingerprint: 'f'.repeat(32) }))).toMatchObject([{ kind: 'keyReused' }]);
  });

  test('is not brought by a placement that the row has left behind', () => {
    expect(run(takeOver({ epoch: 1 }))).toMatchObject([{ kind: 'fenced', epoch: 2 }]);
    expect(shard.intakes.size).toBe(0);
  });

  test('comes back to where it was moved away from', () => {
    run(takeOver({ epoch: 2 }));
    run(endIntake({ epoch: 2, end: { kind: 'moved' } }));
    expect(run(takeOver({ epoch: 2 }))).toMatchObject([{ kind: 'received', replayed: false }]);
    expect(shard.intakes.get('acme r1')).toMatchObject({ state: 'received', attempt: 1 });
  });

  test('does not begin again an attempt that was rejected here', () => {
    run(takeOver({ epoch: 2 }));
    run(endIntake({ epoch: 2, end: REJECTED }));
    expect(run(takeOver({ epoch: 2 }))).toMatchObject([
      { kind: 'received', replayed: true, record: { state: 'rejected' } },
    ]);
  });

  test('is another attempt when it was received after the one that was rejected here', () => {
    run(takeOver({ epoch: 2 }));
    run(endIntake({ epoch: 2, end: REJECTED }));
    expect(run(takeOver({ epoch: 2, receivedAtUs: 8 }))).toMatchObject([
      { kind: 'received', replayed: false, record: { state: 'received', attempt: 2, receivedAtUs: 8 } },
    ]);
  });

  test('makes the row that it is pinned to where that is missing', () => {
    expect(run(takeOver({ epoch: 2, subAccount: 3 }))).toMatchObject([{ kind: 'received', replayed: false }]);
  });
});
