import { once } from 'node:events';
import { GrpcClient, streamBytes } from '../setup/grpc-client';
import { Prometheus } from '../setup/prometheus';
import { dashboardQueries, documentedMetrics, namesIn, rules } from '../setup/promql';
import { redisUrl } from '../setup/servers';
import { startTestService, type TestService } from '../setup/service';
import { mariadbSites, type ServiceSite } from '../setup/service-sites';

/** Metrics that have series only once something has gone wrong, or where several workers, Kafka or screening is set up. */
const ONLY_WHEN = new Set([
  'hotsplit_accounts_set_aside',
  'hotsplit_anonymous_slowed_total',
  'hotsplit_batch_items_refused_total',
  'hotsplit_database_errors_total',
  'hotsplit_database_full',
  'hotsplit_http_bodies_refused_total',
  'hotsplit_kafka_dead_letters_total',
  'hotsplit_kafka_lag',
  'hotsplit_kafka_messages_total',
  'hotsplit_lists_refused_total',
  'hotsplit_screening_call_seconds_bucket',
  'hotsplit_screening_failures_total',
  'hotsplit_screening_verdicts_total',
  'hotsplit_shard_refused',
  'hotsplit_transfers_undelivered',
  'hotsplit_transfers_undelivered_seconds',
  'hotsplit_workers_replaced_total',
]);
/** Told by the primary process, which there is with several workers only. */
const OF_PRIMARY = 'hotsplit_workers_replaced_total';
const PROMETHEUS_LABELS = ['instance', 'job'];

/** Dashboards and rules, against a real Prometheus that scrapes the real service. */
describe('[mariadb] every query of a dashboard and of a rule', () => {
  let site: ServiceSite;
  let service: TestService;
  let grpc: GrpcClient;
  let prometheus: Prometheus;
  let rounds = 0;

  beforeAll(async () => {
    site = await mariadbSites.make(2);
    service = await startTestService({ ...site, settings: { HOTSPLIT_REDIS_URL: redisUrl() } });
    grpc = new GrpcClient(service.grpcAddress);
    prometheus = await Prometheus.scraping(service.rest.url);
    await accounts();
    // Twice, with a scrape between: a rate is of what grows.
    for (let n = 0; n < 2; n += 1) {
      await everyKindOfCall();
      await prometheus.scrapes(2);
    }
  });

  afterAll(async () => {
    await prometheus.stop();
    grpc.close();
    await service.stop();
    await site.drop();
  });

  async function accounts(): Promise<void> {
    const { rest } = service;
    await rest.createAccount({ id: 'plain', subAccounts: 2, initialBalance: 1_000_000 });
    for (const strategy of ['leased', 'atomic'])
      await rest.createAccount({ id: strategy, strategy, initialBalance: 1_000_000 });
  }

  async function everyKindOfCall(): Promise<void> {
    rounds += 1;
    const { rest } = service;
    const id = (what: string): string => `${what}-${rounds}`;
    for (const account of ['plain', 'leased', 'atomic']) await rest.deduct(account, id(account), 1);
    await rest.credit('plain', id('credit'), 10);
    // More than one shard has: the collector brings the rest.
    const { body } = await rest.get('/v1/accounts/plain/balance');
    await rest.deduct('plain', id('whale'), String((BigInt(body['available'] as string) * 9n) / 10n));
    await rest.hold('plain', id('hold'), 1);
    await rest.confirm('plain', id('hold'));
    await rest.submit('plain', id('later'), 1);
    await rest.deductMany([{ accountId: 'plain', amount: '1', requestId: id('item') }]);
    await rest.get('/v1/accounts/plain/entries');
    await rest.get('/nowhere');
    const stranger = rest.as('nobody-knows-this-key');
    await stranger.get('/v1/accounts');
    stranger.close();
    const money = { accountId: 'plain', requestId: id('grpc'), amount: '1' };
    await grpc.call('hotsplit.v1.DeductionService/Deduct', money);
    const stream = grpc.stream();
    stream.write(streamBytes([{ ...money, requestId: id('stream') }]));
    stream.end();
    stream.resume();
    await once(stream, 'end');
    await rest.ended(await rest.post('/v1/admin/audits', {}));
  }

  it('is answered with data, or names only what goes wrong', async () => {
    const without: string[] = [];
    for (const { where, expr } of dashboardQueries()) {
      const samples = await prometheus.query(expr);
      const isOfTrouble = namesIn(expr).metrics.every(({ name }) => ONLY_WHEN.has(name));
      if (samples.length === 0 && !(isOfTrouble && expr.includes('hotsplit_')))
        without.push(`${where}: ${expr}`);
    }
    expect(without).toEqual([]);
  });

  it('is answered by numbers where a dashboard shows a rate of what has grown', async () => {
    for (const expr of [
      'sum(rate(hotsplit_commands_total{outcome="applied"}[5m]))',
      'hotsplit:slo_bad:ratio_rate5m{slo="calls"} + 1',
      'histogram_quantile(0.99, sum by (le) (rate(hotsplit_http_request_seconds_bucket[5m])))',
      'sum by (by) (rate(hotsplit_transfers_total[5m]))',
    ]) {
      const [sample] = await prometheus.query(expr);
      expect(sample?.value).toBeGreaterThan(0);
    }
  });

  it('is taken, those of alerts too, and what rules record is there', async () => {
    for (const { record, expr, labels } of rules()) {
      // Whether an alert fires is for promtool's tests: on a busy machine some do, and rightly.
      const samples = await prometheus.query(expr);
      if (record === undefined) continue;
      expect(samples).toHaveLength(1);
      const recorded = await prometheus.query(`${record}{slo="${labels?.['slo'] ?? ''}"}`);
      expect(recorded).toHaveLength(1);
    }
  });

  it('names only metrics and labels that the service has', async () => {
    const { text } = await service.rest.get('/metrics');
    const shown = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name));
    const documented = documentedMetrics();
    const missing: string[] = [];
    for (const { expr } of [...dashboardQueries(), ...rules()]) {
      const { metrics, groupedBy } = namesIn(expr);
      const has = new Set(PROMETHEUS_LABELS);
      for (const { name, labels } of metrics) {
        if (name === OF_PRIMARY) continue;
        const family = shown.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
        if (!shown.has(family)) missing.push(name);
        const own = documented.get(name) ?? labelsShown(text, name);
        for (const label of own) has.add(label);
        missing.push(...labels.filter((label) => !has.has(label)).map((label) => `${name}{${label}}`));
      }
      if (metrics.some(({ name }) => name !== OF_PRIMARY))
        missing.push(...groupedBy.filter((label) => !has.has(label)).map((label) => `by ${label}: ${expr}`));
    }
    expect(missing).toEqual([]);
  });
});

function labelsShown(text: string, name: string): ReadonlySet<string> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return new Set(lines.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label = '']) => label)));
}
