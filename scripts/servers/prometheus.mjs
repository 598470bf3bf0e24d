import { bringCommands } from './bring-commands.mjs';

/** Prometheus, and its tool that checks and tests rules. */
export function bringPrometheus(report) {
  return bringCommands({
    product: 'Prometheus',
    commands: ['prometheus', 'promtool'],
    debianPackage: 'prometheus',
    report,
  });
}
