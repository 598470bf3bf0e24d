import { useEffect, useState } from 'preact/hooks';
import { Refusal } from '../api/client';

const SHOWN_MS = 6_000;
let say: (text: string) => void = () => undefined;

/** Says for a while that something was done; screen readers read it out. */
export function toast(text: string): void {
  say(text);
}

/** Of what is done without a dialog: says why, where the service refuses. */
export async function attempt(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    toast(`${error.message} (${error.code})`);
  }
}

export function Toasts() {
  const [text, setText] = useState('');
  useEffect(() => {
    let timer: number | undefined;
    say = (next) => {
      setText(next);
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        setText('');
      }, SHOWN_MS);
    };
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return (
    <div class={`toast ${text === '' ? 'toast-none' : ''}`} role="status" aria-live="polite">
      {text}
    </div>
  );
}
