import type { Command } from 'commander';
import { type CommandContext, globalsOf, withService } from '../command-context';
import { passing } from '../faults';
import type { ServiceClient } from '../service/service-client';
import { pauseUnlessAborted, unlessAborted } from '../service/unless-aborted';
import { decimalNumber } from '../terminal/option-parsers';
import { isTerminal } from '../terminal/paint';
import { Screen } from '../terminal/screen';
import type { Show } from '../terminal/show';
import { KeptOutput, type TextOutput } from '../terminal/text-output';
import { untilSignal } from '../terminal/until-signal';

export interface WatchOptions {
  readonly watch?: boolean;
  readonly every?: number;
}

/** Looks at something and shows it. */
export type Look = (client: ServiceClient, show: Show) => Promise<void>;

const EVERY_SECONDS_DEFAULT = 2;

/** For commands that show how something is now. */
export function addWatchOptions(command: Command): Command {
  return command
    .option('--watch', 'show it again and again; over a pipe, whenever it has changed')
    .option(
      '--every <seconds>',
      `how often; watches (default: ${EVERY_SECONDS_DEFAULT})`,
      decimalNumber(0.1, 86_400),
    );
}

/** Looks once, or until it is asked to stop. */
export async function showOrWatch(
  { watch, every }: WatchOptions,
  { command, context }: { readonly command: Command; readonly context: CommandContext },
  look: Look,
): Promise<void> {
  await withService(command, context, async (client, { show }) => {
    if (watch !== true && every === undefined) return look(client, show);
    const everyMs = (every ?? EVERY_SECONDS_DEFAULT) * 1_000;
    await untilSignal(({ signal }) => watching(look, { client, command, context, everyMs, signal }));
  });
}

interface Watching {
  readonly client: ServiceClient;
  readonly command: Command;
  readonly context: CommandContext;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Outlives a service that is away for a while. */
async function watching(look: Look, { client, command, context, everyMs, signal }: Watching): Promise<never> {
  const { streams, out, err, clock } = context;
  const isDrawn = isTerminal(streams.out) && globalsOf(command, context).show.format === 'table';
  const view = isDrawn ? new Redrawn(new Screen(streams.out), out) : new WhenChanged(out, err);
  try {
    for (;;) {
      const kept = new KeptOutput();
      try {
        await unlessAborted(look(client, globalsOf(command, context, kept).show), signal);
        view.show(kept.text);
      } catch (error) {
        const failure = signal.aborted ? undefined : passing(error);
        if (!failure) throw error;
        view.note(failure.reason);
      }
      await pauseUnlessAborted(clock, everyMs, signal);
    }
  } finally {
    view.end();
  }
}

interface View {
  show(text: string): void;
  /** Why there is nothing new. */
  note(reason: string): void;
  end(): void;
}

/** On a terminal: what was seen last stays below the command when it ends. */
class Redrawn implements View {
  #last = '';

  constructor(
    private readonly screen: Screen,
    private readonly out: TextOutput,
  ) {}

  show(text: string): void {
    this.#last = text;
    this.screen.draw(text);
  }

  note(reason: string): void {
    const kept = new KeptOutput();
    kept.write(`${reason}; asking again\n\n${this.#last}`);
    this.screen.draw(kept.text);
  }

  end(): void {
    this.screen.close();
    this.out.write(this.#last);
  }
}

/** For files and pipes. */
class WhenChanged implements View {
  #last = '';
  #reason = '';

  constructor(
    private readonly out: TextOutput,
    private readonly err: TextOutput,
  ) {}

  show(text: string): void {
    if (text !== this.#last) this.out.write(text);
    this.#last = text;
    this.#reason = '';
  }

  note(reason: string): void {
    if (reason !== this.#reason) this.err.write(`${reason}; asking again\n`);
    this.#reason = reason;
  }

  end(): void {
    // All is written.
  }
}
