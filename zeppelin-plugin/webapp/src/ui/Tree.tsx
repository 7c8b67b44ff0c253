/** The folder tree, after the WAI-ARIA pattern: one tab stop, arrows inside. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { NoteInfo } from "../protocol";
import {
  buildTree,
  type Folder,
  filterTree,
  OWN,
  type Row,
  rowsOf,
  step,
  type TreeNode,
} from "../tree";
import { Icon } from "./Icon";

interface TreeProps {
  notes: readonly NoteInfo[] | undefined;
  openId: string | undefined;
  onChoose: (id: string) => void;
  isOnline: boolean;
  onNew: () => void;
}

const OPEN_AT_FIRST = [`/${OWN}`, "/examples", "/utils"];

export function Tree({ notes, openId, isOnline, onChoose, onNew }: TreeProps) {
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState(() => new Set(OPEN_AT_FIRST));
  const nodes = useMemo(() => filterTree(buildTree(notes ?? []), search), [notes, search]);
  const openPath = notes?.find((note) => note.id === openId)?.path;
  useEffect(() => {
    if (openPath) setOpen((before) => new Set([...before, ...foldersOf(openPath)]));
  }, [openPath]);
  const isOpen = (folder: Folder) => search.trim() !== "" || open.has(folder.path);
  const toggle = (path: string, isNowOpen: boolean) => {
    const next = new Set(open);
    if (isNowOpen) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  return (
    <>
      <div class="tree-head">
        <h2>Notebooks</h2>
        <button type="button" class="button small" disabled={!isOnline} onClick={onNew}>
          <Icon name="plus" /> New
        </button>
      </div>
      <input
        class="tree-search"
        type="search"
        placeholder="Find a notebook"
        aria-label="Find a notebook"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      {notes === undefined ? (
        <p class="hint">Loading…</p>
      ) : (
        <Rows
          rows={rowsOf(nodes, isOpen)}
          nodes={nodes}
          isOpen={isOpen}
          openPath={openPath}
          onToggle={toggle}
          onChoose={onChoose}
        />
      )}
      {notes !== undefined && search.trim() !== "" && nodes.length === 0 && (
        <p class="hint" role="status">
          No notebook has these words in its name.
        </p>
      )}
    </>
  );
}

function foldersOf(path: string): string[] {
  const parts = path.split("/").filter(Boolean).slice(0, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

interface RowsProps {
  rows: readonly Row[];
  nodes: readonly TreeNode[];
  isOpen: (folder: Folder) => boolean;
  openPath: string | undefined;
  onToggle: (path: string, isNowOpen: boolean) => void;
  onChoose: (id: string) => void;
}

function Rows({ rows, nodes, isOpen, openPath, onToggle, onChoose }: RowsProps) {
  const [at, setAt] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const isShown = (path: string | undefined) => rows.some((row) => row.node.path === path);
  const current = isShown(at) ? at : isShown(openPath) ? openPath : rows[0]?.node.path;
  const go = (path: string) => {
    setAt(path);
    list.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
  };
  const act = (node: TreeNode) => {
    setAt(node.path);
    if (node.kind === "note") onChoose(node.id);
    else onToggle(node.path, !isOpen(node));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || current === undefined) return;
    const next = step(rows, current, event.key, isOpen);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if ("go" in next) go(next.go);
    else if ("open" in next) onToggle(next.open, true);
    else if ("close" in next) onToggle(next.close, false);
    else act(rows.find((row) => row.node.path === next.choose)?.node as TreeNode);
  };
  const branch = (children: readonly TreeNode[], depth: number) =>
    children.map((node) => (
      <li
        key={node.path}
        role="treeitem"
        data-path={node.path}
        aria-level={depth}
        aria-expanded={node.kind === "folder" ? isOpen(node) : undefined}
        aria-selected={node.path === openPath}
        tabIndex={node.path === current ? 0 : -1}
        onFocus={(event) => event.target === event.currentTarget && setAt(node.path)}
      >
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tree listens for keys as a whole */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the treeitem around it has the role */}
        <div class="row" style={{ "--depth": depth }} onClick={() => act(node)}>
          {node.kind === "folder" ? <Icon name="chevron" /> : <span class="icon" />}
          <Icon name={node.kind} />
          <span class="row-name">{node.name}</span>
          {node.kind === "folder" && depth === 1 && node.name === OWN && (
            <span class="row-hint">yours</span>
          )}
        </div>
        {node.kind === "folder" && isOpen(node) && (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no group of a tree
          <ul role="group">
            {branch(node.children, depth + 1)}
            {node.children.length === 0 && (
              <li class="hint empty" role="none">
                No notebooks yet
              </li>
            )}
          </ul>
        )}
      </li>
    ));
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the pattern for trees wants it
    <ul class="tree" role="tree" aria-label="Notebooks" ref={list} onKeyDown={onKey}>
      {branch(nodes, 1)}
    </ul>
  );
}
