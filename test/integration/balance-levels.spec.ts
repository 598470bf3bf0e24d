import { Dice } from '../../tools/kernel/dice';
import { eventually } from '../setup/eventually';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite, SITES } from '../setup/service-sites';

interface Told {
  readonly subject: string;
  readonly crossing: string;
  readonly data: Readonly<Record<string, string>>;
}

/** All crossings that are told of, in order. */
async function crossings(rest: RestClient): Promise<Told[]> {
  const types = ['low', 'exhausted', 'replenished'].map((name) => `hotsplit.balance.${name}`).join();
  const told: Told[] = [];
  for (let cursor = 'oldest'; ;) {
    const { status, text } = await rest.get(`/v1/events?limit=1000&types=${types}&cursor=${cursor}`);
    if (status !== 200) throw new Error(text);
    const page = JSON.parse(text) as {
      items: { type: string; subject: string; data: Record<string, string> }[];
      nextCursor: string;
      hasMore: boolean;
    };
    for (const { type, subject, data } of page.items)
      told.push({ subject, crossing: type.replace('hotsplit.balance.', ''), data });
    if (!page.hasMore) return told;
    cursor = page.nextCursor;
  }
}

describe.each(SITES)('[$mark] crossings of balances', ({ make }) => {
  let site: ServiceSite;
  let service: TestService;
  let requests = 0;

  beforeEach(async () => {
    site = await make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_BALANCE_REST_SECONDS: '0' } });
  });
  afterEach(async () => {
    await service.stop();
    await site.drop();
  });

  const spend = (amount: number, id = 'a') =>
    service.rest.post(`/v1/accounts/${id}/deductions`, { amount, requestId: `d${(requests += 1)}` });
  const credit = (amount: number, id = 'a') =>
    service.rest.post(`/v1/accounts/${id}/credits`, { amount, requestId: `c${(requests += 1)}` });
  /** What is told of an account, once there is so much. */
  const told = (count: number, id = 'a'): Promise<Told[]> =>
    eventually(`${count} crossings`, async () => {
      const all = (await crossings(service.rest)).filter(({ subject }) => subject === id);
      return all.length >= count ? all : undefined;
    });
  const namesOf = (all: readonly Told[]): string[] => all.map(({ crossing }) => crossing);

  it('are told once each: low, exhausted to the last unit, and replenished above the bound', async () => {
    await service.rest.createAccount({ id: 'a', subAccounts: 4, initialBalance: '1000', lowBalance: '100' });
    await spend(899);
    await spend(1);
    expect(await told(1)).toEqual([
      {
        subject: 'a',
        crossing: 'low',
        data: { accountId: 'a', asset: 'USD/2', available: '100', lowBalance: '100' },
      },
    ]);
    await spend(40);
    await spend(60);
    expect(namesOf(await told(2))).toEqual(['low', 'exhausted']);
    await credit(100);
    await credit(1);
    const all = await told(3);
    expect(all.at(-1)).toMatchObject({ crossing: 'replenished', data: { available: '101' } });
  });

  it('are told of a refusal before it is answered, and of no further one', async () => {
    await service.rest.createAccount({ id: 'a', subAccounts: 2, initialBalance: '7' });
    expect((await spend(8)).status).toBe(422);
    // Whoever pays in as soon as the refusal is answered does not make it unseen.
    await credit(93);
    const first = await told(2);
    expect(first.map(({ crossing, data }) => [crossing, data['available'], data['refused']])).toEqual([
      ['exhausted', '7', '8'],
      ['replenished', '100', undefined],
    ]);
    const storm = await Promise.all(Array.from({ length: 50 }, () => spend(101)));
    expect(storm.map(({ status }) => status)).toEqual(new Array(50).fill(422));
    await spend(50);
    await credit(51);
    expect(namesOf(await told(4))).toEqual(['exhausted', 'replenished', 'exhausted', 'replenished']);
  });

  it('are told of a fall to the bound without what was refused afterwards', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '1000', lowBalance: '100' });
    await Promise.all([spend(960), spend(1_001)]);
    const all = await told(2);
    expect(all.find(({ crossing }) => crossing === 'exhausted')?.data['refused']).toBe('1001');
    for (const { crossing, data } of all)
      if (crossing !== 'exhausted') expect(data['refused']).toBeUndefined();
  });

  it('are told of a request that is too large for an account that is not low, which is replenished by itself', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '100', lowBalance: '10' });
    expect((await spend(101)).status).toBe(422);
    expect(namesOf(await told(2))).toEqual(['exhausted', 'replenished']);
    await spend(90);
    expect(namesOf(await told(3))).toEqual(['exhausted', 'replenished', 'low']);
  });

  it('are told of holds as well, and of money that comes back', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '100', lowBalance: '50' });
    await service.rest.post('/v1/accounts/a/holds', { amount: '100', requestId: 'h' });
    expect(namesOf(await told(2))).toEqual(['low', 'exhausted']);
    await service.rest.post('/v1/accounts/a/holds/h/cancel', undefined);
    expect(namesOf(await told(3))).toEqual(['low', 'exhausted', 'replenished']);
  });

  it.each(['atomic', 'leased'])('are told of accounts whose strategy is %s', async (strategy) => {
    await service.rest.createAccount({ id: 'a', strategy, initialBalance: '10', lowBalance: '5' });
    for (let n = 0; n < 10; n += 1) expect((await spend(1)).status).toBe(201);
    expect(namesOf(await told(2))).toEqual(['low', 'exhausted']);
  });

  it('are told where the bound moves', async () => {
    await service.rest.createAccount({ id: 'a', initialBalance: '100' });
    const { body, headers } = await service.rest.patch('/v1/accounts/a', { lowBalance: '100' });
    expect(body).toMatchObject({ id: 'a', lowBalance: '100' });
    expect(namesOf(await told(1))).toEqual(['low']);
    const etag = String(headers['etag']);
    const removed = await service.rest.patch('/v1/accounts/a', { lowBalance: null }, { 'if-match': etag });
    expect([removed.status, removed.body['lowBalance']]).toEqual([200, undefined]);
    expect(namesOf(await told(2))).toEqual(['low', 'replenished']);
    const late = await service.rest.patch('/v1/accounts/a', { lowBalance: '5' }, { 'if-match': etag });
    expect(late.body).toMatchObject({ code: 'PRECONDITION_FAILED' });
  });

  it('say nothing of an account that was opened empty, nor of one that stays above its bound', async () => {
    await service.rest.createAccount({ id: 'empty', lowBalance: '10' });
    await credit(5, 'empty');
    await credit(50, 'empty');
    await service.rest.createAccount({ id: 'a', initialBalance: '20', lowBalance: '10' });
    await spend(5);
    await spend(46, 'empty');
    // By the time that this one is told of, the others have been looked at.
    expect(namesOf(await told(1, 'empty'))).toEqual(['low']);
    expect((await crossings(service.rest)).map(({ subject }) => subject)).toEqual(['empty']);
  });
});

describe('[mariadb] crossings through two instances that are killed', () => {
  /** `HOTSPLIT_TEST_CROSSINGS` accounts, for as many rounds as stand behind a colon: the long form is 2000:6. */
  const [accounts = 24, rounds = 4] = (process.env['HOTSPLIT_TEST_CROSSINGS'] ?? '24:4')
    .split(':')
    .map(Number);
  const TOGETHER = 16;
  let site: ServiceSite;
  const instances: ServiceProcess[] = [];

  beforeEach(async () => {
    site = await mariadbSites.make(2);
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map((instance) => instance.end('SIGKILL')));
    await site.drop();
  });

  const start = () =>
    ServiceProcess.start({
      ...site,
      settings: { HOTSPLIT_BALANCE_REST_SECONDS: '0', HOTSPLIT_AUDIT_HOURS: '0' },
    });

  it('are as many as an independent model counts', async () => {
    const chance = new Dice(7).named('crossings');
    instances.push(await start(), await start());
    /** Whoever lives answers in the end; what an instance was asked when it died is asked again under the same key. */
    const ask = async (path: string, json: object): Promise<number> => {
      for (;;) {
        const instance = chance.oneOf(instances);
        const answer = await instance.rest.post(path, json).catch(() => undefined);
        if (answer && ![429, 503].includes(answer.status)) return answer.status;
      }
    };
    const model = Array.from({ length: accounts }, (_, n) => new ModelAccount(`a${n}`, n % 3 === 0 ? 0 : 30));
    await inTurn(model, TOGETHER, async ({ id, low, balance }) => {
      const opened = {
        id,
        asset: 'USD/2',
        subAccounts: 1 + (Number(id.slice(1)) % 4),
        initialBalance: balance,
      };
      await ask('/v1/accounts', low === 0 ? opened : { ...opened, lowBalance: low });
    });
    let request = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const killed = kill(instances, chance.between(0, 1), start);
      await inTurn(model, TOGETHER, async (account) => {
        const key = (): string => `r${(request += 1)}`;
        const pays = chance.happens(0.6);
        const parts = chance.between(1, 3);
        for (let part = 1; part <= parts; part += 1) {
          const amount = pays ? chance.between(1, Math.max(1, account.balance)) : chance.between(1, 60);
          // Asked for more than there is: refused, and nothing changes.
          const isShort = pays && account.balance <= account.low;
          const asked =
            pays && (isShort || (account.low === 0 && chance.happens(0.1)))
              ? account.balance + amount
              : amount;
          const path = `/v1/accounts/${account.id}/${pays ? 'deductions' : 'credits'}`;
          const status = await ask(path, { amount: asked, requestId: key() });
          expect(status < 300).toBe(!pays || asked <= account.balance);
          if (pays) account.pay(asked);
          else account.take(asked);
        }
      });
      await killed;
      // Where the balance goes the other way next, what it has crossed so far must have been seen.
      const expected = model.reduce((sum, { told }) => sum + told.length, 0);
      await eventually(`${expected} crossings`, async () => {
        const found = await crossings((instances[0] as ServiceProcess).rest);
        return found.length >= expected ? found : undefined;
      });
    }
    const found = await crossings((instances[0] as ServiceProcess).rest);
    const byAccount = Map.groupBy(found, ({ subject }) => subject);
    for (const { id, told } of model)
      expect([id, (byAccount.get(id) ?? []).map(({ crossing }) => crossing)]).toEqual([id, told]);
    expect(found.length).toBeGreaterThan(accounts);
  });
});

/** What a balance crosses, from nothing but what was paid, taken and refused. */
class ModelAccount {
  readonly told: string[] = [];
  balance = 100;
  /** What can be told of until it is replenished. */
  #since = new Set<string>();
  #short = 1;

  /** @param low 0 for none */
  constructor(
    readonly id: string,
    readonly low: number,
  ) {}

  pay(amount: number): void {
    if (amount <= this.balance) this.balance -= amount;
    else {
      this.#short = this.#since.has('exhausted') ? Math.min(this.#short, amount) : amount;
      this.#tell('exhausted');
    }
    if (this.low > 0 && this.balance <= this.low && !this.#since.has('exhausted')) this.#tell('low');
    if (this.balance === 0) {
      if (!this.#since.has('exhausted')) this.#short = 1;
      this.#tell('exhausted');
    }
  }

  take(amount: number): void {
    this.balance += amount;
    const isAbove = this.low > 0 ? this.balance > this.low : this.balance >= this.#short;
    if (this.#since.size === 0 || !isAbove) return;
    this.told.push('replenished');
    this.#since = new Set();
  }

  #tell(crossing: string): void {
    if (this.#since.has(crossing)) return;
    this.#since.add(crossing);
    this.told.push(crossing);
  }
}

/** Kills one of the instances and starts another in its place. */
async function kill(
  instances: ServiceProcess[],
  which: number,
  start: () => Promise<ServiceProcess>,
): Promise<void> {
  await instances[which]?.end('SIGKILL');
  instances[which] = await start();
}

async function inTurn<Item>(
  items: readonly Item[],
  together: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const one = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: together }, one));
}
