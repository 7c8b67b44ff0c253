/** The bar on top: where one is, whose session this is and what it may use, and the way out. */
import { useState } from "preact/hooks";
import type { Session } from "../state";
import type { Workbench } from "../workbench";
import { Dialog } from "./Dialog";
import { Butterfly, Icon } from "./Icon";

interface HeaderProps {
  session: Session;
  isTreeOpen: boolean;
  onToggleTree: () => void;
  bench: Workbench;
}

export function Header({ session, isTreeOpen, onToggleTree, bench }: HeaderProps) {
  const [isAsking, setAsking] = useState(false);
  const isGuest = session.level === 0;
  const logOut = (event: MouseEvent) => {
    event.preventDefault();
    if (isGuest) setAsking(true);
    else bench.logOut();
  };
  return (
    <header class="header">
      <button
        type="button"
        class="button quiet tree-toggle"
        aria-label="Notebooks"
        aria-expanded={isTreeOpen}
        aria-controls="tree"
        onClick={onToggleTree}
      >
        <Icon name="menu" />
      </button>
      <a class="brand" href="#/" aria-label="Aglais, all notebooks">
        <Butterfly />
        <span>Aglais</span>
      </a>
      <div class="header-session">
        {session.package && (
          <span class="package" title="The package of this session">
            {session.package}
          </span>
        )}
        {session.owner && (
          <span class="owner" title={session.owner}>
            {isGuest ? "Guest" : session.owner}
          </span>
        )}
        <a class="log-out" href="logout" onClick={logOut}>
          Log out
        </a>
      </div>
      {isAsking && (
        <Dialog
          title="Log out?"
          go="OK"
          isDanger
          onGo={() => bench.logOut()}
          onCancel={() => setAsking(false)}
        >
          <p>Your notebooks and data will be deleted</p>
        </Dialog>
      )}
    </header>
  );
}
