import { readFileSync } from 'node:fs';

const pollMs = 250;

/**
 * Calls `onGone` once if the npm that runs this script dies without passing anything on. That happens: npm runs a
 * script through `sh -c`, so `kill <npm>` ends npm and that shell and nobody tells the script; kill -9 tells nobody
 * at all. Does nothing for a script that was not started by npm. Answers a function that ends the watch.
 */
export function watchLauncher(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  // A shell between npm and us outlives npm, so its parent is watched too. If the shell made way for us (exec), the
  // parent is npm, and npm's own parent may come and go as it likes.
  const shellBetween = read(`/proc/${parent}/cmdline`)?.split('\0')[1] === '-c';
  const grandparent = shellBetween ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent && (!shellBetween || parentOf(parent) === grandparent)) return;
    clearInterval(timer);
    onGone();
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}

function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
