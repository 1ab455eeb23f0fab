// A flame graph, hung from the top: each box is as wide as the time below it.
//
//   const flame = flameGraph(element);
//   flame.set(tree);    // { name, kind: "run" | "file" | "line" | "group", time: ns, count, children: [..] }, the view "profile"
//
// A click or Enter zooms in, Escape or a click on a box above zooms out; arrow keys walk.
import { count, css, element, groupColour, isDark, onTheme, percent, styled, time, tip } from "./format.js";

const FLAME_ROW = 22;

/** Makes a flame graph in an element. */
export function flameGraph(host) {
  const canvas = element("canvas"), box = element("div", "canvas-box", null, canvas), said = element("p", "hint");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Flame graph of where time went. Arrow keys walk, Enter zooms in, Escape zooms out.");
  said.setAttribute("aria-live", "polite");
  host.replaceChildren(box, said);
  const state = { canvas, said, root: null, top: null, at: null, boxes: [] };
  state.draw = () => drawFlame(state);
  const sizes = new ResizeObserver(() => requestAnimationFrame(state.draw));
  sizes.observe(box);
  onTheme(state.draw);
  flameInput(state);
  return {
    set(tree) {
      const path = state.top ? flamePath(state.top).map((node) => node.name) : [];
      state.root = linkFlame(tree, null, 0);
      state.top = path.slice(1).reduce((node, name) => node && node.children.find((child) => child.name === name), state.root) ?? state.root;
      state.at = state.top;
      state.draw();
    },
    destroy() { sizes.disconnect(); host.replaceChildren(); },
  };
}

function linkFlame(node, parent, depth) {
  const made = { ...node, parent, depth };
  made.children = node.children.map((child) => linkFlame(child, made, depth + 1)).sort((a, b) => b.time - a.time);
  return made;
}

function flamePath(node) { return node ? [...flamePath(node.parent), node] : []; }

function flameDepth(node) { return 1 + node.children.reduce((most, child) => Math.max(most, flameDepth(child)), 0); }

function drawFlame(state) {
  const { canvas, root, top } = state;
  if (!root) return;
  const ratio = devicePixelRatio || 1, width = Math.max(300, canvas.parentElement.clientWidth), height = flameDepth(root) * FLAME_ROW;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "12px sans-serif";
  context.textBaseline = "middle";
  state.boxes = [];
  flamePath(top).slice(0, -1).forEach((node) => flameBox(state, context, node, 0, width, true));
  const walk = (node, left, span) => {
    flameBox(state, context, node, left, span, false);
    let x = left;
    for (const child of node.children) {
      const own = node.time > 0 ? (child.time / node.time) * span : 0;
      if (own >= 0.5) walk(child, x, own);
      x += own;
    }
  };
  walk(top, 0, width);
  state.said.textContent = `${flamePath(state.at).map((node) => node.name).join(" \u203a ")}: ${flameWords(state, state.at)}`;
}

function flameBox(state, context, node, left, width, above) {
  const y = node.depth * FLAME_ROW;
  state.boxes.push({ node, left, width, y });
  const colour = groupColour(node.name), dark = isDark();
  context.globalAlpha = above ? 0.5 : 1;
  context.fillStyle = node.kind === "run" ? styled("--rule") : css(colour.map((part) => Math.round(dark ? part * 0.45 : part * 0.45 + 255 * 0.55)));
  context.fillRect(left, y, Math.max(0.5, width - 1), FLAME_ROW - 1);
  context.globalAlpha = 1;
  if (node === state.at && document.activeElement === state.canvas) {
    context.strokeStyle = styled("--accent");
    context.lineWidth = 2;
    context.strokeRect(left + 1, y + 1, Math.max(1, width - 3), FLAME_ROW - 3);
  }
  context.fillStyle = styled("--ink");
  if (width > 34) {
    context.save();
    context.beginPath();
    context.rect(left, y, width - 4, FLAME_ROW);
    context.clip();
    context.fillText(width > 180 ? `${node.name}  ${time(node.time)}` : node.name, left + 5, y + FLAME_ROW / 2);
    context.restore();
  }
}

function flameWords(state, node) {
  const share = state.root.time > 0 ? node.time / state.root.time : 0;
  return `${time(node.time)}, ${percent(share)} of all, ${count(node.count)} executions`;
}

function flameInput(state) {
  const { canvas } = state;
  const under = (event) => state.boxes.find((box) => event.offsetX >= box.left && event.offsetX < box.left + box.width && event.offsetY >= box.y && event.offsetY < box.y + FLAME_ROW)?.node;
  canvas.addEventListener("pointermove", (event) => {
    const node = under(event);
    if (node) tip.show(event, `${node.name}\n${flameWords(state, node)}`); else tip.hide();
  });
  canvas.addEventListener("pointerleave", () => tip.hide());
  canvas.addEventListener("click", (event) => {
    const node = under(event);
    if (node) { state.top = state.at = node; state.draw(); }
  });
  for (const kind of ["focus", "blur"]) canvas.addEventListener(kind, state.draw);
  canvas.addEventListener("keydown", (event) => {
    const { at } = state, beside = at && at.parent ? at.parent.children : [], index = beside.indexOf(at);
    const next = { ArrowDown: at?.children[0], ArrowUp: at?.parent, ArrowRight: beside[index + 1], ArrowLeft: beside[index - 1] }[event.key];
    if (next) state.at = next;
    else if (event.key === "Enter" && at) state.top = at;
    else if (event.key === "Escape" && state.top?.parent) state.top = state.at = state.top.parent;
    else return;
    event.preventDefault();
    if (!flamePath(state.at).includes(state.top)) state.top = state.at;
    state.draw();
  });
}
