/** The bar on top: where one is, whose session this is and what it may use, and the way out. */
import type { Session } from "../state";
import type { Workbench } from "../workbench";
import { Butterfly, Icon } from "./Icon";

interface HeaderProps {
  session: Session;
  isTreeOpen: boolean;
  onToggleTree: () => void;
  bench: Workbench;
}

export function Header({ session, isTreeOpen, onToggleTree, bench }: HeaderProps) {
  const isGuest = session.level === 0;
  const logOut = (event: MouseEvent) => {
    // A guest, who loses everything by it, is asked by the Hub and may come back.
    if (isGuest) return;
    event.preventDefault();
    bench.logOut();
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
    </header>
  );
}
