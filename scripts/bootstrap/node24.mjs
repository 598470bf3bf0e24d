import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../children/run-child.mjs';
import { repositoryRoot } from './repository.mjs';

/**
 * The pinned Node, which the npm package `node` brings. The service, the build and the tests run under it, so that a
 * machine's own Node only has to be able to run these scripts.
 */
export function node24(root = repositoryRoot) {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Runs the pinned Node with these arguments; answers {exitCode, output}. See runChild for the options. */
export function runNode(args, options) {
  return runChild(node24(), args, options);
}

/** The path of a command that an installed package declares in its "bin", e.g. packageCommand('typescript', 'tsc'). */
export function packageCommand(packageName, command = packageName, root = repositoryRoot) {
  const folder = join(root, 'node_modules', packageName);
  const manifestFile = join(folder, 'package.json');
  if (!existsSync(manifestFile)) throw new Error(`${packageName} is not installed in ${folder}`);
  const { bin } = JSON.parse(readFileSync(manifestFile, 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
