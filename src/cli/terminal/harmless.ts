/**
 * What a terminal obeys instead of showing, wherever it comes from: C0 and C1 controls, separators of lines, and what turns the
 * direction of writing around. References, metadata and names are anybody's, and `ESC ]` in one of them must not write to an
 * operator's clipboard.
 */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const LINE_BREAK = '\n';
const TAB = '\t';
const ESCAPE = String.fromCharCode(0x1b);
/** What is behind an escape that is a colour, as this program writes them. */
const COLOUR = /^\[[0-9;]{0,16}m/;

/** One line of text: every control character as its number, `\u001b`. */
export function harmless(text: string): string {
  return text.replace(OBEYED, numbered);
}

/** Text of several lines, in which colours stay: the last thing that all text goes through. */
export function harmlessLines(text: string): string {
  return text.replace(OBEYED, (character, at: number) => {
    if (character === LINE_BREAK || character === TAB) return character;
    const isColour = character === ESCAPE && COLOUR.test(text.slice(at + 1, at + 19));
    return isColour ? character : numbered(character);
  });
}

/** JSON that a terminal shows as it is: the same document, with what JSON lets through unescaped escaped. */
export function jsonText(value: unknown): string {
  return harmless(JSON.stringify(value));
}

function numbered(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
