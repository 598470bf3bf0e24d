import type { Answer, Call } from './child-process';

/** What a child process does on request. Arguments and results cross the process border as JSON. */
export type Duties = Readonly<Record<string, (argument: never) => unknown>>;

/** Serves the process that started this one, until that one lets go or is gone; then leaves and ends. */
export function answerParent(duties: Duties, leave: () => Promise<void>): void {
  process.on('message', (call: Call) => {
    void perform(duties, call).then((answer) => process.send?.(answer));
  });
  process.once('disconnect', () => {
    leave().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  // The terminal sends Ctrl-C to parent and children alike; it is the parent's to decide.
  process.on('SIGINT', () => undefined);
}

async function perform(duties: Duties, { id, name, argument }: Call): Promise<Answer> {
  try {
    const duty = duties[name];
    if (!duty) throw new Error(`there is no duty "${name}"`);
    return { id, result: await duty(argument as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
