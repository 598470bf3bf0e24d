import { grouped } from '../terminal/tables';
import { sumNeeds } from './account-needs';
import { Checkpoint, type CheckpointRows } from './checkpoint';
import { createAccounts, type CreatedAccounts } from './create-accounts';
import { idPrefixOf, identifyLog, type LogIdentity } from './identify-log';
import { findLog, type LogFile } from './log-file';
import { planAccounts, type PlanOptions } from './plan-accounts';
import { readLog } from './read-log';
import { inStage, newPatience, type ReplayContext, type ReplaySettings } from './replay-context';
import { sendRows } from './send-rows';
import { Tally } from './tally';

export interface ReplayResult {
  readonly path: string;
  readonly identity: LogIdentity;
  readonly idPrefix: string;
  readonly accounts: CreatedAccounts | undefined;
  /** Answered in an earlier run, as its checkpoint says. */
  readonly skipped: CheckpointRows;
  readonly tally: Tally;
  readonly retries: number;
  /** Of sending. */
  readonly seconds: number;
  /** Why it ended before the log did. */
  readonly failure?: unknown;
}

/**
 * Sends the charges of a log as deductions: names the log, makes its accounts if asked to, then streams its rows.
 *
 * @returns what came of it; a failure on the way is part of that, so that what was done before it can be reported
 * @throws what fails before the first row is sent
 */
export async function replayLog(
  path: string,
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<ReplayResult> {
  const { clock, warn } = context;
  const file = await findLog(path);
  const identity = await nameLog(file, context);
  const idPrefix = settings.idPrefix ?? idPrefixOf(identity);
  const checkpoint = openCheckpoint({ ...identity, idPrefix }, settings, context);
  const skipped = (await checkpoint?.read(warn)) ?? { rowsAnswered: 0, rowsRefused: 0 };
  const accounts =
    settings.accounts === undefined
      ? undefined
      : await prepareAccounts(file, settings.accounts, settings, context);

  const tally = new Tally();
  const startedAtMs = clock.nowMs();
  const { rowsExpected } = identity;
  const sent = await sendRows(
    { file, idPrefix, rowsExpected, skipped, checkpoint, tally },
    settings,
    context,
  );
  const seconds = (clock.nowMs() - startedAtMs) / 1000;
  await warnIfChanged(file, idPrefix, warn);
  return { path, identity, idPrefix, accounts, skipped, tally, seconds, ...sent };
}

function nameLog(file: LogFile, { beginStage, stop }: ReplayContext): Promise<LogIdentity> {
  return inStage(beginStage({ label: 'Reading', unit: 'bytes', total: file.fileBytes }), (stage) =>
    identifyLog(file, { stage, stop: stop.signal }),
  );
}

function openCheckpoint(
  { sha256, contentBytes, idPrefix }: LogIdentity & { readonly idPrefix: string },
  { checkpoint }: ReplaySettings,
  { client, clock }: ReplayContext,
): Checkpoint | undefined {
  if (checkpoint === undefined) return undefined;
  return new Checkpoint(checkpoint, { sha256, contentBytes, idPrefix, url: client.url }, clock);
}

async function prepareAccounts(
  file: LogFile,
  options: PlanOptions,
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<CreatedAccounts> {
  const counting = context.beginStage({ label: 'Counting', unit: 'bytes', total: file.fileBytes });
  const needs = await inStage(counting, (stage) => {
    const onRead = (fileBytesRead: number) => {
      context.stop.signal.throwIfAborted();
      stage.reached(fileBytesRead);
    };
    return sumNeeds(readLog(file, { idPrefix: '', onRead }));
  });
  const plans = planAccounts(needs, options);
  const creating = context.beginStage({ label: 'Creating', unit: 'accounts', total: plans.length });
  const accounts = await inStage(creating, (stage) =>
    createAccounts(plans, { ...context, stage, patience: newPatience(stage, settings, context) }),
  );
  warnOfDiffering(accounts.differing, context.warn);
  return accounts;
}

function warnOfDiffering(ids: readonly string[], warn: (text: string) => void): void {
  if (ids.length === 0) return;
  const named = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ', …' : '');
  const count = ids.length === 1 ? 'an account was' : `${grouped(ids.length)} accounts were`;
  warn(`${count} there with other parameters, which may not last for the log, and used as it is: ${named}`);
}

/** A log that is still being written has another name next time, and other ids: its charges would be taken twice. */
async function warnIfChanged(file: LogFile, idPrefix: string, warn: (text: string) => void): Promise<void> {
  const now = await findLog(file.path).catch(() => undefined);
  if (now?.fileBytes === file.fileBytes && now.modifiedMs === file.modifiedMs) return;
  warn(
    `${file.path} changed while it was replayed. Rows added at its end can be sent with --id-prefix ${idPrefix}; ` +
      'without it, all rows would get new ids and be deducted again',
  );
}
