import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { eventually } from '../setup/eventually';
import { ServiceProcess } from '../setup/service-process';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

/** One of two instances stops dead, as a process does that is paused or a machine that lost power. */
describe('[mariadb] an instance that stops between locking rows and committing', () => {
  let site: ServiceSite;
  let proxy: TcpRelay;
  let frozen: ServiceProcess;
  let other: ServiceProcess;

  beforeEach(async () => {
    site = await mariadbSites.make(1);
    proxy = await TcpRelay.before(site.shards[0] as string);
    frozen = await ServiceProcess.start({ ...site, shards: [proxy.url] });
    other = await ServiceProcess.start(site);
  });

  afterEach(async () => {
    await Promise.all([frozen.end(), other.end()]);
    await proxy.close();
    await site.drop();
  });

  it('keeps the others from those rows for no longer than their requests wait', async () => {
    await frozen.rest.createAccount({ id: 'acct', initialBalance: '1000' });
    await Promise.all([frozen.rest.deduct('acct', 'warm-1', 1), other.rest.deduct('acct', 'warm-2', 1)]);
    const locking = proxy.holdAnswerTo('FOR UPDATE');
    const cutShort = frozen.rest.deduct('acct', 'k-1', 10).catch(() => undefined);
    await locking.held;
    frozen.signal('SIGSTOP');

    // By the database alone: the frozen instance does nothing any more. Asked again as long as the answer is 503.
    await eventually('a deduction on the rows that were locked', async () => {
      const { status } = await other.rest.deduct('acct', 'k-2', 100);
      return status === 201 || status === 200 ? true : undefined;
    });
    expect(await other.rest.available('acct')).toBe(898n);
    await frozen.end();
    await cutShort;
  });
});
