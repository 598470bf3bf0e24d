import { acceptedDocument } from './accepted-document';

describe('what the header Accept asks for', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['*/*', undefined],
    ['application/json', undefined],
    ['application/json, text/plain, */*', undefined],
    ['application/json, text/csv', undefined],
    ['text/csv', 'csv'],
    ['TEXT/CSV; charset=utf-8', 'csv'],
    ['text/csv;q=0.9, application/json;q=0.5', 'csv'],
    ['text/csv;q=0.1, */*;q=0.8', undefined],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['text/csv;q=0', undefined],
    ['text/csv;q=much', undefined],
    ['__proto__, constructor', undefined],
  ])('%s is %s', (accept, form) => {
    expect(acceptedDocument(accept)).toBe(form);
  });
});
