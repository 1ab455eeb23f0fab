// One task: its state, its line, what it takes, where it ran, and why it is where it is.
import { dataTable, factList } from "../tables.js";
import { element } from "../format.js";
import { columns as of, panel } from "./parts.js";

export const views = ["task", "why"];

export function make(main, shell) {
  const form = element("form", "seek"), key = element("input", "filter"), go = element("button", "button", "Show");
  [key.type, key.placeholder, key.value] = ["search", "Key of a task", shell.shown.key ?? ""];
  key.setAttribute("aria-label", "Key of a task");
  form.append(key, go);
  form.addEventListener("submit", (event) => { event.preventDefault(); shell.show({ key: key.value.trim() || null }); });
  main.append(form);
  const facts = panel(main, "Task"), runs = panel(main, "Executions"), failures = panel(main, "Failures"), inputs = panel(main, "What it takes"), why = panel(main, "Why it is where it is");
  const ran = [of.time("Started", "started"), of.time("Took", "time"), of.text("Worker", "worker"), of.count("Thread", "thread"), of.bytes("Result", "nbytes"), { title: "Ended", value: (row) => (row.running ? "is running" : row.ok ? "well" : "failed"), bad: (row) => !row.ok && !row.running }];
  const failed = [of.time("At", "time"), { title: "Error", value: "error", code: true, pre: true }, of.text("Worker", "worker")];
  const taken = [of.key("Task", "key", shell), of.text("State", "state")];
  return {
    draw(data) {
      const { task } = data;
      if (!task) {
        const text = shell.shown.key ? "No such task is known: keys are shown on the pages Tasks, Graph and Events." : "Write a key above, or choose a task on the pages Tasks, Graph or Events.";
        for (const host of [runs, failures, inputs, why]) host.replaceChildren();
        return facts.replaceChildren(element("p", "empty", text));
      }
      factList(facts, [["Key", task.key], ["State", task.state], ["Group", task.group], ["Line", task.line ?? "not known"]]);
      dataTable(runs, ran, task.executions, { empty: "It has not run." });
      dataTable(failures, failed, task.failures, { empty: "It has not failed." });
      dataTable(inputs, taken, task.inputs, { limit: 50, caption: task.more_inputs > 0 ? `and ${task.more_inputs} more` : "", empty: "It takes nothing." });
      const now = shell.shown.at === null ? [] : [element("p", "faint", "The scheduler tells how it is now, not how it was at the moment that is shown.")];
      why.replaceChildren(...now, element("pre", "why", data.why ?? "The scheduler no longer knows it."));
    },
  };
}
