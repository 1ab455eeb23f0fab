// The report: tabs that are drawn when they are first looked at, from the data in the page (see report/data.rs).
import { bytes, count, element, percent, rate, themeSwitch, time } from "./format.js";
import { bandwidthPairs, cards, criticalPath, dataTable, factList, failedColumn } from "./tables.js";
import { lineChart, nameColour, progressBars, stateColour } from "./charts.js";
import { heatMap } from "./matrix.js";
import { taskStream } from "./stream.js";
import { flameGraph } from "./flame.js";

const report = JSON.parse(document.getElementById("data").textContent);

const where = (row) => row.line ?? "";
const timeColumn = (title, value, more = {}) => ({ title, value, write: time, number: true, ...more });
const countColumn = (title, value) => ({ title, value, write: count, number: true });
const bytesColumn = (title, value) => ({ title, value, write: bytes, number: true });
const keyColumn = (title, value) => ({ title, value, code: true });

/** A heading, some words, and a place to draw in. */
function section(host, title, words) {
  const place = element("div");
  host.append(element("h3", "", title));
  if (words) host.append(element("p", "faint", words));
  host.append(place);
  return place;
}

/** A chart in its own panel of a grid. */
function chartIn(grid, options, series) {
  const place = element("div", "panel");
  grid.append(place);
  lineChart(place, options).set(series);
}

function showSummary(host) {
  const { summary, failures } = report, { compute, transfer, idle } = summary.time, threads = compute + idle;
  const place = element("div");
  host.append(...notes(), place);
  cards(place, [
    { what: "Duration", value: time(summary.duration) },
    { what: "Tasks", value: count(summary.tasks), more: `${count(summary.executions)} executions in ${count(summary.groups)} groups` },
    { what: "Errors", value: count(summary.erred), more: `${count(summary.failures)} executions failed`, bad: summary.erred > 0 || failures.count > 0 },
    { what: "Workers", value: count(summary.workers), more: `${count(summary.threads)} threads${summary.workers_lost ? `, ${count(summary.workers_lost)} lost` : ""}` },
    { what: "Threads computed", value: threads > 0 ? percent(compute / threads) : "none", more: `${time(compute)} of ${time(threads)}` },
    { what: "Results held at most", value: bytes(summary.held_peak), more: `of ${bytes(summary.memory_limit)} allowed` },
    { what: "Process at most", value: bytes(summary.process_peak), more: `of ${bytes(summary.machine_memory)} in the machine` },
    { what: "Transferred", value: bytes(summary.transferred), more: `in ${count(summary.transfers)} transfers` },
  ]);
  const grid = element("div", "grid");
  host.append(grid);
  const actions = element("div", "panel"), facts = element("div", "panel"), rows = element("div"), list = element("div");
  actions.append(element("h3", "", "Time by action"), rows);
  facts.append(element("h3", "", "What ran"), list);
  grid.append(actions, facts);
  const most = Math.max(compute, transfer, idle, 1);
  dataTable(rows, [{ title: "Action", value: "name" }, timeColumn("Time", "time", { meter: (row) => row.time / most }), { title: "Of threads' time", value: "share", write: (share) => (share === null ? "" : percent(share)), number: true }], [
    { name: "Threads computed", time: compute, share: threads > 0 ? compute / threads : null },
    { name: "Threads had nothing to do", time: idle, share: threads > 0 ? idle / threads : null },
    { name: "Results were on their way", time: transfer, share: null },
  ]);
  factList(list, [
    ...(report.made ? [["made", new Date(report.made).toLocaleString()]] : []), ...summary.versions,
    ["records", `${count(summary.records)}, ${count(summary.dropped)} dropped`], ["stolen", `${count(summary.stolen)} tasks`],
    ["lines of code", report.code.filter((line) => line.file).slice(0, 5).map((line) => `${line.file}:${line.line}`).join("\n") || "none"],
  ]);
  dataTable(section(host, "Groups", "The tasks of one name."), groupColumns(), report.groups, { limit: 50, search: report.groups.length > 20 });
}

function groupColumns() {
  const most = Math.max(1, ...report.groups.map((group) => group.time));
  return [{ title: "Group", value: "name" }, countColumn("Tasks", "tasks"), countColumn("Executions", "executions"), failedColumn("Failed", "failures"), countColumn("Stolen", "stolen"),
    timeColumn("Time", "time", { meter: (row) => row.time / most }), timeColumn("Mean", "mean"), timeColumn("Median \u2248", "median"), timeColumn("95 % \u2248", "most"), timeColumn("Longest", "max"),
    bytesColumn("Results", "nbytes"), bytesColumn("Largest", "largest")];
}

/** What the reader has to know before believing the figures. */
function notes() {
  const { summary, failures, stream } = report, said = [];
  const note = (bad, text) => said.push(element("p", bad ? "note bad" : "note", text));
  if (failures.count > 0) note(true, `${count(failures.count)} failures were told of; see Errors.`);
  if (summary.workers_lost > 0) note(true, `${count(summary.workers_lost)} workers were lost; see Workers.`);
  if (summary.dropped > 0) note(true, `${count(summary.dropped)} records were dropped because the profiler was slow: figures are lower than they should be.${summary.corrected === null ? "" : ` States of tasks are right since ${time(summary.corrected)}.`}`);
  if (summary.forgotten_executions > 0) note(false, `Only the last ${count(summary.executions - summary.forgotten_executions)} of ${count(summary.executions)} executions are kept one by one: the task stream, the profile, the slowest tasks, the critical path and the lines of code are of these.`);
  if (summary.forgotten_tasks > 0) note(false, `${count(summary.forgotten_tasks)} tasks are known without their keys.`);
  if (stream.cells) note(false, `With ${count(stream.tasks)} executions, the task stream shows stretches of ${time(stream.cells.width)}.`);
  return said;
}

function showProgress(host) {
  const { moments, groups, counts, left_off: hidden } = report.progress, slider = element("input"), said = element("span", "faint"), bars = element("div");
  [slider.type, slider.min, slider.max, slider.value] = ["range", "0", String(moments.length - 1), String(moments.length - 1)];
  slider.setAttribute("aria-label", "Moment");
  const show = () => {
    const at = Number(slider.value);
    said.textContent = `at ${time(moments[at])}`;
    progressBars(bars, groups.map((name, i) => {
      const [total, states, finished, erred] = counts[at][i];
      return { name, total, counts: states, finished, erred };
    }));
  };
  slider.addEventListener("input", show);
  host.append(element("div", "time", null, slider, said), bars);
  if (hidden > 0) host.append(element("p", "faint", `${count(hidden)} groups with fewer tasks are not shown.`));
  show();
  const place = element("div");
  host.append(place);
  lineChart(place, { title: "Tasks by state", unit: "count", stacked: true, colour: stateColour }).set(report.system.states);
}

function showWorkers(host) {
  const grid = element("div", "grid"), { held, busy, left_off: hidden } = report.worker_series;
  host.append(grid);
  chartIn(grid, { title: "Bytes of results held", unit: "bytes", colour: nameColour }, held);
  chartIn(grid, { title: "Threads computing", unit: "cores", colour: nameColour }, busy);
  if (hidden > 0) host.append(element("p", "faint", `The ${count(hidden)} workers that did least have no line.`));
  const place = section(host, "Workers at the end"), duration = report.summary.duration;
  const used = (row) => row.busy / Math.max(1, ((row.lost ?? duration) - row.joined) * row.threads);
  dataTable(place, [{ title: "Worker", value: "name" }, countColumn("Threads", "threads"), { title: "Busy", value: used, write: percent, number: true, meter: used }, timeColumn("Time", "busy"),
    countColumn("Executions", "executed"), failedColumn("Failed", "failures"), bytesColumn("Held", "nbytes"), bytesColumn("At most", "peak"), bytesColumn("Allowed", "memory_limit"),
    bytesColumn("Sent", "sent"), bytesColumn("Received", "received"), countColumn("Taken back", "stolen"), { title: "Gone", value: (row) => (row.lost === null ? "" : `at ${time(row.lost)}: ${row.cause}`) }], report.workers, { search: report.workers.length > 20 });
}

function showSystem(host) {
  const grid = element("div", "grid"), { cpu, memory, machine, busy, sent, ended, held } = report.system;
  host.append(grid);
  chartIn(grid, { title: "Cores busy", unit: "cores" }, cpu);
  chartIn(grid, { title: "Memory of the program", unit: "bytes" }, memory);
  chartIn(grid, { title: "Memory of the machine", unit: "bytes", dashed: ["total"] }, machine);
  chartIn(grid, { title: "Threads computing", unit: "cores" }, busy);
  chartIn(grid, { title: "Bytes of results held", unit: "bytes" }, held);
  chartIn(grid, { title: "Executions a second", unit: "count", colour: stateColour }, ended);
  chartIn(grid, { title: "Bytes a second between workers", unit: "rate" }, sent);
}

function showWorkerBandwidth(host) {
  const { pairs, nbytes, transfers, time: took } = report.bandwidth, map = element("div"), rows = element("div");
  if (transfers > 0) host.append(element("p", "", `${bytes(nbytes)} in ${count(transfers)} transfers, ${rate((nbytes * 1e9) / Math.max(1, took))} while something went.`));
  host.append(map);
  heatMap(map, report.bandwidth);
  if (pairs.length === 0) return;
  host.append(element("h3", "", "Pairs"), rows);
  bandwidthPairs(rows, report.bandwidth);
}

function showTypeBandwidth(host) {
  const { groups } = report.bandwidth, most = Math.max(1, ...groups.map((group) => group.nbytes)), rows = element("div");
  host.append(element("p", "faint", "Results that went from worker to worker, by the group of the task that made them."), rows);
  dataTable(rows, [{ title: "Group", value: "name" }, { ...bytesColumn("Bytes", "nbytes"), meter: (group) => group.nbytes / most }, countColumn("Results", "count"), timeColumn("Time", "time"), { title: "Bandwidth", value: "bandwidth", write: rate, number: true }], groups, { empty: "Nothing went from worker to worker." });
}

function showCache(host) {
  const grid = element("div", "grid");
  host.append(grid);
  chartIn(grid, { title: "Results in memory, by group", unit: "count", stacked: true, colour: nameColour, height: 280 }, report.cache.results);
  chartIn(grid, { title: "Bytes of results held", unit: "bytes", height: 280 }, report.cache.held);
}

const TABS = [
  ["summary", "Summary", showSummary],
  ["stream", "Task stream", (host) => taskStream(host).set(report.stream)],
  ["progress", "Progress", showProgress],
  ["workers", "Workers", showWorkers],
  ["system", "System", showSystem],
  ["bandwidth-workers", "Bandwidth (workers)", showWorkerBandwidth],
  ["bandwidth-types", "Bandwidth (types)", showTypeBandwidth],
  ["cache", "Cache", showCache],
  ["profile", "Profile", (host) => flameGraph(host).set(report.profile)],
  ["slowest", "Slowest tasks", (host) => dataTable(host, [timeColumn("Took", "time"), { title: "Group", value: "group" }, keyColumn("Key", "key"), keyColumn("Line", where), { title: "Worker", value: (row) => `${row.worker} / ${row.thread}` }, timeColumn("Began at", "started"), bytesColumn("Result", "nbytes"), { title: "Ended", value: (row) => (row.ok ? "well" : "failed"), bad: (row) => !row.ok }], report.slowest, { search: true, empty: "Nothing has run." })],
  ["critical", "Critical path", (host) => criticalPath(host, report.critical)],
  ["errors", "Errors", (host) => showLines(host, report.failures, [timeColumn("At", "time"), keyColumn("Key", "key"), keyColumn("Line", where), { title: "Worker", value: (row) => row.worker ?? "" }, { title: "Error", value: "error", code: true, pre: true }], "Nothing failed.")],
  ["logs", "Logs", (host) => showLines(host, report.logs, [timeColumn("At", "time"), { title: "Level", value: "level" }, { title: "Of", value: "of" }, { title: "Line", value: "text", code: true, pre: true }], "Nothing was logged.")],
  ["code", "Code", showCode],
];

function showLines(host, { lines, count: all }, columns, empty) {
  const rows = element("div");
  if (all > lines.length) host.append(element("p", "faint", `The last ${count(lines.length)} of ${count(all)} are shown.`));
  host.append(rows);
  dataTable(rows, columns, lines, { search: lines.length > 10, empty });
}

function showCode(host) {
  const most = Math.max(1, ...report.code.map((line) => line.time)), rows = element("div");
  host.append(element("p", "faint", "Lines of your code whose tasks ran, those that took most time first."), rows);
  dataTable(rows, [keyColumn("Line", (line) => (line.file ? `${line.file}:${line.line}` : "(not kept)")), { title: "Code", value: (line) => line.text ?? "", code: true }, timeColumn("Time", "time", { meter: (line) => line.time / most }), countColumn("Executions", "executions"), failedColumn("Failed", "failures"), bytesColumn("Results", "nbytes"), { title: "Groups", value: (line) => line.groups.join(", ") }], report.code, { empty: "Nothing has run." });
}

function buildReport() {
  const list = element("div", "tabs"), main = element("main"), made = new Set();
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Parts of the report");
  const pairs = TABS.map(([id, title, show]) => {
    const tab = element("button", "", title), panel = element("div");
    [tab.type, tab.id, panel.id] = ["button", `tab-${id}`, `panel-${id}`];
    for (const [of, name, value] of [[tab, "role", "tab"], [tab, "aria-controls", panel.id], [panel, "role", "tabpanel"], [panel, "aria-labelledby", tab.id]]) of.setAttribute(name, value);
    tab.addEventListener("click", () => select(id));
    list.append(tab);
    main.append(panel);
    return { id, show, tab, panel };
  });
  const select = (id) => {
    for (const one of pairs) {
      const chosen = one.id === id;
      one.tab.setAttribute("aria-selected", String(chosen));
      one.tab.tabIndex = chosen ? 0 : -1;
      one.panel.hidden = !chosen;
      if (chosen && !made.has(id)) { made.add(id); one.show(one.panel); }
    }
    history.replaceState(null, "", `#${id}`);
  };
  list.addEventListener("keydown", (event) => {
    const at = pairs.findIndex((one) => one.tab === document.activeElement), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || at < 0) return;
    const next = pairs[(at + step + pairs.length) % pairs.length];
    next.tab.focus();
    select(next.id);
  });
  const { duration, tasks } = report.summary;
  document.body.append(element("header", "top", null, element("h1", "", report.title), element("span", "faint", `${time(duration)}, ${count(tasks)} tasks`), themeSwitch()), list, main);
  const wanted = () => { const id = location.hash.slice(1); return pairs.some((one) => one.id === id) ? id : "summary"; };
  addEventListener("hashchange", () => select(wanted()));
  select(wanted());
}

buildReport();
