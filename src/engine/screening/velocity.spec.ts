import type { Question } from './question';
import { Velocity, type VelocityLimits } from './velocity';

const SECOND_US = 1_000_000;

function charge(given: Partial<Question> & { readonly ip?: string } = {}): Question {
  const { ip, ...others } = given;
  return {
    accountId: 'acme',
    requestId: 'r',
    amountMinor: 1n,
    fingerprint: '',
    reference: null,
    metadata: ip === undefined ? null : JSON.stringify({ ip }),
    attempt: 1,
    occurredAtUs: 120 * SECOND_US,
    ...others,
  };
}

describe('the built-in velocity rule', () => {
  const judges = (limits: VelocityLimits) => {
    const velocity = new Velocity(limits);
    return (given: Parameters<typeof charge>[0] = {}): string => velocity.judge(charge(given)) ?? 'passes';
  };

  test('lets so many pass that came in within a second, whenever and in whichever order they are judged', () => {
    const judge = judges({ countPerSecondMax: 2 });
    const next = { occurredAtUs: 121 * SECOND_US };
    expect([judge(), judge(next), judge(), judge(next)]).toEqual(['passes', 'passes', 'passes', 'passes']);
    expect([judge(next), judge({ occurredAtUs: 121 * SECOND_US - 1 })]).toEqual([
      'more than 2 in a second',
      'more than 2 in a second',
    ]);
  });

  test('lets so much pass of one minute, and what is refused does not count', () => {
    const judge = judges({ minorPerMinuteMax: 100n });
    expect(judge({ amountMinor: 60n })).toBe('passes');
    expect(judge({ amountMinor: 41n, occurredAtUs: 179 * SECOND_US })).toBe('more than 100 in a minute');
    expect(judge({ amountMinor: 40n, occurredAtUs: 179 * SECOND_US })).toBe('passes');
    expect(judge({ amountMinor: 100n, occurredAtUs: 180 * SECOND_US })).toBe('passes');
  });

  test('counts neither where only one of two bounds lets it pass', () => {
    const judge = judges({ countPerSecondMax: 1, minorPerMinuteMax: 10n });
    expect(judge({ amountMinor: 11n })).toBe('more than 10 in a minute');
    expect(judge()).toBe('passes');
  });

  test('counts accounts apart', () => {
    const judge = judges({ countPerSecondMax: 1 });
    expect([judge(), judge({ accountId: 'other' }), judge()]).toEqual([
      'passes',
      'passes',
      'more than 1 in a second',
    ]);
  });

  test('counts by a value of the metadata, and what has none not at all', () => {
    const judge = judges({ countPerSecondMax: 1, metadataKey: 'ip' });
    expect([judge({ ip: '1' }), judge({ ip: '2' }), judge({ ip: '1' })]).toEqual([
      'passes',
      'passes',
      'more than 1 in a second',
    ]);
    expect([judge(), judge(), judge({ ip: '1', accountId: 'other' })]).toEqual([
      'passes',
      'passes',
      'passes',
    ]);
  });
});
