import { BALANCE_CACHE_SETTINGS } from '../../src/balances/balance-cache';
import { ACCOUNT_CACHE_SETTINGS } from '../../src/engine/account-cache';
import { COLLECTOR_SETTINGS } from '../../src/engine/collector';
import { BALANCE_LIMIT_SETTINGS } from '../../src/engine/balance-limit';
import { FEED_PUBLISHER_SETTINGS } from '../../src/engine/feed/feed-publisher';
import { HOLD_EXPIRY_SETTINGS } from '../../src/engine/hold-expiry';
import { INTAKE_SETTINGS } from '../../src/engine/intake/intake-settings';
import { RUNNER_SETTINGS } from '../../src/engine/operations/operation-runner';
import { REBALANCER_SETTINGS } from '../../src/engine/rebalancer';
import { RECOVERY_SETTINGS } from '../../src/engine/recovery';
import { FENCE_MS_MAX, LEVELS_LEASE_MS } from '../../src/engine/runtime';
import { SWEEPER_SETTINGS } from '../../src/engine/sweeper';
import { KAFKA_EVENTS_LEASE_MS } from '../../src/events/kafka-events';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX } from '../../src/ledger/hold';
import { SETTINGS } from '../../src/platform/settings';
import { RETRY_POLICY } from '../../src/shards/run-batch';
import { RECORD_AGE_MS_MAX } from '../../src/webhooks/current-webhooks';
import { WEBHOOK_LEASE_MS } from '../../src/webhooks/webhook-runner';
import { alignedTable, code } from './aligned-table';

/** Every environment variable of the service, in the order of the code. */
export function settingsTable(): string {
  const settings = Object.values<{ variable: string; fallback: string | undefined; meaning: string }>(
    SETTINGS,
  );
  return alignedTable(
    ['variable', 'default', 'meaning'],
    settings.map(({ variable, fallback, meaning }) => [
      code(variable),
      fallback === undefined ? 'none' : code(fallback),
      meaning,
    ]),
  );
}

/** Times and bounds that are constants of the code. Other pages refer to this table instead of repeating them. */
export function fixedBoundsTable(): string {
  return alignedTable(
    ['what', 'value'],
    [
      [
        'an operation’s lease: after so long without a sign, another instance goes on with it',
        ms(RUNNER_SETTINGS.leaseMs),
      ],
      ['how often an instance looks for operations that nobody runs', ms(RUNNER_SETTINGS.intervalMs)],
      [
        'the pause before a step of an operation that failed is tried again',
        `${ms(RUNNER_SETTINGS.retryMs)}–${ms(RUNNER_SETTINGS.retryMsMax)}`,
      ],
      ['operations that one instance runs at once', count(RUNNER_SETTINGS.runningMax)],
      ['— audits among them', count(RUNNER_SETTINGS.auditsMax)],
      ['after so long a fence that is not complete is abandoned', ms(FENCE_MS_MAX)],
      ['how long a batch may be tried', ms(RETRY_POLICY.deadlineMs)],
      ['tries of a batch', count(RETRY_POLICY.triesMax)],
      ['how old a transfer is before it is delivered by recovery', ms(RECOVERY_SETTINGS.olderThanMs)],
      ['how often recovery looks', ms(RECOVERY_SETTINGS.intervalMs)],
      ['how often expired holds are released', ms(HOLD_EXPIRY_SETTINGS.intervalMs)],
      ['a hold’s time when its request names none', seconds(HOLD_SECONDS_DEFAULT)],
      ['a hold’s longest time', seconds(HOLD_SECONDS_MAX)],
      ['how often rows that are out of use are emptied', ms(SWEEPER_SETTINGS.intervalMs)],
      ['leases, which an orderly stop gives back; after a kill others wait for their end', ''],
      ['— of the sweeper, the rebalancer, the expiry of holds, recovery and the intake', leaseText()],
      ['— of the publisher of events', ms(FEED_PUBLISHER_SETTINGS.leaseMs)],
      ['— of the publisher to Kafka', ms(KAFKA_EVENTS_LEASE_MS)],
      ['— of the levels of balances', ms(LEVELS_LEASE_MS)],
      ['— of a webhook', ms(WEBHOOK_LEASE_MS)],
      ['after so long a change of a webhook holds at all instances', ms(RECORD_AGE_MS_MAX)],
      ['accounts that the rebalancer looks at each time', count(REBALANCER_SETTINGS.accountsMax)],
      [
        'deductions that may wait for the collector, for each account and instance',
        count(COLLECTOR_SETTINGS.waitingMax),
      ],
      ['how long a deduction may wait for the collector', ms(COLLECTOR_SETTINGS.waitMsMax)],
      [
        'how long a reading that found too little sends requests straight to the collector',
        ms(COLLECTOR_SETTINGS.rememberMs),
      ],
      ['rounds of the collector before it locks the account’s rows', count(COLLECTOR_SETTINGS.readRoundsMax)],
      ['accounts that an instance keeps in memory', count(ACCOUNT_CACHE_SETTINGS.accountsMax)],
      ['after so long an account in memory that is used is read again', ms(ACCOUNT_CACHE_SETTINGS.refreshMs)],
      ['how old a `cached` balance may be', ms(BALANCE_CACHE_SETTINGS.ageMsMax)],
      [
        'how long an instance may credit an account without reading its balance again',
        ms(BALANCE_LIMIT_SETTINGS.allowanceMsMax),
      ],
    ],
  );
}

/** @throws Error when the leases differ, because one line of the table has them all */
function leaseText(): string {
  const leases = [
    SWEEPER_SETTINGS,
    REBALANCER_SETTINGS,
    HOLD_EXPIRY_SETTINGS,
    RECOVERY_SETTINGS,
    INTAKE_SETTINGS,
  ];
  const [first, ...others] = [...new Set(leases.map(({ leaseMs }) => leaseMs))];
  if (first === undefined || others.length > 0) throw new Error('the leases differ: give each a line');
  return ms(first);
}

function ms(value: number): string {
  return value % 1_000 === 0 ? seconds(value / 1_000) : `${count(value)} ms`;
}

function seconds(value: number): string {
  if (value % 86_400 === 0) return `${value / 86_400} days`;
  return value % 60 === 0 && value > 60 ? `${value / 60} min` : `${count(value)} s`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
