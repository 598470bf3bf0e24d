/** One line of a log, without its line break. */
export interface LogLine {
  readonly text: string;
  /** Whether there was a line break; only the last line may have none. */
  readonly isEnded: boolean;
}

/**
 * The lines of a UTF-8 text, some at a time, as they come. Lines end with LF or CRLF; a byte order mark is left out.
 *
 * @param lengthMax characters; a longer line is told to `tooLong`, which throws
 */
export async function* readLines(
  content: AsyncIterable<Buffer>,
  { lengthMax, tooLong }: { readonly lengthMax: number; readonly tooLong: (line: number) => never },
): AsyncGenerator<LogLine[]> {
  const decoder = new TextDecoder();
  let begun = '';
  let count = 0;
  for await (const chunk of content) {
    const parts = (begun + decoder.decode(chunk, { stream: true })).split('\n');
    begun = parts.pop() ?? '';
    for (const [index, { length }] of parts.entries()) if (length > lengthMax) tooLong(count + index + 1);
    count += parts.length;
    if (begun.length > lengthMax) tooLong(count + 1);
    yield parts.map((text) => ({ text: withoutReturn(text), isEnded: true }));
  }
  begun += decoder.decode();
  if (begun !== '') yield [{ text: withoutReturn(begun), isEnded: false }];
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
