/** Zeppelin's table results: tab-separated lines, the first one naming the columns. */

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** For each column, whether every cell that is not empty is a number. */
  isNumeric: readonly boolean[];
}

export interface Order {
  column: number;
  isDescending: boolean;
}

export function parseTable(data: string): Table {
  const lines = data.split("\n").map((line) => line.replace(/\r$/, ""));
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  const columns = (lines.shift() ?? "").split("\t");
  const rows = lines.map((line) => padded(line.split("\t"), columns.length));
  return { columns, rows, isNumeric: columns.map((_, column) => isNumericColumn(rows, column)) };
}

function padded(cells: string[], width: number): string[] {
  while (cells.length < width) cells.push("");
  return cells;
}

function isNumericColumn(rows: readonly (readonly string[])[], column: number): boolean {
  const cells = rows.map((row) => row[column] ?? "").filter((cell) => !isBlank(cell));
  return cells.length > 0 && cells.every((cell) => !Number.isNaN(Number(cell)));
}

function isBlank(cell: string): boolean {
  return cell.trim() === "" || /^(null|nan|none)$/i.test(cell.trim());
}

const collate = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

/** The rows in another order; what is blank comes last either way, equal rows keep their places. */
export function ordered(table: Table, order: Order | undefined): Table["rows"] {
  if (!order) return table.rows;
  const { column, isDescending } = order;
  const compare = table.isNumeric[column]
    ? (a: string, b: string) => Number(a) - Number(b)
    : collate;
  return [...table.rows].sort((a, b) => {
    const [left, right] = [a[column] ?? "", b[column] ?? ""];
    if (isBlank(left) || isBlank(right)) return Number(isBlank(left)) - Number(isBlank(right));
    return isDescending ? compare(right, left) : compare(left, right);
  });
}

/** Up, down, as it came: what clicking a column's head does in turn. */
export function nextOrder(order: Order | undefined, column: number): Order | undefined {
  if (order?.column !== column) return { column, isDescending: false };
  return order.isDescending ? undefined : { column, isDescending: true };
}

export function csvOf({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
}

/** RFC 4180; a cell that a spreadsheet would run as a formula is disarmed with an apostrophe. */
function quoted(cell: string): string {
  const harmless = /^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
