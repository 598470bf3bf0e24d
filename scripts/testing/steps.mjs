/** The steps of a test run, as they are shown while they run and again in the summary. */
export class Steps {
  #lines = [];
  #halted = false;

  /** Runs one step under a heading. `work` answers the words for the summary. */
  async run(name, work) {
    await this.#turn();
    const startedAt = Date.now();
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}`);
    const { words, result } = await work();
    await this.#turn();
    const elapsed = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    console.log(`${name}: ${words} (${elapsed})`);
    this.add(name, words, elapsed);
    return result;
  }

  /** Runs a step beside others. What it has to say is shown in one piece when it has ended. */
  async runAside(name, work) {
    await this.#turn();
    const startedAt = Date.now();
    const { words, output } = await work();
    await this.#turn();
    const elapsed = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
    if (output.trim() !== '')
      console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}\n${output}`);
    console.log(`${name}: ${words} (${elapsed})`);
    this.add(name, words, elapsed);
  }

  add(name, words, elapsed = '') {
    this.#lines.push([name, words, elapsed]);
  }

  /** After this no step begins or ends any more: the run is being abandoned. */
  halt() {
    this.#halted = true;
  }

  #turn() {
    return this.#halted ? new Promise(() => {}) : undefined;
  }

  print() {
    const width = (column) => Math.max(...this.#lines.map((line) => line[column].length));
    const [names, words] = [width(0), width(1)];
    console.log(`\n── Summary ${'─'.repeat(63)}`);
    for (const [name, said, elapsed] of this.#lines) {
      console.log(`${name.padEnd(names)}  ${said.padEnd(words)}  ${elapsed.padStart(8)}`.trimEnd());
    }
    console.log();
  }
}
