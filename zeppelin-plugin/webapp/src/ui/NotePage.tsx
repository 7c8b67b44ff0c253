/** An open notebook: its head with what can be done to it, and its paragraphs. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isBusy, type NoteInfo } from "../protocol";
import { type Cell as CellState, isProse, type OpenNote, type State, textOf } from "../state";
import { nameFault } from "../tree";
import type { Workbench } from "../workbench";
import { Cell } from "./Cell";
import { AskName, Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

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
  const cells = shownCells(note);
  const { focus, onDone, onInsert } = useFocus(cells, fresh, bench);
  return (
    <article class="note" aria-labelledby="note-title">
      <NoteHead note={note} path={path} notes={notes} isOnline={isOnline} bench={bench} />
      <Orphans note={note} bench={bench} />
      {cells.map((cell, index) => (
        <Cell
          key={cell.paragraph.id}
          cell={cell}
          index={index}
          count={cells.length}
          interpreter={note.interpreter}
          mayWrite={note.mayWrite}
          isOnline={isOnline}
          isNoteRunning={note.isRunning}
          focusOn={focus.id === cell.paragraph.id ? focus.times : 0}
          bench={bench}
          onDone={onDone}
          onInsert={onInsert}
        />
      ))}
      {note.mayWrite && (
        <button
          type="button"
          class="add"
          disabled={!isOnline || note.isRunning}
          onClick={() => onInsert(note.cells.length)}
        >
          <Icon name="plus" /> Add a paragraph
        </button>
      )}
    </article>
  );
}

/**
 * Which editor shall take the focus: after Shift-Enter the next one, and a paragraph that was
 * asked for here as soon as it is there. One that another window adds leaves the focus alone.
 */
function useFocus(cells: readonly CellState[], fresh: string | undefined, bench: Workbench) {
  const isNew = cells.length === 1 && cells[0] !== undefined && textOf(cells[0]) === "";
  const [focus, setFocus] = useState({ id: isNew ? cells[0]?.paragraph.id : "", times: 1 });
  const latest = useRef(cells);
  latest.current = cells;
  const isExpecting = useRef(false);
  const focusOn = useCallback(
    (id: string) => setFocus(({ times }) => ({ id, times: times + 1 })),
    [],
  );
  useEffect(() => {
    if (fresh && isExpecting.current) focusOn(fresh);
    isExpecting.current = false;
  }, [fresh]);
  const onDone = useCallback((index: number) => {
    const next = latest.current.slice(index + 1).find((cell) => !isProse(cell.paragraph));
    isExpecting.current = next === undefined;
    if (next) focusOn(next.paragraph.id);
  }, []);
  const onInsert = useCallback((index: number) => {
    isExpecting.current = true;
    bench.insert(index);
  }, []);
  return { focus, onDone, onInsert };
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
        {note.mayWrite ? (
          <Menu
            label="More for this notebook"
            choices={[
              { name: "Copy", isOff: !isOnline, act: () => bench.copyNote() },
              { name: "Rename…", isOff: !isOnline, act: () => setQuestion("rename") },
              { name: "Clear all results", isOff: !isOnline, act: () => bench.clearAll() },
              {
                name: "Delete…",
                isDanger: true,
                isOff: !isOnline,
                act: () => setQuestion("delete"),
              },
            ]}
          />
        ) : (
          <button
            type="button"
            class="button primary"
            disabled={!isOnline}
            onClick={() => bench.copyNote()}
          >
            <Icon name="copy" /> Copy to my notebooks
          </button>
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
            <strong>This text is not in the notebook.</strong> Its paragraph was changed or removed
            in another window before the text could be saved. Copy what you need.
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
