import { describe, expect, it } from "vitest";
import { Drafts } from "../src/drafts";
import { changeTo } from "../src/editor";
import { interpreterOf, languageOf } from "../src/language";
import { csvOf, nextOrder, ordered, parseTable } from "../src/table";
import { settled, shownText } from "../src/text";
import { buildTree, filterTree, freePath, nameFault, notesIn, rowsOf, step } from "../src/tree";

const NOTES = [
  { id: "1", path: "/examples/small/Colour" },
  { id: "2", path: "/examples/tiny/Stars" },
  { id: "3", path: "/user/Note 10" },
  { id: "4", path: "/user/Note 2" },
  { id: "5", path: "/~Trash/Old" },
];

describe("tables", () => {
  const table = parseTable("name\tn\nb\t10\na\t9\nc\t\n");

  it("have columns and rows, and short rows are filled up", () => {
    expect(table.columns).toEqual(["name", "n"]);
    expect(table.rows).toEqual([
      ["b", "10"],
      ["a", "9"],
      ["c", ""],
    ]);
    expect(parseTable("a\tb\n1").rows).toEqual([["1", ""]]);
    expect(parseTable("").rows).toEqual([]);
  });

  it("sort numbers as numbers, and blanks last either way", () => {
    const names = (isDescending: boolean) =>
      ordered(table, { column: 1, isDescending }).map(([name]) => name);
    expect(table.isNumeric).toEqual([false, true]);
    expect(names(false)).toEqual(["a", "b", "c"]);
    expect(names(true)).toEqual(["b", "a", "c"]);
  });

  it("go up, down and back with clicks on one column", () => {
    const up = nextOrder(undefined, 0);
    const down = nextOrder(up, 0);
    expect([up?.isDescending, down?.isDescending, nextOrder(down, 0)]).toEqual([
      false,
      true,
      undefined,
    ]);
  });

  it("become CSV that no spreadsheet executes", () => {
    expect(csvOf(parseTable('a\tb\n=1+1\t-5\nx,"y\t'))).toBe('a,b\r\n\'=1+1,-5\r\n"x,""y",');
  });
});

describe("text", () => {
  it("keeps a terminal's colours as names", () => {
    const { spans } = shownText("\u001b[1;31mred\u001b[0m plain");
    expect(spans).toEqual([
      { text: "red", style: "ansi-red ansi-bold" },
      { text: " plain", style: "" },
    ]);
  });

  it("shows what a terminal would show after carriage returns", () => {
    expect(settled("10%\r20%\r100%\ndone\r\nend\r")).toBe("100%\ndone\nend");
  });

  it("that is long shows both ends and says what is left out", () => {
    const shown = shownText(`begin${"x".repeat(1000)}end`, 100);
    expect(shown.left).toBe(908);
    expect(shown.spans[0]?.text.startsWith("begin")).toBe(true);
    expect(shown.spans.at(-1)?.text.endsWith("end")).toBe(true);
  });
});

describe("languages", () => {
  it.each([
    ["%python\n1", "python"],
    ["%spark.pyspark", "python"],
    ["%spark.sql select 1", "sql"],
    ["  %md # x", "markdown"],
    ["%sh ls", "shell"],
    ["%spark.ir", "r"],
    ["val x = 1", "scala"],
    ["%cassandra x", "plain"],
  ])("%s is %s", (text, language) => {
    expect(languageOf(text, "spark")).toBe(language);
  });

  it("name the interpreter", () => {
    expect(interpreterOf("%spark.sql(limit=3) x", "spark")).toBe("spark.sql");
    expect(interpreterOf("100 % 7", "spark")).toBe("spark");
  });
});

describe("the tree", () => {
  const tree = buildTree(NOTES);
  const isOpen = () => true;
  const rows = rowsOf(tree, isOpen);

  it("has the user's folder first, packages by size, numbers by value, the trash last", () => {
    expect(rows.map((row) => row.node.name)).toEqual([
      "user",
      "Note 2",
      "Note 10",
      "examples",
      "tiny",
      "Stars",
      "small",
      "Colour",
      "~Trash",
      "Old",
    ]);
  });

  it("shows the user's folder before it holds anything", () => {
    expect(buildTree([]).map((node) => node.path)).toEqual(["/user"]);
  });

  it("is searched by words of the path", () => {
    const found = rowsOf(filterTree(tree, "STARS tiny"), isOpen).map((row) => row.node.name);
    expect(found).toEqual(["examples", "tiny", "Stars"]);
    expect(filterTree(tree, "nothing of this")).toEqual([]);
  });

  it("moves by arrows, opens, closes and chooses", () => {
    expect(step(rows, "/user", "ArrowDown", isOpen)).toEqual({ go: "/user/Note 2" });
    expect(step(rows, "/user/Note 2", "ArrowLeft", isOpen)).toEqual({ go: "/user" });
    expect(step(rows, "/user", "ArrowLeft", isOpen)).toEqual({ close: "/user" });
    expect(step(rows, "/user", "ArrowRight", () => false)).toEqual({ open: "/user" });
    expect(step(rows, "/user/Note 2", "Enter", isOpen)).toEqual({ choose: "/user/Note 2" });
    expect(step(rows, "/user", "End", isOpen)).toEqual({ go: "/~Trash/Old" });
    expect(step(rows, "/user", "e", isOpen)).toEqual({ go: "/examples" });
    expect(step(rows, "/user", "Tab", isOpen)).toBeUndefined();
  });

  it("lists a folder's notes in the same order", () => {
    expect(notesIn(NOTES, "examples").map((note) => note.id)).toEqual(["2", "1"]);
  });
});

describe("names", () => {
  it("are made free by a number", () => {
    expect(freePath("Note 2", NOTES)).toBe("/user/Note 2 2");
    expect(freePath("New", NOTES)).toBe("/user/New");
  });

  it.each(["", "  ", "../x", "a//b", "/a", "x".repeat(201)])("such as «%s» are refused", (name) => {
    expect(nameFault(name)).toBeTruthy();
  });

  it.each(["Stars", "a/b", "Größe 3"])("such as «%s» are taken", (name) => {
    expect(nameFault(name)).toBeUndefined();
  });
});

describe("drafts", () => {
  function storage(): Storage {
    const kept = new Map<string, string>();
    const methods = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    return new Proxy(methods, {
      ownKeys: () => [...kept.keys()],
      getOwnPropertyDescriptor: () => ({
        enumerable: true,
        configurable: true,
      }),
    }) as unknown as Storage;
  }

  it("come back, and are apart for each session", () => {
    const place = storage();
    const drafts = new Drafts(place, "/user/alice/");
    const kept = new Map([["p", { text: "typed", known: ["before"] }]]);
    drafts.keep("2A", kept);
    expect(drafts.of("2A")).toEqual(kept);
    expect(new Drafts(place, "/user/bob/").of("2A").size).toBe(0);
    drafts.forget();
    expect(drafts.of("2A").size).toBe(0);
  });

  it("that are broken or cannot be kept do no harm", () => {
    const full = {
      getItem: () => "{",
      setItem: () => {
        throw new Error("full");
      },
    };
    const drafts = new Drafts(full as unknown as Storage, "/");
    expect(() => drafts.keep("2A", new Map([["p", { text: "x", known: [] }]]))).not.toThrow();
    expect(drafts.of("2A").size).toBe(0);
  });
});

describe("a change from outside", () => {
  it.each([
    ["abc", "abXc"],
    ["aaa", "aa"],
    ["", "new"],
    ["old", ""],
    ["abab", "ab"],
  ])("from «%s» to «%s» touches only what differs", (before, after) => {
    const change = changeTo(before, after);
    expect(change).toBeDefined();
    if (!change) return;
    expect(before.slice(0, change.from) + change.insert + before.slice(change.to)).toBe(after);
  });

  it("is none where nothing differs", () => {
    expect(changeTo("same", "same")).toBeUndefined();
  });
});
