import { get, part, Refusal } from '../api/client';
import type { Entry, Found, Page } from '../api/shapes';
import { usePolled } from '../live/use-polled';
import { Amount, Code, Empty, Fact, Facts, Shown, Status, Time } from '../parts/basics';
import { Dialog } from '../parts/dialog';

interface EntryDialogProps {
  readonly account: string;
  readonly asset: string;
  /** Of the deduction or hold; of the entry itself where it is neither. */
  readonly requestId: string;
  readonly entry?: Entry;
  readonly close: () => void;
}

interface Life {
  readonly deduction: Found | undefined;
  readonly hold: Found | undefined;
  readonly reversals: readonly Entry[];
}

/** One request from its coming to its end: received, screened, charged, held, confirmed, reversed. */
export function EntryDialog({ account, asset, requestId, entry, close }: EntryDialogProps) {
  const path = `/v1/accounts/${part(account)}`;
  const life = usePolled<Life>(
    `${path} ${requestId}`,
    (signal) => lifeOf({ path, requestId, kind: entry?.kind }, signal),
    3_000,
  );
  return (
    <Dialog title={`Request ${requestId}`} close={close} class="dialog-wide">
      <Shown polled={life}>
        {({ deduction, hold, reversals }) => (
          <>
            {entry && entry.kind === 'credit' && <Step title="Credit" found={entry} asset={asset} />}
            {deduction && <Step title="Deduction" found={deduction} asset={asset} />}
            {hold && <Step title="Hold" found={hold} asset={asset} />}
            {reversals.map((each) => (
              <Step key={each.requestId} title="Reversal" found={each} asset={asset} />
            ))}
            {!deduction && !hold && entry?.kind !== 'credit' && (
              <Empty>
                No deduction and no hold took effect under this id. A refused request leaves nothing behind,
                and a credit is found in the list.
              </Empty>
            )}
          </>
        )}
      </Shown>
    </Dialog>
  );
}

interface Asked {
  readonly path: string;
  readonly requestId: string;
  /** Of the entry that was chosen; unknown for an id that somebody typed. */
  readonly kind: string | undefined;
}

/** Asks for what the entry can be only. Somebody who typed an id wants to know of whatever has it. */
async function lifeOf({ path, requestId, kind }: Asked, signal: AbortSignal): Promise<Life> {
  const none = Promise.resolve(undefined);
  const isCredit = kind === 'credit';
  const isHold = kind === undefined || kind === 'hold-confirmation' || kind === 'reversal';
  const [deduction, hold, reversed] = await Promise.all([
    isCredit || kind === 'hold-confirmation'
      ? none
      : orNothing(get<Found>(`${path}/deductions/${part(requestId)}`, signal)),
    isHold ? orNothing(get<Found>(`${path}/holds/${part(requestId)}`, signal)) : none,
    // Not all there may be: the API lists reversals by time, and these are the newest thousand.
    isCredit ? none : orNothing(get<Page<Entry>>(`${path}/entries?kind=reversal&limit=1000`, signal)),
  ]);
  const reversals = (reversed?.items ?? []).filter(({ reverses }) => reverses === requestId);
  return { deduction, hold, reversals: reversals.reverse() };
}

/** What is not there, or not for this key, is left out. */
async function orNothing<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal && [403, 404].includes(error.problem.status)) return undefined;
    throw error;
  }
}

function Step({
  title,
  found,
  asset,
}: {
  readonly title: string;
  readonly found: Found;
  readonly asset: string;
}) {
  const { status, amount, requestId, shard, subAccount, createdAt, durability, reference, metadata } = found;
  return (
    <section class="step">
      <h3>
        {title} <Status is={status} />
      </h3>
      <Facts>
        <Fact name="Amount">
          <Amount minor={amount} asset={asset} />
        </Fact>
        {found.confirmedAmount !== undefined && (
          <Fact name="Taken of it">
            <Amount minor={found.confirmedAmount} asset={asset} />
          </Fact>
        )}
        <Fact name="Request id">
          <Code>{requestId}</Code>
        </Fact>
        {found.receivedAt !== undefined && (
          <Fact name="Received">
            <Time at={found.receivedAt} />
          </Fact>
        )}
        {found.screening && (
          <Fact name="Screening">
            {found.screening.verdict} by {found.screening.by}
            {found.screening.reason !== undefined && `: ${found.screening.reason}`}
          </Fact>
        )}
        {found.reason !== undefined && <Fact name="Rejected for">{found.reason}</Fact>}
        {createdAt !== undefined && (
          <Fact name="Took effect">
            <Time at={createdAt} />
          </Fact>
        )}
        {found.endedAt !== undefined && (
          <Fact name="Ended">
            <Time at={found.endedAt} />
          </Fact>
        )}
        {found.expiresAt !== undefined && (
          <Fact name="Expires">
            <Time at={found.expiresAt} />
          </Fact>
        )}
        {shard !== undefined && (
          <Fact name="Where">
            {shard}, sub-account #{subAccount}
          </Fact>
        )}
        {durability !== undefined && <Fact name="Durability">{durability}</Fact>}
        {reference !== undefined && <Fact name="Reference">{reference}</Fact>}
        {Object.entries(metadata ?? {}).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </section>
  );
}
