// The tasks: what ran when and where, which were slowest, and which lines of code made them.
import { taskStream } from "../stream.js";
import { criticalPath, dataTable } from "../tables.js";
import { columns as of, panel } from "./parts.js";

export const views = ["stream", "slowest", "code", "critical_path"];

export function make(main, shell) {
  const zoomed = (from, to) => shell.show({ from, to });
  const stream = taskStream(panel(main, "Task stream"), { onPick: shell.openTask, onView: zoomed, most: () => shell.shown.end });
  const slowest = panel(main, "Slowest tasks"), code = panel(main, "Lines of code"), path = panel(main, "Critical path");
  const tasks = [of.key("Task", "key", shell), of.time("Took", "time"), of.time("Began at", "started"), of.text("Worker", "worker"), of.code("Line", "line"), { title: "Ended", value: (row) => (row.ok ? "well" : "failed"), bad: (row) => !row.ok }];
  const lines = [
    of.code("Line", (row) => (row.file ? `${row.file}:${row.line}` : "(no longer kept)")),
    of.text("Groups", (row) => row.groups.join(", ")), of.count("Executions", "executions"), of.failed("Failed", "failures"), of.time("Time", "time"), of.bytes("Results", "nbytes"),
  ];
  return {
    draw(data) {
      stream.set(data.stream, shell.shown.from !== null);
      dataTable(slowest, tasks, data.slowest, { search: true, sort: ["time", -1], limit: 20, empty: "Nothing has run yet." });
      dataTable(code, lines, data.code, { search: true, sort: ["time", -1], limit: 20, empty: "Nothing has run yet." });
      criticalPath(path, data.critical_path, shell.openTask);
    },
    frame: () => stream.draw(),
  };
}
