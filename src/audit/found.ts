import { type Finding, findingKey } from '../ledger/audit-finding';

/** A bounded collection of findings that also counts those it has no room for. */
export class Found {
  readonly #kept = new Map<string, Finding>();
  #lost = 0;

  constructor(private readonly findingsMax: number) {}

  add(findings: readonly Finding[]): void {
    for (const finding of findings) {
      const key = findingKey(finding);
      if (this.#kept.has(key)) continue;
      if (this.#kept.size < this.findingsMax) this.#kept.set(key, finding);
      else this.#lost += 1;
    }
  }

  get kept(): Finding[] {
    return [...this.#kept.values()];
  }

  get count(): number {
    return this.#kept.size + this.#lost;
  }

  /** Whether this was found too, as far as is remembered. */
  confirms(finding: Finding): boolean {
    return this.#lost > 0 || this.#kept.has(findingKey(finding));
  }

  /** Those that pass; what there was no room for is taken to pass with them. */
  filter(passes: (finding: Finding) => boolean): Found {
    const passed = new Found(this.findingsMax);
    passed.add(this.kept.filter(passes));
    if (passed.count > 0) passed.#lost = this.#lost;
    return passed;
  }

  addAll(other: Found): void {
    this.add(other.kept);
    this.#lost += other.#lost;
  }
}
