import type { DeductionService, MoneyRequest, OneOfMany } from '../deductions/deduction.service';
import { TestClock } from '../../test/models/test-clock';
import { ItemGate } from '../platform/item-gate';
import { principalOf } from '../platform/principal';
import type { ProblemObserver } from './fault-problem';
import { ManyDeductions } from './many-deductions';
import { Problem } from '../contract/problem';

/** A service that comes to what the request id says. */
function manyWith(outcomes: Readonly<Record<string, OneOfMany>>) {
  const incidents: unknown[] = [];
  const answered: unknown[] = [];
  const service = {
    executeEach: (
      requests: readonly MoneyRequest[],
      told: (position: number, outcome: OneOfMany) => void,
    ): void => {
      for (const [position, { requestId }] of [...requests.entries()].reverse())
        told(position, outcomes[requestId] as OneOfMany);
    },
  } as unknown as DeductionService;
  const observer: ProblemObserver = {
    defect: (_incident, error) => void incidents.push(error),
    problemAnswered: ({ extras }, { callId }, keyId) => {
      if (extras.incident !== undefined) answered.push({ callId, keyId });
    },
  };
  const gate = new ItemGate({
    surroundings: new TestClock(),
    itemsMax: 100,
    waitMsMax: 1_000,
    isMixed: () => false,
    refused: () => undefined,
  });
  return { many: new ManyDeductions(service, observer, gate), incidents, answered };
}

function read(requestId: string): MoneyRequest {
  if (requestId === 'malformed') throw new Problem('INVALID_ARGUMENT');
  return { kind: 'deduct', accountId: 'acme', requestId, amountMinor: 1n };
}

const reader = principalOf({ keyId: 'key_1', scopes: ['deduct', 'read'], accounts: null });
const payer = principalOf({ keyId: 'key_2', scopes: ['deduct'], accounts: null });
const tenant = principalOf({ keyId: 'key_3', scopes: ['deduct'], accounts: ['beta:', 'other:'] });

const names = { callId: 'call-1', traceParent: undefined };

const codes = (results: readonly unknown[]): unknown[] =>
  results.map((result) => (result instanceof Problem ? result.code : (result as OneOfMany).kind));

describe('many deductions', () => {
  test('come to something each, in their order, whatever ends first and is malformed', async () => {
    const applied = { kind: 'applied' } as unknown as OneOfMany;
    const defect = new Error('a defect');
    const { many, incidents, answered } = manyWith({
      paid: applied,
      short: { kind: 'insufficientFunds', availableMinor: 3n },
      broken: { kind: 'rejected', error: defect },
    });
    const items = ['paid', 'malformed', 'short', 'broken'];
    const results = await many.all({ items, read, caller: reader, names });
    expect(codes(results)).toEqual(['applied', 'INVALID_ARGUMENT', 'INSUFFICIENT_FUNDS', 'INTERNAL']);
    expect(incidents).toEqual([defect]);
    expect(answered).toEqual([{ callId: 'call-1', keyId: 'key_1' }]);
  });

  test('show the balance in a refusal only to a caller that may read it', async () => {
    const { many } = manyWith({ short: { kind: 'insufficientFunds', availableMinor: 3n } });
    const extras = async (caller: typeof reader): Promise<unknown> =>
      (await many.all({ items: ['short'], read, caller, names })).map((result) => (result as Problem).extras);
    expect(await extras(reader)).toEqual([{ available: '3' }]);
    expect(await extras(payer)).toEqual([{}]);
  });

  test('of accounts that the key is not limited to are refused alone, and are not carried out', async () => {
    const { many } = manyWith({ paid: { kind: 'applied' } as unknown as OneOfMany });
    const outside = (accountId: string) => (): MoneyRequest => ({ ...read('paid'), accountId });
    for (const [accountId, code] of [
      ['beta:1', 'applied'],
      ['other:', 'applied'],
      ['beta', 'PERMISSION_DENIED'],
      ['Beta:1', 'PERMISSION_DENIED'],
      ['acme', 'PERMISSION_DENIED'],
    ] as const)
      expect(
        codes(await many.all({ items: ['x'], read: outside(accountId), caller: tenant, names })),
      ).toEqual([code]);
  });

  test('may be none, and may be malformed all of them', async () => {
    const { many } = manyWith({});
    expect(await many.all({ items: [], read, caller: payer, names })).toEqual([]);
    const items = ['malformed', 'malformed'];
    expect(codes(await many.all({ items, read, caller: payer, names }))).toEqual([
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
    ]);
  });
});
