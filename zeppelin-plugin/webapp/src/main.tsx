/** Starts the page: ties the workbench to the browser's address, storage and network. */
import { render } from "preact";
import { Drafts } from "./drafts";
import { App } from "./ui/App";
import { Workbench } from "./workbench";
import "./style/base.css";
import "./style/page.css";
import "./style/cell.css";

/** Where the user was going when the login came between. */
const RETURN = "aglais-return";

const base = new URL(".", window.location.href.split("#")[0] as string);

let isLeaving = false;

const surroundings = {
  fetch: window.fetch.bind(window),
  openSocket: (url: string) => new WebSocket(url),
  leaveTo: (url: string) => {
    isLeaving = true; // drafts wait in the tab's storage
    sessionStorage.setItem(RETURN, window.location.hash);
    window.location.assign(url);
  },
  now: () => Date.now(),
};

const bench = new Workbench(base, surroundings, new Drafts(sessionStorage, base.pathname), (id) => {
  window.location.hash = id ? `#/notebook/${id}` : "#/";
});

function followAddress(): void {
  bench.open(/^#\/notebook\/([\w-]+)/.exec(window.location.hash)?.[1]);
}

function returnFromLogin(): void {
  const hash = sessionStorage.getItem(RETURN);
  sessionStorage.removeItem(RETURN);
  if (hash && window.location.hash === "") history.replaceState(null, "", hash);
}

returnFromLogin();
followAddress();
window.addEventListener("hashchange", followAddress);
window.addEventListener("online", () => bench.connection.reconnectNow());
window.addEventListener("pagehide", () => bench.saveAll());
window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && bench.hasDrafts()) event.preventDefault();
});
for (const sign of ["keydown", "pointerdown", "pointermove", "scroll", "focus"]) {
  window.addEventListener(sign, () => bench.connection.userIsHere(), {
    passive: true,
    capture: true,
  });
}

render(<App bench={bench} />, document.getElementById("app") as HTMLElement);
bench.connection.start();
