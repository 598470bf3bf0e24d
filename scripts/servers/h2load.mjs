import { bringCommands } from './bring-commands.mjs';

/** The HTTP/2 load generator of nghttp2, which drives gRPC calls one by one faster than a client in JavaScript could. */
export async function bringH2load(report) {
  const { h2load } = await bringCommands({
    product: 'h2load',
    commands: ['h2load'],
    debianPackage: 'nghttp2-client',
    report,
  });
  return h2load;
}
