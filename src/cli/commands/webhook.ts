import { type Command, Option } from 'commander';
import { deliveriesPage } from '../../client/lists';
import type { CreatedWebhook, Webhook, WebhookChange, WebhookDelivery } from '../../client/shapes';
import {
  createWebhookCall,
  deleteWebhookCall,
  redeliverCall,
  rotateSecretCall,
  updateWebhookCall,
  webhooksCall,
} from '../../client/webhook-calls';
import { type CommandContext, withService } from '../command-context';
import type { JsonOf } from '../service/service-client';
import type { Columns, Fields } from '../terminal/columns';
import { accountIdArgument, wholeNumber } from '../terminal/option-parsers';
import type { Show } from '../terminal/show';
import { addWatchOptions, showOrWatch, type WatchOptions } from './watching';

/** The longest page of the service. */
const PAGE_LENGTH = 1_000;

interface Filters {
  readonly types?: readonly string[];
  readonly account?: string;
}

interface ChangeOptions extends Filters {
  readonly to?: string;
  readonly allTypes?: true;
  readonly allAccounts?: true;
  readonly enable?: true;
  readonly disable?: true;
}

export function addWebhookCommands(program: Command, context: CommandContext): void {
  const webhook = program.command('webhook').description('have events sent to receivers of yours');
  addWatchOptions(webhook.command('list'))
    .description('list the webhooks, without their secrets')
    .action((options: WatchOptions, command: Command) =>
      showOrWatch(options, { command, context }, async (client, show) => {
        const { body } = await client.call(webhooksCall());
        show.list(body.items, WEBHOOK_COLUMNS);
      }),
    );
  addCreate(webhook, context);
  addChange(webhook, context);
  webhook
    .command('delete')
    .description('delete a webhook and its deliveries')
    .argument('<id>', 'webhook id, as the list shows it')
    .action((webhookId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        await client.call(deleteWebhookCall(webhookId));
        show.done({ webhookId, deleted: true }, 'deleted');
      }),
    );
  webhook
    .command('rotate-secret')
    .description('give a webhook a new secret, printed this once; the old one signs as well for 24 hours')
    .argument('<id>', 'webhook id, as the list shows it')
    .action((webhookId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(rotateSecretCall(webhookId));
        showCreated(body, show, context);
      }),
    );
  addDeliveries(webhook, context);
}

function addCreate(webhook: Command, context: CommandContext): void {
  filtered(webhook.command('create'))
    .description('have events sent to a receiver, from now on; its secret is printed this once')
    .argument('<url>', 'an https address at a public host')
    .action((url: string, { types, account }: Filters, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const wanted = { url, ...(types && { types }), ...(account !== undefined && { accountId: account }) };
        const { body } = await client.call(createWebhookCall(wanted));
        showCreated(body, show, context);
      }),
    );
}

function addChange(webhook: Command, context: CommandContext): void {
  filtered(webhook.command('change'))
    .description('change a webhook; what is not named stays')
    .argument('<id>', 'webhook id, as the list shows it')
    // `--url` names the service, as everywhere.
    .option('--to <url>', 'the receiver: an https address at a public host')
    .addOption(new Option('--all-types', 'events of all types').conflicts('types'))
    .addOption(new Option('--all-accounts', 'events of all accounts').conflicts('account'))
    .option('--enable', 'goes on where it stopped, as far as events are kept')
    .addOption(new Option('--disable', 'sends nothing until it is enabled').conflicts('enable'))
    .action((webhookId: string, options: ChangeOptions, command: Command) =>
      withService(command, context, async (client, { show }) => {
        const { body } = await client.call(updateWebhookCall(changeOf(webhookId, options)));
        show.one(body, webhookFields(body));
      }),
    );
}

function addDeliveries(webhook: Command, context: CommandContext): void {
  addWatchOptions(webhook.command('deliveries'))
    .description('list what was sent to a webhook and what its receiver answered, the newest first')
    .argument('<id>', 'webhook id, as the list shows it')
    .option('--limit <n>', 'how many', wholeNumber(1, PAGE_LENGTH), 50)
    .action(
      (webhookId: string, { limit, ...watch }: WatchOptions & { readonly limit: number }, command: Command) =>
        showOrWatch(watch, { command, context }, async (client, show) => {
          const { body } = await client.call(deliveriesPage({ webhookId })({ limit }));
          show.list(body.items, DELIVERY_COLUMNS);
        }),
    );
  webhook
    .command('redeliver')
    .description('send a delivery again')
    .argument('<id>', 'webhook id, as the list shows it')
    .argument('<delivery>', 'delivery id, as the list of deliveries shows it')
    .action((webhookId: string, deliveryId: string, _options: unknown, command: Command) =>
      withService(command, context, async (client, { show }) => {
        await client.call(redeliverCall({ webhookId, deliveryId }));
        show.done(
          { webhookId, deliveryId, status: 'pending' },
          'it is sent soon; by a webhook that is disabled, once it is enabled',
        );
      }),
    );
}

function filtered(command: Command): Command {
  return command
    .option('--types <types>', 'only these types of events, commas between', (text: string) =>
      text.split(','),
    )
    .option('--account <id>', 'only events of this account', accountIdArgument);
}

function changeOf(webhookId: string, options: ChangeOptions): WebhookChange {
  const { to, types, account, allTypes, allAccounts, enable, disable } = options;
  return {
    webhookId,
    ...(to !== undefined && { url: to }),
    ...(types && { types }),
    ...(allTypes && { types: null }),
    ...(account !== undefined && { accountId: account }),
    ...(allAccounts && { accountId: null }),
    ...(enable && { enabled: true }),
    ...(disable && { enabled: false }),
  };
}

const WEBHOOK_COLUMNS: Columns<JsonOf<Webhook>> = {
  'webhook id': ({ webhookId }) => webhookId,
  url: ({ url }) => url,
  types: ({ types }) => types?.join(', ') ?? 'all',
  account: ({ accountId }) => accountId ?? 'all',
  state: ({ enabled, disabledBecause }) => (enabled ? 'enabled' : `disabled: ${disabledBecause ?? ''}`),
};

const DELIVERY_COLUMNS: Columns<JsonOf<WebhookDelivery>> = {
  'delivery id': ({ deliveryId }) => deliveryId,
  'event id': ({ eventId }) => eventId,
  status: ({ status }) => status,
  answer: ({ answer }) => answer,
  'tried at': ({ triedAt }) => triedAt,
  'again at': ({ nextAt }) => nextAt,
  attempts: ({ attempts }) => attempts,
};

function webhookFields(webhook: JsonOf<Webhook>): Fields {
  return Object.fromEntries(Object.entries(WEBHOOK_COLUMNS).map(([name, cell]) => [name, cell(webhook)]));
}

function showCreated(created: JsonOf<CreatedWebhook>, show: Show, { err }: CommandContext): void {
  show.one(created, { ...webhookFields(created), secret: created.secret });
  err.write('the secret is kept nowhere else: it is shown this once\n');
}
