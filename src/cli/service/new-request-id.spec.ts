import { isRequestId } from '../../ledger/identifiers';
import { newRequestId } from './new-request-id';

describe('newRequestId', () => {
  it('has the form of UUIDv7', () => {
    expect(newRequestId({ wallMs: Date.UTC(2026, 0, 1), random: Math.random })).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('is a request id, and sorts by time', () => {
    const early = newRequestId({ wallMs: 1_000_000_000_000, random: () => 0.999 });
    const late = newRequestId({ wallMs: 1_000_000_000_001, random: () => 0 });
    expect(isRequestId(early)).toBe(true);
    expect(early < late).toBe(true);
  });
});
