import { describe, expect, it } from "vitest";
import { draftsOf, type Event, reduce, START, type State, textOf } from "../src/state";

const PARAGRAPHS = [
  { id: "a", text: "one", status: "READY" },
  { id: "b", text: "two", status: "READY" },
];

function once(state: State, ...events: Event[]): State {
  return events.reduce(reduce, state);
}

function message(op: string, data: Record<string, unknown>): Event {
  return { type: "received", message: { op, data } };
}

const note = (paragraphs: unknown[] = PARAGRAPHS, more = {}): Event =>
  message("NOTE", { note: { id: "2A", name: "Note", path: "/user/Note", paragraphs, ...more } });

const OPEN = once(START, { type: "wanted", id: "2A" }, note());

function drafts(state: State): [string, string][] {
  const all = state.note ? [...draftsOf(state.note)] : [];
  return all.map(([id, draft]) => [id, draft.text]);
}

function texts(state: State): string[] {
  return state.note?.cells.map(textOf) ?? [];
}

describe("a note", () => {
  it("opens when it is the wanted one", () => {
    expect(texts(OPEN)).toEqual(["one", "two"]);
    expect(once(START, { type: "wanted", id: "2B" }, note()).note).toBeUndefined();
  });

  it("of the shipped folders is read-only until the server says otherwise", () => {
    const wanted: Event = { type: "wanted", id: "2A" };
    const shipped = once(START, wanted, note(PARAGRAPHS, { path: "/examples/tiny/Stars" }));
    expect(shipped.note?.mayWrite).toBe(false);
    expect(OPEN.note?.mayWrite).toBe(true);
    const told = once(shipped, { type: "access", noteId: "2A", mayWrite: true });
    expect(told.note?.mayWrite).toBe(true);
  });

  it("that was deleted elsewhere says so", () => {
    const gone = once(OPEN, message("NOTES_INFO", { notes: [{ id: "2B", path: "/user/B" }] }));
    expect(gone.note).toBeUndefined();
    expect(gone.problem?.title).toMatch(/no longer there/);
  });

  it("that is unknown is told from one that is broken", () => {
    const listed = once(
      START,
      { type: "wanted", id: "2A" },
      message("NOTES_INFO", { notes: [{ id: "2A", path: "/user/A" }] }),
    );
    const broken = once(listed, message("ERROR_INFO", { info: "bad JSON" }));
    expect(broken.problem).toEqual({
      title: "This notebook cannot be opened",
      detail: "user/A\nbad JSON",
      isOwn: true,
    });
    const unknown = once(START, { type: "wanted", id: "2Z" }, message("ERROR_INFO", { info: "?" }));
    expect(unknown.problem?.title).toBe("There is no such notebook");
  });
});

describe("typed text", () => {
  const typed = once(OPEN, { type: "typed", id: "a", text: "one!" });

  it("is a draft until the server echoes it", () => {
    expect(drafts(typed)).toEqual([["a", "one!"]]);
    const echoed = once(typed, message("PARAGRAPH", { paragraph: { id: "a", text: "one!" } }));
    expect(drafts(echoed)).toEqual([]);
    expect(texts(echoed)[0]).toBe("one!");
  });

  it("outlives news of the paragraph, such as its status", () => {
    const running = { id: "a", text: "one", status: "RUNNING" };
    expect(texts(once(typed, message("PARAGRAPH", { paragraph: running })))[0]).toBe("one!");
  });

  it("outlives a reconnect, which brings the whole note again", () => {
    expect(texts(once(typed, note()))).toEqual(["one!", "two"]);
  });

  it("is kept aside when its paragraph is gone after a reconnect", () => {
    const back = once(typed, note([PARAGRAPHS[1]]));
    expect(texts(back)).toEqual(["two"]);
    expect(back.note?.orphans).toEqual(["one!"]);
    expect(once(back, { type: "discarded", orphan: 0 }).note?.orphans).toEqual([]);
  });

  it("that goes back to the old text while the new is under way is not lost", () => {
    const state = once(
      typed,
      { type: "sent", id: "a", text: "one!" },
      { type: "typed", id: "a", text: "one" },
      message("PARAGRAPH", { paragraph: { id: "a", text: "one!" } }),
    );
    expect(texts(state)[0]).toBe("one");
    expect(drafts(state)).toEqual([["a", "one"]]);
  });

  it("is kept aside when somebody else wrote there meanwhile, but not when that was we", () => {
    const theirs = once(typed, note([{ ...PARAGRAPHS[0], text: "theirs" }]));
    expect(texts(theirs)).toEqual(["theirs"]);
    expect(theirs.note?.orphans).toEqual(["one!"]);
    const ours = once(
      typed,
      { type: "sent", id: "a", text: "one!" },
      { type: "typed", id: "a", text: "one!!" },
      note([{ ...PARAGRAPHS[0], text: "one!" }]),
    );
    expect(texts(ours)).toEqual(["one!!"]);
    expect(ours.note?.orphans).toEqual([]);
  });

  it("of another window is shown where nothing was typed here", () => {
    const other = once(OPEN, message("PARAGRAPH", { paragraph: { id: "b", text: "theirs" } }));
    expect(texts(other)).toEqual(["one", "theirs"]);
  });
});

describe("paragraphs", () => {
  it("are added where the server says, once", () => {
    const added = message("PARAGRAPH_ADDED", { paragraph: { id: "c", text: "new" }, index: 1 });
    const state = once(OPEN, added, added);
    expect(texts(state)).toEqual(["one", "new", "two"]);
    expect(state.fresh).toBe("c");
  });

  it("are removed and moved", () => {
    expect(texts(once(OPEN, message("PARAGRAPH_REMOVED", { id: "a" })))).toEqual(["two"]);
    expect(texts(once(OPEN, message("PARAGRAPH_MOVED", { id: "a", index: 1 })))).toEqual([
      "two",
      "one",
    ]);
  });

  it("collect their output piece by piece", () => {
    const state = once(
      OPEN,
      message("PARAGRAPH", { paragraph: { id: "a", text: "one", status: "RUNNING" } }),
      message("PARAGRAPH_UPDATE_OUTPUT", { paragraphId: "a", index: 1, type: "TEXT", data: "x" }),
      message("PARAGRAPH_APPEND_OUTPUT", { paragraphId: "a", index: 1, data: "y" }),
      message("PROGRESS", { id: "a", progress: 40 }),
    );
    const paragraph = state.note?.cells[0]?.paragraph;
    expect(paragraph?.outputs).toEqual([
      { type: "TEXT", data: "" },
      { type: "TEXT", data: "xy" },
    ]);
    expect(paragraph?.progress).toBe(40);
  });

  it("do not repeat output that comes after the end result", () => {
    const results = { code: "SUCCESS", msg: [{ type: "TEXT", data: "x\n" }] };
    const state = once(
      OPEN,
      message("PARAGRAPH", { paragraph: { id: "a", text: "one", status: "FINISHED", results } }),
      message("PARAGRAPH_UPDATE_OUTPUT", { paragraphId: "a", index: 0, type: "TEXT", data: "" }),
      message("PARAGRAPH_APPEND_OUTPUT", { paragraphId: "a", index: 0, data: "x\n" }),
    );
    expect(state.note?.cells[0]?.paragraph.outputs).toEqual(results.msg);
  });

  it("that did not change stay the same object, so that they are not drawn again", () => {
    const state = once(OPEN, { type: "typed", id: "a", text: "x" });
    expect(state.note?.cells[1]).toBe(OPEN.note?.cells[1]);
  });
});

describe("refusals", () => {
  const info =
    "Insufficient privileges to WRITER note.\nAllowed users or roles: [hub-admin]\nBut the user alice belongs to: [alice]";

  it("are said without lists of roles", () => {
    const [alert] = once(OPEN, message("AUTH_INFO", { info })).alerts;
    expect(alert?.kind).toBe("refused");
    expect(alert?.text).not.toContain("hub-admin");
  });

  it("of opening become a page of their own", () => {
    const state = once(START, { type: "wanted", id: "2A" }, message("AUTH_INFO", { info }));
    expect(state.problem?.title).toBe("This notebook is not open to you");
  });

  it("of the same words are shown once, and go when dismissed", () => {
    const full = message("ERROR_INFO", { info: "You have 50 notebooks, which is the limit." });
    const state = once(OPEN, full, full);
    expect(state.alerts).toHaveLength(1);
    const id = state.alerts[0]?.id ?? 0;
    expect(once(state, { type: "dismissed", id }).alerts).toEqual([]);
  });
});
