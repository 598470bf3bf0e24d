/** What may stand in no answer: the service's insides. */
const INSIDES: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack', /\\n\s+at |\n\s+at \S+ ?\(/],
  ['a source file', /node_modules|\/dist\/|\/src\/|\.[cm]?[jt]s:\d+/],
  ['a folder', /\/(tmp|home|root|var|usr|etc|proc|app|data)\//],
  [
    'an error of the language',
    /\b(Type|Range|Syntax|Reference|Sqlite|QueryFailed|Aggregate)Error\b|Cannot read propert|is not a function|undefined is not|\[object \w+\]/,
  ],
  ['an error of the framework', /\bFST_ERR_|\bERR_[A-Z]+_|\bHPE_/],
  [
    'an error of the driver',
    /\bSQLITE_[A-Z]+|\bER_[A-Z_]{4,}\b|\bE(CONNREFUSED|CONNRESET|NOENT|ACCES|PIPE|TIMEDOUT|ISDIR|NXIO)\b|better-sqlite3|mysql2|typeorm/,
  ],
  ['SQL', /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) [a-z_*]+\b|\bsub_account\b|\bentry_request\b/],
];

/** A refused database says with one documented code why it cannot be opened or reached. */
const ALLOWED_CODES = new Map([
  ['SHARD_REFUSED', /\([A-Z][A-Z0-9_]*\)/],
  ['SHARD_UNAVAILABLE', /\([A-Z][A-Z0-9_]*\)/],
]);

/** Words that only those may know whom they were told. */
export class Secrets {
  readonly #words = new Set<string>();

  add(word: string): void {
    if (word.length >= 8) this.#words.add(word);
  }

  find(text: string): boolean {
    for (const word of this.#words) if (text.includes(word)) return true;
    return false;
  }
}

/**
 * What an answer or a log gives away.
 *
 * @param said by the client itself: hearing it again gives nothing away, secrets excepted
 */
export function leakIn(text: string, secrets: Secrets, said = ''): string | undefined {
  if (secrets.find(text)) return 'a secret';
  for (const [what, pattern] of INSIDES) {
    const found = pattern.exec(text)?.[0];
    if (found !== undefined && !said.includes(found)) return `${what}: ${JSON.stringify(found)}`;
  }
  return undefined;
}

/** The text without the code that a refused database may name. */
export function withoutAllowedCode(text: string, code: unknown): string {
  const allowed = ALLOWED_CODES.get(String(code));
  return allowed ? text.replace(allowed, '') : text;
}
