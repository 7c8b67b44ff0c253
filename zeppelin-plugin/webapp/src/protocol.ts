/**
 * The words spoken over Zeppelin's websocket: what the server sends and what it understands.
 *
 * Zeppelin 0.10 and 0.12 share them. A message is `{op, data, ticket, principal, roles, msgId}`.
 */

export type Status = "READY" | "PENDING" | "RUNNING" | "FINISHED" | "ERROR" | "ABORT" | "UNKNOWN";

export interface Ticket {
  principal: string;
  ticket: string;
  /** A JSON list, as the server gives and wants it back. */
  roles: string;
}

export interface NoteInfo {
  id: string;
  /** From the root, such as `/examples/tiny/Count rows`. */
  path: string;
}

export interface Output {
  /** TEXT, HTML, TABLE, IMG, SVG, ANGULAR, NETWORK, NULL */
  type: string;
  data: string;
}

export interface Paragraph {
  id: string;
  title: string;
  text: string;
  status: Status;
  /** Percent. */
  progress: number;
  config: Record<string, unknown>;
  params: Record<string, unknown>;
  outputs: Output[];
  started: Date | undefined;
  finished: Date | undefined;
}

export interface Note {
  id: string;
  name: string;
  path: string | undefined;
  interpreter: string;
  isRunning: boolean;
  paragraphs: Paragraph[];
}

export interface Message {
  op: string;
  data: Record<string, unknown>;
}

/** The message in a websocket frame, or nothing where the frame is not one. */
export function decode(frame: unknown): Message | undefined {
  if (typeof frame !== "string") return undefined;
  const raw = record(parse(frame));
  return typeof raw.op === "string" ? { op: raw.op, data: record(raw.data) } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function encode(op: string, data: Record<string, unknown>, ticket: Ticket): string {
  return JSON.stringify({ op, data, ...ticket });
}

export function noteInfos(raw: unknown): NoteInfo[] {
  return list(raw)
    .map(record)
    .filter((info) => text(info.id) && text(info.path))
    .map((info) => ({ id: text(info.id), path: text(info.path) }));
}

/** A note as the server sent it; parts that are missing become empty, so that a damaged note still opens. */
export function noteOf(raw: unknown): Note {
  const note = record(raw);
  return {
    id: text(note.id),
    name: text(note.name),
    path: text(note.path) || undefined,
    interpreter: text(note.defaultInterpreterGroup) || "spark",
    isRunning: record(note.info).isRunning === true,
    paragraphs: list(note.paragraphs)
      .map(paragraphOf)
      .filter((paragraph) => paragraph.id !== ""),
  };
}

export function paragraphOf(raw: unknown): Paragraph {
  const paragraph = record(raw);
  return {
    id: text(paragraph.id),
    title: text(paragraph.title),
    text: text(paragraph.text),
    status: statusOf(paragraph.status),
    progress: typeof paragraph.progress === "number" ? paragraph.progress : 0,
    config: record(paragraph.config),
    params: record(record(paragraph.settings).params),
    outputs: list(record(paragraph.results).msg).map(outputOf),
    started: dateOf(paragraph.dateStarted),
    finished: dateOf(paragraph.dateFinished),
  };
}

const STATUSES: readonly string[] = ["READY", "PENDING", "RUNNING", "FINISHED", "ERROR", "ABORT"];

function statusOf(raw: unknown): Status {
  return (STATUSES.includes(text(raw)) ? raw : "UNKNOWN") as Status;
}

function outputOf(raw: unknown): Output {
  const output = record(raw);
  return { type: text(output.type) || "TEXT", data: text(output.data) };
}

/** Gson writes the zone as +0000, which not every browser reads. */
function dateOf(raw: unknown): Date | undefined {
  const date = new Date(text(raw).replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function isBusy(status: Status): boolean {
  return status === "PENDING" || status === "RUNNING";
}

export function record(raw: unknown): Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw)
    ? (raw as Record<string, unknown>)
    : {};
}

export function list(raw: unknown): unknown[] {
  return Array.isArray(raw) ? raw : [];
}

export function text(raw: unknown): string {
  return typeof raw === "string" ? raw : "";
}
