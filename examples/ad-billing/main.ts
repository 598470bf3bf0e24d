/** Ad billing: a job that charges the clicks of an hour, each to the budget of its campaign, and may die at any moment. */
import { HotsplitClient, InsufficientFundsError } from 'hotsplit-client';

interface Click {
  /** Given by the ad server that saw the click, and kept in its log: the same click always has the same id. */
  readonly id: string;
  readonly campaign: string;
  readonly banner: string;
  readonly priceMinor: bigint;
}

const CAMPAIGN = 'campaign-7';
const BUDGET_MINOR = 10_000n; // 100.00 USD
const CLICKS = 500;
const CLICKS_AT_ONCE = 100;
/** To see what a crash does: the process ends by itself once it has asked for so many charges. */
const CRASH_AFTER = Number(process.env['CRASH_AFTER'] ?? Infinity);

const client = new HotsplitClient({
  endpoints: process.env['HOTSPLIT_URL'] ?? 'http://127.0.0.1:8080',
  apiKey: process.env['HOTSPLIT_KEY'] ?? '',
});
const bill = { charged: 0, replayed: 0, refused: 0 };
/** Campaigns whose ads must not be shown any more. */
const exhausted = new Set<string>();
let asked = 0;

// Safe to run again: an account that exists with the same settings is answered as it is.
await client.createAccount({ id: CAMPAIGN, asset: 'USD/2', subAccounts: 4, initialBalance: BUDGET_MINOR });

const clicks = clicksOfTheHour();
for (let from = 0; from < clicks.length; from += CLICKS_AT_ONCE) {
  // Asked for in one turn of the event loop, so they travel as one batch. Each click succeeds or is refused on its own.
  await Promise.all(clicks.slice(from, from + CLICKS_AT_ONCE).map(charge));
}

const { available } = await client.balance(CAMPAIGN);
console.log(JSON.stringify({ ...bill, exhausted: [...exhausted], leftMinor: available.toString() }));
await client.close();

async function charge({ id, campaign, banner, priceMinor }: Click): Promise<void> {
  const charging = client.deduct({
    accountId: campaign,
    amount: priceMinor,
    requestId: id,
    reference: banner,
  });
  asked += 1;
  // The batch may be on its way or not: whoever comes next cannot know, and need not.
  if (asked === CRASH_AFTER) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
  try {
    const { replayed } = await charging;
    bill[replayed ? 'replayed' : 'charged'] += 1;
  } catch (error) {
    // Anything else (no answer, for instance) ends the job, and its next run sends the same ids again.
    if (!(error instanceof InsufficientFundsError)) throw error;
    bill.refused += 1;
    exhausted.add(campaign);
  }
}

/** In place of the ad server's log. */
function clicksOfTheHour(): Click[] {
  return Array.from({ length: CLICKS }, (_, n) => ({
    id: `click-${String(n).padStart(6, '0')}`,
    campaign: CAMPAIGN,
    banner: `banner ${n % 3}`,
    priceMinor: 25n,
  }));
}
