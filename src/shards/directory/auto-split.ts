/** Whether and how far an account may be split by itself. */
export interface AutoSplit {
  readonly enabled: boolean;
  /** It is not made smaller than this by itself. */
  readonly min?: number;
  /** It is not made larger than this by itself. */
  readonly max?: number;
}

/** As it is kept of an account; accounts made by builds that did not split by themselves stay as they are. */
export function readAutoSplit(text: string | null): AutoSplit {
  return text === null ? { enabled: false } : (JSON.parse(text) as AutoSplit);
}

/** Equal ones make equal texts. */
export function autoSplitText({ enabled, min, max }: AutoSplit): string {
  return JSON.stringify({ enabled, ...(min !== undefined && { min }), ...(max !== undefined && { max }) });
}
