/** Text results: terminal colours, overwritten lines, and a cap on how much is shown. */
import Anser from "anser";

export interface Span {
  text: string;
  /** Class names, such as `ansi-red ansi-bold`; empty for plain text. */
  style: string;
}

export interface Shown {
  spans: Span[];
  /** Characters left out of the middle. */
  left: number;
}

/** Characters of one text result that the page shows unless asked for more. */
export const MOST_TEXT = 100_000;

export function shownText(data: string, most: number = MOST_TEXT): Shown {
  const text = settled(data);
  if (text.length <= most) return { spans: spansOf(text), left: 0 };
  const half = Math.floor(most / 2);
  const left = text.length - 2 * half;
  const notice = { text: `\n… ${left.toLocaleString("en")} characters left out …\n`, style: "cut" };
  return { spans: [...spansOf(text.slice(0, half)), notice, ...spansOf(text.slice(-half))], left };
}

/** What a terminal would show in the end: a carriage return starts the line anew. */
export function settled(data: string): string {
  const text = data.replaceAll("\r\n", "\n");
  if (!text.includes("\r")) return text;
  return text
    .split("\n")
    .map((line) => {
      const kept = line.replace(/\r+$/, "");
      return kept.slice(kept.lastIndexOf("\r") + 1);
    })
    .join("\n");
}

function spansOf(text: string): Span[] {
  if (!text.includes("\u001b")) return [{ text, style: "" }];
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part) => ({
    text: part.content,
    style: [
      part.fg,
      part.bg && `${part.bg}-bg`,
      ...(part.decorations ?? []).map((d) => `ansi-${d}`),
    ]
      .filter(Boolean)
      .join(" "),
  }));
}
