import { audit, type AuditReport } from '../../src/audit/audit';
import type { Finding, Invariant } from '../../src/ledger/audit-finding';
import type { AccountRecord } from '../../src/shards/directory/account-record';
import type { Scan } from '../../src/shards/ledger-scan';
import { scanEntries } from '../../src/shards/statements/scan-entries';
import { scanEntryKeys } from '../../src/shards/statements/scan-entry-keys';
import { scanHolds } from '../../src/shards/statements/scan-holds';
import { scanIntakes } from '../../src/shards/statements/scan-intakes';
import { scanReversals } from '../../src/shards/statements/scan-reversals';
import { scanSubAccounts } from '../../src/shards/statements/scan-sub-accounts';
import { scanTransfers } from '../../src/shards/statements/scan-transfers';
import type { Statement } from '../../src/shards/statements/statement';
import { AuditedSite, type Submission, type ToCommand } from '../setup/audited-site';
import { PLANTED_FAULTS as FAULTS } from '../setup/planted-faults';
import { STORES } from '../setup/stores';

const SMALL_PAGES = { pageRows: 7 };

/** So many audits of accounts in use, at least, beside so many requests, whichever take longer. */
const AUDITS = 3;
const REQUESTS = 1_000;

describe.each(STORES)('[$mark] the audit', (store) => {
  let site: AuditedSite;

  const run = (pacing = SMALL_PAGES): Promise<AuditReport> =>
    audit({ shards: site.shards, directory: site.directory, pacing });

  describe('of accounts in use', () => {
    beforeAll(async () => (site = await AuditedSite.make(store)));
    afterAll(() => site.end());

    it('finds nothing while deductions, spread credits, transfers, holds and reversals go on, nor afterwards', async () => {
      const accounts = await Promise.all([
        site.create('acme', 12),
        site.create('ACME', 3),
        site.create('b:2', 1, ['s1']),
        site.create('z', 7),
      ]);
      await site.submit(
        accounts.map((account) => ({ kind: 'credit', account, requestId: 'topup', amountMinor: 90_000n })),
      );

      let stopped = false;
      let requests = 0;
      const load = async (worker: number): Promise<void> => {
        for (let turn = 0; !stopped; turn += 1) {
          const batch = Array.from({ length: 60 }, (_, n) => ({
            kind: n === 7 ? ('credit' as const) : n % 6 === 5 ? ('hold' as const) : ('deduct' as const),
            account: accounts[(n + turn) % accounts.length] as AccountRecord,
            // Every key twice, by two workers.
            requestId: `w${worker >> 1} ${turn} ${n}`.replaceAll(' ', '-'),
            amountMinor: n === 7 ? 30_000n : BigInt(1 + n * 15),
          }));
          await site.submit(batch);
          requests += batch.length;
          // Two workers race for what becomes of each hold, and for how much of each deduction comes back.
          for (const account of accounts) {
            const idsOf = (which: (n: number) => boolean): string[] =>
              batch.filter((each, n) => each.account === account && which(n)).map((each) => each.requestId);
            await site.follow(
              account,
              idsOf((n) => n % 6 === 5),
              worker % 2 === 0 ? confirm : cancel,
            );
            await site.follow(
              account,
              idsOf((n) => n % 30 === 0),
              reverse(`w${worker}`),
            );
          }
          if (worker === 0) await site.settle();
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const workers = [0, 1, 2, 3].map(load);
      const reports: AuditReport[] = [];
      while (reports.length < AUDITS || requests < REQUESTS) reports.push(await run({ pageRows: 50 }));
      stopped = true;
      await Promise.all(workers);
      while ((await site.settle()) > 0);
      const last = await run({ pageRows: 50 });

      expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
      expect(last).toMatchObject({
        balanced: true,
        findings: [],
        accounts: 4,
        subAccounts: 23,
        inTransit: 0,
      });
      expect(last.entries).toBeGreaterThan(reports[0]?.entries ?? Infinity);
      expect(await run({ pageRows: 5_000 })).toEqual(last);
    });
  });

  describe('of accounts that were meddled with', () => {
    let report: AuditReport;

    beforeAll(async () => {
      site = await AuditedSite.make(store);
      const accounts = new Map<string, AccountRecord>();
      const names = [...FAULTS.map((_, n) => `fault-${n}`), 'untouched', 'untouched.2'];
      for (const name of names) accounts.set(name, await site.create(name, 4));
      const requests = (kind: Submission['kind'], requestId: string, amountMinor: bigint) =>
        [...accounts.values()].map((account) => ({ kind, account, requestId, amountMinor }));
      await site.submit(requests('credit', 'topup', 4_000n));
      await site.settle();
      for (const key of ['a', 'b', 'c', 'd', 'e']) await site.submit(requests('deduct', key, 30n));
      for (const key of ['held', 'taken', 'left']) await site.submit(requests('hold', key, 40n));
      for (const account of accounts.values()) {
        await site.follow(account, ['taken'], confirm);
        await site.follow(account, ['left', 'never'], cancel);
        for (const requestId of ['r1', 'r2']) await site.follow(account, ['b', 'taken'], reverse(requestId));
      }
      expect(await run()).toMatchObject({ balanced: true, findings: [], inTransit: 0 });

      for (const [n, { plant }] of FAULTS.entries())
        await plant({ site, account: accounts.get(`fault-${n}`) as AccountRecord });
      report = await run();
    });
    afterAll(() => site.end());

    it.each(FAULTS.map((fault, n) => ({ ...fault, n })))('finds $title', ({ n, invariants }) => {
      const findings = report.findings.filter(
        // What is found of an allowance names the account that it belongs to.
        ({ accountId, detail }) =>
          accountId.startsWith(`fault-${n}.`) || accountId === `fault-${n}` || detail.endsWith(` fault-${n}`),
      );
      expect(namesOf(findings)).toEqual([...invariants].sort());
      for (const { expected, found } of findings) expect(expected).not.toBe(found);
    });

    it('finds nothing else, and the same again', async () => {
      expect(report.balanced).toBe(false);
      expect(report.findingsCount).toBe(report.findings.length);
      expect(report.findings.filter(({ accountId }) => accountId.startsWith('untouched'))).toEqual([]);
      const again = await run({ pageRows: 5_000 });
      expect(new Set(again.findings)).toEqual(new Set(report.findings));
    });
  });

  describe('reads', () => {
    beforeAll(async () => (site = await AuditedSite.make(store)));
    afterAll(() => site.end());

    it('every page as a range of its index', async () => {
      const account = await site.create('acme', 4);
      for (let n = 0; n < 30; n += 1) {
        await site.submit(
          Array.from({ length: 40 }, (_, k) => ({
            kind: 'credit' as const,
            account,
            requestId: `k${n}-${k}`,
            amountMinor: BigInt(4 ** (n % 20)),
          })),
        );
      }
      const count = Array.from({ length: 300 }, (_, n) => n);
      for (const kind of ['hold', 'deduct'] as const)
        await site.submit(count.map((n) => ({ kind, account, requestId: `${kind}${n}`, amountMinor: 40n })));
      await site.follow(
        account,
        count.map((n) => `deduct${n}`),
        reverse('back'),
      );
      if (store.mark !== 'sqlite')
        await site.raw('s0').run('ANALYZE TABLE entry, transfer, sub_account, hold, reversal');
      const dialect = store.mark === 'sqlite' ? 'sqlite' : 'mysql';
      const place = {
        accountId: 'acme',
        index: 1,
        placeUs: 1_700_000_000_000_000,
        subAccount: 1,
        version: 5,
        requestId: 'k1-1',
        holdId: 'h1',
        reverses: 'k1-1',
        number: 1,
        transferId: 'spread k1-1 1',
      };
      for (const upToAccount of [undefined, 'b']) {
        const starts = [{ after: place }, { fromAccount: 'acme' }, { behindAccount: 'abc' }];
        for (const start of starts) {
          const scan: Scan<typeof place> = { start, upToAccount, limit: 2_000 };
          const plans: [Statement, string][] = [
            [scanSubAccounts(scan, dialect), 'PRIMARY'],
            [scanEntries(scan, dialect), 'PRIMARY'],
            [scanEntryKeys(scan, dialect), 'entry_request'],
            [scanTransfers(scan, dialect), 'PRIMARY'],
            [scanHolds(scan, dialect), 'PRIMARY'],
            [scanIntakes(scan, dialect), 'PRIMARY'],
            [scanReversals(scan, dialect), 'PRIMARY'],
          ];
          for (const [{ sql, parameters }, index] of plans) {
            if (store.mark === 'sqlite') {
              const plan = (await site.raw('s0').run(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)).map(
                ([, , , step]) => step,
              );
              expect(plan).toEqual([
                expect.stringMatching(
                  index === 'PRIMARY'
                    ? /^SEARCH \w+ USING PRIMARY KEY/
                    : /^SEARCH entry USING COVERING INDEX entry_request/,
                ),
              ]);
            } else {
              const explain = store.mark === 'mysql' ? 'EXPLAIN FORMAT=TRADITIONAL' : 'EXPLAIN';
              const [step = []] = await site.raw('s0').run(`${explain} ${sql}`, ...parameters);
              expect(step).toContain('range');
              expect(step).toContain(index);
              expect(String(step.at(-1))).not.toContain('filesort');
            }
          }
        }
      }
    });
  });
});

const confirm: ToCommand = (holdId, routed) => ({
  kind: 'confirm',
  ...routed,
  holdId,
  captureId: null,
  amountMinor: 20n,
  isFinal: true,
  mayTakeMore: false,
  reference: null,
  metadata: null,
});

const cancel: ToCommand = (holdId, routed) => ({ kind: 'cancel', ...routed, holdId, leaveTombstone: true });

const reverse =
  (requestId: string): ToCommand =>
  (reverses, routed) => ({
    kind: 'reverse',
    ...routed,
    of: 'deduction',
    reverses,
    captureId: null,
    requestId,
    amountMinor: 10n,
    reference: null,
    metadata: null,
  });

function namesOf(findings: readonly Finding[]): Invariant[] {
  return [...new Set(findings.map(({ invariant }) => invariant))].sort();
}
