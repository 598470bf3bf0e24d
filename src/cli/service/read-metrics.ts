import { OperatorFault } from '../faults';
import type { ServiceClient } from './service-client';

/** What `/metrics` says, of whichever instance answers. @throws NotSettled, OperatorFault */
export async function readMetrics(client: ServiceClient): Promise<string> {
  const { status, text } = await client.probe('/metrics');
  if (status !== 200 || !/^hotsplit_/m.test(text))
    throw new OperatorFault(
      `${client.url}/metrics answers ${status} and no metrics of the service: a proxy may keep them to itself`,
    );
  return text;
}
