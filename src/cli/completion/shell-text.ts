import type { Place, Values } from './outline';

/** In single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Every path of commands, as a pattern of `case`. */
export function pathsOf(places: readonly Place[]): string {
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
export function valueCases(places: readonly Place[], reply: (values: Values) => string): string {
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
