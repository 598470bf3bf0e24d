/** Jest's matchers by parts, typed as what they stand for in a pattern: anything. */
export const aString: unknown = expect.any(String);
export const aNumber: unknown = expect.any(Number);

export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
export const containing = (text: string): unknown => expect.stringContaining(text);
export const including = (...items: readonly unknown[]): unknown => expect.arrayContaining([...items]);
export const includingFields = (fields: object): unknown => expect.objectContaining(fields);
