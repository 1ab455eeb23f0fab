// The matrix of workers: how fast results went from each (rows) to each (columns).
//
//   heatMap(element, { workers: [name], pairs: [[from, to, bytes, bandwidth, transfers], ..] });   // the view "bandwidth"
import { bytes, count, element, onTheme, rate, shorten, styled, tip } from "./format.js";

const MATRICES = new WeakMap(), MATRIX_FONT = "11px sans-serif";

/** Bandwidth between workers: from rows to columns, stronger for more. */
export function heatMap(host, data) {
  if (data.pairs.length === 0) {
    MATRICES.delete(host);
    return host.replaceChildren(element("p", "empty", "Nothing went from worker to worker."));
  }
  let state = MATRICES.get(host);
  if (!state) {
    state = makeMatrix(host);
    MATRICES.set(host, state);
  }
  state.data = data;
  state.pairs = new Map(data.pairs.map((pair) => [pair[0] * data.workers.length + pair[1], pair]));
  state.most = data.pairs.reduce((top, pair) => Math.max(top, pair[3]), 1);
  state.names = matrixNames(data.workers);
  drawMatrix(state);
}

function makeMatrix(host) {
  const canvas = element("canvas"), box = element("div", "canvas-box scroll", null, canvas), scale = element("div", "scale"), words = element("p", "hint");
  canvas.setAttribute("role", "img");
  host.replaceChildren(box, scale, words);
  const state = { canvas, box, scale, words, data: null, shape: null };
  onTheme(() => drawMatrix(state));
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => drawMatrix(state)));
  sizes.observe(host);
  const pairAt = (event) => {
    const { left, top, side } = state.shape ?? {}, size = state.data.workers.length;
    const to = Math.floor((event.offsetX - left) / side), from = Math.floor((event.offsetY - top) / side);
    const name = (at) => (at >= 0 && at < size ? state.data.workers[at] : null);
    return { from, to, sender: name(from), receiver: name(to) };
  };
  canvas.addEventListener("pointermove", (event) => {
    const { from, to, sender, receiver } = pairAt(event), pair = state.pairs.get(from * state.data.workers.length + to);
    if (sender && receiver) tip.show(event, pair ? `${sender} to ${receiver}\n${bytes(pair[2])} in ${count(pair[4])} transfers\n${rate(pair[3])}` : `${sender} to ${receiver}\nnothing`);
    else if (sender || receiver) tip.show(event, sender ? `from ${sender}` : `to ${receiver}`);
    else tip.hide();
  });
  canvas.addEventListener("pointerleave", () => tip.hide());
  return state;
}

/** Names without what they all begin with: `worker-0` and `worker-1` are 0 and 1. */
function matrixNames(workers) {
  let start = workers.length > 1 ? workers[0].length : 0;
  for (const name of workers) { while (!name.startsWith(workers[0].slice(0, start))) start -= 1; }
  // Numbers are not cut, and something is left of each name.
  while (start > 0 && (/[0-9]/.test(workers[0][start - 1]) || workers.some((name) => name.length <= start))) start -= 1;
  return { start: workers[0].slice(0, start), ends: workers.map((name) => name.slice(start)) };
}

function drawMatrix(state) {
  const { canvas, box, data, names, pairs, most } = state;
  if (!data) return;
  const size = data.workers.length, width = Math.max(220, box.clientWidth), ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
  context.font = MATRIX_FONT;
  const longest = names.ends.reduce((most, name) => Math.max(most, context.measureText(name.slice(0, 40)).width), 0);
  const left = Math.min(120, Math.ceil(longest) + 12), side = Math.max(5, Math.min(44, Math.floor((width - left - 4) / size)));
  const upright = longest + 6 > side, top = upright ? Math.min(90, Math.ceil(longest) + 12) : 20, across = left + size * side + 4, down = top + size * side + 4;
  state.shape = { left, top, side };
  [canvas.width, canvas.height] = [Math.round(across * ratio), Math.round(down * ratio)];
  [canvas.style.width, canvas.style.height] = [`${across}px`, `${down}px`];
  context.scale(ratio, ratio);
  context.fillStyle = styled("--paper");
  context.fillRect(left, top, size * side, size * side);
  context.fillStyle = styled("--accent");
  const gap = side >= 12 ? 1 : 0;
  for (const [from, to, , bandwidth] of pairs.values()) {
    context.globalAlpha = matrixStrength(bandwidth / most);
    context.fillRect(left + to * side + gap, top + from * side + gap, side - 2 * gap, side - 2 * gap);
  }
  context.globalAlpha = 1;
  matrixLabels(context, state, upright);
  canvas.setAttribute("aria-label", `Bandwidth from each of ${size} workers (rows) to each (columns), at most ${rate(most)}; the table of pairs has the figures.`);
  matrixScale(state);
}

function matrixStrength(share) { return 0.12 + 0.88 * share; }

function matrixLabels(context, { names, shape: { left, top, side } }, upright) {
  context.font = MATRIX_FONT;
  context.fillStyle = styled("--faint");
  context.textBaseline = "middle";
  const every = Math.ceil(12 / side);
  names.ends.forEach((name, at) => {
    if (at % every !== 0) return;
    context.textAlign = "right";
    context.fillText(shorten(name, left - 10, MATRIX_FONT), left - 6, top + at * side + side / 2);
    context.save();
    context.translate(left + at * side + side / 2, top - 6);
    if (upright) { context.rotate(-Math.PI / 2); context.textAlign = "left"; } else context.textAlign = "center";
    context.fillText(shorten(name, upright ? top - 10 : side, MATRIX_FONT), 0, upright ? 0 : -3);
    context.restore();
  });
}

/** What the strengths of the colour mean. */
function matrixScale({ scale, words, most, names }) {
  const bar = element("span", "ramp"), colour = styled("--accent"), ground = styled("--paper");
  const mix = (share) => `color-mix(in srgb, ${colour} ${matrixStrength(share) * 100}%, ${ground})`;
  bar.style.background = `linear-gradient(to right, ${mix(0)}, ${mix(1)})`;
  scale.replaceChildren(bar, element("span", "", "0"), element("span", "", rate(most / 2)), element("span", "", rate(most)));
  words.textContent = `Rows send, columns receive${names.start ? `; all names begin with ${names.start}` : ""}. An empty field: nothing went.`;
}
