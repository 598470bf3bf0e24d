import { PROBLEMS } from '../../src/contract/problem-catalog';
import { PROBLEM_CODES } from '../../src/client/problem-codes';

describe('the codes that the client knows', () => {
  it('are all that the service has, and what the client repeats by itself is what comes with 408, 429 or 5xx', () => {
    const known: Readonly<Record<string, { readonly kind: string }>> = PROBLEM_CODES;
    for (const [code, { http }] of Object.entries(PROBLEMS)) {
      const isPassing = http >= 500 || http === 408 || http === 429;
      expect([code, known[code]?.kind]).toEqual([code, isPassing ? 'passing' : 'refused']);
    }
  });
});
