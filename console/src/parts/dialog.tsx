import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Refusal } from '../api/client';
import { Button } from './basics';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** The browser's own dialog: it keeps the focus inside, closes with Escape and gives the focus back. */
export function Dialog({ title, close, class: extra = '', children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${extra}`}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <header class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <Button tone="quiet" aria-label="Close" onClick={close}>
          ✕
        </Button>
      </header>
      {children}
    </dialog>
  );
}

interface FormDialogProps {
  readonly title: string;
  /** What the button says, with the name of what is changed. */
  readonly confirm: string;
  readonly tone?: 'main' | 'danger';
  readonly isReady?: boolean;
  /** Of what cannot be undone: what somebody must type first. */
  readonly typed?: string;
  readonly submit: () => Promise<void>;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A change that is confirmed: fields, what will happen, and a button that names what it happens to. */
export function FormDialog(props: FormDialogProps) {
  const { title, confirm, tone = 'main', isReady = true, typed, submit, close, children } = props;
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [refusal, setRefusal] = useState<Refusal>();
  const send = async (): Promise<void> => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await submit();
      close();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setRefusal(error);
      setBusy(false);
    }
  };
  const isHeldBack = typed !== undefined && said !== typed;
  return (
    <Dialog title={title} close={close}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isHeldBack && !isBusy) void send();
        }}
      >
        {children}
        {typed !== undefined && (
          <label class="field">
            <span>
              Type <strong>{typed}</strong> to confirm
            </span>
            <input
              name="confirmation"
              value={said}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => {
                setSaid(event.currentTarget.value);
              }}
            />
          </label>
        )}
        {refusal && (
          <p class="refusal" role="alert">
            {refusal.faults || refusal.message} <span class="muted">({refusal.code})</span>
          </p>
        )}
        <footer class="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" tone={tone} disabled={!isReady || isHeldBack || isBusy}>
            {isBusy ? 'Working …' : confirm}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
