import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, PRESENCE } from "../src/connection";
import type { Message } from "../src/protocol";
import type { Link } from "../src/state";

const BASE = new URL("https://hub.example.org/user/alice/");
const TICKET = { principal: "alice", ticket: "t1", roles: "[]" };

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: { op: string; ticket: string }[] = [];

  constructor(readonly url: string) {}

  send(frame: string): void {
    this.sent.push(JSON.parse(frame));
  }

  close(): void {
    this.onclose?.();
  }

  say(op: string): void {
    this.onmessage?.({ data: JSON.stringify({ op, data: {} }) });
  }
}

/** A server whose answer to the ticket question can be changed. */
class Desk {
  answer: () => Response | Error = () => Response.json({ body: TICKET });
  isBusy = false;
  asked = 0;
  readonly sockets: FakeSocket[] = [];
  readonly links: Link[] = [];
  readonly messages: Message[] = [];
  readonly left: string[] = [];
  readonly connection = new Connection(
    BASE,
    {
      fetch: async () => {
        this.asked += 1;
        const answer = this.answer();
        if (answer instanceof Error) throw answer;
        return answer;
      },
      openSocket: (url) => {
        const socket = new FakeSocket(url);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      leaveTo: (url) => void this.left.push(url),
      now: () => Date.now(),
    },
    {
      linked: (link) => void this.links.push(link),
      received: (message) => void this.messages.push(message),
      ticketed: () => undefined,
      isNeeded: () => this.isBusy,
    },
  );

  get link(): Link | undefined {
    return this.links.at(-1);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  async open(): Promise<void> {
    this.connection.start();
    await vi.advanceTimersByTimeAsync(0);
    this.socket.onopen?.();
  }
}

describe("the connection", () => {
  let desk: Desk;
  beforeEach(() => {
    vi.useFakeTimers();
    desk = new Desk();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("asks for a ticket, then opens the websocket beside the page and sends with the ticket", async () => {
    await desk.open();
    expect(desk.socket.url).toBe("wss://hub.example.org/user/alice/ws");
    expect(desk.connection.send("LIST_NOTES")).toBe(true);
    expect(desk.socket.sent[0]).toMatchObject({ op: "LIST_NOTES", ticket: "t1" });
  });

  it("comes back after a break, later and later", async () => {
    await desk.open();
    desk.answer = () => new TypeError("Failed to fetch");
    desk.socket.close();
    expect(desk.link?.is).toBe("lost");
    expect(desk.connection.send("LIST_NOTES")).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    const early = desk.asked;
    expect(early).toBeGreaterThan(3);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.asked - early).toBeLessThan(3);
    desk.answer = () => Response.json({ body: TICKET });
    await vi.advanceTimersByTimeAsync(15_000);
    desk.socket.onopen?.();
    expect(desk.link?.is).toBe("open");
  });

  it("follows the Location of a 401 to the login", async () => {
    desk.answer = () =>
      new Response("", { status: 401, headers: { Location: "/hub/api/oauth2/x" } });
    desk.connection.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(desk.left).toEqual(["https://hub.example.org/hub/api/oauth2/x"]);
    expect(desk.sockets).toEqual([]);
  });

  it.each([
    [401, "logged out"],
    [403, "not yours"],
  ])("ends on a %i without a Location", async (status, words) => {
    desk.answer = () => new Response("", { status });
    desk.connection.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desk.link).toMatchObject({ is: "ended", reason: expect.stringContaining(words) });
    expect(desk.asked).toBe(1);
  });

  it.each([
    () => new Response("<html>", { status: 503 }),
    () => new Response("<html>login page</html>"),
    () => Response.json({ message: "not running" }, { status: 424 }),
  ])("says that the server is gone, and goes on trying", async (answer) => {
    desk.answer = answer;
    desk.connection.start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(desk.link).toMatchObject({ is: "lost", isServerGone: true });
    expect(desk.asked).toBeGreaterThan(2);
  });

  it("takes a new ticket when the old one is void, but not for ever", async () => {
    await desk.open();
    desk.socket.say("SESSION_LOGOUT");
    expect(desk.link?.is).toBe("lost");
    await vi.advanceTimersByTimeAsync(600);
    desk.socket.onopen?.();
    desk.socket.say("SESSION_LOGOUT");
    expect(desk.link).toEqual({ is: "ended", reason: "You are logged out." });
  });

  it("notices a line that died in silence", async () => {
    await desk.open();
    await vi.advanceTimersByTimeAsync(35_000);
    expect(desk.socket.sent.map((message) => message.op)).toEqual(["LIST_NOTES"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.links.some((link) => link.is === "lost")).toBe(true);
  });

  it("tells the server that the user does something, and of nothing else", async () => {
    await desk.open();
    await vi.advanceTimersByTimeAsync(30_000);
    desk.connection.userIsHere();
    const talk = setInterval(() => desk.socket.say("NOTES_INFO"), 5_000);
    await vi.advanceTimersByTimeAsync(PRESENCE / 2);
    clearInterval(talk);
    expect(desk.asked).toBe(2);
    desk.socket.sent.length = 0;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(new Set(desk.socket.sent.map((message) => message.op))).toEqual(new Set(["PING"]));
    expect(desk.asked).toBe(2);
  });

  it("lets go when nobody is about, and comes back with the user", async () => {
    await desk.open();
    await vi.advanceTimersByTimeAsync(100);
    desk.socket.say("NOTES_INFO");
    const talk = setInterval(() => desk.socket.say("NOTES_INFO"), 5_000);
    await vi.advanceTimersByTimeAsync(PRESENCE + 30_000);
    clearInterval(talk);
    expect(desk.link?.is).toBe("asleep");
    const before = desk.asked;
    await vi.advanceTimersByTimeAsync(PRESENCE);
    expect(desk.asked).toBe(before);
    desk.connection.userIsHere();
    await vi.advanceTimersByTimeAsync(0);
    desk.socket.onopen?.();
    expect(desk.link?.is).toBe("open");
  });

  it("stays while something runs", async () => {
    await desk.open();
    desk.isBusy = true;
    const talk = setInterval(() => desk.socket.say("PROGRESS"), 5_000);
    await vi.advanceTimersByTimeAsync(2 * PRESENCE);
    clearInterval(talk);
    expect(desk.link?.is).toBe("open");
  });
});
