import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runChild } from '../children/run-child.mjs';
import { findCommand } from './find-command.mjs';

const installer = fileURLToPath(new URL('install-package.mjs', import.meta.url));

/**
 * Finds a server's commands on this machine or, as root on Debian or Ubuntu, installs the package that has them.
 * Answers {[command]: path}; throws with the words to act on when neither works.
 */
export async function bringCommands({ product, commands, debianPackage, report }) {
  const found = findAll(commands);
  if (found) return found;
  if (findCommand('apt-get') && process.getuid?.() === 0) {
    report(
      `${product} is not on this machine: installing the package ${debianPackage} (this happens once) …`,
    );
    await installPackage(debianPackage);
    report(`${product} is installed`);
  }
  const installed = findAll(commands);
  if (installed) return installed;
  throw new Error(
    `${product} is needed and not here (${commands.join(', ')}). Install it, on Debian or Ubuntu with ` +
      `"sudo apt-get install --no-install-recommends ${debianPackage}", and run this again`,
  );
}

/** The same for a file that is no command. */
export async function bringFile({ product, file, debianPackage, report }) {
  if (!existsSync(file) && findCommand('apt-get') && process.getuid?.() === 0) {
    report(
      `${product} is not on this machine: installing the package ${debianPackage} (this happens once) …`,
    );
    await installPackage(debianPackage);
  }
  if (!existsSync(file))
    throw new Error(
      `${product} is not here (${file}): on Debian or Ubuntu the package ${debianPackage} has it`,
    );
}

/** A process of its own that finishes even if this one is stopped: a half-configured package blocks the next apt-get. */
async function installPackage(debianPackage) {
  const options = { capture: true, toTheEnd: true };
  const { exitCode, output } = await runChild(process.execPath, [installer, debianPackage], options);
  if (exitCode !== 0) throw new Error(output.trim());
}

function findAll(commands) {
  const paths = commands.map((command) => [command, findCommand(command)]);
  return paths.every(([, path]) => path) ? Object.fromEntries(paths) : undefined;
}
