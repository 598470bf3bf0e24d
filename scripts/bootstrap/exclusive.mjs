import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 200;

/**
 * Runs `work` while no other process of this user runs something under the same key; waits for its turn at most
 * `waitMsMax`. The lock is a file outside the checkout, because `npm ci` empties node_modules. A lock whose owner is
 * dead is taken over, so nothing has to be tidied up after a kill -9.
 */
export async function exclusively(key, work, { waitMsMax = 15 * 60_000, onWait = () => {} } = {}) {
  const digest = createHash('sha256').update(`${key}\0${process.getuid?.()}`).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `hotsplit-${digest}.lock`);
  const own = JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid), token: randomUUID() });
  const deadline = Date.now() + waitMsMax;
  let announced = false;
  while (!tryCreate(file, own)) {
    const found = read(file);
    if (found === undefined) continue;
    const owner = parse(found);
    if (!isAlive(owner)) {
      takeAway(file, found);
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(`process ${owner.pid} has held ${file} for too long; end it, or remove the file`);
    }
    if (!announced) onWait(owner.pid);
    announced = true;
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    if (read(file) === own) rmSync(file, { force: true });
  }
}

/** Linking a finished file into place is atomic and shows it with its content; false when there is one already. */
function tryCreate(file, content) {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a dead owner's lock. Renamed first and looked at again: between two looks it may have become a live one's. */
function takeAway(file, expected) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== expected) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  rmSync(aside, { force: true });
}

function isAlive({ pid, startedAt }) {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  // The number may have been given to another process meanwhile; its start time tells.
  const start = processStart(pid);
  return start === null || startedAt === null || start === startedAt;
}

/** When the process started, in the kernel's ticks; null where there is no /proc to ask. */
function processStart(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // Fields are counted behind the command's closing bracket, since the command may contain blanks.
  return stat === undefined ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
