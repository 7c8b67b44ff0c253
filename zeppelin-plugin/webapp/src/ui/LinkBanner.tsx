/** How the page stands with the server, when it is not simply connected. */
import { useEffect, useState } from "preact/hooks";
import type { Link } from "../state";
import type { Workbench } from "../workbench";

/** Milliseconds: a blink of the network is not worth a word. */
const PATIENCE = 700;

export function LinkBanner({ link, bench }: { link: Link; bench: Workbench }) {
  const [isLate, setLate] = useState(false);
  const isQuiet = link.is === "open";
  useEffect(() => {
    setLate(false);
    if (isQuiet) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [isQuiet]);
  const isShown = !isQuiet && (isLate || link.is === "ended");
  return (
    <div class={`banner ${link.is}`} role="status" aria-live="polite" hidden={!isShown}>
      {isShown && <Words link={link} bench={bench} />}
    </div>
  );
}

function Words({ link, bench }: { link: Link; bench: Workbench }) {
  switch (link.is) {
    case "connecting":
      return <span>Connecting to Zeppelin…</span>;
    case "lost":
      return <Lost link={link} bench={bench} />;
    case "asleep":
      return <span>Paused while you were away. Press a key or move to go on.</span>;
    case "ended":
      return (
        <>
          <span>{link.reason} What you typed is kept in this tab.</span>
          <Reload>Log in again</Reload>
        </>
      );
    default:
      return null;
  }
}

function Lost({ link, bench }: { link: Link & { is: "lost" }; bench: Workbench }) {
  const seconds = useCountdown(link.retryAt);
  return (
    <>
      <span>
        {link.isServerGone ? "Zeppelin does not answer." : "The connection to Zeppelin is lost."}{" "}
        You can go on typing; nothing is lost.{" "}
        <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : "Trying…"}</span>
      </span>
      <button type="button" class="button small" onClick={() => bench.connection.reconnectNow()}>
        Try now
      </button>
      {link.isServerGone && <Reload>Reload the page</Reload>}
    </>
  );
}

function Reload({ children }: { children: string }) {
  return (
    <button type="button" class="button small" onClick={() => window.location.reload()}>
      {children}
    </button>
  );
}

function useCountdown(until: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((until - now) / 1000));
}
