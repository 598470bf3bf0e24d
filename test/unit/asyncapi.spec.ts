import { Parser } from '@asyncapi/parser';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EVENT_TYPES } from '../../src/contract/events';

const TEXT = readFileSync(resolve(__dirname, '../../docs/asyncapi.yaml'), 'utf8');

/** What the parser's numbers mean: a document with hints of the last kind only is as it should be. */
const SEVERITIES = ['error', 'warning', 'information', 'hint'];

describe('docs/asyncapi.yaml', () => {
  it('is AsyncAPI, without an error or a warning', async () => {
    const { document, diagnostics } = await new Parser().parse(TEXT);
    const found = diagnostics.map(
      ({ severity, message, path }) => `${String(SEVERITIES[severity])} ${path.join('.')}: ${message}`,
    );
    expect(found.filter((each) => /^(error|warning) /.test(each))).toEqual([]);
    const messages = document?.allMessages().all() ?? [];
    expect(new Set(messages.map((message) => message.name()))).toEqual(new Set(EVENT_TYPES));
  });
});
