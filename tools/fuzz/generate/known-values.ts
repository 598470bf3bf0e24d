const PER_NAME_MAX = 64;
const RECORDS_MAX = 256;
const REPEATABLE_MAX = 32;

/** What one success was about, by name: `{accountId: 'a', requestId: 'k', …}`. */
export type Association = Readonly<Record<string, string>>;

/** A request that was taken, so that it can be sent again. */
export interface Taken {
  readonly about: Association;
  readonly body: string | undefined;
}

/**
 * What the service has told and taken so far: ids, ETags, cursors, by their names, and which of them belong together. From
 * here requests get values that exist. Only the latest are kept, beside those that were kept `forGood`.
 */
export class KnownValues {
  readonly #forGood: Association[] = [];
  readonly #latest: Association[] = [];
  readonly #byName = new Map<string, string[]>();
  readonly #taken = new Map<string, Taken[]>();

  keepForGood(about: Association): void {
    this.#forGood.push(about);
    this.#index(about);
  }

  add(operationId: string, about: Association): void {
    keep(this.#latest, about, RECORDS_MAX);
    this.#index(about);
    const { cursor } = about;
    if (cursor !== undefined) keep(listIn(this.#byName, `${operationId} cursor`), cursor, PER_NAME_MAX);
  }

  addTaken(operationId: string, taken: Taken): void {
    keep(listIn(this.#taken, operationId), taken, REPEATABLE_MAX);
  }

  /**
   * Values that belong together, to be what a request is about: mostly such as have all the names that its path wants.
   *
   * @param pick which, 0–1
   */
  association(pick: number, names: readonly string[]): Association {
    const within = (pick * 2) % 1;
    const fitting = (all: readonly Association[]): readonly Association[] =>
      all.filter((about) => names.every((name) => about[name] !== undefined));
    const [first, second] = pick < 0.5 ? [this.#forGood, this.#latest] : [this.#latest, this.#forGood];
    return at(fitting(first), within) ?? at(fitting(second), within) ?? at(this.#forGood, within) ?? {};
  }

  taken(operationId: string, pick: number): Taken | undefined {
    return at(this.#taken.get(operationId) ?? [], pick);
  }

  /** A value of that name: the one that belongs to what the request is about, or any. */
  value(name: string, pick: number, operationId: string, about: Association): string | undefined {
    const belonging = about[name];
    if (belonging !== undefined && pick < 0.8) return belonging;
    const own = this.#byName.get(`${operationId} ${name}`);
    return at(own ?? this.#byName.get(name) ?? [], (pick * 7) % 1);
  }

  #index(about: Association): void {
    for (const [name, value] of Object.entries(about)) {
      const values = listIn(this.#byName, name);
      if (!values.includes(value)) keep(values, value, PER_NAME_MAX);
    }
  }
}

function listIn<T>(map: Map<string, T[]>, key: string): T[] {
  const found = map.get(key);
  if (found) return found;
  const made: T[] = [];
  map.set(key, made);
  return made;
}

function keep<T>(list: T[], item: T, lengthMax: number): void {
  list.push(item);
  if (list.length > lengthMax) list.shift();
}

function at<T>(list: readonly T[], pick: number): T | undefined {
  return list[Math.floor(pick * list.length)];
}
