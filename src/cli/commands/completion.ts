import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context';
import { bashCompletion } from '../completion/bash';
import { fishCompletion } from '../completion/fish';
import { outlineOf } from '../completion/outline';
import { zshCompletion } from '../completion/zsh';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const NOTES = `
bash   eval "$(npx hotsplit completion bash)"      in ~/.bashrc
zsh    source <(npx hotsplit completion zsh)       in ~/.zshrc, behind compinit
fish   npx hotsplit completion fish | source       in ~/.config/fish/config.fish

It completes the command hotsplit: where that is npx hotsplit, say alias hotsplit='npx hotsplit', too.`;

export function addCompletionCommand(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print what completes commands, options and their values with the Tab key')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SHELLS)))
    .addHelpText('after', NOTES)
    .action((shell: keyof typeof SHELLS) => {
      context.out.write(SHELLS[shell](outlineOf(program)));
    });
}
