/**
 * Work that many ask for at once: one run at a time for a key, and all who ask while it is under way share the next. What a
 * run has seen may be older than a question that came after it began, so nobody is answered by one that began before he
 * asked. A crowd costs two runs and not one each.
 */
export class SharedRuns<Asked, Result> {
  /** Resolves when the run that is under way has ended, whatever it came to. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #next = new Map<string, { asked: Asked; readonly result: Promise<Result> }>();

  /** @param newer of two that are asked for under one key: the run that both share is carried out for this one */
  constructor(
    private readonly run: (asked: Asked) => Promise<Result>,
    private readonly newer: (before: Asked, asked: Asked) => Asked = (_, asked) => asked,
  ) {}

  /** What a run comes to that begins after this call. Rejects as the run does. */
  ask(key: string, asked: Asked): Promise<Result> {
    const next = this.#next.get(key);
    if (next) {
      next.asked = this.newer(next.asked, asked);
      return next.result;
    }
    const underWay = this.#underWay.get(key);
    if (!underWay) return this.#begin(key, asked);
    const result = underWay.then(() => {
      const { asked: newest } = this.#next.get(key) ?? { asked };
      this.#next.delete(key);
      return this.#begin(key, newest);
    });
    this.#next.set(key, { asked, result });
    return result;
  }

  #begin(key: string, asked: Asked): Promise<Result> {
    const result = this.run(asked);
    const end = (): void => {
      if (this.#underWay.get(key) === ended) this.#underWay.delete(key);
    };
    const ended = result.then(end, end);
    this.#underWay.set(key, ended);
    return result;
  }
}
