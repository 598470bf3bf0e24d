export type SpanAttributes = Readonly<Record<string, string | number>>;

/**
 * A part of the way of a request that is traced. Most are not: code that takes a span takes `undefined` too, and then does
 * nothing. Never throws.
 */
export interface Span {
  /** @param links other spans that it is part of as well */
  child(name: string, attributes?: SpanAttributes, links?: readonly Span[]): Span;
  /** Says that it belongs together with a span of another trace. */
  link(other: Span): void;
  /** @param outcome what it came to, in a word */
  end(outcome?: string): void;
  /** Ends with an error. */
  fail(error: unknown): void;
}

/** Has a span end when a promise does. */
export function spanned<T>(span: Span | undefined, ended: Promise<T>): Promise<T> {
  if (!span) return ended;
  return ended.then(
    (value) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      span.fail(error);
      throw error;
    },
  );
}
