/**
 * An LLM gateway: estimate, hold, stream, settle at what it really cost. It keeps no list of its own, and may die at any moment: what it
 * left behind it finds by asking for the holds that stand.
 */
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
const HOLD_SECONDS = Number(process.env['HOLD_SECONDS'] ?? 600);
/** To see what a crash does: the process ends by itself in the middle of this answer, counted from 1. */
const CRASH_IN = Number(process.env['CRASH_IN'] ?? Infinity);

const client = new HotsplitClient({
  endpoints: process.env['HOTSPLIT_URL'] ?? 'http://127.0.0.1:8080',
  apiKey: process.env['HOTSPLIT_KEY'] ?? '',
});
const outcome = { answered: 0, answeredBefore: 0, cutOff: 0, refused: 0, failed: 0, released: 0 };
let streamed = 0;

await client.createAccount({ id: TEAM, asset: 'USD/6', subAccounts: 2, initialBalance: 40_000n });
await releaseWhatIsLeft();
for (const prompt of promptsOfTheCallers()) outcome[await serve(prompt)] += 1;

const { available, held } = await client.balance(TEAM);
console.log(JSON.stringify({ ...outcome, available: available.toString(), held: held.toString() }));
await client.close();

/** Nobody streams to these any more. What was streamed was captured as it came; the rest is the team's again. */
async function releaseWhatIsLeft(): Promise<void> {
  for await (const { holdId } of client.holds({ accountId: TEAM, status: 'held' })) {
    await client.cancelHold({ accountId: TEAM, holdId });
    outcome.released += 1;
  }
}

async function serve({ id, text, tokensMax }: Prompt): Promise<keyof typeof outcome> {
  const input = PRICE.input * BigInt(Math.ceil(text.length / 4));
  const amount = input + PRICE.output * BigInt(tokensMax);
  try {
    await client.hold({ accountId: TEAM, amount, requestId: id, expiresInSeconds: HOLD_SECONDS });
  } catch (error) {
    if (error instanceof InsufficientFundsError) return 'refused';
    // It was paid for before: nothing more is taken, whether it came to its end or was cut off by a crash.
    if (error instanceof HoldNotHeldError)
      return error.hold.status === 'confirmed' ? 'answeredBefore' : 'cutOff';
    throw error;
  }
  if (text.trim() === '') {
    // The model failed, so all that was held is available again.
    await client.cancelHold({ accountId: TEAM, holdId: id });
    return 'failed';
  }
  streamed += 1;
  for await (const { part, tokens, isLast } of callModel(tokensMax)) {
    const cost = PRICE.output * BigInt(tokens) + (part === 1 ? input : 0n);
    // Each part under an id of its own, so that whatever is sent twice is taken once. The last one releases the rest; a few tokens
    // more than were estimated are taken from what the team has available.
    const capture = { amount: cost, requestId: `part-${part}`, final: isLast, allowMore: true };
    await client.confirmHold({ accountId: TEAM, holdId: id, ...capture, metadata: { tokens: `${tokens}` } });
    if (streamed === CRASH_IN) process.kill(process.pid, 'SIGKILL');
  }
  return 'answered';
}

/** In place of a model: an answer in two parts, together half as long as it may be. */
async function* callModel(tokensMax: number) {
  await Promise.resolve();
  for (const part of [1, 2]) yield { part, tokens: tokensMax / 4, isLast: part === 2 };
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
