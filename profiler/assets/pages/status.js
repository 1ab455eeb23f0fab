// The state of the cluster at a glance: memory, threads, what runs, and how far each group is.
import { lineChart, progressBars, stateColour } from "../charts.js";
import { taskStream } from "../stream.js";
import { element } from "../format.js";
import { grid, panel, short, workersBusy, workersMemory } from "./parts.js";

export const views = ["system", "workers", "stream", "progress"];

export function make(main, shell) {
  const progress = short(panel(main, "Progress"), "Progress by group");
  const stream = taskStream(panel(main, "Task stream"), { onPick: shell.openTask, most: () => shell.shown.end });
  const charts = grid(main);
  const workers = panel(charts, "Workers"), memory = element("div"), busy = element("div");
  workers.append(element("h3", "", "Results in memory"), memory, element("h3", "", "Threads that compute"), busy);
  short(workers, "Workers");
  const states = lineChart(panel(charts, "Tasks"), { unit: "count", stacked: true, colour: stateColour });
  const held = lineChart(panel(charts, "Results in memory"), { unit: "bytes" });
  const cpu = lineChart(panel(charts, "CPU"), { unit: "cores" });
  const ended = lineChart(panel(charts, "Executions a second"), { unit: "count" });
  const sent = lineChart(panel(charts, "Transfers between workers"), { unit: "rate" });
  return {
    draw(data) {
      progressBars(progress, data.progress);
      stream.set(data.stream);
      workersMemory(memory, data.workers);
      workersBusy(busy, data.workers);
      states.set(data.system.states);
      held.set(data.system.held);
      cpu.set(data.system.cpu);
      ended.set(data.system.ended);
      sent.set(data.system.sent);
    },
    frame: () => stream.draw(),
  };
}
