/** What the page knows, and how each event changes it. Pure: no clock, no network, no page. */
import { languageOf } from "./language";
import {
  isBusy,
  type Message,
  type Note,
  type NoteInfo,
  noteInfos,
  noteOf,
  type Output,
  type Paragraph,
  paragraphOf,
  text,
} from "./protocol";
import { OWN } from "./tree";

/** How the page stands with the server. */
export type Link =
  | { is: "connecting" }
  | { is: "open" }
  | { is: "lost" /** Milliseconds since the epoch. */; retryAt: number; isServerGone: boolean }
  | { is: "asleep" }
  | { is: "ended"; reason: string };

export interface Session {
  owner: string;
  level: number | undefined;
  package: string;
}

export interface Cell {
  paragraph: Paragraph;
  /** What the user typed, as long as the server does not have it. */
  draft?: string;
  /** The text on its way to the server; until it is echoed the server's text is about to change. */
  sent?: string;
}

/** Typed text outside its cell: on its way over a reconnect or a reload. */
export interface Draft {
  text: string;
  /** What the server may hold without anybody else having written: the text before, and the sent one. */
  known: readonly string[];
}

export interface OpenNote extends Omit<Note, "paragraphs"> {
  cells: readonly Cell[];
  mayWrite: boolean;
  /** Text whose paragraph was changed or removed in another window before it could be saved. */
  orphans: readonly string[];
}

export interface Alert {
  id: number;
  kind: "refused" | "error" | "notice";
  text: string;
}

export interface Problem {
  title: string;
  detail: string;
  /** Whether it is a note of the user's own, so that at least it can be deleted. */
  isOwn?: boolean;
}

export interface State {
  link: Link;
  session: Session;
  notes: readonly NoteInfo[] | undefined;
  /** The id of the note that the address asks for. */
  wanted: string | undefined;
  note: OpenNote | undefined;
  problem: Problem | undefined;
  alerts: readonly Alert[];
  /** The paragraph that was added last, to be focused once. */
  fresh: string | undefined;
}

export type Event =
  | { type: "linked"; link: Link }
  | { type: "session"; session: Partial<Session> }
  | { type: "wanted"; id: string | undefined }
  | { type: "access"; noteId: string; mayWrite: boolean }
  | { type: "typed"; id: string; text: string }
  | { type: "sent"; id: string; text: string }
  | { type: "drafts"; drafts: ReadonlyMap<string, Draft> }
  | { type: "discarded"; orphan: number }
  | { type: "alerted"; kind: Alert["kind"]; text: string }
  | { type: "dismissed"; id: number }
  | { type: "received"; message: Message };

export const START: State = {
  link: { is: "connecting" },
  session: { owner: "", level: undefined, package: "" },
  notes: undefined,
  wanted: undefined,
  note: undefined,
  problem: undefined,
  alerts: [],
  fresh: undefined,
};

/** Folders of the platform that nobody but its administrators writes to. */
const SHIPPED = /^\/?(examples|utils|tests)\//;

export function reduce(state: State, event: Event): State {
  switch (event.type) {
    case "linked":
      return { ...state, link: event.link };
    case "session":
      return { ...state, session: { ...state.session, ...event.session } };
    case "wanted":
      return { ...state, wanted: event.id, note: undefined, problem: undefined, fresh: undefined };
    case "access":
      return state.note?.id === event.noteId
        ? { ...state, note: { ...state.note, mayWrite: event.mayWrite } }
        : state;
    case "typed":
      return changeCell(state, event.id, (cell) => withDraft(cell, event.text));
    case "sent":
      return changeCell(state, event.id, (cell) => ({ ...cell, sent: event.text }));
    case "drafts":
      return withDrafts(state, event.drafts);
    case "discarded":
      return changeNote(state, (note) => ({
        ...note,
        orphans: note.orphans.filter((_, index) => index !== event.orphan),
      }));
    case "alerted":
      return alerted(state, event.kind, event.text);
    case "dismissed":
      return { ...state, alerts: state.alerts.filter((alert) => alert.id !== event.id) };
    case "received":
      return received(state, event.message);
  }
}

/** What is in the cell's editor. */
export function textOf(cell: Cell): string {
  return cell.draft ?? cell.paragraph.text;
}

/** Whether the paragraph is a text that was rendered, to be read rather than edited. */
export function isProse({ text: source, status, outputs }: Paragraph): boolean {
  const isMarkdown = languageOf(source, "") === "markdown";
  return isMarkdown && status === "FINISHED" && outputs.some((output) => output.type === "HTML");
}

export function pathOf(state: State, note: OpenNote): string {
  const listed = state.notes?.find((info) => info.id === note.id);
  return listed?.path ?? note.path ?? `/${note.name}`;
}

function received(state: State, { op, data }: Message): State {
  switch (op) {
    case "NOTES_INFO":
      return listed(state, noteInfos(data.notes));
    case "NOTE":
      return data.note ? opened(state, noteOf(data.note)) : state;
    case "NOTE_UPDATED":
      return changeNote(state, (note) => ({ ...note, name: text(data.name) || note.name }));
    case "PARAGRAPH":
      return paragraphCame(state, paragraphOf(data.paragraph));
    case "PARAGRAPH_ADDED":
      return paragraphAdded(state, paragraphOf(data.paragraph), Number(data.index));
    case "PARAGRAPH_REMOVED":
      return changeNote(state, (note) => without(note, text(data.id)));
    case "PARAGRAPH_MOVED":
      return changeNote(state, (note) => moved(note, text(data.id), Number(data.index)));
    case "PARAGRAPH_APPEND_OUTPUT":
    case "PARAGRAPH_UPDATE_OUTPUT":
      return outputCame(state, op === "PARAGRAPH_APPEND_OUTPUT", data);
    case "PROGRESS":
      return changeParagraph(state, text(data.id), (paragraph) => ({
        ...paragraph,
        progress: Number(data.progress) || 0,
      }));
    case "NOTE_RUNNING_STATUS":
      return changeNote(state, (note) => ({ ...note, isRunning: data.status === true }));
    case "AUTH_INFO":
      return refused(state, text(data.info));
    case "ERROR_INFO":
      return failed(state, text(data.info));
    case "NOTICE":
      return alerted(state, "notice", text(data.notice));
    default:
      return state;
  }
}

function listed(state: State, notes: NoteInfo[]): State {
  const isGone = state.note !== undefined && !notes.some((info) => info.id === state.note?.id);
  if (!isGone) return { ...state, notes };
  const problem = {
    title: "This notebook is no longer there",
    detail: "It was deleted, here or in another window.",
  };
  return { ...state, notes, note: undefined, problem };
}

function opened(state: State, fresh: Note): State {
  if (fresh.id !== state.wanted) return state;
  const { paragraphs, ...rest } = fresh;
  const before = state.note?.id === fresh.id ? state.note : undefined;
  const drafts = before ? draftsOf(before) : new Map<string, Draft>();
  const note: OpenNote = {
    ...rest,
    cells: paragraphs.map((paragraph) => ({ paragraph })),
    mayWrite: before?.mayWrite ?? !SHIPPED.test(pathIn(state, fresh)),
    orphans: before?.orphans ?? [],
  };
  return withDrafts({ ...state, note, problem: undefined }, drafts);
}

function pathIn(state: State, note: Note): string {
  return note.path ?? state.notes?.find((info) => info.id === note.id)?.path ?? "";
}

export function draftsOf(note: OpenNote): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  for (const { paragraph, draft, sent } of note.cells) {
    if (draft === undefined) continue;
    const known = sent === undefined ? [paragraph.text] : [paragraph.text, sent];
    drafts.set(paragraph.id, { text: draft, known });
  }
  return drafts;
}

/** Text typed before goes back into its paragraph, unless somebody else has written there. */
function withDrafts(state: State, drafts: ReadonlyMap<string, Draft>): State {
  return changeNote(state, (note) => {
    const lost = new Map(drafts);
    const cells = note.cells.map((cell) => {
      const draft = drafts.get(cell.paragraph.id);
      const { text: now } = cell.paragraph;
      if (!draft || (now !== draft.text && !draft.known.includes(now))) return cell;
      lost.delete(cell.paragraph.id);
      return withDraft(cell, draft.text);
    });
    const orphans = [...lost.values()].map((draft) => draft.text).filter((kept) => kept.trim());
    return { ...note, cells, orphans: [...note.orphans, ...orphans] };
  });
}

function withDraft({ paragraph, sent }: Cell, draft: string): Cell {
  if (sent !== undefined) return { paragraph, draft, sent };
  return draft === paragraph.text ? { paragraph } : { paragraph, draft };
}

function paragraphCame(state: State, paragraph: Paragraph): State {
  return changeCell(state, paragraph.id, ({ draft, sent }) => {
    const pending = sent === undefined || sent === paragraph.text ? {} : { sent };
    return draft === undefined || draft === paragraph.text
      ? { paragraph, ...pending }
      : { paragraph, draft, ...pending };
  });
}

function paragraphAdded(state: State, paragraph: Paragraph, index: number): State {
  const isKnown = state.note?.cells.some((cell) => cell.paragraph.id === paragraph.id);
  if (!state.note || isKnown || paragraph.id === "") return state;
  const before = state.note.cells.slice(0, index);
  const cells = [...before, { paragraph }, ...state.note.cells.slice(index)];
  return { ...state, note: { ...state.note, cells }, fresh: paragraph.id };
}

function without(note: OpenNote, id: string): OpenNote {
  return { ...note, cells: note.cells.filter((cell) => cell.paragraph.id !== id) };
}

function moved(note: OpenNote, id: string, index: number): OpenNote {
  const cell = note.cells.find((candidate) => candidate.paragraph.id === id);
  if (!cell) return note;
  const others = without(note, id).cells;
  return { ...note, cells: [...others.slice(0, index), cell, ...others.slice(index)] };
}

/**
 * A piece of output, sent while the paragraph runs. The server sends pieces by another way than the
 * end result, which may overtake them: a piece that comes after the end is known already.
 */
function outputCame(state: State, isMore: boolean, data: Record<string, unknown>): State {
  return changeParagraph(state, text(data.paragraphId), (paragraph) => {
    const index = Number(data.index) || 0;
    const outputs = [...paragraph.outputs];
    // Outputs are numbered; one that was missed (a reconnect) must not leave a hole.
    while (outputs.length <= index) outputs.push({ type: "TEXT", data: "" });
    const old = outputs[index] as Output;
    const piece = text(data.data);
    const isLate = !isBusy(paragraph.status) && (isMore || old.data.startsWith(piece));
    if (isLate) return paragraph;
    outputs[index] = isMore
      ? { type: old.type, data: old.data + piece }
      : { type: text(data.type) || old.type, data: piece };
    return { ...paragraph, outputs };
  });
}

/** A refusal: either the wanted note cannot be opened, or the last deed was not allowed. */
function refused(state: State, info: string): State {
  const sentence = politeRefusal(info);
  if (state.wanted && !state.note) {
    return { ...state, problem: { title: "This notebook is not open to you", detail: sentence } };
  }
  return alerted(state, "refused", sentence);
}

/** Zeppelin lists roles and users after the sentence that matters to the user. */
function politeRefusal(info: string): string {
  const deed = /Insufficient privileges to (\w+)/i.exec(info)?.[1]?.toLowerCase();
  if (!deed) return info.trim() || "Zeppelin refused this.";
  if (deed.includes("writ") || deed.includes("own") || deed.includes("update")) {
    return "This notebook is read-only: the change was not saved. Copy it to your notebooks to change it.";
  }
  return "You are not allowed to do this with this notebook.";
}

function failed(state: State, info: string): State {
  if (state.wanted && !state.note && !state.problem) {
    return { ...state, problem: unopened(state, info) };
  }
  return alerted(state, "error", info);
}

function unopened({ notes, wanted }: State, info: string): Problem {
  const path = notes?.find((note) => note.id === wanted)?.path;
  if (path) {
    const isOwn = path.startsWith(`/${OWN}/`);
    return { title: "This notebook cannot be opened", detail: `${path.slice(1)}\n${info}`, isOwn };
  }
  return {
    title: "There is no such notebook",
    detail: "It may have been deleted, or the link that brought you here is wrong.",
  };
}

const MOST_ALERTS = 4;

function alerted(state: State, kind: Alert["kind"], sentence: string): State {
  const words = sentence.trim() || "Zeppelin reported an error without saying which.";
  const id = 1 + Math.max(0, ...state.alerts.map((alert) => alert.id));
  const others = state.alerts.filter((alert) => alert.text !== words);
  return { ...state, alerts: [...others, { id, kind, text: words }].slice(-MOST_ALERTS) };
}

function changeNote(state: State, change: (note: OpenNote) => OpenNote): State {
  return state.note ? { ...state, note: change(state.note) } : state;
}

function changeCell(state: State, id: string, change: (cell: Cell) => Cell): State {
  return changeNote(state, (note) => ({
    ...note,
    cells: note.cells.map((cell) => (cell.paragraph.id === id ? change(cell) : cell)),
  }));
}

function changeParagraph(
  state: State,
  id: string,
  change: (paragraph: Paragraph) => Paragraph,
): State {
  return changeCell(state, id, (cell) => ({ ...cell, paragraph: change(cell.paragraph) }));
}
