// The task stream: what ran on each thread when, on a canvas that can be zoomed.
//
//   const stream = taskStream(element, { onView(from, to) { .. }, onPick(key) { .. } });
//   stream.set(data);          // the JSON of the view "stream"; the zoom is kept if `keep` is given as second argument
//   stream.show(from, to);     // nanoseconds since the run's start
//
// data: { from, to, tasks, groups: [name], lanes: [{ worker, thread, count }],
//   rects: { gap: [..], time: [..], group: [..], failed: [index], key: [..] | null } | null,
//   cells: { width, lane: [..], bin: [..], group: [..], busy: [..], count: [..], failed: [..] } | null }
// Rectangles are sorted by lane and start; `gap` is the time from the start before it in the lane (of the first: from
// `from`), `lanes[i].count` says how many are the lane's. A cell is a stretch of a lane: its leading group and the busy time.
// `onView` is called a moment after the reader has zoomed, so that a server can send finer data.
import { axisTime, count, element, groupChip, groupColour, onTheme, percent, shorten, styled, ticks, time, tip } from "./format.js";

const STREAM_AXIS = 22;

/** Makes a task stream in an element. */
export function taskStream(host, options = {}) {
  const canvas = element("canvas"), legend = element("div", "legend"), box = element("div", "canvas-box", null, canvas);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Task stream. Arrow keys move, plus and minus zoom, 0 shows all.");
  const hint = element("p", "hint", "Wheel or + and - to zoom, drag to zoom into a range, shift-drag or arrows to move, double click or 0 to show all.");
  host.replaceChildren(box, hint, legend);
  const state = { canvas, legend, data: null, from: 0, to: 1, drag: null, options, asked: 0, drawn: 0 };
  const redraw = () => {
    if (state.waits) return;
    state.waits = requestAnimationFrame(() => { state.waits = 0; drawStream(state); });
  };
  state.redraw = redraw;
  streamInput(state);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(box);
  onTheme(redraw);
  return {
    set(data, keep = false) {
      state.data = prepareStream(data);
      if (!keep) [state.from, state.to] = [data.from, Math.max(data.to, data.from + 1)];
      streamLegend(state);
      redraw();
    },
    show(from, to) { moveStream(state, from, to); },
    view() { return [state.from, state.to]; },
    /** Draws at once and says how many milliseconds it took. */
    draw() { drawStream(state); return state.drawn; },
    destroy() { sizes.disconnect(); host.replaceChildren(); },
  };
}

/** Columns of data as typed arrays: start, end, share busy and group of each mark, and where each lane's marks are. */
function prepareStream(data) {
  const lanes = data.lanes.map(() => [0, 0]), failed = new Set(data.rects ? data.rects.failed : []);
  const size = data.rects ? data.rects.time.length : data.cells ? data.cells.bin.length : 0;
  const marks = { start: new Float64Array(size), end: new Float64Array(size), share: new Float32Array(size), group: new Uint32Array(size), bad: new Uint8Array(size) };
  if (data.rects) {
    let index = 0;
    data.lanes.forEach((lane, row) => {
      let at = data.from;
      lanes[row] = [index, index + lane.count];
      for (let i = 0; i < lane.count; i += 1, index += 1) {
        at += data.rects.gap[index];
        marks.start[index] = at;
        marks.end[index] = at + data.rects.time[index];
        marks.share[index] = 1;
        marks.group[index] = data.rects.group[index];
        marks.bad[index] = failed.has(index) ? 1 : 0;
      }
    });
  } else if (data.cells) {
    const { width, lane, bin, group, busy, failed: bad } = data.cells;
    for (let index = 0; index < size; index += 1) {
      const row = lanes[lane[index]];
      if (row[1] === 0) row[0] = index;
      row[1] = index + 1;
      marks.start[index] = data.from + bin[index] * width;
      marks.end[index] = Math.min(marks.start[index] + width, data.to);
      marks.share[index] = Math.min(1, busy[index] / Math.max(1, marks.end[index] - marks.start[index]));
      marks.group[index] = group[index];
      marks.bad[index] = bad[index] ? 1 : 0;
    }
  }
  return { ...data, marks, rows: lanes };
}

function streamLegend(state) {
  const data = state.data, shown = data ? data.groups.slice(0, 40) : [];
  state.legend.replaceChildren(...shown.map((name) => { const label = element("span", "name", null, groupChip(name), element("span", "", name)); label.title = name; return label; }));
  if (data && data.groups.length > shown.length) state.legend.append(element("span", "faint", `and ${data.groups.length - shown.length} more`));
  if (data && data.marks.bad.includes(1)) state.legend.append(element("span", "", null, element("i", "chip state-erred"), "failed"));
}

function streamShape(state) {
  const ratio = devicePixelRatio || 1, width = Math.max(300, state.canvas.parentElement.clientWidth);
  const lanes = Math.max(1, state.data ? state.data.lanes.length : 1);
  const row = Math.max(2, Math.min(24, Math.floor(520 / lanes)));
  const left = width < 560 ? 64 : 110;
  return { ratio, width, row, left, height: lanes * row + STREAM_AXIS, plot: Math.max(50, width - left) };
}

/** Draws: every mark is added into the pixels of its lane, and each pixel takes the colour of what covers it most. */
function drawStream(state) {
  const began = performance.now(), { canvas, data } = state, shape = streamShape(state);
  canvas.width = Math.round(shape.width * shape.ratio);
  canvas.height = Math.round(shape.height * shape.ratio);
  canvas.style.height = `${shape.height}px`;
  const context = canvas.getContext("2d");
  context.scale(shape.ratio, shape.ratio);
  if (!data || data.lanes.length === 0) {
    context.fillStyle = styled("--faint");
    context.font = "13px sans-serif";
    context.fillText("Nothing has run.", 8, 16);
    return;
  }
  const pixels = streamPixels(state, Math.round(shape.plot * shape.ratio));
  const buffer = document.createElement("canvas");
  [buffer.width, buffer.height] = [pixels.width, pixels.height];
  buffer.getContext("2d").putImageData(pixels, 0, 0);
  context.fillStyle = styled("--paper");
  context.fillRect(shape.left, 0, shape.plot, data.lanes.length * shape.row);
  context.imageSmoothingEnabled = false;
  context.drawImage(buffer, shape.left, 0, shape.plot, data.lanes.length * shape.row);
  streamLabels(context, state, shape);
  if (state.drag && !state.drag.moves) {
    context.fillStyle = styled("--accent");
    context.globalAlpha = 0.25;
    context.fillRect(Math.min(state.drag.x, state.drag.to), 0, Math.abs(state.drag.to - state.drag.x), shape.height - STREAM_AXIS);
  }
  state.drawn = performance.now() - began;
}

function streamPixels(state, width) {
  const { data, from, to } = state, { marks, rows } = data, scale = width / (to - from);
  const image = new ImageData(width, rows.length), bytesOf = image.data, bad = rgbOf(styled("--erred"));
  const colours = data.groups.map(groupColour), busy = new Float32Array(width), best = new Float32Array(width), leader = new Int32Array(width);
  // What is seen alone is seen, however short it is.
  const least = data.rects ? 140 : 70;
  rows.forEach(([first, last], row) => {
    busy.fill(0); best.fill(0); leader.fill(-1);
    for (let index = first; index < last; index += 1) {
      if (marks.start[index] >= to) break;
      if (marks.end[index] <= from) continue;
      const left = Math.max(0, (marks.start[index] - from) * scale), right = Math.min(width, (marks.end[index] - from) * scale);
      const share = marks.share[index], group = marks.bad[index] ? -2 : marks.group[index];
      // A gap of a pixel parts what is wide enough to be seen alone.
      const end = data.rects && right - left >= 4 ? right - 1 : Math.max(right, left + 0.35);
      for (let pixel = Math.floor(left); pixel < end && pixel < width; pixel += 1) {
        const cover = share * (Math.min(end, pixel + 1) - Math.max(left, pixel));
        busy[pixel] += cover;
        if (group === -2 || (cover > best[pixel] && leader[pixel] !== -2)) { best[pixel] = cover; leader[pixel] = group; }
      }
    }
    for (let pixel = 0, at = row * width * 4; pixel < width; pixel += 1, at += 4) {
      if (leader[pixel] === -1) continue;
      const colour = leader[pixel] === -2 ? bad : colours[leader[pixel]];
      bytesOf[at] = colour[0]; bytesOf[at + 1] = colour[1]; bytesOf[at + 2] = colour[2];
      bytesOf[at + 3] = leader[pixel] === -2 ? 255 : least + (255 - least) * Math.min(1, busy[pixel]);
    }
  });
  return image;
}

function rgbOf(hex) {
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function streamLabels(context, state, shape) {
  const { lanes } = state.data, bottom = lanes.length * shape.row;
  context.font = `${Math.min(12, Math.max(9, shape.row - 3))}px sans-serif`;
  context.textBaseline = "middle";
  context.strokeStyle = styled("--rule");
  context.lineWidth = 1;
  const several = new Set(lanes.map((lane) => lane.worker)).size < lanes.length;
  let labelled = -Infinity;
  lanes.forEach((lane, row) => {
    const top = row * shape.row;
    if (shape.row >= 5) { context.beginPath(); context.moveTo(shape.left, top + 0.5); context.lineTo(shape.width, top + 0.5); context.stroke(); }
    if (top - labelled < 11) return;
    labelled = top;
    context.fillStyle = styled("--faint");
    context.fillText(shorten(several ? `${lane.worker}/${lane.thread}` : lane.worker, shape.left - 8, context.font), 2, top + shape.row / 2);
  });
  context.fillStyle = styled("--faint");
  context.font = "11px sans-serif";
  context.textBaseline = "top";
  const moments = ticks(state.from, state.to, shape.plot / 110);
  for (const at of moments) {
    const x = shape.left + ((at - state.from) / (state.to - state.from)) * shape.plot;
    context.fillRect(x, bottom, 1, 4);
    context.fillText(axisTime(at, moments.length > 1 ? moments[1] - moments[0] : 1), Math.min(x + 3, shape.width - 48), bottom + 6);
  }
}

/** Shows another stretch, within what there is. */
function moveStream(state, from, to) {
  if (!state.data) return;
  const least = state.data.from, most = Math.max(state.data.to, least + 1, state.options.most ? state.options.most() : 0);
  const span = Math.max(100, Math.min(to - from, most - least));
  state.from = Math.max(least, Math.min(from, most - span));
  state.to = state.from + span;
  state.redraw();
  clearTimeout(state.asked);
  if (state.options.onView) state.asked = setTimeout(() => state.options.onView(state.from, state.to), 150);
}

function streamInput(state) {
  const { canvas } = state, moment = (x) => { const { left, plot } = streamShape(state); return state.from + ((x - left) / plot) * (state.to - state.from); };
  const zoom = (factor, at) => moveStream(state, at - (at - state.from) * factor, at + (state.to - at) * factor);
  const all = () => state.data && moveStream(state, state.data.from, state.data.to);
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, moment(event.offsetX)); }, { passive: false });
  canvas.addEventListener("dblclick", all);
  canvas.addEventListener("pointerdown", (event) => {
    if (event.offsetX < streamShape(state).left) return;
    canvas.setPointerCapture(event.pointerId);
    state.drag = { x: event.offsetX, to: event.offsetX, moves: event.shiftKey, from: state.from };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!state.drag) return hoverStream(state, event, moment(event.offsetX));
    tip.hide();
    state.drag.to = Math.max(streamShape(state).left, event.offsetX);
    if (state.drag.moves) {
      const step = ((state.drag.x - event.offsetX) / streamShape(state).plot) * (state.to - state.from);
      moveStream(state, state.drag.from + step, state.drag.from + step + (state.to - state.from));
    }
    state.redraw();
  });
  canvas.addEventListener("pointerup", (event) => {
    const drag = state.drag;
    state.drag = null;
    if (!drag || drag.moves) return;
    if (Math.abs(drag.to - drag.x) >= 5) moveStream(state, moment(Math.min(drag.x, drag.to)), moment(Math.max(drag.x, drag.to)));
    else if (state.options.onPick) {
      const found = markAt(state, event.offsetY, moment(event.offsetX));
      if (found !== null && state.data.rects && state.data.rects.key) state.options.onPick(state.data.rects.key[found]);
    }
    state.redraw();
  });
  canvas.addEventListener("pointerleave", () => tip.hide());
  canvas.addEventListener("keydown", (event) => {
    const span = state.to - state.from, middle = (state.from + state.to) / 2;
    const act = { ArrowLeft: () => moveStream(state, state.from - span / 5, state.to - span / 5), ArrowRight: () => moveStream(state, state.from + span / 5, state.to + span / 5), "+": () => zoom(0.7, middle), "=": () => zoom(0.7, middle), "-": () => zoom(1.4, middle), 0: all, Home: all }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
}

/** The mark under a point, or the nearest within three pixels. */
function markAt(state, y, at) {
  if (!state.data) return null;
  const shape = streamShape(state), lane = Math.floor(y / shape.row), slack = (3 / shape.plot) * (state.to - state.from);
  const [first, last] = state.data.rows[lane] ?? [0, 0], { start, end } = state.data.marks;
  let found = null, nearest = slack;
  for (let index = first; index < last; index += 1) {
    const away = Math.max(start[index] - at, at - end[index], 0);
    if (away < nearest || (away === 0 && found === null)) { found = index; nearest = away; }
  }
  return found;
}

function hoverStream(state, event, at) {
  const index = event.offsetX < streamShape(state).left ? null : markAt(state, event.offsetY, at);
  if (index === null) return tip.hide();
  const { data } = state, { marks, rects, cells } = data, lane = data.rows.findIndex(([first, last]) => index >= first && index < last);
  const where = `${data.lanes[lane].worker}, thread ${data.lanes[lane].thread}`, name = data.groups[marks.group[index]];
  const lines = rects
    ? [rects.key ? rects.key[index] : name, `${time(marks.end[index] - marks.start[index])} from ${time(marks.start[index])}`, where]
    : [`mostly ${name}`, `${count(cells.count[index])} tasks ended here, ${percent(marks.share[index])} busy`, where];
  if (marks.bad[index]) lines.push("failed");
  tip.show(event, lines.join("\n"));
}
