import type { Command } from 'commander';
import type { AuditReport } from '../../audit/audit';
import type { Restored } from '../../backup/restore';
import { type CommandContext, globalsOf } from '../command-context';
import { AuditExitCode } from '../exit-codes';
import { folderOption, installationOf, SETTINGS_HELP } from '../service/installation';
import type { Fields } from '../terminal/columns';
import { shardNameArgument } from '../terminal/option-parsers';
import { type BeginStage, showProgress, type Stage } from '../terminal/progress';
import { grouped } from '../terminal/tables';
import { untilSignal } from '../terminal/until-signal';

interface RestoreOptions {
  readonly from: string;
  readonly verify?: boolean;
  readonly only?: string;
  readonly acceptLoss?: boolean;
}

export function addRestoreCommand(program: Command, context: CommandContext): void {
  program
    .command('restore')
    .description('fill empty databases with a backup')
    .addOption(folderOption('--from <folder>', 'a backup'))
    .option('--verify', 'migrate and audit what was restored; exit code 1 if the books do not balance')
    .option(
      '--only <shard>',
      'restore this shard alone, beside others that went on: needs --accept-loss',
      shardNameArgument,
    )
    .option('--accept-loss', 'what that shard took after the backup is lost')
    .addHelpText('after', SETTINGS_HELP)
    .action((options: RestoreOptions, command: Command) => restoreBackup(options, command, context));
}

async function restoreBackup(
  { from, verify, only, acceptLoss }: RestoreOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { json, show } = globalsOf(command, context);
  const installation = await installationOf(context);
  const { restore } = await import('../../backup/restore.js');
  const begin = showProgress({ ...context, json });
  const stages = new Stages(begin);
  const restored = await untilSignal((stop) =>
    restore({
      folder: from,
      installation,
      only,
      acceptLoss,
      signal: stop.signal,
      progress: (step, done, total) => {
        stages.reached(step, done, total);
      },
    }),
  ).finally(() => {
    stages.end();
  });
  const report = verify === true && only === undefined ? await verified(restored, begin) : undefined;
  show.one(asJson(restored, report), fieldsOf(restored, report));
  if (restored.lostShard !== undefined && !json)
    context.err.write(
      `Next: start one instance with HOTSPLIT_LOST_SHARDS=${restored.lostShard}, then audit, and repair the accounts that it names.\n`,
    );
  if (report?.balanced === false) context.exitWith(AuditExitCode.notBalanced);
}

/** One after the other. */
class Stages {
  #step: string | undefined;
  #stage: Stage | undefined;

  constructor(private readonly begin: BeginStage) {}

  reached(step: 'checking' | 'restoring', done: number, total: number): void {
    if (step !== this.#step) {
      this.end();
      this.#step = step;
      this.#stage = this.begin({
        label: step,
        unit: step === 'checking' ? 'bytes' : 'rows and files',
        total,
      });
    }
    this.#stage?.reached(done, total);
  }

  end(): void {
    this.#stage?.end();
    this.#stage = undefined;
  }
}

async function verified({ installation }: Restored, begin: BeginStage): Promise<AuditReport> {
  const { auditRestored } = await import('../../backup/audit-restored.js');
  const stage = begin({ label: 'auditing', unit: 'accounts', total: 0 });
  return auditRestored(installation, (done, total) => {
    stage.reached(done, total);
  }).finally(() => {
    stage.end();
  });
}

function asJson({ manifest, databases, lostShard }: Restored, report: AuditReport | undefined): object {
  const { installation, marker, version } = manifest;
  return {
    installation,
    version,
    marker,
    databases,
    ...(lostShard && { lostShard }),
    ...(report && { audit: report }),
  };
}

function fieldsOf({ manifest, databases }: Restored, report: AuditReport | undefined): Fields {
  const { installation, marker } = manifest;
  return {
    restored: databases.join(', '),
    installation,
    moment: marker.fencedAt,
    ...(report && {
      audit: report.balanced
        ? `balanced: ${grouped(report.accounts)} accounts, ${grouped(report.entries)} entries`
        : `NOT BALANCED: ${grouped(report.findingsCount)} findings; --json lists them`,
    }),
  };
}
