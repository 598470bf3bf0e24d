/** An answer as it came. Names of headers are in lower case; one that came twice has both values. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}
