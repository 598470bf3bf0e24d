import { Silence } from './silence';

describe('the silence of workers', () => {
  test('is counted in questions without an answer, each worker’s for itself', () => {
    const silence = new Silence();
    expect([silence.ask(1), silence.ask(1), silence.ask(1)]).toEqual([0, 1, 2]);
    expect(silence.ask(2)).toBe(0);
  });

  test('ends with whatever the worker says', () => {
    const silence = new Silence();
    silence.ask(1);
    silence.ask(1);
    silence.hear(1);
    expect(silence.ask(1)).toBe(0);
    silence.forget(1);
    expect(silence.ask(1)).toBe(0);
  });
});
