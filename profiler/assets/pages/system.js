// What the process and the machine use, over time.
import { lineChart, nameColour, stateColour } from "../charts.js";
import { grid, panel } from "./parts.js";

export const views = ["system", "cache"];

export function make(main) {
  const charts = grid(main), chart = (title, options) => lineChart(panel(charts, title), options);
  const cpu = chart("CPU: cores that are busy", { unit: "cores" }), memory = chart("Memory", { unit: "bytes" });
  const busy = chart("Threads that compute", { unit: "cores" }), held = chart("Results in memory", { unit: "bytes" });
  const ended = chart("Executions a second", { unit: "count" }), sent = chart("Transfers between workers", { unit: "rate" });
  const states = chart("Tasks by state", { unit: "count", stacked: true, colour: stateColour });
  const results = chart("Results by group", { unit: "count", stacked: true, colour: nameColour });
  return {
    draw({ system, cache }) {
      cpu.set(system.cpu);
      memory.set(system.memory);
      busy.set(system.busy);
      held.set(system.held);
      ended.set(system.ended);
      sent.set(system.sent);
      states.set(system.states);
      results.set(cache.results);
    },
  };
}
