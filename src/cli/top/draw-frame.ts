import type { Paint } from '../terminal/paint';
import { harmless } from '../terminal/harmless';
import { grouped } from '../terminal/tables';
import { type Frame, milliseconds, percentOf, perSecond, type ShardFrame } from './frame';

const BAR = 30;

/** The screen of `hotsplit top`. @param frame none until there was a look */
export function drawFrame(
  given: {
    readonly frame: Frame | undefined;
    readonly url: string;
    readonly note: string | undefined;
    readonly columns: number;
  },
  paint: Paint,
): string {
  const { frame, url, note, columns } = given;
  const head = paint('head', fill(`hotsplit  ${url}`, `${frame?.at ?? ''}  q quits`, columns));
  const notes = note === undefined ? [] : [paint('bad', harmless(`${note}; asking again`))];
  if (!frame) return lines([head, ...notes]);
  return lines([
    head,
    ...notes,
    ...frame.alarms.map((alarm) => paint('bad', harmless(alarm))),
    '',
    ratesLine(frame, paint),
    '',
    ...shardLines(frame, paint),
    ...accountLines(frame, paint),
    ...operationLines(frame, paint),
  ]);
}

function ratesLine({ rates, waiting, instances }: Frame, paint: Paint): string {
  if (!rates) return 'rates come with the next look';
  const failed = `failed ${perSecond(rates.failed)}`;
  return [
    `applied ${paint('good', perSecond(rates.applied))}`,
    `refused ${perSecond(rates.refused)}`,
    rates.failed > 0 ? paint('bad', failed) : failed,
    `p50 ${milliseconds(rates.p50Ms)}`,
    `p99 ${milliseconds(rates.p99Ms)}`,
    `waiting ${grouped(waiting)}`,
    ...(instances > 1 ? [`${instances} instances`] : []),
  ].join('   ');
}

function shardLines({ shards }: Frame, paint: Paint): string[] {
  const width = Math.max(5, ...shards.map(({ name }) => name.length));
  const head = `${'SHARD'.padEnd(width)}  STATUS  WAITING  BATCH  MS A BATCH`;
  return [paint('head', head), ...shards.map((shard) => shardLine(shard, width, paint)), ''];
}

function shardLine(
  { name, isUp, waiting, batchCommands, batchMs }: ShardFrame,
  width: number,
  paint: Paint,
): string {
  return [
    harmless(name).padEnd(width),
    paint(isUp ? 'good' : 'bad', (isUp ? 'up' : 'down').padEnd(6)),
    grouped(waiting).padStart(7),
    (batchCommands?.toFixed(1) ?? '-').padStart(5),
    (batchMs?.toFixed(1) ?? '-').padStart(10),
  ].join('  ');
}

function accountLines({ accounts }: Frame, paint: Paint): string[] {
  if (!accounts) return [];
  if (accounts.length === 0) return [paint('head', 'BUSIEST ACCOUNTS'), 'no entries since the last look', ''];
  const width = Math.max(16, ...accounts.map(({ accountId }) => accountId.length));
  const shown = accounts.map(({ accountId, share }) => {
    const bar = '█'.repeat(Math.max(1, Math.round(share * BAR)));
    return `${harmless(accountId).padEnd(width)}  ${percentOf(share).padStart(5)}  ${bar}`;
  });
  return [paint('head', `${'BUSIEST ACCOUNTS'.padEnd(width)}  SHARE`), ...shown, ''];
}

function operationLines({ operations }: Frame, paint: Paint): string[] {
  if (!operations || operations.length === 0) return [];
  const shown = operations.map(({ operationId, kind, accountId = '', progress: { done, total } }) =>
    harmless(
      `${kind.padEnd(10)} ${accountId.padEnd(24)} ${total === 0 ? 'begun' : `${done} of ${total}`}  ${operationId}`,
    ),
  );
  return [paint('head', 'OPERATIONS'), ...shown];
}

/** One text at the left and one at the right. */
function fill(left: string, right: string, columns: number): string {
  return `${harmless(left)}${' '.repeat(Math.max(2, columns - left.length - right.length))}${harmless(right)}`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
