import { AnsweredRows } from './answered-rows';
import { type Batch, cutBatches } from './batches';
import type { Checkpoint, CheckpointRows } from './checkpoint';
import { inParallel } from './in-parallel';
import type { LogFile } from './log-file';
import { readLog } from './read-log';
import { produceBatch } from './produce-batch';
import { newPatience, type ReplayContext, type ReplaySettings } from './replay-context';
import { sendBatch } from './send-batch';
import type { Tally } from './tally';

interface Rows {
  readonly file: LogFile;
  readonly idPrefix: string;
  readonly rowsExpected: number;
  readonly skipped: CheckpointRows;
  readonly checkpoint: Checkpoint | undefined;
  readonly tally: Tally;
}

/**
 * Streams the rows of a log to the service or to a topic, some batches at a time, and notes how far it has come.
 *
 * @returns why it ended early, if it did; what was answered before is in the tally
 */
export async function sendRows(
  { file, idPrefix, rowsExpected, skipped, checkpoint, tally }: Rows,
  settings: ReplaySettings,
  context: ReplayContext,
): Promise<{ retries: number; failure?: unknown }> {
  const from = skipped.rowsAnswered;
  const answered = new AnsweredRows(skipped);
  const stage = context.beginStage({ label: 'Replaying', unit: 'rows', total: rowsExpected, from });
  const patience = newPatience(stage, settings, context);
  let reached = from;
  const advance = (count: number) => {
    reached += count;
    stage.reached(reached);
  };
  const batches = cutBatches(
    readLog(file, { idPrefix, rowsSkipped: from, rowsMax: rowsExpected, format: settings.format }),
    {
      size: settings.batchSize,
      onNotSent: tally.notSent.bind(tally),
    },
  );
  const work = async (batch: Batch) => {
    const { isAsync } = settings;
    const sending = { ...context, patience, tally, isAsync, onAnswered: advance };
    const rejected = context.topic
      ? await produceBatch(batch.charges, { ...sending, to: context.topic })
      : await sendBatch(batch.charges, sending);
    advance(batch.badRows + batch.blankLines);
    answered.answered(batch, rejected);
    await checkpoint?.note(answered.rows);
  };
  try {
    await inParallel(openInOrder(batches, answered), {
      atOnce: settings.concurrency,
      stop: context.stop,
      work,
    });
    return { retries: patience.retries };
  } catch (failure) {
    return { retries: patience.retries, failure };
  } finally {
    stage.end();
    await checkpoint?.write(answered.rows);
  }
}

async function* openInOrder(batches: AsyncIterable<Batch>, answered: AnsweredRows): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    answered.opened(batch);
    yield batch;
  }
}
