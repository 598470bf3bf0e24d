import type { Place, Values } from './outline';

/** In single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Every path of commands, as a pattern of `case`. */
function pathsOf(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => quoted(` ${path}`))
    .join('|');
}

/** The options behind which a value stands, whatever the command: none is with a value here and without one there. */
export function valueOptionsOf(places: readonly Place[]): readonly string[] {
  const named = places.flatMap(({ options }) =>
    options.filter(({ values }) => values).flatMap(({ names }) => names),
  );
  return [...new Set(named)];
}

/** A case for each option of each command that has a value, which returns with what may stand there. */
function valueCases(places: readonly Place[], reply: (values: Values) => string): string {
  return places
    .flatMap(({ path, options }) =>
      options.flatMap(({ names, values }) =>
        values
          ? [
              `    ${names.map((name) => quoted(`${path === '' ? '' : ` ${path}`} ${name}`)).join('|')}) ${reply(values)}; return ;;`,
            ]
          : [],
      ),
    )
    .join('\n');
}

/**
 * The part of a completion for bash and zsh that goes through the words before the cursor: it leaves the path of the command in `at`, and
 * the number of its arguments in `operands`; where an option's value stands, it returns with what it may be.
 *
 * @param loop its head, which counts `i` up to the cursor
 * @param word of the shell's array of words, the one at `i`
 */
export function wordsBefore(
  places: readonly Place[],
  {
    loop,
    word,
    reply,
  }: { readonly loop: string; readonly word: string; readonly reply: (values: Values) => string },
): string {
  return `  ${loop}; do
    word="${word}"
    case "$word" in
      ${valueOptionsOf(places).join('|')}) ((i++)); continue ;;
      -*) continue ;;
    esac
    case "$at $word" in
      ${pathsOf(places)}) at="$at $word"; operands=0 ;;
      *) ((operands++)) ;;
    esac
  done
  case "$at $prev" in
${valueCases(places, reply)}
  esac`;
}
