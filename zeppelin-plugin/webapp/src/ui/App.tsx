/** The page as a whole: bar, tree, and the notebook or what stands in its place. */
import { useEffect, useState } from "preact/hooks";
import { pathOf, type State } from "../state";
import { freePath, nameFault, OWN } from "../tree";
import type { Workbench } from "../workbench";
import { Alerts } from "./Alerts";
import { AskName } from "./Dialog";
import { Header } from "./Header";
import { Home, Trouble } from "./Home";
import { LinkBanner } from "./LinkBanner";
import { NotePage } from "./NotePage";
import { Tree } from "./Tree";

const OFFLINE = "There is no connection to the server just now.";

export function App({ bench }: { bench: Workbench }) {
  const state = useBenchState(bench);
  const [isTreeOpen, setTreeOpen] = useState(false);
  const [isNaming, setNaming] = useState(false);
  const { notes } = state;
  const isOnline = state.link.is === "open";
  useTitle(state);
  const choose = (id: string) => {
    setTreeOpen(false);
    window.location.hash = `#/notebook/${id}`;
  };
  const startNew = () => setNaming(true);
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: the address is the note's, so the jump is made by hand */}
      <a class="skip" href="#main" onClick={skip}>
        Skip to the notebook
      </a>
      <Header
        session={state.session}
        isTreeOpen={isTreeOpen}
        onToggleTree={() => setTreeOpen(!isTreeOpen)}
        bench={bench}
      />
      <LinkBanner link={state.link} bench={bench} />
      <div class="body">
        <nav id="tree" class={isTreeOpen ? "side open" : "side"} aria-label="Notebooks">
          <Tree
            notes={notes}
            openId={state.wanted}
            isOnline={isOnline}
            onChoose={choose}
            onNew={startNew}
          />
        </nav>
        {isTreeOpen && (
          <button
            type="button"
            class="veil"
            aria-label="Close the list of notebooks"
            onClick={() => setTreeOpen(false)}
          />
        )}
        <main id="main" tabIndex={-1}>
          <Main state={state} bench={bench} onNew={startNew} />
        </main>
      </div>
      <Alerts alerts={state.alerts} bench={bench} />
      {isNaming && (
        <AskName
          title="New notebook"
          go="Create"
          initial={
            freePath("My notebook", notes ?? [])
              .split("/")
              .at(-1) ?? ""
          }
          hint={`It is made in “${OWN}”. A slash in the name makes a folder.`}
          fault={(name) => nameFault(name) ?? (isOnline ? undefined : OFFLINE)}
          onGo={(name) => {
            setNaming(false);
            setTreeOpen(false);
            bench.createNote(name);
          }}
          onCancel={() => setNaming(false)}
        />
      )}
    </>
  );
}

interface MainProps {
  state: State;
  bench: Workbench;
  onNew: () => void;
}

function Main({ state, bench, onNew }: MainProps) {
  const { note, notes, problem, wanted, link, fresh } = state;
  if (problem) return <Trouble problem={problem} bench={bench} />;
  if (note) {
    const path = pathOf(state, note);
    return (
      <NotePage
        key={note.id}
        note={note}
        path={path}
        notes={notes ?? []}
        link={link}
        fresh={fresh}
        bench={bench}
      />
    );
  }
  if (wanted) return <p class="hint loading">Opening the notebook…</p>;
  return <Home notes={notes} isOnline={link.is === "open"} onNew={onNew} />;
}

function skip(event: MouseEvent) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Redraws at most once a frame, however fast results come in. */
function useBenchState(bench: Workbench): State {
  const [state, setState] = useState(bench.state);
  useEffect(() => {
    let isDue = false;
    const draw = () => {
      isDue = false;
      setState(bench.state);
    };
    const stop = bench.watch(() => {
      if (isDue) return;
      isDue = true;
      // A hidden tab gets no frames, and must not fall behind for ever.
      if (document.hidden) setTimeout(draw, 500);
      else requestAnimationFrame(draw);
    });
    draw();
    return stop;
  }, [bench]);
  return state;
}

function useTitle({ note, problem }: State): void {
  const name = note?.name ?? problem?.title;
  useEffect(() => {
    document.title = name ? `${name} · Aglais` : "Notebooks · Aglais";
  }, [name]);
}
