import { readProblem, readRetryAfterMs } from './read-problem';

describe('readProblem', () => {
  it('takes code and detail from problem+json, and what is said about fields', () => {
    const errors = [{ field: 'amount', rule: 'from 1 to 10^18' }];
    const text = JSON.stringify({
      code: 'INVALID_ARGUMENT',
      title: 'Bad',
      detail: 'The request is malformed',
      errors,
    });
    expect(readProblem(400, text)).toEqual({
      code: 'INVALID_ARGUMENT',
      detail: 'The request is malformed; amount: from 1 to 10^18',
    });
  });

  it('tells what is available', () => {
    const text = JSON.stringify({ code: 'INSUFFICIENT_FUNDS', detail: 'Too little', available: '12' });
    expect(readProblem(422, text).detail).toBe('Too little; available 12');
  });

  it('makes do with the page of a proxy', () => {
    const page = '<html>\n<body><h1>502 Bad Gateway</h1></body></html>';
    expect(readProblem(502, page)).toEqual({ code: 'HTTP_502', detail: '502 Bad Gateway' });
    expect(readProblem(503, '')).toEqual({ code: 'HTTP_503', detail: 'an answer without a text' });
    expect(readProblem(500, 'null').code).toBe('HTTP_500');
  });
});

describe('readRetryAfterMs', () => {
  it.each([
    ['3', 3_000],
    [undefined, undefined],
    ['soon', undefined],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('reads %j', (header, expected) => {
    expect(readRetryAfterMs(header)).toBe(expected);
  });
});
