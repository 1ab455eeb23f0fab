// What several pages are made of: panels, bars of shares, and columns of tables.
import { bytes, count, element, percent, time } from "../format.js";
import { failedColumn } from "../tables.js";

/** What a reader who knows other clusters looks for and does not find. */
export const ONE_PROCESS = "All workers are threads of this one program: its memory is not told apart by worker. What results take beyond the target of a worker is on disk.";

/** A panel with a title, put at the end of a place: the element that is to be filled. */
export function panel(place, title, className = "panel") {
  const host = element("div");
  place.append(element("section", className, null, element("h2", "", title), host));
  return host;
}

/** A grid of panels, put at the end of a place. */
export function grid(place, kind = "wide") { return place.appendChild(element("div", `grid ${kind}`)); }

/** A bar for each row: [{ name, share from 0 to 1, text, title: what the pointer is told }, ..]. */
export function shares(host, rows, empty, kind = "rows") {
  if (rows.length === 0) return host.replaceChildren(element("p", "empty", empty));
  host.replaceChildren(element("div", kind, null, ...rows.flatMap(({ name, share, text, title = `${name}: ${text}` }) => {
    const fill = element("span", share > 0.9 ? "full" : ""), bar = element("div", "bar", null, fill), label = element("div", "name", name);
    fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", title);
    label.title = bar.title = title;
    return [label, bar, element("div", "number faint", text)];
  })));
}

/** A place that scrolls by itself when there is much in it. */
export function short(host, label) {
  host.className = "short";
  host.tabIndex = 0;
  host.setAttribute("role", "region");
  host.setAttribute("aria-label", label);
  return host;
}

/** What the cluster holds and may hold, and what the program and the machine have in memory: of the view "moment". */
export function clusterMemory(host, { nbytes, memory_limit: limit, process, machine, machine_total: total }) {
  const of = (name, size, most) => ({ name, share: most > 0 ? size / most : 0, text: most > 0 ? `${bytes(size)} of ${bytes(most)}` : bytes(size) });
  const [bars, words] = host.children.length === 2 ? host.children : [element("div"), element("p", "hint", `Managed is what results take, of what the workers may hold. ${ONE_PROCESS}`)];
  if (bars.parentElement !== host) host.replaceChildren(bars, words);
  const measured = process === null ? [] : [of("This program", process, total), of("Machine", machine, total)];
  shares(bars, [of("Managed", nbytes, limit), ...measured], "", "rows tall");
}

/** How many tasks the scheduler has given to workers, and how many of those can run at a time: of the view "moment". */
export function processing(host, { tasks, threads }) {
  const given = tasks.processing, most = Math.max(given, threads);
  shares(host, [{ name: "Processing", share: most > 0 ? 0.9 * given / most : 0, text: `${count(given)} tasks on ${count(threads)} threads` }], "", "rows tall");
}

/** How much of what it may hold each worker holds. */
export function workersMemory(host, workers) {
  const rows = workers.filter((worker) => worker.there).map(({ name, nbytes, memory_limit }) => ({
    name, share: memory_limit > 0 ? nbytes / memory_limit : 0, text: bytes(nbytes), title: memory_limit > 0 ? `${name}: ${bytes(nbytes)} of ${bytes(memory_limit)}` : name,
  }));
  shares(host, rows, "No workers are there.");
}

/** How many threads of each worker compute. */
export function workersBusy(host, workers) {
  // A long task counts while it runs, short ones by the time that they took.
  const rows = workers.filter((worker) => worker.there).map(({ name, busy_threads, running, threads }) => [name, Math.max(busy_threads, running), threads]).map(([name, busy, threads]) => ({
    name, share: threads > 0 ? busy / threads : 0, text: `${busy.toFixed(1)} of ${count(threads)}`, title: `${name}: ${busy.toFixed(1)} of ${count(threads)} threads`,
  }));
  shares(host, rows.map((row) => ({ ...row, share: Math.min(row.share, 0.9) })), "No workers are there.");
}

/** Columns by the kind of what is in them. */
export const columns = {
  text: (title, value) => ({ title, value }),
  code: (title, value) => ({ title, value, code: true }),
  failed: failedColumn,
  count: (title, value) => ({ title, value, number: true, write: count }),
  bytes: (title, value) => ({ title, value, number: true, write: bytes }),
  time: (title, value) => ({ title, value, number: true, write: time }),
  share: (title, value) => ({ title, value, number: true, write: percent }),
  /** A key that leads to the page of its task. */
  key: (title, value, shell) => ({ title, value, code: true, pick: (row) => shell.openTask(row[value]) }),
};
