// Tables that can be sorted and searched. Names are only ever text.
//
//   dataTable(element, columns, rows, { caption, limit: 100, search: true, sort: ["time", -1], empty: "No errors." });
//   columns: [{ title, value: "field" | (row) => any, write: (value, row) => text, number: bool, code: bool, pre: bool, pick: (row) => void,
//     meter: (row) => share from 0 to 1, bad: (row) => whether it is a failure }]
// Called again on the same element with new rows, it keeps the order and the search.
import { bytes, count, element, rate, time } from "./format.js";

const TABLES = new WeakMap(), TABLE_LONG = 1200;

/** Shows rows as a table. */
export function dataTable(host, columns, rows, options = {}) {
  const kept = TABLES.get(host) ?? { by: null, way: 1, find: "", limit: options.limit ?? 100 };
  if (!TABLES.has(host) && options.sort) [kept.by, kept.way] = [columns.findIndex((column) => column.value === options.sort[0]), options.sort[1]];
  TABLES.set(host, kept);
  Object.assign(kept, { host, columns, rows, options });
  if (rows.length === 0) return host.replaceChildren(element("p", "empty", options.empty ?? "There are none."));
  if (!host.contains(kept.body ?? null)) buildTable(kept);
  fillTable(kept);
}

function cellValue(column, row) { return typeof column.value === "function" ? column.value(row) : row[column.value]; }

function cellText(column, row) {
  const value = cellValue(column, row);
  if (column.write) return column.write(value, row);
  return value === null || value === undefined ? "" : String(value);
}

function buildTable(kept) {
  const { host, columns, options } = kept, head = element("tr");
  kept.heads = columns.map((column, index) => {
    const button = element("button", "", column.title), cell = element("th", column.number ? "number" : "", null, button);
    button.type = "button";
    cell.scope = "col";
    button.addEventListener("click", () => {
      [kept.by, kept.way] = kept.by === index ? [index, -kept.way] : [index, column.number ? -1 : 1];
      fillTable(kept);
    });
    head.append(cell);
    return cell;
  });
  kept.body = element("tbody");
  const table = element("table", "", null, ...(options.caption ? [element("caption", "", options.caption)] : []), element("thead", "", null, head), kept.body);
  kept.more = element("button", "more-rows");
  kept.more.type = "button";
  kept.more.addEventListener("click", () => { kept.limit *= 4; fillTable(kept); });
  host.replaceChildren(element("div", "scroll", null, table), kept.more);
  if (!options.search) return;
  const find = element("input", "filter");
  [find.type, find.placeholder, find.value] = ["search", "Search", kept.find];
  find.setAttribute("aria-label", "Search in this table");
  find.addEventListener("input", () => { kept.find = find.value; fillTable(kept); });
  host.prepend(find);
}

function fillTable(kept) {
  const { columns, by, way } = kept, wanted = kept.find.toLowerCase();
  let rows = kept.rows;
  if (wanted) rows = rows.filter((row) => columns.some((column) => cellText(column, row).toLowerCase().includes(wanted)));
  if (by !== null && by >= 0) {
    const keyed = rows.map((row) => [cellValue(columns[by], row), row]);
    keyed.sort(([a], [b]) => way * (typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true })));
    rows = keyed.map(([, row]) => row);
  }
  kept.heads.forEach((cell, index) => {
    if (index === by) cell.setAttribute("aria-sort", way > 0 ? "ascending" : "descending"); else cell.removeAttribute("aria-sort");
  });
  kept.body.replaceChildren(...rows.slice(0, kept.limit).map((row) => tableRow(columns, row)));
  kept.more.hidden = rows.length <= kept.limit;
  kept.more.textContent = `Show more (${rows.length - kept.limit} are not shown)`;
}

function tableRow(columns, row) {
  return element("tr", "", null, ...columns.map((column) => {
    const cell = element("td", [column.number && "number", column.code && "code", column.pre && "pre", column.bad?.(row) && "bad"].filter(Boolean).join(" "));
    const text = cellText(column, row);
    if (text.length <= 20 && !column.pre) cell.classList.add("tight");
    // What is written as a sentence is never a column of single words.
    else if (!column.number && !column.code && text.includes(" ")) cell.classList.add("wide");
    if (column.pick) {
      const link = element("button", "link", text);
      link.type = "button";
      link.addEventListener("click", () => column.pick(row));
      cell.append(link);
    } else if (column.pre && text.length > TABLE_LONG) {
      // All of a long text is a click away.
      cell.append(element("details", "", null, element("summary", "", `${text.slice(0, TABLE_LONG / 2)}\u2026`), text));
    } else cell.append(column.meter ? element("span", "figure", text) : text);
    if (column.meter) {
      const fill = element("span"), meter = element("span", "meter", null, fill);
      fill.style.width = `${Math.max(0, Math.min(1, column.meter(row))) * 100}%`;
      cell.prepend(meter, " ");
    }
    return cell;
  }));
}

/** Shows names and values side by side: [[name, text], ..]. */
export function factList(host, facts) {
  const list = element("dl", "facts");
  for (const [name, text] of facts) list.append(element("dt", "", name), element("dd", "", text));
  host.replaceChildren(list);
}

/** Shows figures in cards: [{ what, value, more, bad }, ..]. */
export function cards(host, figures) {
  host.replaceChildren(element("div", "cards", null, ...figures.map(({ what, value, more, bad }) => element("div", bad ? "card bad" : "card", null,
    element("div", "what", what), element("div", "value", value), ...(more ? [element("div", "more", more)] : [])))));
}

const TABLE_FIGURES = { number: true };

/** A column of counts of failures: red where there are any. */
export function failedColumn(title, value) { return { ...TABLE_FIGURES, title, value, write: count, bad: (row) => row[value] > 0 }; }

/** The critical path, the view "critical_path": its sums, then its steps, each with the wait before it and what for. `open(key)` may show a task. */
export function criticalPath(host, { steps, computing, waiting, left_off: hidden }, open) {
  const [words, rows, more] = host.children.length === 3 ? host.children : [element("p"), element("div"), element("p", "faint")];
  if (rows.parentElement !== host) host.replaceChildren(words, rows, more);
  words.textContent = `From the execution that ended last back through the input that ended last; what needs nothing follows what ended last before it. ${time(computing)} of computing and ${time(waiting)} of waiting.`;
  const columns = [{ ...TABLE_FIGURES, title: "#", value: "nth", write: count }, { ...TABLE_FIGURES, title: "Waited", value: "gap", write: time }, { title: "For", value: (step) => (step.input ? "its input" : "its turn") },
    { ...TABLE_FIGURES, title: "Took", value: "time", write: time }, { ...TABLE_FIGURES, title: "Began at", value: "started", write: time }, { title: "Group", value: "group" },
    { title: "Key", value: "key", code: true, pick: open && ((step) => open(step.key)) }, { title: "Line", value: (step) => step.line ?? "", code: true }, { title: "Worker", value: "worker" }];
  dataTable(rows, columns, steps.map((step, i) => ({ ...step, nth: hidden + i + 1 })), { limit: 50, empty: "Nothing has run." });
  more.hidden = hidden === 0;
  more.textContent = `${count(hidden)} steps before these are in the sums and are not shown.`;
}

/** What went between each two workers: the pairs of the view "bandwidth". */
export function bandwidthPairs(host, { workers, pairs, left_off: hidden }) {
  const [rows, more] = host.children.length === 2 ? host.children : [element("div"), element("p", "faint")];
  if (rows.parentElement !== host) host.replaceChildren(rows, more);
  dataTable(rows, [{ title: "From", value: (pair) => workers[pair[0]] }, { title: "To", value: (pair) => workers[pair[1]] }, { ...TABLE_FIGURES, title: "Bytes", value: (pair) => pair[2], write: bytes },
    { ...TABLE_FIGURES, title: "Bandwidth", value: (pair) => pair[3], write: rate }, { ...TABLE_FIGURES, title: "Transfers", value: (pair) => pair[4], write: count }], pairs, { limit: 20, empty: "Nothing went from worker to worker." });
  more.hidden = hidden === 0;
  more.textContent = `${count(hidden)} pairs that sent less are not shown.`;
}
