// The graph of tasks, drawn in layers from left to right: what is needed first stands left.
//
//   const graph = graphView(element, { onPick(node) { .. } });
//   graph.set(data);   // the view "graph": { collapsed, nodes: [{ name, group, state, tasks, counts: [8] }], edges: [[from, to], ..], hidden }
//
// A node is a task, or all tasks of a group when there are many (`collapsed`). Wheel or + and - zoom, drag or arrows move, 0 shows all.
import { count, element, STATES, tip } from "./format.js";

const GRAPH_SPACE = "http://www.w3.org/2000/svg";

/** Makes a view of a graph in an element. */
export function graphView(host, options = {}) {
  const svg = document.createElementNS(GRAPH_SPACE, "svg"), box = element("div", "graph-box", null, svg), legend = element("div", "legend");
  svg.setAttribute("role", "img");
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-label", "Task graph. Arrow keys move, plus and minus zoom, 0 shows all.");
  for (const state of STATES.slice(0, 7)) legend.append(element("span", "", null, element("i", `chip state-${state}`), state));
  host.replaceChildren(box, legend);
  const state = { svg, options, view: null, all: [0, 0, 100, 100], shape: "" };
  graphInput(state);
  return {
    set(data) {
      const shape = `${data.nodes.length}:${data.edges.length}:${data.nodes.length ? data.nodes[data.nodes.length - 1].name : ""}`;
      if (shape !== state.shape) { state.shape = shape; state.view = null; state.places = layerGraph(data); }
      drawGraph(state, data);
    },
    destroy() { host.replaceChildren(); },
  };
}

/** Places: the column of a node is its longest way from a source; rows follow the middle of its neighbours. */
function layerGraph({ nodes, edges }) {
  const into = nodes.map(() => []), out = nodes.map(() => []), column = new Array(nodes.length).fill(0), open = nodes.map(() => 0);
  for (const [from, to] of edges) { if (from !== to) { out[from].push(to); into[to].push(from); open[to] += 1; } }
  const ready = nodes.map((_, i) => i).filter((i) => open[i] === 0);
  for (let next = 0; next < ready.length; next += 1) {
    for (const to of out[ready[next]]) {
      column[to] = Math.max(column[to], column[ready[next]] + 1);
      open[to] -= 1;
      if (open[to] === 0) ready.push(to);
    }
  }
  // What needs nothing stands just before what needs it.
  for (const node of ready.slice().reverse()) {
    if (into[node].length === 0 && out[node].length > 0) column[node] = Math.min(...out[node].map((to) => column[to])) - 1;
  }
  const columns = [];
  column.forEach((at, node) => (columns[at] ??= []).push(node));
  const layers = Array.from(columns, (layer) => layer ?? []), row = new Array(nodes.length).fill(0);
  const spread = (layer) => layer.forEach((node, i) => { row[node] = i - (layer.length - 1) / 2; });
  layers.forEach(spread);
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const near = sweep % 2 === 0 ? into : out;
    for (const layer of sweep % 2 === 0 ? layers : layers.slice().reverse()) {
      const middle = new Map(layer.map((node) => [node, near[node].length ? near[node].reduce((sum, i) => sum + row[i], 0) / near[node].length : row[node]]));
      layer.sort((a, b) => middle.get(a) - middle.get(b));
      spread(layer);
    }
  }
  return { column, row, columns: layers.length, most: Math.max(1, ...layers.map((layer) => layer.length)) };
}

function drawGraph(state, data) {
  const { svg, places } = state, make = (name, attributes) => {
    const made = document.createElementNS(GRAPH_SPACE, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  };
  if (data.nodes.length === 0) {
    svg.setAttribute("viewBox", "0 0 300 60");
    const text = make("text", { x: 10, y: 30 });
    text.textContent = "No tasks are known.";
    return svg.replaceChildren(text);
  }
  const named = places.most <= 60, high = named ? 34 : 16, wide = named ? 190 : Math.max(60, (places.most * high) / Math.max(1, places.columns) / 1.5);
  const size = named ? 9 : 6, at = data.nodes.map((_, i) => [places.column[i] * wide + 40, places.row[i] * high]);
  // Few nodes are not blown up.
  const across = Math.max(900, places.columns * wide + 60), down = Math.max(420, places.most * high + 40);
  state.all = [(places.columns * wide + 60 - across) / 2, -down / 2, across, down];
  state.view ??= state.all.slice();
  svg.setAttribute("viewBox", state.view.join(" "));
  const edges = data.edges.map(([from, to]) => {
    const [x, y] = at[from], [u, v] = at[to], middle = (x + u) / 2;
    return make("path", { class: "edge", d: `M${x} ${y}C${middle} ${y} ${middle} ${v} ${u} ${v}` });
  });
  const nodes = data.nodes.flatMap((node, i) => {
    const radius = data.collapsed ? size + Math.min(7, Math.log2(1 + node.tasks) / 2) : size, circle = make("circle", { class: `node ${node.state}`, cx: at[i][0], cy: at[i][1], r: radius });
    circle.addEventListener("pointermove", (event) => tip.show(event, graphWords(node)));
    circle.addEventListener("pointerleave", () => tip.hide());
    if (state.options.onPick) circle.addEventListener("click", () => state.options.onPick(node));
    if (!named) return [circle];
    const text = make("text", { x: at[i][0] + radius + 4, y: at[i][1] + 4 });
    text.textContent = node.name.length > 24 ? `${node.name.slice(0, 23)}\u2026` : node.name;
    return [circle, text];
  });
  svg.replaceChildren(...edges, ...nodes);
}

function graphWords(node) {
  const parts = STATES.map((state, i) => [state, node.counts[i]]).filter(([, n]) => n > 0).map(([state, n]) => `${count(n)} ${state}`);
  return node.tasks > 1 ? `${node.name}\n${count(node.tasks)} tasks: ${parts.join(", ")}` : `${node.name}\n${node.state}`;
}

function graphInput(state) {
  const { svg } = state;
  let drag = null;
  const show = (view) => { state.view = view; svg.setAttribute("viewBox", view.join(" ")); };
  const zoom = (factor, share = [0.5, 0.5]) => {
    const [x, y, width, height] = state.view ?? state.all;
    show([x + width * share[0] * (1 - factor), y + height * share[1] * (1 - factor), width * factor, height * factor]);
  };
  const move = (right, down) => { const [x, y, width, height] = state.view ?? state.all; show([x + width * right, y + height * down, width, height]); };
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top, width, height } = svg.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, [(event.clientX - left) / width, (event.clientY - top) / height]);
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => { drag = [event.clientX, event.clientY]; });
  svg.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const { width, height } = svg.getBoundingClientRect();
    move((drag[0] - event.clientX) / width, (drag[1] - event.clientY) / height);
    drag = [event.clientX, event.clientY];
  });
  for (const kind of ["pointerup", "pointerleave"]) svg.addEventListener(kind, () => { drag = null; });
  svg.addEventListener("dblclick", () => show(state.all.slice()));
  svg.addEventListener("keydown", (event) => {
    const act = { ArrowLeft: () => move(-0.1, 0), ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1), "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: () => show(state.all.slice()) }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
}
