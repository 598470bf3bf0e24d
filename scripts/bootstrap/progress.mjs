/**
 * Runs `work` and tells on stderr (stdout belongs to the command's own answer) what is going on: one line that counts
 * the seconds on a terminal, one plain line at either end elsewhere. `work` gets `say(text)` for the odd line between.
 */
export async function withProgress(what, work) {
  const startedAt = Date.now();
  const elapsed = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const { isTTY } = process.stderr;
  const draw = () => process.stderr.write(`\r\x1b[K${what} … ${elapsed()}`);
  const clear = () => isTTY && process.stderr.write('\r\x1b[K');
  const say = (text) => {
    clear();
    process.stderr.write(`${text}\n`);
  };
  if (!isTTY) process.stderr.write(`${what} …\n`);
  const ticking = isTTY ? setInterval(draw, 200) : undefined;
  try {
    const result = await work(say);
    say(`${what}: done in ${elapsed()}`);
    return result;
  } catch (error) {
    say(`${what}: failed after ${elapsed()}`);
    throw error;
  } finally {
    clearInterval(ticking);
  }
}
