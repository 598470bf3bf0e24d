import type { Defect } from '../defect';

/** Whoever is known goes on while the directory is away. */
export const WITHOUT_THE_DIRECTORY: readonly Defect[] = [
  {
    name: 'known-account-forgotten',
    breaks: 'an account that cannot be read again is forgotten',
    edits: [
      {
        file: 'src/engine/account-cache.ts',
        find: '      this.read(accountId).catch(() => undefined);\n    }\n    return cached.account;',
        replace:
          '      this.read(accountId).catch(() => this.#accounts.delete(accountId));\n    }\n    return cached.account;',
      },
    ],
  },
  {
    name: 'known-key-refused',
    breaks: 'a key that the directory confirmed is refused when it cannot be confirmed again',
    edits: [
      {
        file: 'src/platform/api-keys.ts',
        find: 'known.usableUntil = Math.max(known.usableUntil, until);',
        replace: 'known.usableUntil = Math.min(known.usableUntil, until);',
      },
    ],
  },
  {
    name: 'unknown-keys-push-out-known',
    breaks: 'a key that does not exist makes those that do be forgotten',
    edits: [
      {
        file: 'src/platform/api-keys.ts',
        find: 'else remember(this.#unknown, hex(hash), since + UNKNOWN_MS, UNKNOWN_MAX);',
        replace: 'else this.#known.clear();',
      },
    ],
  },
];
