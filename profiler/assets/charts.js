// Charts over time (uPlot) and progress bars. uPlot must be loaded before, as the global `uPlot`.
//
//   const chart = lineChart(element, { title: "Memory", unit: "bytes" });   // unit: bytes | rate | cores | count | percent
//   chart.set({ times: [ns, ..], lines: [{ name, values: [number | null, ..] }] });
//   progressBars(element, rows);  // rows of the view "progress": [{ name, total, counts: [8 states], finished, erred }]
//
// Below a chart stand its lines with their colours and their last values; those of a moment while it is pointed at, or walked
// to with the arrow keys.
import { axisTime, bytes, count, css, digits, element, groupChip, groupColour, onTheme, percent, rate, STATES, styled, time, TIME_STEPS, tip } from "./format.js";

// Red is left to failures.
const CHART_COLOURS = ["--accent", "--memory", "--queued", "--no-worker", "--waiting", "--released", "--processing", "--faint"];
const CHART_POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power);
const CHART_WHOLES = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
const CHART_UNITS = { bytes, rate, count, percent, cores: (n) => `${digits(n)}` };
const CHART_STEPS = { bytes: CHART_POWERS, rate: CHART_POWERS, count: CHART_WHOLES };
const CHART_LEAST = 240;

/** A chart of lines over time. It has a `title`, or a `name` that is read out; `stacked` adds the lines up; `colour(name, i)` may give the colours; lines named in `dashed` are limits. With
 * `ongoing`, the last stretch is left out: it is not over, and what happens in it is not yet told. */
export function lineChart(host, { title = "", name = title, unit = "count", height = 190, stacked = false, colour = chartColour, dashed = [], ongoing = false } = {}) {
  const box = element("div", "chart"), legend = element("div", "legend values");
  box.setAttribute("role", "img");
  host.replaceChildren(...(title ? [element("h3", "", title)] : []), box, legend);
  const state = { box, legend, name, unit, height, stacked, colour, dashed, write: CHART_UNITS[unit] ?? CHART_UNITS.count, plot: null, series: null, zoomed: false };
  const make = () => makeChart(state);
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => {
    const width = Math.max(CHART_LEAST, box.clientWidth);
    if (state.plot && box.clientWidth > 0 && state.plot.width !== width) state.plot.setSize({ width, height });
  }));
  sizes.observe(host);
  onTheme(make);
  chartKeys(state);
  return {
    set(data) {
      if (ongoing && data.times.length > 10) data = { times: data.times.slice(0, -1), lines: data.lines.map(({ name, values }) => ({ name, values: values.slice(0, -1) })) };
      const { series, plot } = state;
      const same = series && plot && data.lines.length === series.lines.length && data.lines.every((line, i) => line.name === series.lines[i].name) && data.times.length > 2;
      state.series = data;
      if (!same) return make();
      plot.setData(chartColumns(state), !state.zoomed);
      if (state.zoomed) plot.redraw();
      chartLegend(state, plot.cursor.idx);
    },
    destroy() { sizes.disconnect(); if (state.plot) state.plot.destroy(); host.replaceChildren(); },
  };
}

/** What is drawn: moments in seconds, and the values, or their sums with those of the lines after them. */
function chartColumns({ series, stacked }) {
  const columns = series.lines.map((line) => line.values), moments = series.times.map((at) => at / 1e9);
  if (!stacked) return [moments, ...columns];
  return [moments, ...columns.reduceRight((done, values) => [values.map((value, i) => (value ?? 0) + (done.length ? done[0][i] : 0)), ...done], [])];
}

function makeChart(state) {
  const { box, series, height } = state;
  if (state.plot) state.plot.destroy();
  state.plot = null;
  state.zoomed = false;
  if (!series) return;
  const empty = series.times.length === 0 || series.lines.length === 0;
  box.tabIndex = empty ? -1 : 0;
  state.legend.replaceChildren();
  if (empty) return box.replaceChildren(element("p", "empty", "Nothing was measured."));
  box.replaceChildren();
  state.plot = new uPlot({
    width: Math.max(CHART_LEAST, box.clientWidth || 600), height, legend: { show: false }, cursor: { y: false },
    padding: [10, 16, 0, 0],
    scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) > 0 ? high * 1.05 : 1] } },
    series: [{}, ...series.lines.map((line, i) => chartLine(state, line, i))],
    axes: chartAxes(state),
    hooks: {
      setCursor: [(plot) => chartLegend(state, plot.cursor.idx)],
      setSelect: [(plot) => { state.zoomed = state.zoomed || plot.select.width > 0; }],
    },
  }, chartColumns(state), box);
  state.plot.over.addEventListener("dblclick", () => { state.zoomed = false; });
  chartLegend(state, null);
}

function chartLine({ series, stacked, colour, dashed }, line, i) {
  const stroke = colour(line.name, i), filled = stacked || series.lines.length === 1;
  return {
    label: line.name, stroke, width: 1.5, spanGaps: true, points: { show: series.times.length < 3 }, dash: dashed.includes(line.name) ? [6, 4] : undefined,
    fill: filled ? `color-mix(in srgb, ${stroke} ${stacked ? 60 : 18}%, ${stacked ? styled("--panel") : "transparent"})` : undefined,
  };
}

function chartAxes({ unit, write }) {
  const rule = styled("--rule"), lines = { stroke: rule, width: 1 };
  const axis = { stroke: styled("--faint"), grid: lines, ticks: lines, font: "11px sans-serif" };
  const moments = (_, seconds, axis, space, step) => seconds.map((at) => axisTime(at * 1e9, Math.round(step * 1e9)));
  const down = { ...axis, size: 70, values: (_, values) => values.map(write) };
  if (CHART_STEPS[unit]) down.incrs = CHART_STEPS[unit];
  return [{ ...axis, space: 56, size: 34, values: moments, incrs: TIME_STEPS.map((step) => step / 1e9) }, down];
}

/** The lines with their values at a moment, or their last ones. */
function chartLegend(state, index) {
  const { series, write, legend, box, name: what } = state, pointed = index !== null && index !== undefined;
  const last = (values) => values.findLast((value) => value !== null && value !== undefined);
  const values = series.lines.map(({ values: own }) => (pointed ? own[index] : last(own)));
  const texts = values.map((value) => (value === null || value === undefined ? "\u2013" : write(value)));
  const moment = time(pointed ? series.times[index] : series.times[series.times.length - 1]);
  box.setAttribute("aria-label", `${what || "Chart"}, at ${moment}: ${series.lines.map(({ name }, i) => `${name} ${texts[i]}`).join(", ")}. Left and right arrows walk in time.`);
  if (legend.childElementCount !== series.lines.length + 1) {
    legend.replaceChildren(...series.lines.map(({ name }, i) => {
      const chip = element("i", state.dashed.includes(name) ? "chip dashed" : "chip");
      chip.style.background = state.colour(name, i);
      return element("span", "", null, chip, element("span", "", name), element("b"));
    }), element("span", "faint"));
  }
  texts.forEach((text, i) => { legend.children[i].lastChild.textContent = text; });
  legend.lastChild.textContent = pointed ? `at ${moment}` : "";
}

/** The arrow keys walk from moment to moment. */
function chartKeys(state) {
  state.box.addEventListener("keydown", (event) => {
    const { plot, series } = state, step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!plot || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(series.times.length - 1, (plot.cursor.idx ?? series.times.length) + step));
    plot.setCursor({ left: plot.valToPos(series.times[index] / 1e9, "x"), top: 10 });
  });
  state.box.addEventListener("blur", () => state.plot?.setCursor({ left: -10, top: -10 }));
}

function chartColour(_, i) { return styled(CHART_COLOURS[i % CHART_COLOURS.length]); }

/** Colours of lines that are states, or groups; what ended and what failed have those of the states that they lead to. */
export function stateColour(name) { return styled(`--${{ ended: "memory", failed: "erred" }[name] ?? name}`); }
export function nameColour(name) { return css(groupColour(name)); }

const PROGRESS_WORDS = [["memory", "in memory"], ["erred", "erred"], ["processing", "processing"], ["queued", "queued"], ["waiting", "waiting"],
  ["no-worker", "no worker may run it"], ["released", "not asked for"], ["forgotten", "no longer needed"]];

/** How many tasks of a group are where, in the order of the bar. What is done and let go of is done, and what failed and is forgotten failed. */
function progressParts({ total, counts, finished, erred }) {
  const sizes = Object.fromEntries(STATES.map((state, i) => [state, counts[i]])), there = STATES.slice(0, 7).reduce((sum, state) => sum + sizes[state], 0);
  const done = finished ?? sizes.memory + Math.max(0, total - there);
  sizes.forgotten = Math.max(0, done - sizes.memory);
  sizes.erred = erred ?? sizes.erred;
  sizes.released = Math.max(0, total - STATES.filter((state) => state !== "released").reduce((sum, state) => sum + sizes[state], 0));
  return PROGRESS_WORDS.map(([state, words]) => [state, words, sizes[state]]).filter(([, , size]) => size > 0);
}

/** A bar for each group: which share of its tasks is in which state. */
export function progressBars(host, rows) {
  if (rows.length === 0) return host.replaceChildren(element("p", "empty", "No tasks are known."));
  // Of many groups, those that are not done come first.
  const undone = (row) => row.counts.slice(1, 5).some((size) => size > 0), order = rows.length > 12 ? [...rows.filter(undone), ...rows.filter((row) => !undone(row))] : rows;
  const made = order.flatMap((row) => {
    const parts = progressParts(row), name = element("div", "name", null, groupChip(row.name), ` ${row.name}`), bar = element("div", "bar");
    name.title = row.name;
    for (const [state, , size] of parts) {
      const part = element("span", `state-${state}`);
      part.style.flex = `${size} 0 0`;
      bar.append(part);
    }
    const text = parts.map(([, words, size]) => `${count(size)} ${words}`).join(", ");
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", `${row.name}: ${text}`);
    bar.addEventListener("pointermove", (event) => tip.show(event, `${row.name}\n${text}`));
    bar.addEventListener("pointerleave", () => tip.hide());
    const sum = (...wanted) => parts.reduce((all, [state, , size]) => all + (wanted.includes(state) ? size : 0), 0), failed = sum("erred");
    const said = element("div", "number faint", `${count(sum("memory", "forgotten"))} / ${count(row.total)}`);
    if (failed > 0) said.prepend(element("span", "bad", `${count(failed)} erred`), ", ");
    return [name, bar, said];
  });
  const legend = element("div", "legend", null, ...PROGRESS_WORDS.map(([state, words]) => element("span", "", null, element("i", `chip state-${state}`), words)));
  host.replaceChildren(element("div", "progress", null, ...made), legend);
}
