import { TestClock } from '../../test/models/test-clock';
import { ShardFault } from './faults';
import { mysqlFault } from './mysql/mysql-faults';
import { RoomWatch } from './room-watch';
import { sqliteFault } from './sqlite/sqlite-faults';

describe('a fault for want of room', () => {
  it.each([28, 1021, 1114])('is the server’s number %d', (errno) => {
    expect(mysqlFault('s0', { errno }).isOutOfRoom).toBe(true);
  });

  it.each(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC'])('is the code %s', (code) => {
    expect(sqliteFault('s0', { code }).isOutOfRoom).toBe(true);
  });

  it('is no other one', () => {
    expect(sqliteFault('s0', { code: 'SQLITE_IOERR_WRITE' }).isOutOfRoom).toBe(false);
    expect(mysqlFault('s0', { errno: 1205 }).isOutOfRoom).toBe(false);
  });
});

describe('RoomWatch', () => {
  const full = new ShardFault('s0', 'unavailable', { code: 'SQLITE_FULL' });

  const setUp = () => {
    const clock = new TestClock();
    const changes: [string, boolean][] = [];
    const watch = new RoomWatch(
      { now: () => clock.now(), later: (ms, run) => clock.later(ms, run) },
      (database, isFull) => changes.push([database, isFull]),
    );
    return { clock, changes, watch };
  };

  it('tells once that a database is full, and that it is not when nothing has failed for 30 s', () => {
    const { clock, changes, watch } = setUp();
    watch.note(full);
    clock.pass(20_000);
    watch.note(full);
    clock.pass(29_000);
    expect(watch.isFull('s0')).toBe(true);
    expect(watch.isFull('s1')).toBe(false);
    expect(changes).toEqual([['s0', true]]);
    clock.pass(1_000);
    expect(watch.isFull('s0')).toBe(false);
    expect(changes).toEqual([
      ['s0', true],
      ['s0', false],
    ]);
  });

  it('takes no other fault for it', () => {
    const { changes, watch } = setUp();
    watch.note(new ShardFault('s0', 'unavailable', { code: 'SQLITE_CANTOPEN' }));
    expect(changes).toEqual([]);
  });
});
