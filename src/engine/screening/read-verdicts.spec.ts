import { readVerdicts } from './read-verdicts';
import { ScreeningFailure } from './screening-failure';

/** What an answer comes to: verdicts, or the code of the failure. */
function read(asked: readonly string[], answer: unknown): unknown {
  const shown = (each: unknown): unknown => (each instanceof ScreeningFailure ? each.code : each);
  try {
    return readVerdicts(asked, answer).map(shown);
  } catch (error) {
    return shown(error);
  }
}

const result = (requestId: string, verdict: unknown = 'pass', reason?: unknown) => ({
  requestId,
  verdict,
  ...(reason !== undefined && { reason }),
});

describe('the answer of a screening service', () => {
  test('is read by request id, in whatever order it comes', () => {
    const answer = { results: [result('c', 'wait'), result('a'), result('b', 'reject', 'a robot')] };
    expect(read(['a', 'b', 'c'], answer)).toEqual([
      { verdict: 'pass', reason: null },
      { verdict: 'reject', reason: 'a robot' },
      { verdict: 'wait', reason: null },
    ]);
  });

  test.each([
    ['no object', 'pass', 'malformed'],
    ['null', null, 'malformed'],
    ['no list', { results: { a: 'pass' } }, 'malformed'],
    ['a result that is no object', { results: ['a'] }, 'malformed'],
    ['a request id that is no text', { results: [{ requestId: 7, verdict: 'pass' }] }, 'malformed'],
    ['a charge that was not asked about', { results: [result('a'), result('x')] }, 'unknown_id'],
    ['two verdicts on one charge', { results: [result('a', 'reject'), result('a')] }, 'unknown_id'],
    ['more results than charges', { results: [result('a'), result('b'), result('c')] }, 'unknown_id'],
    ['an id with other letters', { results: [result('A')] }, 'unknown_id'],
  ])('is believed in no part with %s', (_, answer, code) => {
    expect(read(['a', 'b'], answer)).toBe(code);
  });

  test('fails alone for a charge of which it says nothing, or no verdict', () => {
    expect(
      read(['a', 'b', 'c', 'd'], { results: [result('a'), result('b', 'PASS'), result('d', true)] }),
    ).toEqual([{ verdict: 'pass', reason: null }, 'bad_verdict', 'missing', 'bad_verdict']);
  });

  test('has reasons of bounded length, without control characters, and ignores what is no text', () => {
    const answer = {
      results: [result('a', 'reject', `\u0000 ${'💸'.repeat(500)}`), result('b', 'reject', { why: 1 })],
    };
    expect(read(['a', 'b'], answer)).toEqual([
      { verdict: 'reject', reason: '💸'.repeat(200) },
      { verdict: 'reject', reason: null },
    ]);
    expect(read(['a'], { results: [result('a', 'wait', 'cut \ud83d\r\nhere')] })).toEqual([
      { verdict: 'wait', reason: 'cut \ufffd here' },
    ]);
  });
});
