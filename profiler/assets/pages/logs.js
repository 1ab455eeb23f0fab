// The log of scheduler and workers.
import { dataTable } from "../tables.js";
import { element } from "../format.js";
import { columns as of, panel } from "./parts.js";

export const views = ["logs"];
const LEVELS = ["error", "warn", "info", "debug"];

export function make(main) {
  const host = panel(main, "Log"), table = element("div"), levels = element("fieldset", "levels"), shown = new Set(LEVELS);
  let last = null;
  const draw = (data) => {
    last = data;
    const rows = data.logs.lines.filter((row) => shown.has(row.level));
    dataTable(table, columns, rows, { search: true, sort: ["time", -1], limit: 200, empty: "Nothing was written." });
  };
  levels.append(element("legend", "faint", "Levels"));
  for (const level of LEVELS) {
    const box = element("input");
    [box.type, box.checked] = ["checkbox", true];
    box.addEventListener("change", () => { if (box.checked) shown.add(level); else shown.delete(level); if (last) draw(last); });
    levels.append(element("label", "", null, box, ` ${level}`));
  }
  host.append(levels, table);
  const columns = [of.time("At", "time"), of.text("Level", "level"), of.text("From", "of"), { title: "Line", value: "text", code: true, pre: true }];
  return { draw };
}
