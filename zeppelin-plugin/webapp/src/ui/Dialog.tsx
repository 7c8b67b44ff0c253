/** Questions to the user, in the browser's own modal dialog: it keeps the focus and closes on Escape. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface DialogProps {
  title: string;
  /** What the button that goes ahead says. */
  go: string;
  isDanger?: boolean;
  isReady?: boolean;
  onGo: () => void;
  onCancel: () => void;
  children: ComponentChildren;
}

export function Dialog(props: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (props.isReady !== false) props.onGo();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title" onClose={props.onCancel}>
      <form onSubmit={submit}>
        <h2 id="dialog-title">{props.title}</h2>
        {props.children}
        <div class="dialog-buttons">
          <button type="button" class="button" onClick={props.onCancel}>
            Cancel
          </button>
          <button
            type="submit"
            class={`button ${props.isDanger ? "danger" : "primary"}`}
            disabled={props.isReady === false}
          >
            {props.go}
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface AskNameProps {
  title: string;
  go: string;
  initial: string;
  hint: string;
  fault: (name: string) => string | undefined;
  onGo: (name: string) => void;
  onCancel: () => void;
}

export function AskName({ initial, fault, onGo, hint, ...rest }: AskNameProps) {
  const [name, setName] = useState(initial);
  const [isTouched, setTouched] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const problem = fault(name);
  return (
    <Dialog {...rest} isReady={problem === undefined} onGo={() => onGo(name)}>
      <label class="field">
        <span>Name</span>
        <input
          ref={field}
          type="text"
          value={name}
          autocomplete="off"
          spellcheck={false}
          aria-describedby="name-hint"
          aria-invalid={isTouched && problem !== undefined}
          onInput={(event) => {
            setTouched(true);
            setName(event.currentTarget.value);
          }}
        />
      </label>
      <p id="name-hint" class={isTouched && problem ? "hint fault" : "hint"} aria-live="polite">
        {(isTouched && problem) || hint}
      </p>
    </Dialog>
  );
}
