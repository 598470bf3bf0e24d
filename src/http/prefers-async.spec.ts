import { prefersAsync } from './prefers-async';

describe('a Prefer header', () => {
  it.each([
    'respond-async',
    'Respond-Async',
    ' respond-async ; wait=10',
    'wait=10, respond-async',
    'return=minimal,respond-async, handling=lenient',
    'respond-async=""',
    'foo="a, b; \\"c"; x, respond-async',
    'respond-async, respond-async=false',
  ])('%j asks for an answer at once', (prefer) => {
    expect(prefersAsync(prefer)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'respond-async=false',
    'respond-async=true',
    'respond-async = 0',
    'respond-async="false"',
    'respond-asynchronously',
    'no-respond-async',
    'foo="respond-async"',
    'foo="x, respond-async"',
    'wait=10; respond-async',
    'respond-async=false, respond-async',
    'respond async',
  ])('%j does not', (prefer) => {
    expect(prefersAsync(prefer)).toBe(false);
  });
});
