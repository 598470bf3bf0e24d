const ESC = '\u001b[';
/** A screen of its own, so that what was on the terminal is there again afterwards; no cursor, and no line is broken. */
const OPEN = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
const CLOSE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
const ROWS_DEFAULT = 24;

/** A terminal's screen that is drawn again and again, without flicker. */
export class Screen {
  #isOpen = false;
  #text = '';
  readonly #resized = (): void => {
    this.draw(this.#text);
  };

  constructor(private readonly stream: NodeJS.WriteStream) {}

  get columns(): number {
    return this.stream.columns || 80;
  }

  /** @param text harmless lines; those that do not fit below each other are left out */
  draw(text: string): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.stream.write(OPEN);
      this.stream.on('resize', this.#resized);
    }
    this.#text = text;
    const lines = text
      .trimEnd()
      .split('\n')
      .slice(0, this.stream.rows || ROWS_DEFAULT);
    this.stream.write(`${ESC}H${lines.map((line) => `${line}${ESC}K`).join('\r\n')}${ESC}J`);
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.stream.off('resize', this.#resized);
    this.stream.write(CLOSE);
  }
}
