import { codecOf } from '../grpc/wire';
import { readMessage } from './read-message';

const { encode } = codecOf('hotsplit.v1.DeductRequest');

const read = (value: string | Buffer | null, type?: string) =>
  readMessage({
    topic: 'clicks',
    partition: 0,
    offset: 0n,
    key: null,
    value: value === null ? null : Buffer.from(value as string),
    headers: type === undefined ? [] : [[Buffer.from('content-type'), Buffer.from(type)]],
  });
const json = (more: object = {}): string =>
  JSON.stringify({ accountId: 'acct', amount: '5', requestId: 'k1', ...more });
const ASKED = { kind: 'deduct', accountId: 'acct', requestId: 'k1', amountMinor: 5n };

describe('a message', () => {
  test.each([
    ['JSON', json(), undefined],
    ['JSON that says so', json(), 'application/json; charset=utf-8'],
    ['a number for an amount', json({ amount: 5 }), undefined],
    ['when it happened', json({ occurredAt: '2026-11-22T00:43:40Z' }), undefined],
    [
      'protobuf',
      encode({ accountId: 'acct', requestId: 'k1', amount: 5, metadata: {} }),
      'application/protobuf',
    ],
    [
      'protobuf by its older name',
      encode({ accountId: 'acct', requestId: 'k1', amount: 5, metadata: {} }),
      'Application/X-Protobuf',
    ],
  ])('asks for a deduction: %s', (_name, value, type) => {
    expect(read(value, type)).toMatchObject(ASKED);
  });

  test('brings its reference and metadata along', () => {
    const notes = { reference: 'banner', metadata: { site: 'a' } };
    expect(read(json(notes))).toMatchObject({ ...ASKED, ...notes });
  });

  test('names budgets, in either form', () => {
    const budgets = ['campaign-7', 'team'];
    expect(read(json({ budgets }))).toMatchObject({ ...ASKED, budgets });
    const value = encode({ accountId: 'acct', requestId: 'k1', amount: 5, metadata: {}, budgets });
    expect(read(value, 'application/protobuf')).toMatchObject({ ...ASKED, budgets });
  });

  test.each([
    ['without a value', null, undefined],
    ['that is empty', '', undefined],
    ['that is no JSON', '{', undefined],
    ['that is a list', '[]', undefined],
    ['that is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), undefined],
    ['with a key twice', '{"accountId":"acct","requestId":"k1","amount":1,"amount":2}', undefined],
    ['without an amount', json({ amount: undefined }), undefined],
    ['with an amount of nothing', json({ amount: 0 }), undefined],
    ['with a field that nobody knows', json({ colour: 'red' }), undefined],
    ['with a key that has a blank', json({ requestId: 'k 1' }), undefined],
    ['of 64 KiB and more', json({ reference: 'x'.repeat(65_536) }), undefined],
    ['of another type', json(), 'text/plain'],
    ['that is no such message', Buffer.from([8]), 'application/protobuf'],
    ['that lacks a field', encode({ accountId: 'acct', amount: 5, metadata: {} }), 'application/protobuf'],
  ])('cannot be read: %s', (_name, value, type) => {
    expect(() => read(value, type)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error);
  });
});
