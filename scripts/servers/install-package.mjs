// Installs one Debian package without letting it start its service:  install-package.mjs <package>
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { exclusively } from '../bootstrap/exclusive.mjs';
import { runChild } from '../children/run-child.mjs';

const policyFile = '/usr/sbin/policy-rc.d';
const policy =
  '#!/bin/sh\n# Made by hotsplit while it installs a server, and removed right after: start no service.\nexit 101\n';
const outputLinesMax = 15;

const debianPackage = process.argv[2];
// Whoever started this may be gone when it ends.
process.stderr.on('error', () => {});

try {
  await exclusively('apt-get', () =>
    withServicesHeldBack(async () => {
      await aptGet(['update', '-qq']);
      await aptGet(['install', '-y', '-qq', '--no-install-recommends', debianPackage]);
    }),
  );
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** Debian starts a package's service on installation unless this policy says no. A policy that is there stays as it is. */
async function withServicesHeldBack(work) {
  const ours = !existsSync(policyFile) || readFileSync(policyFile, 'utf8') === policy;
  if (!ours) return work();
  writeFileSync(policyFile, policy);
  chmodSync(policyFile, 0o755);
  try {
    return await work();
  } finally {
    rmSync(policyFile, { force: true });
  }
}

async function aptGet(args) {
  const { exitCode, output } = await runChild('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    capture: true,
  });
  if (exitCode === 0) return;
  const tail = output.trimEnd().split('\n').slice(-outputLinesMax).join('\n');
  throw new Error(`apt-get ${args.join(' ')} failed:\n${tail}`);
}
