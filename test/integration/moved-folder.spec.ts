import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RestClient } from '../setup/rest-client';
import { startTestService, type TestService } from '../setup/service';
import type { ServiceSite } from '../setup/service-sites';

/** A data folder with a shard that was added while the service ran: the directory has that shard's address. */
describe('a data folder that has been added to', () => {
  let root: string;
  let service: TestService;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'hotsplit-moved-'));
    await startIn('first');
    const { rest } = service;
    const added = await rest.post('/v1/admin/shards', {
      name: 'more',
      url: `sqlite:${join(root, 'first', 'more.sqlite')}`,
    });
    expect(added.status).toBe(201);
    await rest.createAccount({ id: 'acct', subAccounts: 3, initialBalance: '900' });
    expect(
      await rest.ended(await rest.resize('acct', { count: 3, shards: ['s0', 's1', 'more'] })),
    ).toMatchObject({
      status: 'done',
    });
    await rest.send('POST', '/v1/admin/accounts/acct/rebalance');
    await service.stop();
  });

  afterEach(async () => {
    await service.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const startIn = async (name: string): Promise<void> => {
    const folder = join(root, name);
    const site: ServiceSite = {
      folder,
      shards: [0, 1].map((n) => `sqlite:${join(folder, `shard-${n}.sqlite`)}`),
      drop: () => Promise.resolve(),
    };
    service = await startTestService(site);
  };

  const addressOfMore = async (): Promise<string | undefined> => {
    const { items } = await service.rest.page<{ name: string; address: string }>('/v1/admin/shards');
    return items.find(({ name }) => name === 'more')?.address;
  };

  const expectBalance = async (rest: RestClient, total: string): Promise<void> => {
    const { body } = await rest.get('/v1/accounts/acct/balance?consistency=snapshot');
    expect(body).toMatchObject({ available: total, total, inTransit: '0' });
    expect(await rest.ended(await rest.send('POST', '/v1/admin/audits'))).toMatchObject({
      result: { balanced: true, findings: [] },
    });
  };

  it('is copied whole: the copy pays from its own files, and the original has all its money', async () => {
    cpSync(join(root, 'first'), join(root, 'copy'), { recursive: true });
    await startIn('copy');
    expect(await addressOfMore()).toBe(`sqlite:${join(root, 'copy', 'more.sqlite')}`);
    expect((await service.rest.deduct('acct', 'from-the-copy', 800)).status).toBe(201);
    await expectBalance(service.rest, '100');
    await service.stop();

    await startIn('first');
    await expectBalance(service.rest, '900');
  });

  it('can be moved', async () => {
    renameSync(join(root, 'first'), join(root, 'moved'));
    await startIn('moved');
    await expectBalance(service.rest, '900');
    expect((await service.rest.deduct('acct', 'k', 900)).status).toBe(201);
  });
});
