import type { Place, Values } from './outline';
import { quoted, wordsBefore } from './shell-text';

/** A completion for zsh, with descriptions; starts no process. */
export function zshCompletion(places: readonly Place[]): string {
  return `#compdef hotsplit
# Tab completion of hotsplit for zsh: hotsplit completion zsh > a file _hotsplit in a folder of $fpath, or
# source <(hotsplit completion zsh) after compinit.
_hotsplit() {
  local cur="$words[CURRENT]" prev="$words[CURRENT-1]" at='' word
  integer operands=0 i
  local -a found
${wordsBefore(places, { loop: 'for ((i = 2; i < CURRENT; i++))', word: '$words[i]', reply })}
  if [[ "$cur" == -* ]]; then
    case "$at" in
${places.map(optionCase).join('\n')}
    esac
    _describe option found
    return
  fi
  case "$at $operands" in
${places.flatMap(operandCases).join('\n')}
  esac
}
if [[ "$funcstack[1]" == _hotsplit ]]; then _hotsplit "$@"; else compdef _hotsplit hotsplit; fi
`;
}

function optionCase({ path, options }: Place): string {
  const described = options.flatMap(({ names, description }) =>
    names.map((name) => `${name}:${description}`),
  );
  return `      ${quoted(before(path))}) found=(${described.map(quoted).join(' ')}) ;;`;
}

function operandCases({ path, commands, operands }: Place): string[] {
  if (commands.length > 0) {
    const described = commands.map(({ name, description }) => quoted(`${name}:${description}`));
    return [`    ${quoted(`${before(path)} 0`)}) found=(${described.join(' ')}); _describe command found ;;`];
  }
  return operands.flatMap((values, index) =>
    values.kind === 'anything' ? [] : [`    ${quoted(`${before(path)} ${index}`)}) ${reply(values)} ;;`],
  );
}

function before(path: string): string {
  return path === '' ? '' : ` ${path}`;
}

function reply(values: Values): string {
  if (values.kind === 'choices') return `compadd -- ${values.choices.map(quoted).join(' ')}`;
  return values.kind === 'files' ? '_files' : ':';
}
