import { setTimeout as sleep } from 'node:timers/promises';
import type { TabRecord } from './console-browser';

const ANSWER_MS_MAX = 30_000;

/**
 * So many open tabs, as the service sees them: each asks, over and over, for what a real one asked for at the same distances. What a
 * browser needs to draw them is the operator's machine's, not the service's.
 */
export class Tabs {
  constructor(
    private readonly record: TabRecord,
    private readonly count: number,
  ) {}

  async openWhile<Result>(work: () => Promise<Result>): Promise<Result> {
    const closing = new AbortController();
    const { durationMs } = this.record;
    const open = Array.from({ length: this.count }, (_, n) =>
      this.#ask((n * durationMs) / this.count, closing.signal),
    );
    try {
      return await work();
    } finally {
      closing.abort();
      await Promise.all(open);
    }
  }

  async #ask(offsetMs: number, closed: AbortSignal): Promise<void> {
    const { headers, durationMs, requests } = this.record;
    const begunAt = performance.now() - offsetMs;
    for (let turn = 0; !closed.aborted; turn += 1)
      for (const { url, atMs } of requests) {
        const dueMs = begunAt + turn * durationMs + atMs - performance.now();
        if (dueMs < 0 && turn === 0) continue;
        const isOpen = await sleep(Math.max(0, dueMs), true, { signal: closed }).catch(() => false);
        if (!isOpen) return;
        const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
        await answer.arrayBuffer();
        if (!answer.ok) throw new Error(`a tab was answered ${answer.status}`);
      }
  }
}
