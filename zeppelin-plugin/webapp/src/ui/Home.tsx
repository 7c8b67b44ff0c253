/** What is shown before a notebook is opened, and in place of one that cannot be. */
import { useState } from "preact/hooks";
import type { NoteInfo } from "../protocol";
import type { Problem } from "../state";
import { notesIn, OWN } from "../tree";
import type { Workbench } from "../workbench";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";

interface HomeProps {
  notes: readonly NoteInfo[] | undefined;
  isOnline: boolean;
  onNew: () => void;
}

export function Home({ notes, isOnline, onNew }: HomeProps) {
  const own = notesIn(notes ?? [], OWN);
  return (
    <div class="home">
      <h1>Notebooks</h1>
      <p class="lead">
        Open an example and run it, or start your own. Spark and the data are ready beside it.
      </p>
      <section aria-labelledby="own">
        <div class="home-head">
          <h2 id="own">Your notebooks</h2>
          <button
            type="button"
            class="button primary"
            aria-label="New notebook"
            disabled={!isOnline}
            onClick={onNew}
          >
            <Icon name="plus" /> New<span class="wide"> notebook</span>
          </button>
        </div>
        {own.length > 0 ? (
          <Cards notes={own} />
        ) : (
          <p class="hint">None yet. A copy of an example lands here, too.</p>
        )}
      </section>
      <Shelf
        title="Examples"
        hint="Whole analyses, by the package they need."
        notes={notesIn(notes ?? [], "examples")}
      />
      <Shelf
        title="How-tos"
        hint="One step each, to copy from."
        notes={notesIn(notes ?? [], "utils")}
      />
      <Shelf
        title="Tests"
        hint="Analyses that check the platform."
        notes={notesIn(notes ?? [], "tests")}
      />
    </div>
  );
}

interface ShelfProps {
  title: string;
  hint: string;
  notes: readonly NoteInfo[];
}

function Shelf({ title, hint, notes }: ShelfProps) {
  if (notes.length === 0) return null;
  return (
    <section aria-label={title}>
      <div class="home-head">
        <h2>{title}</h2>
        <span class="hint">{hint}</span>
      </div>
      <Cards notes={notes} />
    </section>
  );
}

function Cards({ notes }: { notes: readonly NoteInfo[] }) {
  return (
    <ul class="cards">
      {notes.map((note) => {
        const [name, ...folders] = note.path.split("/").filter(Boolean).slice(1).reverse();
        return (
          <li key={note.id}>
            <a class="card" href={`#/notebook/${note.id}`}>
              <Icon name="note" />
              <span class="card-name">{name}</span>
              {folders.length > 0 && <span class="tag">{folders.reverse().join(" / ")}</span>}
            </a>
          </li>
        );
      })}
    </ul>
  );
}

export function Trouble({ problem, bench }: { problem: Problem; bench: Workbench }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <div class="trouble" role="alert">
      <h1>{problem.title}</h1>
      <p>{problem.detail}</p>
      <p class="trouble-deeds">
        <a class="button" href="#/">
          All notebooks
        </a>
        {problem.isOwn && (
          <button type="button" class="button danger-text" onClick={() => setAsking(true)}>
            Delete it
          </button>
        )}
      </p>
      {isAsking && (
        <Dialog
          title="Delete this notebook?"
          go="Delete"
          isDanger
          onGo={() => bench.deleteNote()}
          onCancel={() => setAsking(false)}
        >
          <p>Its file will be gone for good.</p>
        </Dialog>
      )}
    </div>
  );
}
