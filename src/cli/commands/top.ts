import type { Command } from 'commander';
import { type CommandContext, globalsOf, withService } from '../command-context';
import { passing } from '../faults';
import { readMetrics } from '../service/read-metrics';
import type { ServiceClient } from '../service/service-client';
import { pauseUnlessAborted, unlessAborted } from '../service/unless-aborted';
import { decimalNumber, wholeNumber } from '../terminal/option-parsers';
import { isTerminal } from '../terminal/paint';
import { Screen } from '../terminal/screen';
import { KeptOutput } from '../terminal/text-output';
import { untilKey } from '../terminal/until-key';
import { untilSignal } from '../terminal/until-signal';
import { drawFrame } from '../top/draw-frame';
import { FRAME_COLUMNS, type Frame, lineOf } from '../top/frame';
import { TopWatch } from '../top/top-watch';

interface TopOptions {
  readonly every: number;
  readonly count?: number;
  readonly events: boolean;
}

const NOTES = `
On a terminal it is drawn anew, and ends with q; elsewhere it writes a line a look (with --output csv or json, too).
Rates, latency, lanes and shards are those of the metrics, so of whichever instance answers; several behind one address are added up
as they answer. The busiest accounts are counted among the newest events: some hundreds a look, so under load they are a sample. What
the key may not see (read for events, admin for operations) is left out.`;

export function addTopCommand(program: Command, context: CommandContext): void {
  program
    .command('top')
    .description('watch rates, latency, shards, the busiest accounts and operations, live')
    .option('--every <seconds>', 'how often it looks', decimalNumber(0.2, 3_600), 2)
    .option('--count <n>', 'end after so many looks', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--no-events', 'do not read events, and show no accounts')
    .addHelpText('after', NOTES)
    .action((options: TopOptions, command: Command) =>
      withService(command, context, (client) =>
        untilSignal((stop) =>
          untilKey(context, stop, (signal) => top(client, options, { command, context, signal })),
        ),
      ),
    );
}

async function top(
  client: ServiceClient,
  { every, count = Infinity, events }: TopOptions,
  at: { readonly command: Command; readonly context: CommandContext; readonly signal: AbortSignal },
): Promise<void> {
  const { command, context, signal } = at;
  const watch = new TopWatch(client, { readsEvents: events, clock: context.clock });
  const view = viewOf(command, context, client.url);
  try {
    for (let looks = 0; looks < count; looks += 1) {
      if (looks > 0) await pauseUnlessAborted(context.clock, every * 1_000, signal);
      try {
        view.show(await unlessAborted(look(client, watch), signal));
      } catch (error) {
        const failure = signal.aborted ? undefined : passing(error);
        if (!failure) throw error;
        view.note(failure.reason);
      }
    }
  } finally {
    view.end();
  }
}

async function look(client: ServiceClient, watch: TopWatch): Promise<Frame> {
  return watch.look(await readMetrics(client));
}

interface View {
  show(frame: Frame): void;
  note(reason: string): void;
  end(): void;
}

function viewOf(command: Command, context: CommandContext, url: string): View {
  const { show } = globalsOf(command, context);
  const { streams, paint, err } = context;
  if (!isTerminal(streams.out) || show.format !== 'table') {
    let isFirst = true;
    return {
      show: (frame) => {
        show.line(frame, FRAME_COLUMNS, { text: () => lineOf(frame), isFirst });
        isFirst = false;
      },
      note: (reason) => err.write(`${reason}; asking again\n`),
      end: () => undefined,
    };
  }
  const screen = new Screen(streams.out);
  let last: Frame | undefined;
  const draw = (note?: string): void => {
    const kept = new KeptOutput();
    kept.write(drawFrame({ frame: last, url, note, columns: screen.columns }, paint));
    screen.draw(kept.text);
  };
  return {
    show: (frame) => {
      last = frame;
      draw();
    },
    note: draw,
    end: () => {
      screen.close();
    },
  };
}
