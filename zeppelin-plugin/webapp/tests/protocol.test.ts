import { describe, expect, it } from "vitest";
import { decode, encode, noteInfos, noteOf, paragraphOf } from "../src/protocol";

describe("messages", () => {
  it("are decoded with their data", () => {
    expect(decode('{"op":"NOTE","data":{"note":1}}')).toEqual({ op: "NOTE", data: { note: 1 } });
  });

  it.each(["", "{", "[]", "null", '{"data":{}}', '{"op":7}'])(
    "are nothing when broken: %s",
    (frame) => {
      expect(decode(frame)).toBeUndefined();
    },
  );

  it("carry the ticket", () => {
    const ticket = { principal: "alice", ticket: "t", roles: "[]" };
    expect(JSON.parse(encode("GET_NOTE", { id: "2A" }, ticket))).toEqual({
      op: "GET_NOTE",
      data: { id: "2A" },
      ...ticket,
    });
  });
});

describe("what the server sends", () => {
  it("becomes a note even when parts are missing", () => {
    const note = noteOf({ id: "2A", paragraphs: [null, { id: "p" }, { text: "no id" }] });
    expect(note).toMatchObject({ id: "2A", name: "", interpreter: "spark", isRunning: false });
    expect(note.paragraphs.map((paragraph) => paragraph.id)).toEqual(["p"]);
  });

  it("becomes a paragraph with results and dates", () => {
    const paragraph = paragraphOf({
      id: "p",
      text: "%md\nx",
      status: "FINISHED",
      results: { code: "SUCCESS", msg: [{ type: "HTML", data: "<p>x</p>" }] },
      dateStarted: "2026-11-24T11:00:00+0000",
      dateFinished: "nonsense",
    });
    expect(paragraph.outputs).toEqual([{ type: "HTML", data: "<p>x</p>" }]);
    expect(paragraph.started?.toISOString()).toBe("2026-11-24T11:00:00.000Z");
    expect(paragraph.finished).toBeUndefined();
  });

  it("has unknown states called unknown", () => {
    expect(paragraphOf({ id: "p", status: "DREAMING" }).status).toBe("UNKNOWN");
  });

  it("lists only notes that have a name and a path", () => {
    expect(noteInfos([{ id: "2A", path: "/a" }, { id: "2B" }, 7])).toEqual([
      { id: "2A", path: "/a" },
    ]);
  });
});
