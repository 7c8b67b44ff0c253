/**
 * The line to the Zeppelin server: a ticket first, then the websocket, and again whenever it breaks.
 *
 * It stays up while the user is about or something runs. When neither is the case it lets go, so
 * that an open but forgotten page does not keep a session alive for ever.
 */
import { decode, encode, type Message, record, type Ticket, text } from "./protocol";
import type { Link } from "./state";

export interface Surroundings {
  fetch: typeof fetch;
  openSocket: (url: string) => WebSocket;
  /** Leaves the page, for instance to log in. */
  leaveTo: (url: string) => void;
  now: () => number;
}

export interface Listener {
  linked: (link: Link) => void;
  received: (message: Message) => void;
  ticketed: (ticket: Ticket) => void;
  /** Whether the line is worth keeping while the user is away. */
  isNeeded: () => boolean;
}

/** Milliseconds. */
const RETRY_DELAYS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const QUIET_BEFORE_PROBE = 25_000;
const PROBE_PATIENCE = 10_000;
const SOCKET_PATIENCE = 20_000;
const BEAT = 5_000;
/** How often the server hears that the user does something: mere reading sends it nothing. */
const TOUCH = 60_000;
/** How long after the last key, click or scroll the user counts as being about. */
export const PRESENCE = 10 * 60_000;

export class Connection {
  private ticket: Ticket | undefined;
  private socket: WebSocket | undefined;
  private link: Link = { is: "connecting" };
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private lastHeard = 0;
  private lastTouched = 0;
  private lastSeen = 0;
  private lastLogout = 0;
  private lastPinged = 0;
  private probedAt: number | undefined;

  constructor(
    /** The address of the directory that the page is in, ending in a slash. */
    private readonly base: URL,
    private readonly around: Surroundings,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.lastSeen = this.around.now();
    this.beat = setInterval(() => this.onBeat(), BEAT);
    void this.connect();
  }

  /** Ends everything, for good. */
  end(reason: string): void {
    clearInterval(this.beat);
    clearTimeout(this.retry);
    this.dropSocket();
    this.become({ is: "ended", reason });
  }

  /** Whether the message went out; a line that is down sends nothing and keeps nothing. */
  send(op: string, data: Record<string, unknown> = {}): boolean {
    if (this.link.is !== "open" || !this.socket || !this.ticket) return false;
    this.socket.send(encode(op, data, this.ticket));
    return true;
  }

  /** The user did something: wakes the line if it slept. */
  userIsHere(): void {
    this.lastSeen = this.around.now();
    if (this.link.is === "asleep") this.reconnectNow();
  }

  /** The network is back, or the user is impatient. */
  reconnectNow(): void {
    if (this.link.is !== "lost" && this.link.is !== "asleep") return;
    clearTimeout(this.retry);
    this.become({ is: "connecting" });
    void this.connect();
  }

  private async connect(): Promise<void> {
    const answer = await this.askForTicket();
    if (this.link.is === "ended") return;
    if (answer === "leaving") return;
    if (answer === "away" || answer === "gone") {
      this.lost(answer === "gone");
      return;
    }
    this.ticket = answer;
    this.listener.ticketed(answer);
    this.openSocket();
  }

  private async askForTicket(): Promise<Ticket | "away" | "gone" | "leaving"> {
    const response = await this.get("api/security/ticket");
    if (!response) return "away";
    this.lastTouched = this.around.now();
    if (response.status === 401 || response.status === 403) return this.shutOut(response);
    const body = record(record(await json(response)).body);
    if (!response.ok || text(body.ticket) === "") return "gone";
    return { principal: text(body.principal), ticket: text(body.ticket), roles: text(body.roles) };
  }

  private shutOut(response: Response): "leaving" {
    const door = response.headers.get("Location");
    if (response.status === 401 && door) this.around.leaveTo(new URL(door, this.base).href);
    else if (response.status === 401) this.end("You are logged out.");
    else this.end("This session is not yours, or you may not use it any more.");
    return "leaving";
  }

  private async get(path: string): Promise<Response | undefined> {
    try {
      return await this.around.fetch(new URL(path, this.base), {
        headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
        credentials: "same-origin",
        cache: "no-store",
      });
    } catch {
      return undefined;
    }
  }

  private openSocket(): void {
    const url = new URL("ws", this.base);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = this.around.openSocket(url.href);
    this.socket = socket;
    const patience = setTimeout(() => socket.close(), SOCKET_PATIENCE);
    socket.onopen = () => {
      clearTimeout(patience);
      this.heard();
      this.become({ is: "open" });
    };
    socket.onmessage = (event) => this.onMessage(event);
    socket.onclose = () => {
      clearTimeout(patience);
      if (this.socket === socket) this.lost(false);
    };
  }

  private onMessage(event: MessageEvent): void {
    this.heard();
    this.failures = 0;
    const message = decode(event.data);
    if (message?.op === "SESSION_LOGOUT") this.onLogout();
    else if (message) this.listener.received(message);
  }

  /** The ticket is void: after a restart of the server a new one helps, after a logout it does not. */
  private onLogout(): void {
    const now = this.around.now();
    const isAgain = now - this.lastLogout < 10_000;
    this.lastLogout = now;
    if (isAgain) this.end("You are logged out.");
    else this.lost(false);
  }

  private heard(): void {
    this.lastHeard = this.around.now();
    this.probedAt = undefined;
  }

  private lost(isServerGone: boolean): void {
    if (this.link.is === "ended") return;
    this.dropSocket();
    if (!this.isWanted()) {
      this.become({ is: "asleep" });
      return;
    }
    const delay = RETRY_DELAYS[Math.min(this.failures, RETRY_DELAYS.length - 1)] as number;
    this.failures += 1;
    this.become({ is: "lost", retryAt: this.around.now() + delay, isServerGone });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.connect(), delay);
  }

  private dropSocket(): void {
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
  }

  private isWanted(): boolean {
    return this.around.now() - this.lastSeen < PRESENCE || this.listener.isNeeded();
  }

  private onBeat(): void {
    if (this.link.is !== "open") return;
    if (!this.isWanted()) {
      this.sleep();
      return;
    }
    this.probe();
    if (this.isTouchDue()) void this.touch();
  }

  private sleep(): void {
    this.dropSocket();
    this.become({ is: "asleep" });
  }

  /**
   * A line can be dead without anybody saying so; a question that is not answered tells. The server
   * takes a question for activity, so it is asked only while there is some; a ping is not, but has
   * no answer.
   */
  private probe(): void {
    const now = this.around.now();
    if (this.probedAt !== undefined) {
      if (now - this.probedAt > PROBE_PATIENCE) this.lost(false);
    } else if (now - Math.max(this.lastHeard, this.lastPinged) > QUIET_BEFORE_PROBE) {
      const isActive = now - this.lastSeen < TOUCH;
      this.lastPinged = now;
      if (isActive) this.probedAt = now;
      this.send(isActive ? "LIST_NOTES" : "PING");
    }
  }

  private isTouchDue(): boolean {
    return this.around.now() - this.lastTouched > TOUCH && this.lastSeen > this.lastTouched;
  }

  private async touch(): Promise<void> {
    this.lastTouched = this.around.now();
    const response = await this.get("api/security/ticket");
    if (response?.status === 401 || response?.status === 403) this.shutOut(response);
  }

  private become(link: Link): void {
    this.link = link;
    this.listener.linked(link);
  }
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
