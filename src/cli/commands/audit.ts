import { type Command, CommanderError } from 'commander';
import { writeFile } from 'node:fs/promises';
import { auditCall } from '../../client/admin-calls';
import type { Finding } from '../../ledger/audit-finding';
import { type CommandContext, type Globals, globalsOf, withService } from '../command-context';
import { AuditExitCode } from '../exit-codes';
import { Interrupted } from '../faults';
import { type Columns, sheetOf } from '../terminal/columns';
import { describeFault, printFault } from '../terminal/print-fault';
import { grouped, numberTable } from '../terminal/tables';
import { addWaitOptions, awaitOperation, printOperation, type WaitOptions } from './operation';

/** What an audit came to. `findings` has the first thousand. */
interface AuditResult {
  readonly balanced: boolean;
  readonly accounts: number;
  readonly subAccounts: number;
  readonly entries: number;
  readonly findings: readonly Finding[];
  readonly findingsCount?: number;
}

interface AuditOptions extends WaitOptions {
  readonly report?: string;
}

const WAIT_SECONDS = 24 * 3_600;
const FINDINGS_SHOWN = 100;

export function addAuditCommand(program: Command, context: CommandContext): void {
  addWaitOptions(
    program
      .command('audit')
      .description('prove every account from what all shards hold, while they are in use')
      .option('--report <file>', 'write the whole result there, as JSON'),
    WAIT_SECONDS,
  )
    .addHelpText('after', '\nExit codes: 0 balanced, 1 not balanced, 2 not carried out.')
    // 1 would say that the books are wrong, and not the command line.
    .exitOverride((error) => {
      const exitCode = error.exitCode === 0 ? 0 : AuditExitCode.notCarriedOut;
      throw new CommanderError(exitCode, error.code, error.message);
    })
    .action((options: AuditOptions, command: Command) => audit(options, command, context));
}

async function audit(options: AuditOptions, command: Command, context: CommandContext): Promise<void> {
  const globals = globalsOf(command, context);
  const { json } = globals;
  try {
    await withService(command, context, async (client) => {
      const { body: begun } = await client.call(auditCall());
      const shown = { client, context, label: 'auditing', unit: 'accounts' };
      if (options.wait === false) return printOperation(begun, { ...shown, globals, options });
      const { waitSeconds } = options;
      const { operationId, result } = await awaitOperation(begun, { ...shown, json, waitSeconds });
      await tell({ ...(result as unknown as AuditResult) }, { operationId, options, globals, context });
    });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    printFault(describeFault(error), { ...context, json });
    context.exitWith(AuditExitCode.notCarriedOut);
  }
}

async function tell(
  result: AuditResult,
  at: {
    readonly operationId: string;
    readonly options: AuditOptions;
    readonly globals: Globals;
    readonly context: CommandContext;
  },
): Promise<void> {
  const { operationId, options, globals, context } = at;
  const report = { operationId, ...result };
  const { show } = globals;
  if (show.format === 'csv') show.list(result.findings, FINDING_COLUMNS);
  else show.document(report, { text: () => asText(result), fields: {} });
  context.exitWith(result.balanced ? AuditExitCode.balanced : AuditExitCode.notBalanced);
  if (options.report === undefined) return;
  try {
    await writeFile(options.report, `${JSON.stringify(report)}\n`);
  } catch (error) {
    // The result has been printed: one document is enough for machines.
    printFault(describeFault(error), { ...context, json: false });
    context.exitWith(AuditExitCode.notCarriedOut);
  }
}

const FINDING_COLUMNS: Columns<Finding> = {
  invariant: ({ invariant }) => invariant,
  account: ({ accountId }) => accountId,
  where: ({ shard = '', subAccount }) => (subAccount === undefined ? shard : `${shard}/${subAccount}`),
  detail: ({ detail }) => detail,
  expected: ({ expected }) => expected,
  found: ({ found }) => found,
};

function asText(result: AuditResult): string {
  const { balanced, accounts, subAccounts, entries, findings, findingsCount = findings.length } = result;
  const looked = `${grouped(accounts)} accounts, ${grouped(subAccounts)} sub-accounts, ${grouped(entries)} entries`;
  if (balanced) return `balanced: ${looked}\n`;
  const { head, rows } = sheetOf(findings.slice(0, FINDINGS_SHOWN), FINDING_COLUMNS);
  const more = findingsCount - rows.length;
  return [
    numberTable(
      head,
      rows.map((row) => row.map(String)),
      4,
    ),
    more > 0 ? `and ${grouped(more)} more; --report FILE has the first ${grouped(findings.length)}\n` : '',
    `NOT BALANCED: ${grouped(findingsCount)} findings in ${looked}\n`,
  ].join('');
}
