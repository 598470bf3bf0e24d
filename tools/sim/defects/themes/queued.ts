import type { Defect } from '../defect';

/** A deduction of an account with the strategy `queued` is answered by what became of its own attempt. */
export const QUEUED: readonly Defect[] = [
  {
    name: 'queued-told-before-it-is-charged',
    breaks: 'a deduction is answered as if it were charged, when it was received',
    edits: [
      {
        file: 'src/engine/intake/queued.ts',
        find: 'if (!outcome) return received;',
        replace:
          "if (!outcome)\n        return { kind: 'applied', shard: 's0', departures: [], entry: { ...received.record, kind: 'deduction', version: 2, epoch: 1, createdAtUs: received.record.sinceUs } };",
      },
    ],
  },
  {
    name: 'queued-received-nowhere',
    breaks: 'a deduction whose outcome is not known in time is answered as received, and nothing keeps it',
    edits: [
      {
        file: 'src/engine/intake/queued.ts',
        find: 'const received = await this.parts.receive(request, account);',
        replace:
          "const received: Received = this.parts.now() % 7 < 3 ? { kind: 'received', replayed: false, record: { ...request, attempt: 1, state: 'received', subAccount: 0, receivedAtUs: 0, sinceUs: 0, reason: null, screening: null } } : await this.parts.receive(request, account);",
      },
    ],
  },
];
