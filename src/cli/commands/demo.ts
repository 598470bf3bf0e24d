import type { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandContext, globalsOf } from '../command-context';
import { OwnService } from '../demo/own-service';
import { type DemoResult, runDemo } from '../demo/run-demo';
import { AuditExitCode, ExitCode } from '../exit-codes';
import { wholeNumber } from '../terminal/option-parsers';
import { grouped } from '../terminal/tables';
import { untilSignal } from '../terminal/until-signal';

interface DemoOptions {
  readonly rate: number;
  readonly seconds?: number;
  readonly port: number;
}

const NOTES = `
It needs nothing but this checkout: the service runs on files in a temporary folder and on a free port, and both are gone when it
ends. It ends with Ctrl-C (or after --seconds), with an audit of everything that the crowd did. While it runs, look at the console, or
say in another terminal: hotsplit top --url URL --key KEY, with what it prints.`;

export function addDemoCommand(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description(
      'start a service of its own with a crowd at one account, and resize that under it, to look at',
    )
    .option('--rate <n>', 'payments a second', wholeNumber(1, 100_000), 1_000)
    .option('--seconds <n>', 'end by itself', wholeNumber(1, 86_400))
    .option('--port <n>', 'of the console (default: a free one)', wholeNumber(0, 65_535), 0)
    .addHelpText('after', NOTES)
    .action((options: DemoOptions, command: Command) => demo(options, command, context));
}

async function demo(options: DemoOptions, command: Command, context: CommandContext): Promise<void> {
  const { show } = globalsOf(command, context);
  const folder = mkdtempSync(join(tmpdir(), 'hotsplit-demo-'));
  const leave = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  const own: { service?: OwnService } = {};
  // Whoever asks once more does not want to wait for the end in order.
  const atOnce = (): void => {
    own.service?.kill();
    leave();
    process.exit(ExitCode.interrupted);
  };
  try {
    const result = await untilSignal(async ({ signal }) => {
      context.err.write('starting a service …\n');
      own.service = await OwnService.start(folder, options.port, context.env);
      signal.throwIfAborted();
      return runDemo(own.service, options, { context, signal });
    }, atOnce);
    show.document(result, { text: () => textOf(result), fields: fieldsOf(result) });
    context.exitWith(result.balanced ? ExitCode.done : AuditExitCode.notBalanced);
  } finally {
    await own.service?.stop();
    leave();
  }
}

function textOf({ applied, refused, failed, seconds, resizes, balanced }: DemoResult): string {
  return (
    `${grouped(applied)} payments in ${seconds.toFixed(0)} s, ${grouped(refused)} refused, ${grouped(failed)} failed; ` +
    `${resizes} resizes under them.\n` +
    `The audit says: ${balanced ? 'balanced' : 'NOT BALANCED'}. Nothing is left behind.\n`
  );
}

function fieldsOf({ applied, refused, failed, seconds, resizes, balanced }: DemoResult) {
  return { applied, refused, failed, seconds, resizes, balanced: String(balanced) };
}
