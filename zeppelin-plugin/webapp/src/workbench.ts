/** What the user can do with the notes: every deed of the page, turned into messages. */
import { Connection, type Surroundings } from "./connection";
import type { Drafts } from "./drafts";
import { isBusy, list, type Message, record, type Ticket, text } from "./protocol";
import {
  type Cell,
  draftsOf,
  type Event,
  type OpenNote,
  pathOf,
  reduce,
  START,
  type State,
  textOf,
} from "./state";
import { freePath } from "./tree";

/** Milliseconds of quiet after which typed text is sent to the server. */
const PAUSE_BEFORE_SAVE = 800;

export class Workbench {
  state: State = START;
  readonly connection: Connection;
  private readonly watchers = new Set<() => void>();
  private readonly saves = new Map<string, ReturnType<typeof setTimeout>>();
  private principal = "";
  private roles: string[] = [];

  constructor(
    readonly base: URL,
    private readonly around: Surroundings,
    private readonly drafts: Drafts,
    /** Shows another note: changes the address. */
    private readonly showNote: (id: string | undefined) => void,
  ) {
    this.connection = new Connection(base, around, {
      linked: (link) => {
        this.dispatch({ type: "linked", link });
        if (link.is === "open") this.onOpen();
      },
      received: (message) => this.onMessage(message),
      ticketed: (ticket) => this.onTicket(ticket),
      isNeeded: () => this.state.note?.cells.some((cell) => isBusy(cell.paragraph.status)) ?? false,
    });
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  dispatch(event: Event): void {
    this.state = reduce(this.state, event);
    for (const watcher of this.watchers) watcher();
  }

  /** The address asks for this note, or for none. */
  open(id: string | undefined): void {
    this.saveAll();
    this.dispatch({ type: "wanted", id });
    if (id) this.connection.send("GET_NOTE", { id });
  }

  createNote(name: string): void {
    const path = freePath(name.trim(), this.state.notes ?? []);
    this.deed("NEW_NOTE", { name: path.slice(1) });
  }

  /** Copies the open note into the user's folder and shows the copy. */
  copyNote(): void {
    const { note } = this.state;
    if (!note) return;
    const path = freePath(note.name || "Copy", this.state.notes ?? []);
    this.deed("CLONE_NOTE", { id: note.id, name: path.slice(1) });
  }

  renameNote(name: string): void {
    const { note } = this.state;
    if (!note) return;
    const folder = pathOf(this.state, note).split("/").slice(0, -1).join("/");
    this.deed("NOTE_RENAME", { id: note.id, name: `${folder}/${name.trim()}`, relative: false });
  }

  /** Deletes the note that the address asks for; one that cannot be opened can still be deleted. */
  deleteNote(): void {
    const { wanted: id } = this.state;
    if (!id || !this.deed("DEL_NOTE", { id })) return;
    this.drafts.keep(id, new Map());
    this.showNote(undefined);
  }

  textOf(id: string): string | undefined {
    const cell = this.state.note?.cells.find((candidate) => candidate.paragraph.id === id);
    return cell && textOf(cell);
  }

  type(id: string, typed: string): void {
    this.dispatch({ type: "typed", id, text: typed });
    this.keepDrafts();
    clearTimeout(this.saves.get(id));
    this.saves.set(
      id,
      setTimeout(() => this.save(id), PAUSE_BEFORE_SAVE),
    );
  }

  /** Sends what was typed into a paragraph; what cannot be sent now stays a draft. */
  save(id: string): void {
    clearTimeout(this.saves.get(id));
    const { note } = this.state;
    const cell = note?.cells.find((candidate) => candidate.paragraph.id === id);
    if (!note?.mayWrite || note.isRunning || cell?.draft === undefined) return;
    const isSent = this.connection.send("COMMIT_PARAGRAPH", { noteId: note.id, ...contents(cell) });
    if (isSent) this.dispatch({ type: "sent", id, text: cell.draft });
  }

  saveAll(): void {
    for (const cell of this.state.note?.cells ?? []) this.save(cell.paragraph.id);
  }

  run(id: string): void {
    const { note } = this.state;
    const cell = note?.cells.find((candidate) => candidate.paragraph.id === id);
    if (!note || !cell || isBusy(cell.paragraph.status)) return;
    clearTimeout(this.saves.get(id));
    if (textOf(cell).trim() === "") return;
    this.deed("RUN_PARAGRAPH", { noteId: note.id, ...contents(cell) });
  }

  runAll(): void {
    const { note } = this.state;
    if (!note || note.isRunning) return;
    const paragraphs = note.cells
      .filter((cell) => textOf(cell).trim() !== "" && cell.paragraph.config.enabled !== false)
      .map(contents);
    this.deed("RUN_ALL_PARAGRAPHS", { noteId: note.id, paragraphs: JSON.stringify(paragraphs) });
  }

  cancel(id: string): void {
    this.deed("CANCEL_PARAGRAPH", { id });
  }

  cancelAll(): void {
    const busy = this.state.note?.cells.filter((cell) => isBusy(cell.paragraph.status)) ?? [];
    for (const cell of busy) this.cancel(cell.paragraph.id);
  }

  insert(index: number): void {
    this.saveAll();
    this.deed("INSERT_PARAGRAPH", { index, config: {} });
  }

  remove(id: string): void {
    clearTimeout(this.saves.get(id));
    this.deed("PARAGRAPH_REMOVE", { id });
  }

  move(id: string, index: number): void {
    this.deed("MOVE_PARAGRAPH", { id, index });
  }

  clear(id: string): void {
    this.deed("PARAGRAPH_CLEAR_OUTPUT", { id });
  }

  clearAll(): void {
    const { note } = this.state;
    if (note) this.deed("PARAGRAPH_CLEAR_ALL_OUTPUT", { id: note.id });
  }

  hasDrafts(): boolean {
    return this.state.note?.cells.some((cell) => cell.draft !== undefined) ?? false;
  }

  /** Drafts go with the session; then the server's own logout takes over. */
  logOut(): void {
    this.drafts.forget();
    this.connection.end("You are logged out.");
    this.around.leaveTo(new URL("logout", this.base).href);
  }

  /** Sends what the user asked for, or says that it did not happen. */
  private deed(op: string, data: Record<string, unknown>): boolean {
    const isSent = this.connection.send(op, data);
    if (!isSent) {
      const words = "There is no connection to the server just now. Nothing was changed or run.";
      this.dispatch({ type: "alerted", kind: "error", text: words });
    }
    return isSent;
  }

  private onOpen(): void {
    this.connection.send("LIST_NOTES");
    if (this.state.wanted) this.connection.send("GET_NOTE", { id: this.state.wanted });
  }

  private onTicket(ticket: Ticket): void {
    this.principal = ticket.principal;
    this.roles = list(parsed(ticket.roles)).map(text);
    if (!this.state.session.owner)
      this.dispatch({ type: "session", session: { owner: ticket.principal } });
    void this.readSession();
  }

  private onMessage(message: Message): void {
    const isFirst = message.op === "NOTE" && this.state.note === undefined;
    this.dispatch({ type: "received", message });
    const { note } = this.state;
    if (message.op === "NEW_NOTE") this.showNote(text(record(message.data.note).id) || undefined);
    if (message.op === "NOTE" && note) {
      if (isFirst) this.dispatch({ type: "drafts", drafts: this.drafts.of(note.id) });
      if (isFirst) void this.readAccess(note);
      this.saveAll();
    }
    if (message.op === "NOTE_RUNNING_STATUS") this.saveAll();
    if (message.op === "AUTH_INFO" && note) void this.readAccess(note);
    if (message.op.startsWith("PARAGRAPH")) this.keepDrafts();
  }

  private keepDrafts(): void {
    const { note } = this.state;
    if (note) this.drafts.keep(note.id, draftsOf(note));
  }

  private async readAccess({ id }: OpenNote): Promise<void> {
    const body = record(await this.readJson(`api/notebook/${encodeURIComponent(id)}/permissions`));
    const permissions = record(body.body);
    if (!Array.isArray(permissions.writers)) return;
    const mine = new Set([this.principal, ...this.roles]);
    const has = (who: unknown): boolean =>
      list(who).length === 0 || list(who).some((name) => mine.has(text(name)));
    const mayWrite = has(permissions.writers) || has(permissions.owners);
    const isNews = this.state.note?.mayWrite !== mayWrite;
    this.dispatch({ type: "access", noteId: id, mayWrite });
    if (isNews) this.saveAll();
  }

  /** Present where the platform's plugin is; a plain Zeppelin has none. */
  private async readSession(): Promise<void> {
    const session = record(await this.readJson("api/aglais/session"));
    this.dispatch({
      type: "session",
      session: {
        ...(text(session.owner) && { owner: text(session.owner) }),
        ...(typeof session.level === "number" && { level: session.level }),
        ...(text(session.package) && { package: text(session.package) }),
      },
    });
  }

  private async readJson(path: string): Promise<unknown> {
    try {
      const response = await this.around.fetch(new URL(path, this.base), {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      return response.ok ? await response.json() : undefined;
    } catch {
      return undefined;
    }
  }
}

/** A paragraph as COMMIT and RUN want it; what is left out there is erased by the server. */
function contents(cell: Cell): Record<string, unknown> {
  const { id, title, config, params } = cell.paragraph;
  return { id, title, paragraph: textOf(cell), config, params };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
