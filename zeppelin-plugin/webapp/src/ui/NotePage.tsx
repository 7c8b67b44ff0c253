/** An open notebook: its head with what can be done to it, and its paragraphs. */
import { useState } from "preact/hooks";
import { isBusy, type NoteInfo } from "../protocol";
import { type OpenNote, type State, textOf } from "../state";
import { nameFault } from "../tree";
import type { Workbench } from "../workbench";
import { Cell } from "./Cell";
import { AskName, Dialog } from "./Dialog";
import { Icon } from "./Icon";

interface NotePageProps {
  note: OpenNote;
  path: string;
  notes: readonly NoteInfo[];
  link: State["link"];
  fresh: string | undefined;
  bench: Workbench;
}

export function NotePage({ note, path, notes, link, fresh, bench }: NotePageProps) {
  const isOnline = link.is === "open";
  const [focus, setFocus] = useState({ id: "", times: 0 });
  const cells = shownCells(note);
  const onDone = (index: number) => {
    const next = cells[index + 1];
    if (next) setFocus({ id: next.paragraph.id, times: focus.times + 1 });
  };
  return (
    <article class="note" aria-labelledby="note-title">
      <NoteHead note={note} path={path} notes={notes} isOnline={isOnline} bench={bench} />
      <Orphans note={note} bench={bench} />
      {cells.map((cell, index) => {
        const { id } = cell.paragraph;
        return (
          <Cell
            key={id}
            cell={cell}
            index={index}
            count={cells.length}
            interpreter={note.interpreter}
            mayWrite={note.mayWrite}
            isOnline={isOnline && !note.isRunning}
            focusOn={focusOf(id, focus, fresh)}
            bench={bench}
            onDone={onDone}
          />
        );
      })}
      {note.mayWrite && (
        <button
          type="button"
          class="add"
          disabled={!isOnline}
          onClick={() => bench.insert(note.cells.length)}
        >
          <Icon name="plus" /> Add a paragraph
        </button>
      )}
    </article>
  );
}

function focusOf(id: string, focus: { id: string; times: number }, fresh: string | undefined) {
  if (focus.id === id) return focus.times;
  return fresh === id && focus.id === "" ? 1 : 0;
}

/** Zeppelin appends an empty paragraph when the last one runs; in a note nobody may edit it is noise. */
function shownCells(note: OpenNote) {
  if (note.mayWrite) return note.cells;
  return note.cells.filter((cell) => textOf(cell).trim() !== "");
}

interface NoteHeadProps {
  note: OpenNote;
  path: string;
  notes: readonly NoteInfo[];
  isOnline: boolean;
  bench: Workbench;
}

function NoteHead({ note, path, notes, isOnline, bench }: NoteHeadProps) {
  const [question, setQuestion] = useState<"rename" | "delete">();
  const folders = path.split("/").filter(Boolean).slice(0, -1);
  const isRunning = note.isRunning || note.cells.some((cell) => isBusy(cell.paragraph.status));
  const name = path.split("/").at(-1) || note.name;
  const close = () => setQuestion(undefined);
  return (
    <header class="note-head">
      <div class="note-names">
        <p class="crumbs">
          {folders.join(" / ")}
          {!note.mayWrite && (
            <span class="tag read-only">
              <Icon name="lock" /> Read-only
            </span>
          )}
        </p>
        <h1 id="note-title">{name}</h1>
        {!note.mayWrite && (
          <p class="hint">You can run it as it is. To change it, copy it to your notebooks.</p>
        )}
      </div>
      <div class="note-deeds">
        {isRunning ? (
          <button
            type="button"
            class="button"
            disabled={!isOnline}
            onClick={() => bench.cancelAll()}
          >
            <Icon name="stop" /> Cancel
          </button>
        ) : (
          <button
            type="button"
            class={note.mayWrite ? "button primary" : "button"}
            disabled={!isOnline}
            onClick={() => bench.runAll()}
          >
            <Icon name="play" /> Run all
          </button>
        )}
        <button
          type="button"
          class={note.mayWrite ? "button" : "button primary"}
          disabled={!isOnline}
          onClick={() => bench.copyNote()}
        >
          <Icon name="copy" /> {note.mayWrite ? "Copy" : "Copy to my notebooks"}
        </button>
        {note.mayWrite && (
          <>
            <button
              type="button"
              class="button"
              disabled={!isOnline}
              onClick={() => setQuestion("rename")}
            >
              Rename
            </button>
            <button
              type="button"
              class="button danger-text"
              disabled={!isOnline}
              onClick={() => setQuestion("delete")}
            >
              Delete
            </button>
          </>
        )}
      </div>
      {question === "rename" && (
        <AskName
          title="Rename the notebook"
          go="Rename"
          initial={name}
          hint={`It stays in “${folders.join("/") || "/"}”.`}
          fault={(wanted) =>
            renameFault(wanted, `/${[...folders, wanted.trim()].join("/")}`, path, notes)
          }
          onGo={(wanted) => {
            close();
            if (wanted.trim() !== name) bench.renameNote(wanted);
          }}
          onCancel={close}
        />
      )}
      {question === "delete" && (
        <Dialog
          title="Delete this notebook?"
          go="Delete"
          isDanger
          onGo={() => {
            close();
            bench.deleteNote();
          }}
          onCancel={close}
        >
          <p>“{name}” and its results will be gone for good.</p>
        </Dialog>
      )}
    </header>
  );
}

function renameFault(
  name: string,
  wanted: string,
  path: string,
  notes: readonly NoteInfo[],
): string | undefined {
  const isTaken = wanted !== path && notes.some((note) => note.path === wanted);
  return nameFault(name) ?? (isTaken ? "There is a notebook of this name already." : undefined);
}

function Orphans({ note, bench }: { note: OpenNote; bench: Workbench }) {
  return (
    <>
      {note.orphans.map((text, index) => (
        <div class="orphan" key={index}>
          <p>
            <strong>This text is not in the notebook.</strong> Its paragraph was removed, here or in
            another window, before the text could be saved. Copy what you need.
          </p>
          <pre class="text">{text}</pre>
          <button
            type="button"
            class="button small"
            onClick={() => bench.dispatch({ type: "discarded", orphan: index })}
          >
            Discard
          </button>
        </div>
      ))}
    </>
  );
}
