import { spawnSync } from 'node:child_process';
import { CliSession } from './cli-session';

const cli = new CliSession({});
afterAll(() => {
  cli.end();
});

/** What a shell offers for the last of these words. */
type Complete = (...words: string[]) => string[];

const SHELLS: Readonly<Record<string, (script: string) => Complete>> = {
  bash:
    (script) =>
    (...words) =>
      linesOf('bash', [
        '--norc',
        '-c',
        `${script}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hotsplit; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ]),
  // The functions of zsh's completion system are there only while a line is edited: these say what they are given.
  zsh:
    (script) =>
    (...words) =>
      linesOf('zsh', [
        '-f',
        '-c',
        `compdef() { : }
_describe() { local one; for one in "\${(@P)2}"; do print -r -- "\${one%%:*}"; done }
compadd() { shift; print -rl -- "$@" }
_files() { print -rl -- *(N) }
${script}
words=("$@"); CURRENT=$#; _hotsplit`,
        'zsh',
        ...words,
      ]).filter((word) => word.startsWith(words.at(-1) ?? '')),
  fish:
    (script) =>
    (...words) =>
      linesOf('fish', ['--no-config', '-c', `${script}\ncomplete -C ${JSON.stringify(words.join(' '))}`]).map(
        (line) => line.split('\t')[0] ?? '',
      ),
};

describe.each(Object.entries(SHELLS))('completion in %s', (shell, completing) => {
  // bash is everywhere; the others where somebody has installed them (Debian: apt-get install zsh fish).
  const isHere = spawnSync(shell, ['--version']).status === 0;
  const test = isHere || shell === 'bash' ? it : it.skip;
  let complete: Complete;

  beforeAll(async () => {
    const { exitCode, out } = await cli.run('completion', shell);
    expect(exitCode).toBe(0);
    complete = completing(out);
  });

  test('offers commands, and those below them', () => {
    expect(complete('hotsplit', 'bal')).toEqual(['balance']);
    expect(complete('hotsplit', 'account', 'sh')).toEqual(['show']);
    expect(complete('hotsplit', 'audit-log', '').sort()).toEqual(['export', 'list', 'verify']);
    expect(complete('hotsplit', 'account', 'show', '')).toEqual([]);
  });

  test('offers the options of a command, and those of all', () => {
    expect(complete('hotsplit', 'entries', 'a', '--k').sort()).toEqual(['--key', '--kind']);
    expect(complete('hotsplit', 'shard', 'list', '--w')).toEqual(['--watch']);
    expect(complete('hotsplit', '--ou')).toEqual(['--output']);
  });

  test('offers the values of options and arguments', () => {
    expect(complete('hotsplit', 'entries', 'a', '--output', '').sort()).toEqual(['csv', 'json', 'table']);
    expect(complete('hotsplit', 'balance', '--consistency', 'sn')).toEqual(['snapshot']);
    expect(complete('hotsplit', 'account', 'strategy', 'a', 'me')).toEqual(['merged']);
    expect(complete('hotsplit', 'completion', 'f')).toEqual(['fish']);
  });

  test('offers files where a file is meant', () => {
    expect(complete('hotsplit', 'replay', 'packag')).toContain('package.json');
    expect(complete('hotsplit', 'audit', '--report', 'packag')).toContain('package.json');
  });

  test('is not led astray by values that are called as commands are', () => {
    expect(complete('hotsplit', '--key', 'account', 'aud').sort()).toEqual(['audit', 'audit-log']);
    expect(complete('hotsplit', '--json', 'account', 'sh')).toEqual(['show']);
  });
});

it('of another shell is not there', async () => {
  expect(await cli.run('completion', 'tcsh')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('bash, zsh, fish') as string,
  });
});

function linesOf(shell: string, args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8' });
  if (status !== 0 || stderr !== '') throw new Error(`${shell} ended with ${status}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}
