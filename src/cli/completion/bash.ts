import type { Place, Values } from './outline';
import { quoted, wordsBefore } from './shell-text';

/** A completion for bash 4 and later, which starts no process. */
export function bashCompletion(places: readonly Place[]): string {
  return `# Tab completion of hotsplit for bash: eval "$(hotsplit completion bash)"
_hotsplit() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' operands=0 i word
  COMPREPLY=()
${wordsBefore(places, { loop: 'for ((i = 1; i < COMP_CWORD; i++))', word: '${COMP_WORDS[i]}', reply })}
  if [[ "$cur" == -* ]]; then
    case "$at" in
${places.map(({ path, options }) => `      ${placeOf(path)}) ${words(options.flatMap(({ names }) => names))} ;;`).join('\n')}
    esac
    return
  fi
  case "$at $operands" in
${places.flatMap(operandCases).join('\n')}
  esac
}
complete -F _hotsplit hotsplit
`;
}

function operandCases({ path, commands, operands }: Place): string[] {
  const before = path === '' ? '' : ` ${path}`;
  if (commands.length > 0)
    return [`    ${quoted(`${before} 0`)}) ${words(commands.map(({ name }) => name))} ;;`];
  return operands.flatMap((values, index) =>
    values.kind === 'anything' ? [] : [`    ${quoted(`${before} ${index}`)}) ${reply(values)} ;;`],
  );
}

function placeOf(path: string): string {
  return quoted(path === '' ? '' : ` ${path}`);
}

function reply(values: Values): string {
  if (values.kind === 'choices') return words(values.choices);
  return values.kind === 'files'
    ? 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))'
    : ':';
}

function words(choices: readonly string[]): string {
  return `COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur"))`;
}
