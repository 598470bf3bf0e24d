import type { Command } from 'commander';
import { leavesOf } from '../../src/cli/completion/outline';
import { CALLS } from '../../src/contract/contract';
import type { Call } from '../../src/contract/call';
import { commandLine } from '../../tools/docs/cli-tables';
import { COMMANDS, GRPC_METHODS, type Told } from '../setup/commands';
import { GRPC_ONLY } from '../setup/operations';

/** Commands that no operation of the API is behind, and what is. */
const BESIDE_THE_API: readonly string[] = [
  'submit', // `deduct`, with the header Prefer
  'audit-log export', // all pages of `listAuditLog`
  'audit-log verify',
  'export', // all pages of `getStatement` of all accounts
  'backup', // the databases
  'restore',
  'doctor',
  'dead-letters list', // Kafka
  'dead-letters replay',
  'generate', // files
  'completion',
  'top', // `getMetrics`, `listEvents` and `listOperations`
  'demo', // a service of its own
];

const leaves = leavesOf(commandLine());

describe('the command line', () => {
  it('has a command for every operation of the contract, or a reason for none', () => {
    const named = CALLS.map(({ name }) => name);
    expect(named.filter((name) => COMMANDS[name] === undefined)).toEqual([]);
    expect(Object.keys(GRPC_METHODS).sort()).toEqual(Object.keys(GRPC_ONLY).sort());
  });

  it('has every command that is named for one', () => {
    const named = [...Object.values(COMMANDS), ...Object.values(GRPC_METHODS)].flatMap(commandOf);
    expect(named.filter((each) => !leaves.has(each))).toEqual([]);
  });

  it('has no command that is not named', () => {
    const named = new Set([...Object.values(COMMANDS).flatMap(commandOf), ...BESIDE_THE_API]);
    expect([...leaves.keys()].filter((each) => !named.has(each))).toEqual([]);
  });

  it.each(CALLS.map((call) => [call.name, call] as const))(
    '%s takes every field of its request',
    (name, call) => {
      const told = COMMANDS[name];
      if (told === undefined || 'none' in told) return;
      const command = leaves.get(told.command) as Command;
      const taken = new Set([
        ...command.options.map((option) => option.attributeName()),
        ...command.registeredArguments.map((argument) => camelCase(argument.name())),
      ]);
      const missing = fieldsOf(call).filter(
        (field) => !taken.has(camelCase(field)) && !isStandIn(told.fields?.[field], command),
      );
      expect(missing).toEqual([]);
    },
  );

  it.each([...leaves])('%s says what it does, and what each of its options does', (_path, command) => {
    expect(command.description()).not.toBe('');
    for (const { description } of [...command.options, ...command.registeredArguments])
      expect(description).not.toBe('');
  });
});

function commandOf(told: Told): string[] {
  return 'command' in told ? [told.command] : [];
}

/** Everything that a caller may say: in the path, the query, the headers and the body. */
function fieldsOf({ path, query, headers, body }: Call): string[] {
  return [path, query, headers, body].flatMap((schema) => {
    const properties = typeof schema === 'object' ? schema.properties : undefined;
    return Object.keys(properties ?? {});
  });
}

/** What is said to stand for a field is there. */
function isStandIn(said: string | undefined, command: Command): boolean {
  if (said === undefined) return false;
  const [, option] = /^option (--[a-z-]+)/.exec(said) ?? [];
  const [, argument] = /^argument <([a-z-]+)>/.exec(said) ?? [];
  const [, other] = /^command ([a-z-]+(?: [a-z]+)?)/.exec(said) ?? [];
  if (option !== undefined) return command.options.some(({ long }) => long === option);
  if (argument !== undefined) return command.registeredArguments.some((each) => each.name() === argument);
  if (other !== undefined) return leaves.has(other) || leaves.has(other.split(' ')[0] ?? '');
  return true;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
