/** The code editor of a paragraph: CodeMirror with what this page needs of it, in a chunk of its own. */
import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import {
  bracketMatching,
  defineLanguageFacet,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  Language as ParsedLanguage,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import { scala } from "@codemirror/legacy-modes/mode/clike";
import { r } from "@codemirror/legacy-modes/mode/r";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { Compartment, EditorState, type Extension, Prec } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, keymap, ViewPlugin } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { parser as markdown } from "@lezer/markdown";
import type { Language } from "./language";

export interface EditorWishes {
  text: string;
  language: Language;
  label: string;
  isReadOnly: boolean;
  onType: (text: string) => void;
  /** Shift-Enter runs and goes on to the next paragraph, Ctrl-Enter runs and stays. */
  onRun: (isGoingOn: boolean) => void;
  onBlur: () => void;
}

export interface CodeEditor {
  setText: (text: string) => void;
  setLanguage: (language: Language) => void;
  setReadOnly: (isReadOnly: boolean) => void;
  focus: () => void;
  destroy: () => void;
}

export function createEditor(parent: HTMLElement, wishes: EditorWishes): CodeEditor {
  const language = new Compartment();
  const editable = new Compartment();
  let isSettingText = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: wishes.text,
      extensions: [
        runKeys(wishes),
        BASICS,
        language.of(LANGUAGES[wishes.language]()),
        editable.of(readOnly(wishes.isReadOnly)),
        EditorView.contentAttributes.of({
          "aria-label": wishes.label,
          "aria-description": "Shift-Enter runs. Escape, then Tab leaves the editor.",
        }),
        EditorView.domEventHandlers({ blur: () => wishes.onBlur() }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !isSettingText) wishes.onType(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText: (text) => {
      const change = changeTo(view.state.doc.toString(), text);
      if (!change) return;
      isSettingText = true;
      view.dispatch({ changes: change });
      isSettingText = false;
    },
    setLanguage: (name) => view.dispatch({ effects: language.reconfigure(LANGUAGES[name]()) }),
    setReadOnly: (isReadOnly) =>
      view.dispatch({ effects: editable.reconfigure(readOnly(isReadOnly)) }),
    focus: () => {
      const { main } = view.state.selection;
      if (main.empty && main.head === 0)
        view.dispatch({ selection: { anchor: view.state.doc.length } });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

/** The smallest change from one text to another in one piece: the cursor stays where it is. */
export function changeTo(before: string, after: string) {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const insert = after.slice(head, after.length - tail);
  return { from: head, to: before.length - tail, insert };
}

function runKeys(wishes: EditorWishes): Extension {
  const run = (isGoingOn: boolean) => () => {
    wishes.onRun(isGoingOn);
    return true;
  };
  return Prec.highest(
    keymap.of([
      { key: "Shift-Enter", run: run(true) },
      { key: "Mod-Enter", run: run(false) },
    ]),
  );
}

/** Read-only text can still be selected, copied and reached with the keyboard. */
function readOnly(isReadOnly: boolean): Extension {
  return [
    EditorState.readOnly.of(isReadOnly),
    EditorView.editable.of(!isReadOnly),
    isReadOnly ? EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }) : [],
  ];
}

const markdownLanguage = new ParsedLanguage(defineLanguageFacet(), markdown, [], "markdown");

const LANGUAGES: Record<Language, () => Extension> = {
  python: () => [python(), indentUnit.of("    ")],
  sql: () => sql({ dialect: PostgreSQL }),
  markdown: () => markdownLanguage,
  scala: () => StreamLanguage.define(scala),
  shell: () => StreamLanguage.define(shell),
  r: () => StreamLanguage.define(r),
  plain: () => [],
};

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.comment, tags.meta], color: "var(--code-comment)", fontStyle: "italic" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.className],
    color: "var(--code-name)",
  },
  { tag: [tags.typeName, tags.standard(tags.variableName)], color: "var(--code-type)" },
  { tag: tags.heading, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: [tags.link, tags.url], color: "var(--link)" },
  { tag: tags.monospace, color: "var(--code-string)" },
]);

/** The line that names the interpreter is no part of the language; it looks like a label. */
const MAGIC_LINE = ViewPlugin.define(
  (view) => ({
    decorations: magicLine(view),
    update(update) {
      if (update.docChanged) this.decorations = magicLine(update.view);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

function magicLine(view: EditorView) {
  const first = view.state.doc.line(1);
  if (!/^\s*%\w/.test(first.text)) return Decoration.none;
  return Decoration.set(Decoration.mark({ class: "cm-magic" }).range(first.from, first.to));
}

const BASICS: Extension = [
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ activateOnTyping: false }),
  syntaxHighlighting(COLOURS),
  MAGIC_LINE,
  EditorView.lineWrapping,
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
];
