/**
 * Typed text that the server does not have yet, kept in the tab's own storage: a reload, a crash
 * of the page or the way through the login must not lose it. It goes with the tab, and at logout.
 */
import { list, record, text } from "./protocol";
import type { Draft } from "./state";

export class Drafts {
  private readonly prefix: string;

  /** `base` tells apart the sessions of several users that one browser sees under one host. */
  constructor(
    private readonly storage: Storage,
    base: string,
  ) {
    this.prefix = `aglais-draft:${base}:`;
  }

  keep(noteId: string, drafts: ReadonlyMap<string, Draft>): void {
    try {
      if (drafts.size === 0) this.storage.removeItem(this.prefix + noteId);
      else this.storage.setItem(this.prefix + noteId, JSON.stringify([...drafts]));
    } catch {
      // Storage that is full or closed costs the safety net, not the work in the page.
    }
  }

  of(noteId: string): Map<string, Draft> {
    try {
      const kept = list(JSON.parse(this.storage.getItem(this.prefix + noteId) ?? "[]"));
      return new Map(kept.map(entryOf));
    } catch {
      return new Map();
    }
  }

  forget(): void {
    for (const key of Object.keys(this.storage)) {
      if (key.startsWith(this.prefix)) this.storage.removeItem(key);
    }
  }
}

function entryOf(raw: unknown): [string, Draft] {
  const [id, draft] = list(raw);
  return [text(id), { text: text(record(draft).text), known: list(record(draft).known).map(text) }];
}
