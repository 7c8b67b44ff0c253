/** A table result: sorted by a click on a column's head, drawn a thousand rows at a time. */
import { useMemo, useState } from "preact/hooks";
import { csvOf, nextOrder, type Order, ordered, parseTable } from "../table";
import { Icon } from "./Icon";
import { Download } from "./Output";

/** Rows that are drawn unasked, and added at each request. */
const PAGE = 1_000;

export function TableView({ data }: { data: string }) {
  const table = useMemo(() => parseTable(data), [data]);
  const [order, setOrder] = useState<Order>();
  const [most, setMost] = useState(PAGE);
  const rows = useMemo(() => ordered(table, order), [table, order]);
  const shown = rows.slice(0, most);
  const count = rows.length.toLocaleString("en");
  return (
    <div class="table-result">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="table-scroll" tabIndex={0} aria-label={`Table of ${count} rows`}>
        <table>
          <thead>
            <tr>
              {table.columns.map((name, column) => (
                <th
                  key={column}
                  scope="col"
                  class={table.isNumeric[column] ? "number" : ""}
                  aria-sort={sortOf(order, column)}
                >
                  <button type="button" onClick={() => setOrder(nextOrder(order, column))}>
                    {name || "\u00a0"}
                    <Icon name={iconOf(order, column)} />
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index}>
                {table.columns.map((_, column) => (
                  <td key={column} class={table.isNumeric[column] ? "number" : ""}>
                    {row[column]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="table-foot">
        <span>
          {shown.length < rows.length
            ? `The first ${shown.length.toLocaleString("en")} of ${count} rows`
            : `${count} ${rows.length === 1 ? "row" : "rows"}`}
        </span>
        {shown.length < rows.length && (
          <button type="button" class="button small" onClick={() => setMost(most + PAGE)}>
            Show more
          </button>
        )}
        <Download name="table.csv" type="text/csv" content={() => csvOf(table)} />
      </p>
    </div>
  );
}

function sortOf(order: Order | undefined, column: number) {
  if (order?.column !== column) return "none";
  return order.isDescending ? "descending" : "ascending";
}

function iconOf(order: Order | undefined, column: number) {
  if (order?.column !== column) return "sort";
  return order.isDescending ? "down" : "up";
}
