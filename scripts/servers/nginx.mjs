import { bringCommands } from './bring-commands.mjs';

/** The proxy that deploy/nginx.conf is for. */
export async function bringNginx(report) {
  const { nginx } = await bringCommands({
    product: 'nginx',
    commands: ['nginx'],
    debianPackage: 'nginx',
    report,
  });
  return nginx;
}
