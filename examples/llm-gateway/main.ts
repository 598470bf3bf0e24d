/** An LLM gateway: estimate, hold, call the model, confirm at the real cost. It keeps no list, and may die at any moment. */
import { HoldNotHeldError, HotsplitClient, InsufficientFundsError } from 'hotsplit-client';

interface Prompt {
  /** Made by the caller, who sends the same one with every try. */
  readonly id: string;
  readonly text: string;
  readonly tokensMax: number;
}

const TEAM = 'team-research';
/** Micro-dollars a token. The asset is USD/6, because a token costs less than a cent. */
const PRICE = { input: 3n, output: 15n };
const HOLD_SECONDS = 600;
/** To see what a crash does: the process ends by itself between hold and confirm of this prompt, counted from 1. */
const CRASH_AFTER = Number(process.env['CRASH_AFTER'] ?? Infinity);

const client = new HotsplitClient({
  endpoints: process.env['HOTSPLIT_URL'] ?? 'http://127.0.0.1:8080',
  apiKey: process.env['HOTSPLIT_KEY'] ?? '',
});
const outcome = { answered: 0, answeredBefore: 0, refused: 0, failed: 0 };
let held = 0;

await client.createAccount({ id: TEAM, asset: 'USD/6', subAccounts: 2, initialBalance: 40_000n });
for (const prompt of promptsOfTheCallers()) outcome[await serve(prompt)] += 1;

const { available, held: heldMinor } = await client.balance(TEAM);
console.log(JSON.stringify({ ...outcome, available: available.toString(), held: heldMinor.toString() }));
await client.close();

async function serve({ id, text, tokensMax }: Prompt): Promise<keyof typeof outcome> {
  const estimate = costOf({ input: tokensOf(text), output: tokensMax });
  try {
    // Of a prompt that is tried again this finds the hold that its first try took, and takes no second one.
    await client.hold({ accountId: TEAM, amount: estimate, requestId: id, expiresInSeconds: HOLD_SECONDS });
  } catch (error) {
    if (error instanceof InsufficientFundsError) return 'refused';
    // The answer was paid for before the crash: it may be shown again, and nothing more is taken.
    if (error instanceof HoldNotHeldError && error.hold.status === 'confirmed') return 'answeredBefore';
    throw error;
  }
  held += 1;
  if (held === CRASH_AFTER) process.kill(process.pid, 'SIGKILL');
  const used = await callModel(text, tokensMax);
  if (used === undefined) {
    // The model failed, so all that was held is available again.
    await client.cancelHold({ accountId: TEAM, holdId: id });
    return 'failed';
  }
  await client.confirmHold({ accountId: TEAM, holdId: id, amount: costOf(used) });
  return 'answered';
}

function costOf({ input, output }: { input: number; output: number }): bigint {
  return PRICE.input * BigInt(input) + PRICE.output * BigInt(output);
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** In place of a model: an answer half as long as it may be, and a fault for a prompt without words. */
async function callModel(
  text: string,
  tokensMax: number,
): Promise<{ input: number; output: number } | undefined> {
  await Promise.resolve();
  if (text.trim() === '') return undefined;
  return { input: tokensOf(text), output: tokensMax / 2 };
}

/** In place of callers over HTTP. The last one asks for more than the team has left. */
function promptsOfTheCallers(): Prompt[] {
  const prompts = Array.from({ length: 6 }, (_, n) => ({
    id: `prompt-${n + 1}`,
    text: 'Why is one row not enough?'.repeat(n + 1),
    tokensMax: 200,
  }));
  return [
    ...prompts,
    { id: 'prompt-empty', text: ' ', tokensMax: 200 },
    { id: 'prompt-long', text: 'All of it, please.', tokensMax: 100_000 },
  ];
}
