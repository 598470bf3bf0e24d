import { isAllowanceStepKey } from '../ledger/allowance';
import type { Finding, Invariant } from '../ledger/audit-finding';
import { type Entry, signedAmount } from '../ledger/entry';
import type { AccountRecord } from '../shards/directory/account-record';
import { factsOf } from '../shards/directory/budget-store';
import type { ScannedEntry } from '../shards/ledger-scan';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** Entries judged by one look-up. */
const TOGETHER_MAX = 400;

type Charged = ScannedEntry & Required<Pick<ScannedEntry, 'charged'>>;

/** Of an entry that names budgets, those; of an entry of an allowance, the account that it belongs to. */
type OtherSide = { readonly accountId: string; readonly isAllowance: boolean };

/**
 * Compares what was charged to budgets with what their allowances have paid, both ways: an entry that names a budget stands in the
 * allowance under the same key, of the same kind and amount, on the same shard, and the allowance has no others. So what was spent in
 * a period is the sum of what was charged to it.
 */
export class ChargePairs {
  #batch: { readonly entry: Charged; readonly other: OtherSide }[] = [];
  #grantedMinor = 0n;

  /** @param of the account that the allowance belongs to whose entries these are; `undefined` where it is an account */
  constructor(
    private readonly shard: Pick<Shard, 'name' | 'findEntries'>,
    private readonly of: string | undefined,
    private readonly found: Found,
  ) {}

  /** What the steps of the limit add up to here. */
  get grantedMinor(): bigint {
    return this.#grantedMinor;
  }

  async add(entry: ScannedEntry): Promise<void> {
    if (!entry.charged) return;
    const charged = { ...entry, charged: entry.charged };
    if (this.of !== undefined) {
      if (isAllowanceStepKey(charged.charged.requestId)) this.#grantedMinor += signedAmount(entry);
      else this.#batch.push({ entry: charged, other: { accountId: this.of, isAllowance: false } });
    }
    for (const { allowanceId } of charged.charged.charges ?? [])
      this.#batch.push({ entry: charged, other: { accountId: allowanceId, isAllowance: true } });
    if (this.#batch.length >= TOGETHER_MAX) await this.finish();
  }

  /** Judges those that were added since. */
  async finish(): Promise<void> {
    const batch = this.#batch.splice(0);
    const groups = Map.groupBy(batch, ({ other }) => other.accountId);
    for (const [accountId, some] of groups) {
      for (let from = 0; from < some.length; from += TOGETHER_MAX) {
        const part = some.slice(from, from + TOGETHER_MAX);
        const keys = part.map(({ entry }) => entry.charged.requestId);
        const entries = new Map(
          (await this.shard.findEntries(accountId, keys)).map((entry) => [entry.requestId, entry] as const),
        );
        for (const { entry, other } of part) this.#judge(entry, other, entries.get(entry.charged.requestId));
      }
    }
  }

  #judge(entry: Charged, { accountId, isAllowance }: OtherSide, other: Entry | undefined): void {
    const names = isAllowance || other?.charges?.some(({ allowanceId }) => allowanceId === entry.accountId);
    if (other?.kind === entry.kind && other.amountMinor === entry.amountMinor && names) return;
    const { charged, kind, amountMinor, subAccount } = entry;
    this.found.add([
      {
        invariant: isAllowance ? 'budgetsAreCharged' : 'chargeWasMade',
        accountId: entry.accountId,
        shard: this.shard.name,
        subAccount,
        detail: `${kind} "${charged.requestId}" and ${accountId}`,
        expected: `${kind} of ${amountMinor}`,
        found: other
          ? `${other.kind} of ${other.amountMinor}${names ? '' : ' that does not name it'}`
          : 'none',
      },
    ]);
  }
}

/**
 * What is wrong with the limit of an allowance.
 *
 * @param before the directory's record from before its entries were read
 * @param after that from afterwards
 */
export function judgeLimit(
  before: AccountRecord,
  after: AccountRecord | undefined,
  grantedMinor: bigint,
): Finding[] {
  const facts = factsOf(before);
  const isStill = after?.allowance?.revision === facts.revision;
  if (!isStill || facts.pending.length > 0 || facts.grantedMinor === grantedMinor) return [];
  const invariant: Invariant = 'limitIsGranted';
  return [
    {
      invariant,
      accountId: before.accountId,
      detail: `the limit of ${facts.budgetId} of ${facts.of}`,
      expected: facts.grantedMinor.toString(),
      found: grantedMinor.toString(),
    },
  ];
}
