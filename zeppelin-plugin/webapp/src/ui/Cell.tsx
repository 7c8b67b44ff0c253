/** One paragraph: its bar, its editor, what it is doing and what came of it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { interpreterOf, languageOf } from "../language";
import { isBusy, type Paragraph } from "../protocol";
import { type Cell as CellState, isProse, textOf } from "../state";
import type { Workbench } from "../workbench";
import { Dialog } from "./Dialog";
import { Editor } from "./Editor";
import { Icon } from "./Icon";
import { type Choice, Menu } from "./Menu";
import { memo } from "./memo";
import { Output } from "./Output";

interface CellProps {
  cell: CellState;
  index: number;
  count: number;
  interpreter: string;
  mayWrite: boolean;
  isOnline: boolean;
  /** Zeppelin takes no changes while it runs all of a note. */
  isNoteRunning: boolean;
  focusOn: number;
  bench: Workbench;
  onDone: (index: number) => void;
  onInsert: (index: number) => void;
}

export const Cell = memo(function Cell(props: CellProps) {
  const { cell, index, bench, mayWrite } = props;
  const { paragraph } = cell;
  const text = textOf(cell);
  const language = languageOf(text, props.interpreter);
  const [isUnfolded, setUnfolded] = useState(false);
  const mayFold = isProse(paragraph) && cell.draft === undefined;
  const isFolded = mayFold && !isUnfolded;
  const [isAsking, setAsking] = useState(false);
  const [edits, setEdits] = useState(0);
  const remove = () => (text.trim() === "" ? bench.remove(paragraph.id) : setAsking(true));
  const editButton = useRef<HTMLButtonElement>(null);
  const isReturning = useRef(false);
  useEffect(() => {
    if (isFolded && isReturning.current) editButton.current?.focus();
    isReturning.current = false;
  }, [isFolded]);
  const run = (isGoingOn: boolean) => {
    bench.run(paragraph.id);
    setUnfolded(false);
    isReturning.current = !isGoingOn; // the editor that has the focus may fold away
    if (isGoingOn) props.onDone(index);
  };
  const edit = () => {
    setUnfolded(true);
    setEdits(edits + 1);
  };
  const name = paragraph.title || `Paragraph ${index + 1}`;
  return (
    <section
      class={`cell ${paragraph.status.toLowerCase()} ${isFolded ? "folded" : ""}`}
      aria-label={name}
      data-id={paragraph.id}
    >
      {paragraph.title && paragraph.config.title !== false && (
        <h2 class="cell-title">{paragraph.title}</h2>
      )}
      <div class="cell-bar">
        <RunButton {...props} name={name} onRun={() => run(false)} />
        <span class="magic">{interpreterOf(text, props.interpreter)}</span>
        <StatusWords paragraph={paragraph} isUnsaved={cell.draft !== undefined} />
        {mayFold && (
          <button
            ref={editButton}
            type="button"
            class="button quiet"
            aria-expanded={!isFolded}
            onClick={isFolded ? edit : () => setUnfolded(false)}
          >
            <Icon name={mayWrite ? "pencil" : "note"} />
            {isFolded ? (mayWrite ? "Edit" : "Source") : "Hide"}
          </button>
        )}
        {mayWrite && <Menu label={`More for ${name}`} choices={choices(props, remove)} />}
      </div>
      {!isFolded && (
        <Editor
          text={text}
          textNow={() => bench.textOf(paragraph.id) ?? text}
          language={language}
          label={`${name}, ${interpreterOf(text, props.interpreter)} code`}
          isReadOnly={!mayWrite}
          focusOn={props.focusOn + edits}
          onType={(typed) => bench.type(paragraph.id, typed)}
          onRun={run}
          onBlur={() => bench.save(paragraph.id)}
        />
      )}
      {isBusy(paragraph.status) && <Progress paragraph={paragraph} name={name} />}
      <Results paragraph={paragraph} onEdit={isFolded && mayWrite ? edit : undefined} />
      {isAsking && (
        <Dialog
          title="Remove this paragraph?"
          go="Remove"
          isDanger
          onGo={() => {
            setAsking(false);
            bench.remove(paragraph.id);
          }}
          onCancel={() => setAsking(false)}
        >
          <p>Its text and its results go with it.</p>
        </Dialog>
      )}
    </section>
  );
});

function choices(props: CellProps, remove: () => void): Choice[] {
  const { cell, index, count, bench, onInsert } = props;
  const { id, status, outputs } = cell.paragraph;
  return [
    { name: "Insert above", act: () => onInsert(index) },
    { name: "Insert below", act: () => onInsert(index + 1) },
    { name: "Move up", isOff: index === 0, act: () => bench.move(id, index - 1) },
    { name: "Move down", isOff: index === count - 1, act: () => bench.move(id, index + 1) },
    { name: "Clear results", isOff: outputs.length === 0, act: () => bench.clear(id) },
    { name: "Remove", isDanger: true, isOff: isBusy(status), act: remove },
  ].map((choice) => ({
    ...choice,
    isOff: choice.isOff === true || !props.isOnline || props.isNoteRunning,
  }));
}

function RunButton(props: CellProps & { name: string; onRun: () => void }) {
  const { paragraph } = props.cell;
  if (isBusy(paragraph.status)) {
    return (
      <button
        type="button"
        class="run stop"
        aria-label={`Cancel ${props.name}`}
        title="Cancel"
        disabled={!props.isOnline}
        onClick={() => props.bench.cancel(paragraph.id)}
      >
        <Icon name="stop" />
      </button>
    );
  }
  return (
    <button
      type="button"
      class="run"
      aria-label={`Run ${props.name}`}
      title="Run (Shift-Enter)"
      disabled={!props.isOnline || props.isNoteRunning || textOf(props.cell).trim() === ""}
      onClick={props.onRun}
    >
      <Icon name="play" />
    </button>
  );
}

const WORDS: Record<Paragraph["status"], string> = {
  READY: "",
  PENDING: "Waiting",
  RUNNING: "Running",
  FINISHED: "Done",
  ERROR: "Error",
  ABORT: "Cancelled",
  UNKNOWN: "",
};

function StatusWords({ paragraph, isUnsaved }: { paragraph: Paragraph; isUnsaved: boolean }) {
  return (
    <span class="status" role="status">
      {isUnsaved && <span class="unsaved">Not saved yet</span>}
      <span class={`state ${paragraph.status.toLowerCase()}`}>
        {WORDS[paragraph.status]}
        {paragraph.status === "FINISHED" && duration(paragraph)}
      </span>
    </span>
  );
}

function duration({ started, finished }: Paragraph): string {
  if (!started || !finished || finished < started) return "";
  const seconds = Math.round((finished.getTime() - started.getTime()) / 1000);
  if (seconds < 1) return "";
  if (seconds < 60) return ` in ${seconds} s`;
  return ` in ${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function Progress({ paragraph, name }: { paragraph: Paragraph; name: string }) {
  const isKnown = paragraph.status === "RUNNING" && paragraph.progress > 0;
  return (
    <progress
      class="progress"
      aria-label={`Progress of ${name}`}
      max={100}
      {...(isKnown && { value: paragraph.progress })}
    />
  );
}

interface ResultsProps {
  paragraph: Paragraph;
  onEdit: (() => void) | undefined;
}

function Results({ paragraph, onEdit }: ResultsProps) {
  const { outputs, status } = paragraph;
  if (outputs.every((output) => output.data === "")) return null;
  if (paragraph.config.tableHide === true) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the Edit button does the same for the keyboard
    <div class={status === "ERROR" ? "results failed" : "results"} onDblClick={onEdit}>
      {outputs.map((result, index) => (
        <Output key={index} result={result} />
      ))}
    </div>
  );
}
