import { shownSafely } from './shown-safely';

describe('what the audit log shows', () => {
  it.each([
    ['https://hooks.example.com:8443/T0/B1/token?key=x', 'https://hooks.example.com:8443/*/*/*?*'],
    ['https://example.com', 'https://example.com/'],
    ['http://[2001:db8::1]/token', 'http://[2001:db8::1]/*'],
    ['https://user:hunter2@example.com/', '(secret)'],
    ['https://user:hunter2/x@example.com/', '(secret)'],
    ['mysql://user:hunter2@example.com/db', '(secret)'],
    ['mysql:/hunter2', '(secret)'],
    ['hunter2', '(secret)'],
  ])('of the address %s is %s', (url, shown) => {
    expect(shownSafely({ url })).toEqual({ url: shown });
  });
});
