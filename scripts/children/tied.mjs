import { spawn, spawnSync } from 'node:child_process';

let canTie;

/** util-linux's setpriv can; busybox's of the same name cannot, hence the try rather than a look at the PATH. */
function setprivCanTie() {
  canTie ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return canTie;
}

/**
 * Like child_process.spawn, but on Linux the kernel kills the child the moment this process dies, however it dies
 * (-9 included). setpriv replaces itself with the command, so `child.pid` is the command's own. Elsewhere the child
 * is an ordinary one.
 */
export function spawnTied(command, args, options) {
  if (!setprivCanTie()) return spawn(command, args, options);
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], options);
}
