// The graph of tasks, coloured by state; groups stand for their tasks when there are many.
import { graphView } from "../graph.js";
import { count, element } from "../format.js";
import { panel } from "./parts.js";

export const views = ["graph"];

export function make(main, shell) {
  const host = panel(main, "Task graph"), note = main.appendChild(element("p", "faint"));
  const open = (node) => { if (node.tasks === 1) shell.openTask(node.name); };
  const graph = graphView(host, { onPick: open });
  return {
    draw(data) {
      graph.set(data.graph);
      const { collapsed, hidden, nodes } = data.graph;
      note.textContent = nodes.length === 0 ? "" : [collapsed ? "There are many tasks: each bar is a group, with its tasks by state." : `${count(nodes.length)} ${nodes.length === 1 ? "task" : "tasks"}. A click opens one.`,
        hidden > 0 ? `${count(hidden)} are not shown.` : ""].join(" ");
    },
  };
}
