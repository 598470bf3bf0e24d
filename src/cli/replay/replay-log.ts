import { OperatorFault } from '../faults';
import { grouped } from '../terminal/tables';
import { type CheckedLog, checkLog } from './check-log';
import { Checkpoint, type CheckpointRows } from './checkpoint';
import { createAccounts, type CreatedAccounts } from './create-accounts';
import { basename } from 'node:path';
import { identifyLog, type LogIdentity } from './identify-log';
import { findLog, type LogFile } from './log-file';
import { planAccounts, type PlanOptions } from './plan-accounts';
import { readLog } from './read-log';
import { inStage, newPatience, type ReplayContext, type ReplaySettings } from './replay-context';
import { sendRows } from './send-rows';
import { Tally } from './tally';

export interface ReplayResult {
  readonly path: string;
  readonly identity: LogIdentity;
  /** Begins the request ids of rows to which the log gives none; `undefined` where it was not named. */
  readonly idPrefix: string | undefined;
  readonly checked: CheckedLog;
  /** What came of it; `undefined` after a dry run. */
  readonly sent: Sent | undefined;
}

interface Checked extends CheckedLog {
  /** The header, and blank lines before it. */
  readonly linesAbove: number;
}

export interface Sent {
  readonly accounts: CreatedAccounts | undefined;
  /** Answered in an earlier run, as its checkpoint says. */
  readonly skipped: CheckpointRows;
  /** Where the charges were produced to, if they were. */
  readonly topic: string | undefined;
  readonly tally: Tally;
  readonly retries: number;
  /** Of sending. */
  readonly seconds: number;
  /** Why it ended before the log did. */
  readonly failure?: unknown;
}

/**
 * Sends the charges of a log as deductions: names the log, reads it once to its end, makes its accounts if asked to, then
 * streams its rows.
 *
 * @returns what came of it; a failure on the way is part of that, so that what was done before it can be reported
 * @throws what fails before the first row is sent
 */
export async function replayLog(
  path: string,
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<ReplayResult> {
  const file = await findLog(path);
  const identity = await nameLog(file, context);
  const { idPrefix } = settings;
  const checked = await checkLines({ file, identity }, settings, context);
  if (settings.dryRun) return { path, identity, idPrefix, checked, sent: undefined };
  if (idPrefix === undefined && checked.chargesWithoutId > 0) throw withoutIds(path, checked);
  const sent = await send({ file, identity, idPrefix, checked }, settings, context);
  await warnIfChanged(file, idPrefix, context.warn);
  return { path, identity, idPrefix, checked, sent };
}

/**
 * Ids that are made up from a log's content are others when the log has grown, and all that it had would be deducted again; ids
 * made up from its rows swallow the equal rows of another log. Only the user knows which log is which.
 */
function withoutIds(path: string, { charges, chargesWithoutId }: CheckedLog): OperatorFault {
  const which =
    chargesWithoutId === charges ? 'its rows have' : `${grouped(chargesWithoutId)} of its rows have`;
  return new OperatorFault(
    `nothing was sent: ${which} no request_id, so this log needs a name of its own: --id-prefix ${suggestedPrefix(path)}. ` +
      'Its rows then have the ids <prefix>-<row>: replay it with the same prefix again, also when it has grown, and no row is ' +
      'deducted twice. Another log needs another prefix',
  );
}

/** Begins no id of a log that was seen to give all of its rows one: only of one that was exchanged while it was sent. */
function unnamed({ sha256 }: LogIdentity): string {
  return `replay-${sha256.slice(0, 12)}`;
}

const PREFIX_LENGTH_MAX = 40;

/** The file's name without what it is packed in, as far as it may be part of an id. */
function suggestedPrefix(path: string): string {
  const name = basename(path).replace(/(\.(csv|gz))+$/, '');
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, PREFIX_LENGTH_MAX) || 'log';
}

function nameLog(file: LogFile, { beginStage, stop }: ReplayContext): Promise<LogIdentity> {
  return inStage(beginStage({ label: 'Reading', unit: 'bytes', total: file.fileBytes }), (stage) =>
    identifyLog(file, { stage, stop: stop.signal }),
  );
}

/** @throws OperatorFault unless every line of the log is a charge, a bad row or blank, the header aside */
async function checkLines(
  { file, identity }: { readonly file: LogFile; readonly identity: LogIdentity },
  { format }: ReplaySettings,
  { beginStage, stop }: ReplayContext,
): Promise<Checked> {
  const stage = beginStage({ label: 'Checking', unit: 'bytes', total: file.fileBytes });
  let linesAbove = 0;
  const checked = await inStage(stage, () => {
    const onHeader = (line: number) => {
      linesAbove = line;
    };
    const onRead = (fileBytesRead: number) => {
      stop.signal.throwIfAborted();
      stage.reached(fileBytesRead);
    };
    return checkLog(readLog(file, { idPrefix: '', format, onHeader, onRead }));
  });
  const found = linesAbove + checked.charges + checked.tally.badRowCount + checked.tally.blankLines;
  if (found === identity.lines) return { ...checked, linesAbove };
  throw new OperatorFault(
    `nothing was sent: ${file.path} has ${identity.lines} lines, and ${found} were read; did it change meanwhile?`,
  );
}

async function send(
  log: {
    readonly file: LogFile;
    readonly identity: LogIdentity;
    readonly idPrefix: string | undefined;
    readonly checked: Checked;
  },
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<Sent> {
  const { file, identity, idPrefix, checked } = log;
  const { clock, warn } = context;
  const checkpoint = openCheckpoint({ ...identity, idPrefix }, settings, context);
  const skipped = (await checkpoint?.read(warn)) ?? { rowsAnswered: 0, rowsRefused: 0 };
  const accounts =
    settings.accounts && (await prepareAccounts(checked, settings.accounts, settings, context));
  const tally = new Tally();
  const startedAtMs = clock.nowMs();
  const rowsExpected = identity.lines - checked.linesAbove;
  const ended = await sendRows(
    { file, idPrefix: idPrefix ?? unnamed(identity), rowsExpected, skipped, checkpoint, tally },
    settings,
    context,
  );
  const seconds = (clock.nowMs() - startedAtMs) / 1000;
  const lines = skipped.rowsAnswered + tally.total().rows + tally.badRowCount + tally.blankLines;
  const isWhole = 'failure' in ended || lines === rowsExpected;
  const changed = `${grouped(rowsExpected - lines)} lines of ${file.path} are gone since it was looked at`;
  return {
    accounts,
    skipped,
    topic: context.topic?.topic,
    tally,
    seconds,
    ...ended,
    ...(!isWhole && { failure: new OperatorFault(changed) }),
  };
}

function openCheckpoint(
  { sha256, contentBytes, idPrefix }: LogIdentity & { readonly idPrefix: string | undefined },
  { checkpoint }: ReplaySettings,
  { client, clock, topic }: ReplayContext,
): Checkpoint | undefined {
  if (checkpoint === undefined) return undefined;
  return new Checkpoint(
    checkpoint,
    { sha256, contentBytes, idPrefix: idPrefix ?? '', url: topic ? `kafka:${topic.topic}` : client.url },
    clock,
  );
}

async function prepareAccounts(
  { needs }: CheckedLog,
  options: PlanOptions,
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<CreatedAccounts> {
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

/** Rows that came after the log was looked at were not sent. */
async function warnIfChanged(
  file: LogFile,
  idPrefix: string | undefined,
  warn: (text: string) => void,
): Promise<void> {
  const now = await findLog(file.path).catch(() => undefined);
  if (now?.fileBytes === file.fileBytes && now.modifiedMs === file.modifiedMs) return;
  const option = idPrefix === undefined ? '' : ` with --id-prefix ${idPrefix}`;
  warn(`${file.path} changed while it was replayed. To send rows added at its end, replay it again${option}`);
}
