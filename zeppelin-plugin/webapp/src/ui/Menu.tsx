/** A small menu behind a button; closes on Escape, on a choice and when the focus goes elsewhere. */
import { useRef, useState } from "preact/hooks";
import { Icon } from "./Icon";

export interface Choice {
  name: string;
  isDanger?: boolean;
  isOff?: boolean;
  act: () => void;
}

export function Menu({ label, choices }: { label: string; choices: readonly Choice[] }) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const close = (isBack: boolean) => {
    setOpen(false);
    if (isBack) button.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (!isOpen) return;
    if (event.key === "Escape") close(true);
    const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + way + items.length) % items.length]?.focus();
  };
  const onBlur = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only listens for what bubbles up
    <div class="menu" ref={box} onKeyDown={onKey} onFocusOut={onBlur}>
      <button
        ref={button}
        type="button"
        class="button quiet"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label}>
          {choices.map((choice) => (
            <button
              key={choice.name}
              type="button"
              role="menuitem"
              class={choice.isDanger ? "danger" : ""}
              disabled={choice.isOff}
              onClick={() => {
                close(false);
                choice.act();
              }}
            >
              {choice.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
