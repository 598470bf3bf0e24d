import { runBench } from '../setup/run-bench';

const RUN_MS_MAX = 240_000;

describe.each(['sqlite', 'mariadb-2'])('[%s] npm run bench -- cold', (store) => {
  it(
    'charges accounts that the service has never seen through every door, and balances',
    async () => {
      const { report } = await runBench('cold', '--store', store, '--accounts', '3000', '--seconds', '0.5');
      expect(report.runs.map(({ name }) => name)).toEqual([
        'atomic',
        ...['http cold', 'http warm', 'http-batch cold', 'http-batch warm', 'client cold', 'client warm'],
      ]);
      for (const run of report.runs) {
        expect(run).toMatchObject({ store, audit: 'balanced', errors: 0 });
        // How many within half a second is the machine's affair.
        expect(run.cpuMicrosPerOp).toBeGreaterThan(0);
      }
      expect(Object.keys(report.ratios)).toHaveLength(6);
    },
    RUN_MS_MAX,
  );
});
