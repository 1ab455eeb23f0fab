// What went wrong, and who came and went.
import { dataTable } from "../tables.js";
import { columns as of, panel } from "./parts.js";

export const views = ["failures", "workers"];

export function make(main, shell) {
  const errors = panel(main, "Errors"), moves = panel(main, "Workers that came and went");
  const failed = [of.time("At", "time"), of.key("Task", "key", shell), { title: "Error", value: "error", code: true, pre: true }, of.code("Line", "line"), of.text("Worker", "worker")];
  const events = [of.time("At", "time"), of.text("Worker", "name"), of.text("What", "what")];
  return {
    draw(data) {
      dataTable(errors, failed, data.failures.lines, { search: true, sort: ["time", -1], limit: 50, empty: "Nothing failed." });
      const rows = data.workers.flatMap(({ name, joined, lost, cause, threads }) => [
        { time: joined, name, what: `came, with ${threads} ${threads === 1 ? "thread" : "threads"}` }, ...(lost === null ? [] : [{ time: lost, name, what: `went: ${cause}` }])]);
      dataTable(moves, events, rows, { search: true, sort: ["time", -1], limit: 50, empty: "No workers came yet." });
    },
  };
}
