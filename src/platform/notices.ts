/** What instances tell each other. A notice only makes a cache forget sooner; nothing is decided by one. */
export type Notice =
  /** Or changed: the name is the one that older instances know. Without an id, any key may be the one. */
  | { readonly kind: 'apiKeyDeleted'; readonly keyId?: string }
  /** Its placement, size or status: what routes by an old one is turned back or slower, never wrong. */
  | { readonly kind: 'accountChanged'; readonly accountId: string };

/**
 * Cross-instance notices. They may be lost, late or repeated: whoever listens must also get there without them.
 */
export interface Notices {
  /** Tells every instance, this one included. Never rejects and is not waited for. */
  publish(notice: Notice): void;
  subscribe(listener: (notice: Notice) => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const NOTICES = Symbol('notices');

/** For one process. */
export class InProcessNotices implements Notices {
  readonly #listeners: ((notice: Notice) => void)[] = [];

  publish(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  subscribe(listener: (notice: Notice) => void): void {
    this.#listeners.push(listener);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
