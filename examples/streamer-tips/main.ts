/** Streamer tips: credits to one account that becomes hot, is split while it is in use, and is paid out in one piece. */
import { HotsplitClient } from 'hotsplit-client';

interface Tip {
  /** Made by the viewer's app, so that a tip that is sent twice counts once. */
  readonly id: string;
  readonly viewer: string;
  readonly amountMinor: bigint;
}

const STREAMER = 'streamer-42';
const TIPS = 1_200;
const TIPS_AT_ONCE = 32;
/** The account becomes hot after so many. */
const HOT_AFTER = 400;
const SUB_ACCOUNTS = 16;

const client = new HotsplitClient({
  endpoints: process.env['HOTSPLIT_URL'] ?? 'http://127.0.0.1:8080',
  apiKey: process.env['HOTSPLIT_KEY'] ?? '',
});
const counts = { credited: 0, creditedBefore: 0 };
let splitting = undefined as Promise<void> | undefined;

await client.createAccount({ id: STREAMER, asset: 'EUR/2' });

const waiting = tipsOfTheEvening();
await Promise.all(Array.from({ length: TIPS_AT_ONCE }, passOnTips));
await splitting;

const { subAccounts } = await client.account(STREAMER);
const { available } = await client.balance(STREAMER, { consistency: 'snapshot' });
// One deduction, larger than what any of the sixteen parts has. Its id names the evening: a second payout is a replay.
const payout = await client.deduct({ accountId: STREAMER, amount: available, requestId: 'payout-evening-1' });
const after = await client.balance(STREAMER);
console.log(
  JSON.stringify({
    ...counts,
    subAccounts,
    paidMinor: payout.amount.toString(),
    leftMinor: after.available.toString(),
  }),
);
await client.close();

/** One of many that pass tips on side by side. */
async function passOnTips(): Promise<void> {
  for (let tip = waiting.shift(); tip; tip = waiting.shift()) {
    const { replayed } = await client.credit({
      accountId: STREAMER,
      amount: tip.amountMinor,
      requestId: tip.id,
      reference: `tip of ${tip.viewer}`,
    });
    counts[replayed ? 'creditedBefore' : 'credited'] += 1;
    if (counts.credited >= HOT_AFTER) splitting ??= split();
  }
}

/** Tips go on meanwhile. */
async function split(): Promise<void> {
  const begun = await client.resize({ accountId: STREAMER, count: SUB_ACCOUNTS });
  await client.waitFor(begun);
}

/** In place of viewers. Every tenth tip is sent twice, because the app of its viewer lost the answer. */
function tipsOfTheEvening(): Tip[] {
  return Array.from({ length: TIPS }, (_, n) => ({
    id: `tip-${n}`,
    viewer: `viewer-${n % 97}`,
    amountMinor: BigInt(100 + (n % 7) * 50),
  })).flatMap((tip, n) => (n % 10 === 0 ? [tip, tip] : [tip]));
}
