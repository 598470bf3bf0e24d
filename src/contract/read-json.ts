/** A body that is JSON in form, and says something that readers would understand differently. */
export class AmbiguousJsonError extends Error {
  constructor(
    readonly field: string,
    readonly rule: string,
  ) {
    super(`${field}: ${rule}`);
    this.name = 'AmbiguousJsonError';
  }
}

/** Bodies of this API are at most five deep (a batch's items and their metadata); a reader's stack is finite. */
const DEPTH_MAX = 32;

/** Every key of an object ends so. An escaped quote before a colon looks the same, which the count below allows for. */
const KEY_ENDS = /"[ \t\n\r]*:/g;

/** A number that is not written in digits only; a text may look the same. */
const FRACTION_OR_EXPONENT = /[0-9][.eE]/;

/**
 * Reads JSON as `JSON.parse` does, and refuses what `JSON.parse` resolves in silence: an object that names one key twice.
 * A number with a fraction or an exponent that only rounding makes an integer (`0.9999999999999999999`) is left as its
 * text, so that no rule for integers takes it.
 *
 * @throws SyntaxError when the text is no JSON
 * @throws AmbiguousJsonError naming the key that an object has twice, or the body when it is nested too deep
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Each key of the parsed value is in the text at least once, so equal numbers leave no room for a second one. More in
  // the text is rare (a duplicate, or an escaped quote before a colon), and only then the text itself is walked.
  if ((text.match(KEY_ENDS)?.length ?? 0) !== countKeys(value, DEPTH_MAX)) refuseDuplicates(text);
  return FRACTION_OR_EXPONENT.test(text) ? (JSON.parse(text, roundedAsText) as unknown) : value;
}

/** A reviver: a number that is an integer only because a double holds no more digits becomes its text. */
function roundedAsText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return value;
  const source = context?.source ?? '';
  return isExactInteger(source) ? value : source;
}

/** Whether a JSON number, taken exactly, is an integer; the caller has seen that its nearest double is one. */
function isExactInteger(source: string): boolean {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(source) ?? [];
  // Where the point stands in all the digits, counted from the left; right of it there must be zeros only.
  const point = Math.max(0, whole.length + Number(exponent));
  return /^0*$/.test((whole + fraction).slice(point));
}

/** @throws AmbiguousJsonError for a value that is nested deeper than `depth` */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) throw new AmbiguousJsonError('body', `is nested at most ${DEPTH_MAX} deep`);
  let keys = 0;
  if (Array.isArray(value)) {
    for (const each of value) keys += countKeys(each, depth - 1);
    return keys;
  }
  for (const key in value) keys += 1 + countKeys((value as Record<string, unknown>)[key], depth - 1);
  return keys;
}

/** One token of JSON; texts are whole, everything else that matters here is a single character. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** Walks text that `JSON.parse` has taken. @throws AmbiguousJsonError */
function refuseDuplicates(text: string): void {
  /** The keys of each object that is open; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const keys = open.at(-1);
      const key = JSON.parse(last ?? '""') as string;
      if (keys?.has(key)) throw new AmbiguousJsonError(key, 'is given twice');
      keys?.add(key);
    } else if (token !== ',') last = token;
  }
}
