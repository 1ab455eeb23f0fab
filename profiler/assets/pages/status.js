// The state of the cluster at a glance: memory, workers, what runs, and how far each group is.
import { lineChart, progressBars, stateColour } from "../charts.js";
import { taskStream } from "../stream.js";
import { element } from "../format.js";
import { clusterMemory, grid, panel, processing, short, workersBusy, workersMemory } from "./parts.js";

export const views = ["system", "workers", "stream", "progress"];

export function make(main, shell) {
  const glance = main.appendChild(element("div", "glance")), left = glance.appendChild(element("div")), right = glance.appendChild(element("div"));
  const memory = panel(left, "Cluster memory"), workers = panel(left, "Workers"), held = element("div"), busy = element("div"), now = element("div");
  workers.append(now, element("h3", "", "Results in memory"), held, element("h3", "", "Threads that are busy, or were in the last second"), busy);
  short(workers, "Workers");
  const stream = taskStream(panel(right, "Task stream"), { onPick: shell.openTask, most: () => shell.shown.end });
  const progress = short(panel(right, "Progress"), "Progress by group"), charts = grid(main);
  const chart = (title, options) => lineChart(panel(charts, title), { name: title, height: 170, ...options });
  const states = chart("Tasks by state", { unit: "count", stacked: true, colour: stateColour });
  const computed = chart("Threads that computed, of ended tasks", { unit: "cores", ongoing: true });
  const cpu = chart("CPU: cores that are busy", { unit: "cores" }), process = chart("Memory of this program", { unit: "bytes" });
  const ended = chart("Executions a second", { unit: "count", colour: stateColour, ongoing: true }), sent = chart("Transfers between workers", { unit: "rate", ongoing: true });
  return {
    draw(data) {
      clusterMemory(memory, data.moment);
      processing(now, data.moment);
      workersMemory(held, data.workers);
      workersBusy(busy, data.workers);
      stream.set(data.stream);
      progressBars(progress, data.progress);
      states.set(data.system.states);
      computed.set(data.system.busy);
      cpu.set(data.system.cpu);
      process.set(data.system.memory);
      ended.set(data.system.ended);
      sent.set(data.system.sent);
    },
    frame: () => stream.draw(),
  };
}
