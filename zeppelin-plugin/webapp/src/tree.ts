/** The folder tree of the notes: built from their paths, walked with the keyboard. */
import type { NoteInfo } from "./protocol";

export interface Leaf {
  kind: "note";
  name: string;
  path: string;
  id: string;
}

export interface Folder {
  kind: "folder";
  name: string;
  path: string;
  children: TreeNode[];
}

export type TreeNode = Leaf | Folder;

/** A line of the tree as it is shown. */
export interface Row {
  node: TreeNode;
  /** 1 for the outermost. */
  depth: number;
  parent: string | undefined;
}

/** The user's own folder; new notes and copies go there. */
export const OWN = "user";

const ORDER = [OWN, "examples", "utils", "tests"];
const TRASH = "~Trash";

export function buildTree(notes: readonly NoteInfo[]): TreeNode[] {
  const root: Folder = { kind: "folder", name: "", path: "", children: [] };
  folderIn(root, OWN); // shown before it holds anything
  for (const note of notes) {
    const parts = note.path.split("/").filter(Boolean);
    const name = parts.pop() ?? note.id;
    const folder = parts.reduce(folderIn, root);
    folder.children.push({ kind: "note", name, path: note.path, id: note.id });
  }
  return sorted(root.children);
}

function folderIn(folder: Folder, name: string): Folder {
  for (const child of folder.children) {
    if (child.kind === "folder" && child.name === name) return child;
  }
  const path = `${folder.path}/${name}`;
  const child: Folder = { kind: "folder", name, path, children: [] };
  folder.children.push(child);
  return child;
}

function sorted(nodes: TreeNode[]): TreeNode[] {
  for (const node of nodes) if (node.kind === "folder") node.children = sorted(node.children);
  return nodes.sort((a, b) => rank(a) - rank(b) || compareNames(a.name, b.name));
}

/** Our own folders first, loose notes next, the trash last; inside folders, folders before notes. */
function rank(node: TreeNode): number {
  if (node.kind === "note") return 50;
  if (node.name === TRASH) return 99;
  const place = node.path === `/${node.name}` ? ORDER.indexOf(node.name) : -1;
  return place < 0 ? 10 : place;
}

const collate = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

/** The platform's packages from small to big; their folders stand in this order. */
const SIZES = ["tiny", "small", "medium", "large", "custom"];

function compareNames(a: string, b: string): number {
  const [left, right] = [SIZES.indexOf(a), SIZES.indexOf(b)];
  if (left >= 0 && right >= 0) return left - right;
  return collate(a, b);
}

/** The notes in one of the outermost folders, in the order of the tree. */
export function notesIn(notes: readonly NoteInfo[], folder: string): NoteInfo[] {
  return notes
    .filter((note) => note.path.startsWith(`/${folder}/`))
    .sort((a, b) => comparePaths(a.path.split("/"), b.path.split("/")));
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let part = 0; part < Math.min(a.length, b.length); part++) {
    const order = compareNames(a[part] ?? "", b[part] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The part of the tree that a search finds: notes whose path has every word. */
export function filterTree(nodes: readonly TreeNode[], search: string): TreeNode[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...nodes];
  return nodes.flatMap((node): TreeNode[] => {
    if (node.kind === "note") {
      const path = node.path.toLowerCase();
      return words.every((word) => path.includes(word)) ? [node] : [];
    }
    const children = filterTree(node.children, search);
    return children.length > 0 ? [{ ...node, children }] : [];
  });
}

export function rowsOf(
  nodes: readonly TreeNode[],
  isOpen: (folder: Folder) => boolean,
  depth = 1,
  parent?: string,
): Row[] {
  return nodes.flatMap((node): Row[] => {
    const row = { node, depth, parent };
    if (node.kind === "note" || !isOpen(node)) return [row];
    return [row, ...rowsOf(node.children, isOpen, depth + 1, node.path)];
  });
}

export type Step =
  | { go: string }
  | { open: string }
  | { close: string }
  | { choose: string }
  | undefined;

/** What a key does in the tree, by the WAI-ARIA pattern for trees. */
export function step(
  rows: readonly Row[],
  at: string,
  key: string,
  isOpen: (folder: Folder) => boolean,
): Step {
  const index = rows.findIndex((row) => row.node.path === at);
  const row = rows[index];
  if (!row) return undefined;
  const { node } = row;
  const go = (target: Row | undefined): Step => (target ? { go: target.node.path } : undefined);
  switch (key) {
    case "ArrowDown":
      return go(rows[index + 1]);
    case "ArrowUp":
      return go(rows[index - 1]);
    case "Home":
      return go(rows[0]);
    case "End":
      return go(rows.at(-1));
    case "ArrowRight":
      if (node.kind === "note") return undefined;
      return isOpen(node) ? go(rows[index + 1]) : { open: node.path };
    case "ArrowLeft":
      if (node.kind === "folder" && isOpen(node)) return { close: node.path };
      return row.parent === undefined ? undefined : { go: row.parent };
    case "Enter":
    case " ":
      if (node.kind === "note") return { choose: node.path };
      return isOpen(node) ? { close: node.path } : { open: node.path };
    default:
      return /^\S$/.test(key) ? go(startingWith(rows, index, key)) : undefined;
  }
}

function startingWith(rows: readonly Row[], index: number, letter: string): Row | undefined {
  const following = [...rows.slice(index + 1), ...rows.slice(0, index + 1)];
  return following.find((row) => row.node.name.toLowerCase().startsWith(letter.toLowerCase()));
}

/** A path under the user's folder that no note has yet. */
export function freePath(wanted: string, notes: readonly NoteInfo[]): string {
  const taken = new Set(notes.map((note) => note.path.toLowerCase()));
  const base = `/${OWN}/${wanted}`;
  for (let number = 1; ; number++) {
    const path = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(path.toLowerCase())) return path;
  }
}

/** Why a name cannot be a note's; nothing where it can. Zeppelin has the last word. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === "") return "Give the notebook a name.";
  if (name.includes("..")) return "A name cannot hold two dots in a row.";
  if (name.split("/").some((part) => part.trim() === "")) return "A folder in the name is empty.";
  if (name.split("/").some((part) => part.length > 200)) return "This name is too long.";
  return undefined;
}
