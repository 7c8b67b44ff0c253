/** A paragraph's editor. The text is there at once; CodeMirror takes its place when it has loaded. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CodeEditor, EditorWishes } from "../editor";

const loading = import("../editor");

interface EditorProps extends EditorWishes {
  /** Changes when the editor shall take the focus. */
  focusOn: number;
  /** The text at this very moment; what is drawn can be a few keystrokes behind. */
  textNow: () => string;
}

export function Editor(props: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let isGone = false;
    void loading.then(({ createEditor }) => {
      if (isGone || !place.current) return;
      editor.current = createEditor(place.current, {
        ...latest.current,
        text: latest.current.textNow(),
        onType: (text) => latest.current.onType(text),
        onRun: (isGoingOn) => latest.current.onRun(isGoingOn),
        onBlur: () => latest.current.onBlur(),
      });
      setReady(true);
    });
    return () => {
      isGone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => editor.current?.setText(latest.current.textNow()), [isReady, props.text]);
  useEffect(() => editor.current?.setLanguage(props.language), [isReady, props.language]);
  useEffect(() => editor.current?.setReadOnly(props.isReadOnly), [isReady, props.isReadOnly]);
  useEffect(() => {
    if (props.focusOn > 0) editor.current?.focus();
  }, [isReady, props.focusOn]);
  return (
    <div class={props.isReadOnly ? "editor read-only" : "editor"}>
      {!isReady && <pre class="editor-text">{props.text || "\u00a0"}</pre>}
      <div ref={place} />
    </div>
  );
}
