// The groups: how far each is, how long its tasks take, and how large their results are.
import { progressBars } from "../charts.js";
import { dataTable } from "../tables.js";
import { columns as of, panel, short } from "./parts.js";

export const views = ["progress", "groups"];

export function make(main) {
  const bars = short(panel(main, "Progress"), "Progress by group"), table = panel(main, "Groups");
  const columns = [of.text("Group", "name"), of.count("Tasks", "tasks"), of.count("Done", "finished"), of.failed("Erred", "erred"), of.failed("Failures", "failures"),
    of.count("Stolen", "stolen"), of.time("Time", "time"), of.time("Mean", "mean"), of.time("Median \u2248", "median"), of.time("95 % \u2248", "most"), of.time("Longest", "max"),
    of.bytes("Results", "nbytes"), of.bytes("Largest", "largest")];
  return {
    draw(data) {
      progressBars(bars, data.progress);
      dataTable(table, columns, data.groups, { search: true, sort: ["time", -1], caption: "Times without queueing.", empty: "No tasks are known." });
    },
  };
}
