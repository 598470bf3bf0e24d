/** One change of one source file; `find` stands in it exactly once. */
export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A way of losing money or wedging an account, built into a copy of the product to see whether the simulator finds it. */
export interface Defect {
  readonly name: string;
  /** What is taken out, in words. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}
