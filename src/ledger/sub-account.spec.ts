import { row } from '../../test/models/commands';
import { type SubAccount, type SubAccountState, withState } from './sub-account';

describe('withState', () => {
  test.each<[string, Partial<SubAccount>, SubAccountState]>([
    ['with money available', { availableMinor: 1n }, 'draining'],
    ['with money held', { heldMinor: 1n }, 'draining'],
    ['that is empty', {}, 'closed'],
  ])('a row out of use %s is as it should be, whatever it was called', (_what, given, state) => {
    for (const was of ['draining', 'closed'] as const)
      expect(withState(row({ ...given, state: was })).state).toBe(state);
    expect(withState(row(given), false).state).toBe(state);
  });

  test('a row in use is open, empty or not, and stays so until it is said to be out of use', () => {
    expect(withState(row()).state).toBe('open');
    expect(withState(row({ state: 'closed' }), true).state).toBe('open');
    expect(withState(row({ availableMinor: 1n, state: 'draining' }), true).state).toBe('open');
  });

  test('a row that is as it should be is the very same row', () => {
    const rows = [
      row({ availableMinor: 1n }),
      row({ heldMinor: 1n, state: 'draining' }),
      row({ state: 'closed' }),
    ];
    for (const each of rows) expect(withState(each)).toBe(each);
  });
});
