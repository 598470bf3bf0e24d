import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisLocks } from '../../src/platform/redis-locks';
import { redisUrl } from '../setup/servers';
import { STORES } from '../setup/stores';
import { type WalletClient, Wallets } from '../setup/wallets';

const RUNS = 20;

/** What a run came to: what the wallet should hold after all that its clients were told, and what it holds. */
interface Books {
  readonly should: bigint;
  readonly is: bigint;
}

/** Runs a form often, each time on a wallet of its own. @returns in how many runs the books were wrong */
async function runsThatLose(form: (run: number) => Promise<Books>): Promise<number> {
  let wrong = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const { should, is } = await form(run);
    if (should !== is) wrong += 1;
  }
  return wrong;
}

const reported: string[] = [];

/** The broken form loses money in every run, by its interleaving and not by luck; the mended one in none. */
async function expectMended(
  what: string,
  forms: { broken: (run: number) => Promise<Books>; mended: (run: number) => Promise<Books> },
): Promise<void> {
  const [broken, mended] = [await runsThatLose(forms.broken), await runsThatLose(forms.mended)];
  reported.push(`${what}: wrong in ${broken} of ${RUNS} runs; mended: in ${mended} of ${RUNS}`);
  expect({ broken, mended }).toEqual({ broken: RUNS, mended: 0 });
}

afterAll(() => {
  console.log(`broken forms\n${reported.join('\n')}`);
});

/** Each run has amounts of its own: 100 and more in the wallet, two deductions of which it can pay one or both. */
const openingOf = (run: number): bigint => 100n + BigInt(run);

describe.each(STORES)('[$mark] two clients and one balance', (store) => {
  let wallets: Wallets;
  let a: WalletClient;
  let b: WalletClient;

  beforeAll(async () => {
    wallets = await Wallets.make(store);
    ({ a, b } = wallets);
  });

  afterAll(() => wallets.end());

  const name = (what: string): string => `[${store.mark}] ${what}`;

  it('lose an update by reading, computing and writing; an UPDATE that subtracts does not', async () => {
    await expectMended(name('read, compute, write'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        const seenByA = await a.balance(id);
        const seenByB = await b.balance(id);
        await a.update('balance = ?', 'id = ?', seenByA - 30n, id);
        await b.update('balance = ?', 'id = ?', seenByB - 50n, id);
        return { should: openingOf(run) - 80n, is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        await Promise.all([a.balance(id), b.balance(id)]);
        const taken = [
          (await a.update('balance = balance - 30', 'id = ? AND balance >= 30', id)) ? 30n : 0n,
          (await b.update('balance = balance - 50', 'id = ? AND balance >= 50', id)) ? 50n : 0n,
        ];
        return { should: openingOf(run) - sum(taken), is: await a.balance(id) };
      },
    });
  });

  it('lose it no more when the row is read under its lock, or written only if its version is the one read', async () => {
    await expectMended(name('read, compute, write; mended by FOR UPDATE'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        await a.begin();
        // A plain read inside a transaction locks nothing.
        const seenByA = await a.balance(id);
        const seenByB = await b.balance(id);
        await a.update('balance = ?', 'id = ?', seenByA - 30n, id);
        await a.commit();
        await b.update('balance = ?', 'id = ?', seenByB - 50n, id);
        return { should: openingOf(run) - 80n, is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        await a.begin();
        const seenByA = await a.locked(id);
        // B asks for the row while A has it: MariaDB makes it wait, SQLite has one writer and turns it away at once.
        const enter = (): Promise<bigint> => b.begin().then(() => b.locked(id));
        const entering = store.mark === 'sqlite' ? undefined : enter();
        await a.update('balance = ?', 'id = ?', seenByA - 30n, id);
        await a.commit();
        const seenByB = await (entering ?? enter());
        await b.update('balance = ?', 'id = ?', seenByB - 50n, id);
        await b.commit();
        return { should: openingOf(run) - 80n, is: await a.balance(id) };
      },
    });
    const versioned = await runsThatLose(async (run) => {
      const id = await wallets.open(openingOf(run));
      const deduct = async (
        client: WalletClient,
        seen: { balance: bigint; version: bigint },
        amount: bigint,
      ) =>
        client.update(
          'balance = ?, version = version + 1',
          'id = ? AND version = ?',
          seen.balance - amount,
          id,
          seen.version,
        );
      const look = async (client: WalletClient) => ({
        balance: await client.balance(id),
        version: await client.version(id),
      });
      const [seenByA, seenByB] = [await look(a), await look(b)];
      expect(await deduct(a, seenByA, 30n)).toBe(true);
      expect(await deduct(b, seenByB, 50n)).toBe(false);
      expect(await deduct(b, await look(b), 50n)).toBe(true);
      return { should: openingOf(run) - 80n, is: await a.balance(id) };
    });
    expect(versioned).toBe(0);
  });

  it('overdraw it by checking first and subtracting then; a check in the UPDATE does not', async () => {
    await expectMended(name('check, then subtract'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        const amount = openingOf(run) - 10n;
        const passed = [(await a.balance(id)) >= amount, (await b.balance(id)) >= amount];
        if (passed[0]) await a.update('balance = balance - ?', 'id = ?', amount, id);
        if (passed[1]) await b.update('balance = balance - ?', 'id = ?', amount, id);
        // There was never enough for both.
        return { should: 10n, is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        const amount = openingOf(run) - 10n;
        const subtract = (client: WalletClient): Promise<boolean> =>
          client.update('balance = balance - ?', 'id = ? AND balance >= ?', amount, id, amount);
        expect([await subtract(a), await subtract(b)]).toEqual([true, false]);
        return { should: 10n, is: await a.balance(id) };
      },
    });
  });

  it('take it twice when an answer is lost and there is no key; a unique key in the same transaction does not', async () => {
    await expectMended(name('a retry without a key'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        const deduct = (): Promise<boolean> =>
          a.update('balance = balance - 30', 'id = ? AND balance >= 30', id);
        await deduct(); // It takes effect, and its answer is lost.
        await deduct(); // So its client sends it again.
        return { should: openingOf(run) - 30n, is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        const key = randomUUID();
        expect(await chargeOnce(a, id, key)).toBe('applied');
        expect(await chargeOnce(b, id, key)).toBe('replayed');
        return { should: openingOf(run) - 30n, is: await a.balance(id) };
      },
    });
  });

  it('take it twice when the key is looked up and then inserted; the unique index does not', async () => {
    await expectMended(name('look the key up, then insert it'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        const key = randomUUID();
        const isNew = [!(await a.hasCharge('loose_charge', key)), !(await b.hasCharge('loose_charge', key))];
        for (const [position, client] of [a, b].entries()) {
          if (!isNew[position]) continue;
          await client.insertCharge('loose_charge', key);
          await client.update('balance = balance - 30', 'id = ? AND balance >= 30', id);
        }
        return { should: openingOf(run) - 30n, is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        const key = randomUUID();
        await Promise.all([a.hasCharge('charge', key), b.hasCharge('charge', key)]);
        const outcomes = [await chargeOnce(a, id, key), await chargeOnce(b, id, key)];
        expect(outcomes).toEqual(['applied', 'replayed']);
        return { should: openingOf(run) - 30n, is: await a.balance(id) };
      },
    });
  });

  /**
   * ABA: 100 − 60 took effect and its answer was lost; a top-up of 60 made it 100 again. Whoever compares balances takes
   * that for "nothing has happened yet".
   */
  it('take it twice when a balance went away and came back; a version or a key tells', async () => {
    const lostThenToppedUp = async (id: string, deduct: () => Promise<unknown>): Promise<void> => {
      await deduct();
      await b.update('balance = balance + 60, version = version + 1', 'id = ?', id);
    };
    await expectMended(name('ABA: compare the balance'), {
      broken: async (run) => {
        const id = await wallets.open(openingOf(run));
        const seen = await a.balance(id);
        const swap = (): Promise<boolean> =>
          a.update('balance = ?', 'id = ? AND balance = ?', seen - 60n, id, seen);
        await lostThenToppedUp(id, swap);
        // "Only if it is still what I saw": it is, again.
        expect(await swap()).toBe(true);
        return { should: openingOf(run), is: await a.balance(id) };
      },
      mended: async (run) => {
        const id = await wallets.open(openingOf(run));
        const [seen, version] = [await a.balance(id), await a.version(id)];
        const swap = (): Promise<boolean> =>
          a.update('balance = ?, version = version + 1', 'id = ? AND version = ?', seen - 60n, id, version);
        await lostThenToppedUp(id, swap);
        expect(await swap()).toBe(false);
        return { should: openingOf(run), is: await a.balance(id) };
      },
    });
    const keyed = await runsThatLose(async (run) => {
      const id = await wallets.open(openingOf(run));
      const key = randomUUID();
      const swap = async (): Promise<boolean> => {
        await a.begin();
        const isNew = await a.insertCharge('charge', key);
        const seen = openingOf(run);
        const swapped =
          isNew && (await a.update('balance = ?', 'id = ? AND balance = ?', seen - 60n, id, seen));
        await (swapped ? a.commit() : a.rollback());
        return swapped;
      };
      await lostThenToppedUp(id, swap);
      expect(await swap()).toBe(false);
      return { should: openingOf(run), is: await a.balance(id) };
    });
    expect(keyed).toBe(0);
  });

  /** The key and the money in one transaction: the second one finds the key and takes nothing. */
  async function chargeOnce(client: WalletClient, id: string, key: string): Promise<string> {
    await client.begin();
    if (!(await client.insertCharge('charge', key))) {
      await client.rollback();
      return 'replayed';
    }
    const paid = await client.update('balance = balance - 30', 'id = ? AND balance >= 30', id);
    await (paid ? client.commit() : client.rollback());
    return paid ? 'applied' : 'refused';
  }

  describe('and a lock on Redis', () => {
    let redis: Redis;
    let locks: RedisLocks;

    beforeAll(() => {
      redis = new Redis(redisUrl());
      locks = new RedisLocks(redisUrl(), { deferred: () => undefined });
    });

    afterAll(() => {
      redis.disconnect();
      locks.onApplicationShutdown();
    });

    const expire = (lock: string): Promise<unknown> => redis.pexpire(lock, 0);

    it('lose an update when one deletes the lock of another; a token tells whose it is', async () => {
      await expectMended(name('a lock without a token'), {
        broken: async (run) => {
          const id = await wallets.open(openingOf(run));
          const lock = randomUUID();
          const take = async (): Promise<boolean> =>
            (await redis.set(lock, '1', 'PX', 60_000, 'NX')) === 'OK';
          expect(await take()).toBe(true); // the first one, who is slow: its lock expires
          await expire(lock);
          expect(await take()).toBe(true); // the second one is inside
          const seenBySecond = await a.balance(id);
          await redis.del(lock); // the first one is done, and deletes the second one's lock
          const third = await take(); // so the third one comes in
          const seenByThird = third ? await b.balance(id) : undefined;
          await a.update('balance = ?', 'id = ?', seenBySecond - 30n, id);
          if (seenByThird !== undefined) await b.update('balance = ?', 'id = ?', seenByThird - 50n, id);
          return { should: openingOf(run) - 30n - (third ? 50n : 0n), is: await a.balance(id) };
        },
        mended: async (run) => {
          const id = await wallets.open(openingOf(run));
          const lock = randomUUID();
          expect(await locks.take(lock, 'first', 60_000)).toBe(true);
          await expire(lock);
          expect(await locks.take(lock, 'second', 60_000)).toBe(true);
          const seenBySecond = await a.balance(id);
          await locks.release(lock, 'first');
          const third = await locks.take(lock, 'third', 60_000);
          expect(third).toBe(false);
          await a.update('balance = ?', 'id = ?', seenBySecond - 30n, id);
          return { should: openingOf(run) - 30n, is: await a.balance(id) };
        },
      });
    });

    it('lose an update when a lock expires under its holder; a guard in the database holds without it', async () => {
      const twoInside = async (id: string): Promise<string> => {
        const lock = `${id}-${randomUUID()}`;
        expect(await locks.take(lock, 'first', 60_000)).toBe(true);
        await expire(lock);
        expect(await locks.take(lock, 'second', 60_000)).toBe(true);
        return lock;
      };
      await expectMended(name('a lock that expired'), {
        broken: async (run) => {
          const id = await wallets.open(openingOf(run));
          const seenByFirst = await a.balance(id);
          await twoInside(id);
          await b.update('balance = ?', 'id = ?', (await b.balance(id)) - 50n, id);
          await a.update('balance = ?', 'id = ?', seenByFirst - 30n, id);
          return { should: openingOf(run) - 80n, is: await a.balance(id) };
        },
        mended: async (run) => {
          const id = await wallets.open(openingOf(run));
          await a.balance(id);
          await twoInside(id);
          expect(await b.update('balance = balance - 50', 'id = ? AND balance >= 50', id)).toBe(true);
          expect(await a.update('balance = balance - 30', 'id = ? AND balance >= 30', id)).toBe(true);
          return { should: openingOf(run) - 80n, is: await a.balance(id) };
        },
      });
    });
  });
});

/** The balance in Redis alone. */
describe('[redis] a balance that is subtracted from first and brought back when it was too little', () => {
  let redis: Redis;

  beforeAll(() => {
    redis = new Redis(redisUrl());
  });

  afterAll(() => {
    redis.disconnect();
  });

  /** Check and subtraction in one step of the server. */
  const SUBTRACT = `local balance = tonumber(redis.call('get', KEYS[1]))
    if balance < tonumber(ARGV[1]) then return -1 end
    return redis.call('decrby', KEYS[1], ARGV[1])`;

  it('takes from whoever was refused when a top-up hides the debt; a script that checks first does not', async () => {
    await expectMended('[redis] ABA: subtract, then compensate', {
      broken: async (run) => {
        const wallet = randomUUID();
        await redis.set(wallet, openingOf(run).toString());
        expect(await redis.decrby(wallet, 60 + run)).toBeGreaterThanOrEqual(0); // 100 − 60: paid
        const second = await redis.decrby(wallet, 60); // 40 − 60: refused, to be brought back
        expect(second).toBeLessThan(0);
        await redis.incrby(wallet, 100); // a top-up comes between: 80
        const looksFine = Number(await redis.get(wallet)) >= 0;
        if (!looksFine) await redis.incrby(wallet, 60); // "still below zero? then bring it back"
        await redis.pexpire(wallet, 60_000);
        return { should: 140n, is: BigInt((await redis.get(wallet)) ?? 0) };
      },
      mended: async (run) => {
        const wallet = randomUUID();
        await redis.set(wallet, openingOf(run).toString());
        expect(Number(await redis.eval(SUBTRACT, 1, wallet, 60 + run))).toBe(40);
        expect(Number(await redis.eval(SUBTRACT, 1, wallet, 60))).toBe(-1);
        await redis.incrby(wallet, 100);
        await redis.pexpire(wallet, 60_000);
        return { should: 140n, is: BigInt((await redis.get(wallet)) ?? 0) };
      },
    });
  });

  it('refuses others what the account has, while something is still to be brought back', async () => {
    await expectMended('[redis] compensation that comes late', {
      broken: async (run) => {
        const wallet = randomUUID();
        await redis.set(wallet, openingOf(run).toString());
        await redis.decrby(wallet, 60 + run); // paid: 40
        await redis.decrby(wallet, 60); // refused: −20, not brought back yet
        // 40 are there, and a deduction of 40 is refused: it finds −60.
        const third = await redis.decrby(wallet, 40);
        const refused = third < 0;
        await redis.incrby(wallet, 60);
        if (refused) await redis.incrby(wallet, 40);
        await redis.pexpire(wallet, 60_000);
        // The account could pay the third one at every moment.
        return { should: 0n, is: BigInt((await redis.get(wallet)) ?? 0) };
      },
      mended: async (run) => {
        const wallet = randomUUID();
        await redis.set(wallet, openingOf(run).toString());
        await redis.eval(SUBTRACT, 1, wallet, 60 + run);
        expect(Number(await redis.eval(SUBTRACT, 1, wallet, 60))).toBe(-1);
        expect(Number(await redis.eval(SUBTRACT, 1, wallet, 40))).toBe(0);
        await redis.pexpire(wallet, 60_000);
        return { should: 0n, is: BigInt((await redis.get(wallet)) ?? 0) };
      },
    });
  });
});

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
