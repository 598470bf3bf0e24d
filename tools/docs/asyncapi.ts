import { stringify } from 'yaml';
import { event, EVENTS, type EventType } from '../../src/contract/events';
import { PRODUCT_VERSION } from '../../src/platform/version';

/** The feed as AsyncAPI 3 describes it: docs/asyncapi.yaml, from the contract. */
export function asyncApi(): string {
  const resources = new Map(Object.values(EVENTS).map(({ data }) => [data.$id, withoutId(data)]));
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'hotsplit events',
      version: PRODUCT_VERSION,
      description:
        'What happens to accounts, as CloudEvents 1.0 in JSON. Every event is delivered at least once under the same `id`; events ' +
        'with the same `partitionkey` come in order. docs/events.md says more.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      feed: {
        address: '/v1/events/stream',
        description: 'Server-sent events; `GET /v1/events` has the same page by page.',
        messages: Object.fromEntries(
          Object.keys(EVENTS).map((type) => [
            nameOf(type),
            { $ref: `#/components/messages/${nameOf(type)}` },
          ]),
        ),
      },
    },
    operations: {
      sendEvents: {
        action: 'send',
        channel: { $ref: '#/channels/feed' },
        summary: 'The service tells what happens.',
      },
    },
    components: {
      messages: Object.fromEntries(
        Object.entries(EVENTS).map(([type, { when, data }]) => [
          nameOf(type),
          {
            name: type,
            title: type,
            summary: when,
            contentType: 'application/cloudevents+json',
            payload: {
              allOf: [
                { $ref: `#/components/schemas/${event.$id}` },
                {
                  type: 'object',
                  properties: {
                    type: { const: type },
                    data: { $ref: `#/components/schemas/${data.$id}` },
                  },
                },
              ],
            },
          },
        ]),
      ),
      schemas: { [event.$id]: withoutId(event), ...Object.fromEntries(resources) },
    },
  };
  return `# Made from the contract: npm run docs:generate\n${stringify(document, { aliasDuplicateObjects: false })}`;
}

/** `hotsplit.entry.created` as `entryCreated`. */
function nameOf(type: string): string {
  const [, ...words] = (type as EventType).split('.');
  return words.map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
}

function withoutId(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$id'));
}
