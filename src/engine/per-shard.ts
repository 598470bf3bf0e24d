/** Something for each shard, made when it is first asked for. */
export class PerShard<Value> {
  readonly #values = new Map<string, Value>();

  constructor(private readonly make: () => Value) {}

  of(shard: string): Value {
    let value = this.#values.get(shard);
    if (value === undefined) {
      value = this.make();
      this.#values.set(shard, value);
    }
    return value;
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }
}
