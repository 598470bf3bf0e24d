import type { OutlinedOption, Place, Values } from './outline';
import { valueOptionsOf } from './shell-text';

/** A completion for fish, with descriptions; starts no process. */
export function fishCompletion(places: readonly Place[]): string {
  return `# Tab completion of hotsplit for fish: hotsplit completion fish > ~/.config/fish/completions/hotsplit.fish
function __hotsplit_at
    set -l at ''
    set -l operands 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case ${valueOptionsOf(places).join(' ')}
                set skip 1
                continue
            case '-*'
                continue
        end
        if contains -- (string trim -- "$at $word") ${places
          .filter(({ path }) => path !== '')
          .map(({ path }) => quoted(path))
          .join(' ')}
            set at (string trim -- "$at $word")
            set operands 0
        else
            set operands (math $operands + 1)
        end
    end
    test "$at" = "$argv[1]"; and begin
        test (count $argv) -eq 1; or test $operands -eq $argv[2]
    end
end
complete -c hotsplit -f
${places.flatMap((place) => [...commandLines(place), ...place.options.map((option) => optionLine(place, option))]).join('\n')}
`;
}

function commandLines({ path, commands, operands }: Place): string[] {
  if (commands.length > 0)
    return commands.map(
      ({ name, description }) =>
        `complete -c hotsplit -n ${condition(path, 0)} -a ${quoted(name)} -d ${quoted(description)}`,
    );
  return operands.flatMap((values, index) =>
    values.kind === 'anything' ? [] : [`complete -c hotsplit -n ${condition(path, index)} ${reply(values)}`],
  );
}

function optionLine({ path }: Place, { names, description, values }: OutlinedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const behind = values ? ` -r ${values.kind === 'anything' ? '-f' : reply(values)}` : '';
  return `complete -c hotsplit -n ${condition(path)} ${flags.join(' ')}${behind} -d ${quoted(description)}`;
}

function condition(path: string, operands?: number): string {
  return quoted(`__hotsplit_at ${quoted(path)}${operands === undefined ? '' : ` ${operands}`}`);
}

function reply(values: Values): string {
  if (values.kind === 'choices') return `-f -a ${quoted(values.choices.join(' '))}`;
  return values.kind === 'files' ? '-F' : '-f';
}

/** In single quotes, where fish knows two escapes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
