import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ITEMS_MAX } from '../../src/contract/deductions';
import { PAGE_LENGTH_DEFAULT } from '../../src/contract/cursors';
import { BALANCE_CACHE_SETTINGS } from '../../src/balances/balance-cache';
import { SPREAD_WAIT_MS_MAX } from '../../src/engine/await-spread';
import { HOLD_EXPIRY_SETTINGS } from '../../src/engine/hold-expiry';
import { LANE_SETTINGS } from '../../src/engine/lane-settings';
import { RUNNER_SETTINGS } from '../../src/engine/operations/operation-runner';
import { REBALANCER_SETTINGS } from '../../src/engine/rebalancer';
import { RECOVERY_SETTINGS } from '../../src/engine/recovery';
import { FENCE_MS_MAX } from '../../src/engine/runtime';
import { HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX } from '../../src/ledger/hold';
import { HELD_MS_MAX, PROBE_HELD_MS_MAX } from '../../src/platform/anonymous-throttle';

/**
 * Numbers that a sentence of the docs needs, each with its constant. Most numbers stand in the generated tables of
 * docs/settings.md, and pages refer to them there; a sentence that repeats one has a line here.
 */
const FACTS: readonly (readonly [page: string, sentence: string])[] = [
  ['README.md', `A lane takes whatever waits, up to ${LANE_SETTINGS.batchCommandsMax} commands`],
  ['docs/ARCHITECTURE.md', `takes everything that waits, up to ${LANE_SETTINGS.batchCommandsMax} commands`],
  ['docs/api.md', `Up to ${counted(ITEMS_MAX)} items`],
  ['docs/api.md', `by default ${PAGE_LENGTH_DEFAULT}. A cursor`],
  ['docs/api.md', `1 to ${counted(HOLD_SECONDS_MAX)} (30 days), by default ${HOLD_SECONDS_DEFAULT}`],
  ['docs/api.md', `the answer waits up to ${seconds(SPREAD_WAIT_MS_MAX)} for them to arrive`],
  ['docs/api.md', `from memory, at most ${seconds(BALANCE_CACHE_SETTINGS.ageMsMax)} old`],
  ['docs/api.md', `is available again within about ${seconds(HOLD_EXPIRY_SETTINGS.intervalMs)}`],
  ['docs/operations.md', `after ${seconds(FENCE_MS_MAX)} the fence is abandoned`],
  ['docs/operations.md', `held back for up to ${HELD_MS_MAX / 1_000} seconds`],
  ['docs/operations.md', `${PROBE_HELD_MS_MAX / 1_000} seconds, less than a probe waits`],
  [
    'docs/operations.md',
    `is tried again every ${RUNNER_SETTINGS.retryMs / 1_000} to ${RUNNER_SETTINGS.retryMsMax / 1_000} seconds`,
  ],
  ['docs/architecture/placements.md', `looks every ${every(RUNNER_SETTINGS.intervalMs)} for operations`],
  ['docs/architecture/moving-money.md', `[every ${seconds(RECOVERY_SETTINGS.intervalMs)}]`],
  ['docs/architecture/moving-money.md', `waits up to ${seconds(SPREAD_WAIT_MS_MAX)} for its shares`],
  ['docs/architecture/moving-money.md', `at the ${REBALANCER_SETTINGS.accountsMax} busiest accounts`],
];

test.each(FACTS)('%s says as the code does: %s', (page, sentence) => {
  const text = readFileSync(resolve(__dirname, '../..', page), 'utf8').replace(/\s+/g, ' ');
  expect(text).toContain(sentence);
});

function counted(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return ms === 1_000 ? 'a second' : `${spelled(ms / 1_000)} seconds`;
}

function every(ms: number): string {
  return ms === 1_000 ? 'second' : `${spelled(ms / 1_000)} seconds`;
}

function spelled(value: number): string {
  return (
    ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][value] ?? String(value)
  );
}
