// The graph of tasks, drawn in layers from left to right: what is needed stands left of what needs it.
//
//   const graph = graphView(element, { onPick(node) { .. } });
//   graph.set(data);   // the view "graph": { collapsed, nodes: [{ name, group, state, tasks, counts: [8] }], edges: [[from, to], ..], hidden }
//
// A node is a task, or all tasks of a group when there are many (`collapsed`): then it is a bar of their states. The drawing
// fills its box at first; wheel or + and - zoom, dragging moves, 0 shows all. The arrow keys walk from node to node along
// the edges, with Shift they move the drawing, Enter opens. Names are beside the nodes where there is room, and of the node
// that is pointed at or walked to in any case.
import { layerGraph, layersHeight, placeLayers } from "./layers.js";
import { count, element, shorten, STATES, tip } from "./format.js";

const GRAPH_SPACE = "http://www.w3.org/2000/svg", GRAPH_FONT = "11px sans-serif", GRAPH_LEAST = 220, GRAPH_MOST = 760;

/** Makes a view of a graph in an element. */
export function graphView(host, options = {}) {
  const svg = svgElement("svg", { role: "group", "aria-label": "Task graph. Arrow keys walk along the edges, plus and minus zoom, 0 shows all, Enter opens a task." });
  const lines = svgElement("path", { class: "edge" }), near = svgElement("path", { class: "edge near" }), marks = svgElement("g", {});
  const none = element("p", "empty", "No tasks are known."), box = element("div", "graph-box", null, svg, none), legend = element("div", "legend"), hint = element("p", "hint", "Wheel or + and - to zoom, drag to move, arrow keys to walk along the edges, 0 to show all.");
  svg.append(lines, near, marks);
  host.replaceChildren(box, hint, legend);
  const state = { svg, box, none, lines, near, marks, legend, options, data: null, nodes: [], graph: null, places: null, size: [0, 0], view: [1, 0, 0], moved: false, current: 0, pointed: null };
  graphInput(state);
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => { if (state.data && box.clientWidth !== state.size[0]) fitGraph(state); }));
  sizes.observe(box);
  return {
    set(data) { setGraph(state, data); },
    destroy() { sizes.disconnect(); host.replaceChildren(); },
  };
}

function svgElement(name, attributes) {
  const made = document.createElementNS(GRAPH_SPACE, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return made;
}

/** Takes in data: nodes that are as before change their colours only, so that the reader's place is kept. */
function setGraph(state, data) {
  const known = state.data, names = (of) => JSON.stringify([of.collapsed, of.edges, of.nodes.map((node) => node.name)]);
  const same = known && names(known) === names(data);
  state.data = data;
  if (!same) {
    const focused = document.activeElement?.closest(".graph-node") ? known.nodes[state.current]?.name : null;
    state.graph = layerGraph(data);
    state.current = Math.max(0, focused === null ? 0 : data.nodes.findIndex((node) => node.name === focused));
    state.pointed = null;
    state.labels = graphLabels(data);
    state.nodes = data.nodes.map((_, i) => makeNode(state, i));
    state.marks.replaceChildren(...state.nodes.map((node) => node.group));
    state.none.hidden = data.nodes.length > 0;
    state.svg.style.display = data.nodes.length > 0 ? "" : "none";
    fitGraph(state);
    if (focused !== null) state.nodes[state.current]?.group.focus();
  }
  if (same) data.nodes.forEach((node, i) => paintNode(state, node, state.nodes[i]));
  graphLegend(state);
}

/** What stands beside each node: its group, and what tells it from others of it, which is never cut. */
function graphLabels({ nodes, collapsed }) {
  if (collapsed) return nodes.map(({ name }) => ({ head: name, tail: "" }));
  const keys = nodes.map(({ name, group }) => {
    const [, base, part] = /^\((.*), (\d+)\)$/s.exec(name) ?? [null, name, ""];
    // The tokens of one process begin alike.
    return { group, part, token: base.startsWith(`${group}-`) ? base.slice(group.length + 1).slice(-16) : "" };
  });
  const tokens = new Map();
  for (const { group, part, token } of keys) {
    const alike = `${group}\n${part}`;
    tokens.set(alike, (tokens.get(alike) ?? new Set()).add(token));
  }
  return keys.map(({ group, part, token }) => {
    const several = tokens.get(`${group}\n${part}`).size > 1 && token;
    return { head: group, tail: [several ? token.slice(-4) : "", part].filter(Boolean).map((word) => ` ${word}`).join("") };
  });
}

function makeNode(state, index) {
  const group = svgElement("g", { class: "graph-node", tabindex: -1 }), text = svgElement("text", {});
  const shapes = state.data.collapsed ? STATES.map((name) => svgElement("rect", { class: `node ${name}` })) : [svgElement("circle", { class: "node" })];
  if (state.data.collapsed) shapes.push(svgElement("rect", { class: "frame" }));
  group.append(...shapes, text);
  group.dataset.index = index;
  group.setAttribute("role", state.data.nodes[index].tasks === 1 && state.options.onPick ? "button" : "img");
  return { group, shapes, text, words: null, wide: null, widths: STATES.map(() => 0) };
}

/** The colours and words of a node as it is now; nothing is touched that is as before. */
function paintNode(state, node, drawn) {
  const { group, shapes } = drawn, words = graphWords(node), { wide, high } = state.mark, { collapsed } = state.data;
  if (drawn.words === words && (!collapsed || drawn.wide === wide)) return;
  if (drawn.words !== words) group.setAttribute("aria-label", words);
  const resized = drawn.wide !== wide;
  Object.assign(drawn, { words, wide });
  if (!collapsed) return shapes[0].setAttribute("class", `node ${node.state}`);
  let left = -wide / 2;
  STATES.forEach((_, i) => {
    const width = node.tasks > 0 ? (node.counts[i] / node.tasks) * wide : 0;
    if (width > 0 || drawn.widths[i] > 0) placeBar(shapes[i], left, width, high);
    drawn.widths[i] = width;
    left += width;
  });
  if (resized) placeBar(shapes[STATES.length], -wide / 2, wide, high);
}

function placeBar(bar, left, width, high) {
  for (const [name, value] of [["x", left], ["y", -high / 2], ["width", width], ["height", high]]) bar.setAttribute(name, value);
}

function graphWords(node) {
  const parts = STATES.map((state, i) => [state, node.counts[i]]).filter(([, n]) => n > 0).map(([state, n]) => `${count(n)} ${state}`);
  return node.tasks > 1 ? `${node.name}\n${count(node.tasks)} tasks: ${parts.join(", ")}` : `${node.name}\n${node.state}`;
}

function graphState(state, size) {
  const label = element("span", "", null, element("i", `chip state-${state}`), state, element("b", "", count(size)));
  label.title = { released: "not asked for, or let go after it was computed", "no-worker": "no worker may run it", forgotten: "no longer needed" }[state] ?? "";
  return label;
}

function graphLegend({ data, legend }) {
  const all = STATES.map((_, i) => data.nodes.reduce((sum, node) => sum + node.counts[i], 0));
  legend.replaceChildren(...STATES.map((state, i) => graphState(state, all[i])).filter((_, i) => i < 7 || all[i] > 0));
}

/** Lays the graph out for the box as wide as it is, and shows all of it unless the reader has moved. */
function fitGraph(state) {
  const { data, box, svg, graph } = state, width = Math.max(260, box.clientWidth);
  const height = Math.max(GRAPH_LEAST, Math.min(layersHeight(graph.layers), GRAPH_MOST, innerHeight * 0.7));
  state.size = [box.clientWidth, height];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.height = `${height}px`;
  state.places = placeLayers(graph.layers, { width, height, lead: data.collapsed ? 44 : 14 });
  if (!state.moved) state.view = [1, 0, 0];
  const { at } = state.places;
  state.curves = data.edges.filter(([from, to]) => from !== to).map(([from, to]) => {
    const [x, y] = at[from], [u, v] = at[to], middle = (x + u) / 2;
    return { from, to, path: `M${x.toFixed(1)} ${y.toFixed(1)}C${middle.toFixed(1)} ${y.toFixed(1)} ${middle.toFixed(1)} ${v.toFixed(1)} ${u.toFixed(1)} ${v.toFixed(1)}` };
  });
  state.lines.setAttribute("d", state.curves.map(({ path }) => path).join(""));
  showGraph(state);
}

/** Puts everything where the view has it: edges are scaled, nodes and names keep their size. */
function showGraph(state) {
  const { data, places, view: [scale, right, down], lines, near } = state;
  for (const path of [lines, near]) path.setAttribute("transform", `translate(${right} ${down}) scale(${scale})`);
  const across = places.across * scale, rows = places.down * scale, { collapsed } = data;
  const radius = Math.max(2.5, Math.min(7, across * 0.3, rows * 0.36)), wide = Math.max(8, Math.min(64, across * 0.36)), high = Math.max(4, Math.min(12, rows * 0.55));
  state.mark = { wide, high };
  const begin = collapsed ? wide / 2 + 5 : radius + 4, room = across - begin * (collapsed ? 2 : 1) - 8, named = rows >= 13 && room >= 40;
  data.nodes.forEach((node, i) => {
    const { group, shapes, text } = state.nodes[i], [x, y] = places.at[i], { head, tail } = state.labels[i];
    group.setAttribute("transform", `translate(${x * scale + right} ${y * scale + down})`);
    if (!collapsed) shapes[0].setAttribute("r", radius);
    text.setAttribute("x", begin);
    text.setAttribute("y", 4);
    const end = collapsed ? ` ${count(node.tasks)}` : tail;
    const label = named ? `${shorten(head, Math.max(14, room - 6.5 * end.length), GRAPH_FONT)}${end}` : "";
    if (text.textContent !== label) text.textContent = label;
    paintNode(state, node, state.nodes[i]);
  });
  state.nodes.forEach(({ group }, i) => group.setAttribute("tabindex", i === state.current ? 0 : -1));
}

/** Marks what a node needs and what needs it, and tells its name. */
function pointGraph(state, index, event) {
  if (state.pointed !== index) {
    state.pointed = index;
    state.near.setAttribute("d", index === null ? "" : state.curves.filter(({ from, to }) => from === index || to === index).map(({ path }) => path).join(""));
  }
  if (index === null) return tip.hide();
  tip.show(event, graphWords(state.data.nodes[index]));
}

/** Walks to a node: it has the focus, and is in sight. */
function walkGraph(state, index) {
  if (index === undefined || index < 0) return;
  state.nodes[state.current]?.group.setAttribute("tabindex", -1);
  state.current = index;
  const [scale, right, down] = state.view, [x, y] = state.places.at[index], { width, height } = state.svg.viewBox.baseVal;
  const [left, top] = [x * scale + right, y * scale + down], inside = left > 10 && left < width - 10 && top > 10 && top < height - 10;
  if (!inside) viewGraph(state, [scale, width / 2 - x * scale, height / 2 - y * scale]);
  const { group } = state.nodes[index];
  group.setAttribute("tabindex", 0);
  group.focus({ preventScroll: false });
}

/** The node that an arrow key leads to: along an edge, the nearest in height, or the next in its layer. */
function besideGraph(state, key) {
  const { graph, places, current } = state, y = places.at[current][1];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const ends = key === "ArrowLeft" ? graph.into[current] : graph.out[current];
    return ends.slice().sort((a, b) => Math.abs(places.at[a][1] - y) - Math.abs(places.at[b][1] - y))[0];
  }
  const layer = graph.layers.find((nodes) => nodes.includes(current)) ?? [];
  return layer[layer.indexOf(current) + (key === "ArrowUp" ? -1 : 1)];
}

function viewGraph(state, view) {
  state.view = view;
  tip.hide();
  state.moved = !(view[0] === 1 && view[1] === 0 && view[2] === 0);
  showGraph(state);
}

function graphInput(state) {
  const { svg, box } = state, move = (right, down) => viewGraph(state, [state.view[0], state.view[1] + right, state.view[2] + down]);
  const middle = () => {
    const at = svg.contains(document.activeElement) ? state.places.at[state.current] : null, { width, height } = svg.viewBox.baseVal;
    return at ? at.map((place, i) => place * state.view[0] + state.view[1 + i]) : [width / 2, height / 2];
  };
  const zoom = (factor, [x, y] = middle()) => {
    const [scale, right, down] = state.view, next = Math.max(0.3, Math.min(40, scale * factor)), by = next / scale;
    viewGraph(state, [next, x - (x - right) * by, y - (y - down) * by]);
  };
  const all = () => viewGraph(state, [1, 0, 0]), under = (event) => { const node = event.target.closest?.(".graph-node"); return node ? Number(node.dataset.index) : null; };
  const pick = (index) => { const node = state.data.nodes[index]; if (node && node.tasks === 1 && state.options.onPick) state.options.onPick(node); };
  let drag = null;
  svg.addEventListener("wheel", (event) => {
    if (!state.places) return;
    event.preventDefault();
    const { left, top } = svg.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1 / 1.2 : 1.2, [event.clientX - left, event.clientY - top]);
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, far: 0 }; });
  svg.addEventListener("pointermove", (event) => {
    if (!drag || event.buttons === 0) { drag = null; return pointGraph(state, under(event), event); }
    tip.hide();
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    drag = { x: event.clientX, y: event.clientY, far: drag.far + Math.abs(right) + Math.abs(down) };
    if (drag.far > 4) move(right, down);
  });
  svg.addEventListener("pointerleave", () => { drag = null; pointGraph(state, null); });
  svg.addEventListener("click", (event) => {
    const index = under(event), far = drag?.far ?? 0;
    drag = null;
    if (index !== null && far <= 4) pick(index);
  });
  svg.addEventListener("dblclick", all);
  // Not of the drawing itself: some browsers let the focus stop at what listens for it.
  box.addEventListener("focusin", (event) => {
    state.current = under(event) ?? state.current;
    const { right, top, height } = event.target.getBoundingClientRect();
    pointGraph(state, state.current, { clientX: right, clientY: top + height });
  });
  box.addEventListener("focusout", () => pointGraph(state, null));
  svg.addEventListener("keydown", (event) => {
    if (!state.places || event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    const act = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: all, Enter: () => pick(state.current), " ": () => pick(state.current), Escape: () => pointGraph(state, null) }[event.key];
    if (!pan && !act) return;
    event.preventDefault();
    if (act) act(); else if (event.shiftKey) move(...pan); else walkGraph(state, besideGraph(state, event.key));
  });
}
