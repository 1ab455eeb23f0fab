// Charts over time (uPlot), progress bars, and the matrix of workers. uPlot must be loaded before, as the global `uPlot`.
//
//   const chart = lineChart(element, { title: "Memory", unit: "bytes" });   // unit: bytes | rate | cores | count | percent
//   chart.set({ times: [ns, ..], lines: [{ name, values: [number | null, ..] }] });
//   progressBars(element, rows);  // rows of the view "progress": [{ name, total, counts: [8 states], finished, erred }]
//   heatMap(element, { workers: [name], pairs: [[from, to, bytes, bandwidth], ..] });
import { bytes, count, css, digits, element, groupColour, onTheme, percent, rate, STATES, styled, time, tip } from "./format.js";

const CHART_COLOURS = ["--accent", "--memory", "--queued", "--no-worker", "--erred", "--waiting", "--processing", "--faint"];
const CHART_POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const CHART_UNITS = { bytes, rate, count, percent, cores: (n) => `${digits(n)}` };

/** A chart of lines over time. `stacked` adds the lines up; `colour(name, i)` may give the colours. */
export function lineChart(host, { title = "", unit = "count", height = 190, stacked = false, colour = chartColour } = {}) {
  const box = element("div", "chart");
  host.replaceChildren(...(title ? [element("h3", "", title)] : []), box);
  let plot = null, series = null;
  const write = CHART_UNITS[unit] ?? CHART_UNITS.count;
  const shown = () => {
    const columns = series.lines.map((line) => line.values);
    if (!stacked) return [series.times.map((at) => at / 1e9), ...columns];
    const sums = columns.reduceRight((done, values) => [values.map((value, i) => (value ?? 0) + (done.length ? done[0][i] : 0)), ...done], []);
    return [series.times.map((at) => at / 1e9), ...sums];
  };
  const make = () => {
    if (plot) plot.destroy();
    plot = null;
    if (!series || series.times.length === 0) return box.replaceChildren(element("p", "empty", "Nothing was measured."));
    box.replaceChildren();
    const axis = { stroke: styled("--faint"), grid: { stroke: styled("--rule"), width: 1 }, ticks: { stroke: styled("--rule"), width: 1 }, font: "11px sans-serif" };
    const lines = series.lines.map((line, i) => ({
      label: line.name, stroke: colour(line.name, i), width: 1.5, spanGaps: true, points: { show: series.times.length < 3 },
      fill: stacked || series.lines.length === 1 ? `color-mix(in srgb, ${colour(line.name, i)} ${stacked ? 60 : 18}%, ${stacked ? styled("--panel") : "transparent"})` : undefined,
      value: (_, value, index, at) => { const own = at === null || at === undefined ? null : series.lines[index - 1].values[at]; return own === null || own === undefined ? "" : write(own); },
    }));
    plot = new uPlot({
      width: Math.max(260, box.clientWidth || 600), height, cursor: { y: false }, legend: { live: true },
      scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) > 0 ? high * 1.05 : 1] } },
      series: [{ label: "at", value: (_, value) => (value === null || value === undefined ? "" : time(value * 1e9)) }, ...lines],
      axes: [{ ...axis, space: 80, values: (_, moments) => moments.map((at) => time(at * 1e9)) }, { ...axis, size: 78, ...(unit === "bytes" || unit === "rate" ? { incrs: CHART_POWERS } : {}), values: (_, values) => values.map(write) }],
    }, shown(), box);
  };
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => {
    const width = Math.max(260, box.clientWidth);
    if (plot && box.clientWidth > 0 && plot.width !== width) plot.setSize({ width, height });
  }));
  sizes.observe(host);
  onTheme(make);
  return {
    set(data) {
      const same = series && plot && data.lines.length === series.lines.length && data.lines.every((line, i) => line.name === series.lines[i].name) && data.times.length > 2;
      series = data;
      if (same) plot.setData(shown()); else make();
    },
    destroy() { sizes.disconnect(); if (plot) plot.destroy(); host.replaceChildren(); },
  };
}

function chartColour(_, i) { return styled(CHART_COLOURS[i % CHART_COLOURS.length]); }

/** Colours of lines that are states, or groups. */
export function stateColour(name) { return styled(`--${name}`); }
export function nameColour(name) { return css(groupColour(name)); }

/** A bar for each group: which share of its tasks is in which state. */
export function progressBars(host, rows) {
  if (rows.length === 0) return host.replaceChildren(element("p", "empty", "No tasks are known."));
  const order = ["memory", "erred", "processing", "queued", "waiting", "no-worker", "released"];
  const made = rows.flatMap((row) => {
    const chip = element("i", "chip"), name = element("div", "name", null, chip, ` ${row.name}`), bar = element("div", "bar");
    chip.style.background = css(groupColour(row.name));
    name.title = row.name;
    // Failed tasks stay red, and done ones done, when they are forgotten.
    const of = (state) => row.counts[STATES.indexOf(state)], open = of("processing") + of("queued") + of("waiting") + of("no-worker");
    const told = { erred: row.erred, released: row.total - row.finished - row.erred - open };
    const words = order.map((state) => [state, told[state] ?? of(state)]).filter(([, n]) => n > 0);
    for (const [state, n] of words) {
      const part = element("span", `state-${state}`);
      part.style.flex = `${n} 0 0`;
      bar.append(part);
    }
    const gone = row.finished - of("memory");
    if (gone > 0) {
      const part = element("span", "state-forgotten");
      part.style.flex = `${gone} 0 0`;
      bar.append(part);
      words.push(["no longer needed", gone]);
    }
    bar.setAttribute("role", "img");
    const text = words.map(([state, n]) => `${count(n)} ${state}`).join(", ");
    bar.setAttribute("aria-label", `${row.name}: ${text}`);
    bar.addEventListener("pointermove", (event) => tip.show(event, `${row.name}\n${text}`));
    bar.addEventListener("pointerleave", () => tip.hide());
    return [name, bar, element("div", "number faint", `${count(words.filter(([state]) => state === "memory" || state === "no longer needed").reduce((sum, [, n]) => sum + n, 0))} / ${count(row.total)}`)];
  });
  const grid = element("div", "progress", null, ...made), legend = element("div", "legend");
  for (const [state, word] of [["memory", "in memory"], ["erred", "erred"], ["processing", "processing"], ["queued", "queued"], ["waiting", "waiting"], ["no-worker", "no worker may run it"], ["released", "not asked for"], ["forgotten", "no longer needed"]]) {
    legend.append(element("span", "", null, element("i", `chip state-${state}`), word));
  }
  host.replaceChildren(grid, legend);
}

/** Bytes between workers: from rows to columns, darker for more. */
export function heatMap(host, { workers, pairs }) {
  if (pairs.length === 0) return host.replaceChildren(element("p", "empty", "Nothing went from worker to worker."));
  const canvas = element("canvas"), box = element("div", "canvas-box", null, canvas), most = pairs.reduce((top, pair) => Math.max(top, pair[3]), 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Bandwidth from each worker (rows) to each worker (columns); the table has the figures.");
  host.replaceChildren(box);
  const left = 110, side = Math.max(4, Math.min(36, Math.floor(560 / Math.max(1, workers.length)))), size = side * workers.length;
  const draw = () => {
    const ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
    [canvas.width, canvas.height] = [(left + size + 4) * ratio, (size + 20) * ratio];
    [canvas.style.width, canvas.style.height] = [`${left + size + 4}px`, `${size + 20}px`];
    context.scale(ratio, ratio);
    context.fillStyle = styled("--panel");
    context.fillRect(left, 0, size, size);
    context.fillStyle = styled("--accent");
    for (const [from, to, , bandwidth] of pairs) {
      context.globalAlpha = 0.15 + 0.85 * (most > 0 ? bandwidth / most : 0);
      context.fillRect(left + to * side + 1, from * side + 1, side - 2, side - 2);
    }
    context.globalAlpha = 1;
    context.fillStyle = styled("--faint");
    context.font = "11px sans-serif";
    context.textBaseline = "middle";
    if (side >= 11) workers.forEach((name, row) => context.fillText(name, 2, row * side + side / 2, left - 8));
    context.fillText("from row to column", left, size + 12);
  };
  canvas.addEventListener("pointermove", (event) => {
    const to = Math.floor((event.offsetX - left) / side), from = Math.floor(event.offsetY / side);
    const pair = pairs.find((pair) => pair[0] === from && pair[1] === to);
    if (!pair) return tip.hide();
    tip.show(event, `${workers[from]} to ${workers[to]}\n${bytes(pair[2])} at ${rate(pair[3])}`);
  });
  canvas.addEventListener("pointerleave", () => tip.hide());
  onTheme(draw);
  draw();
}
