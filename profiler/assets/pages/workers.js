// The workers: what each is, does and holds, and what goes between them.
import { lineChart, nameColour } from "../charts.js";
import { heatMap } from "../matrix.js";
import { bandwidthPairs, dataTable } from "../tables.js";
import { count, element, time } from "../format.js";
import { columns as of, grid, panel } from "./parts.js";

export const views = ["workers", "worker_series", "bandwidth"];

export function make(main) {
  const table = panel(main, "Workers"), note = element("p", "faint"), charts = grid(main, "two");
  const busy = lineChart(panel(charts, "Threads that computed, of ended tasks"), { name: "Threads that computed", unit: "cores", colour: nameColour, ongoing: true });
  const held = lineChart(panel(charts, "Results in memory"), { name: "Results in memory", unit: "bytes", colour: nameColour });
  const map = panel(charts, "Bandwidth from worker to worker"), groups = panel(charts, "Bandwidth by group"), pairs = panel(main, "Pairs of workers");
  table.before(note);
  const columns = [
    of.text("Worker", "name"),
    of.text("State", (row) => (row.there ? "there" : row.lost === null ? "not yet there" : `gone since ${time(row.lost)}: ${row.cause}`)),
    of.count("Threads", "threads"),
    of.count("Running", "running"),
    { title: "Busy", value: "busy_threads", number: true, write: (n) => n.toFixed(1), meter: (row) => row.busy_threads / row.threads },
    { title: "CPU", value: "cpu", number: true, write: (n) => (n === null ? "" : n.toFixed(1)) },
    of.bytes("Process", "resident"), of.bytes("In memory", "nbytes"), of.bytes("On disk", "on_disk"), of.bytes("Limit", "memory_limit"), of.bytes("Peak", "peak"), of.count("Results", "count"),
    of.count("Ran", "executed"), of.failed("Failed", "failures"), of.time("Time", "busy"), of.bytes("Sent", "sent"), of.bytes("Got", "received"), of.count("Stolen", "stolen"),
  ];
  const flows = [of.text("Group", "name"), of.count("Results", "count"), of.bytes("Bytes", "nbytes"), of.time("Time", "time"),
    { title: "Bandwidth", value: "bandwidth", number: true, write: (n) => of.bytes("", "").write(n).concat("/s") }];
  return {
    draw(data) {
      const { tasks, threads } = data.moment;
      note.textContent = `${count(tasks.processing)} tasks are processing on ${count(threads)} threads. Running are those that threads run now; busy is of the second before, and of tasks that have ended; CPU is what the threads used of cores. A worker that has a process of its own has CPU and memory of all that process.`;
      dataTable(table, columns, data.workers, { search: true, empty: "No workers are there." });
      busy.set(data.worker_series.busy);
      held.set(data.worker_series.held);
      heatMap(map, data.bandwidth);
      bandwidthPairs(pairs, data.bandwidth);
      dataTable(groups, flows, data.bandwidth.groups, { sort: ["nbytes", -1], limit: 15, empty: "Nothing went from worker to worker." });
    },
  };
}
