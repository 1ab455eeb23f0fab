// What the process and the machine use, over time.
import { lineChart, nameColour, stateColour } from "../charts.js";
import { element } from "../format.js";
import { grid, ONE_PROCESS, panel } from "./parts.js";

export const views = ["system", "cache"];

export function make(main) {
  const charts = grid(main), chart = (title, options) => lineChart(panel(charts, title), { name: title, ...options });
  const cpu = chart("CPU: cores that are busy", { unit: "cores" }), memory = chart("Memory of this program", { unit: "bytes" });
  const machine = chart("Memory of the machine", { unit: "bytes", dashed: ["total"] });
  const busy = chart("Threads that computed, of ended tasks", { unit: "cores", ongoing: true }), held = chart("Results in memory", { unit: "bytes" });
  const ended = chart("Executions a second", { unit: "count", colour: stateColour, ongoing: true }), sent = chart("Transfers between workers", { unit: "rate", ongoing: true });
  const states = chart("Tasks by state", { unit: "count", stacked: true, colour: stateColour });
  const results = chart("Results by group", { unit: "count", stacked: true, colour: nameColour });
  main.append(element("p", "faint", ONE_PROCESS));
  return {
    draw({ system, cache }) {
      cpu.set(system.cpu);
      memory.set(system.memory);
      machine.set(system.machine);
      busy.set(system.busy);
      held.set(system.held);
      ended.set(system.ended);
      sent.set(system.sent);
      states.set(system.states);
      results.set(cache.results);
    },
  };
}
