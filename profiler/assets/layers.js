// Where the nodes of a graph stand: in layers from left to right, as many rows and columns as fit into a box.
//
//   const layers = layerGraph({ nodes, edges });     // by layer, the indices of its nodes from top to bottom
//   const places = placeLayers(layers.layers, { width, height, lead });   // { at: [[x, y], ..], across, down }, in pixels
//
// `lead` is what a node with a label takes to the left of its place.

/** Layers: that of a node is its longest way from a source; nodes of one follow the middle of their neighbours. */
export function layerGraph({ nodes, edges }) {
  const into = nodes.map(() => []), out = nodes.map(() => []);
  for (const [from, to] of edges) { if (from !== to) { out[from].push(to); into[to].push(from); } }
  const layers = [];
  layerColumns(into, out).forEach((at, node) => (layers[at] ??= []).push(node));
  const order = Array.from(layers, (layer) => layer ?? []), row = new Array(nodes.length).fill(0);
  const spread = (layer) => layer.forEach((node, i) => { row[node] = i - (layer.length - 1) / 2; });
  order.forEach(spread);
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const near = sweep % 2 === 0 ? into : out;
    for (const layer of sweep % 2 === 0 ? order : order.slice().reverse()) {
      const middle = new Map(layer.map((node) => [node, near[node].length ? near[node].reduce((sum, i) => sum + row[i], 0) / near[node].length : row[node]]));
      layer.sort((a, b) => middle.get(a) - middle.get(b));
      spread(layer);
    }
  }
  return { layers: order.filter((layer) => layer.length > 0), into, out };
}

function layerColumns(into, out) {
  const column = into.map(() => 0), open = into.map((from) => from.length), ready = column.map((_, i) => i).filter((i) => open[i] === 0);
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
  return column;
}

/** What a layer takes beside its columns, as a share of one. */
const LAYER_GAP = 0.6;
/** Pixels from row to row, and from column to column: with a label at each node the least, and the most that is of use. */
const LAYER_ROWS = [15, 44], LAYER_COLUMNS = [96, 320];

/** The pixels that a box needs from top to bottom so that every layer is one column at ease. */
export function layersHeight(layers) { return 40 + 28 * layers.reduce((most, layer) => Math.max(most, layer.length), 1); }

/** Places in a box. A layer that is too high is folded into several columns; labels are kept as long as they fit. */
export function placeLayers(layers, { width, height, lead }) {
  const most = layers.reduce((top, layer) => Math.max(top, layer.length), 1), wide = width - 20 - lead, high = height - 36;
  const columns = (rows, gap) => layers.reduce((sum, layer) => sum + Math.ceil(layer.length / rows), 0) + gap * (layers.length - 1);
  const named = Math.max(1, Math.min(most, Math.floor(high / LAYER_ROWS[0])));
  let rows = named, gap = 0;
  const labelled = wide / columns(named, 0) >= LAYER_COLUMNS[0];
  if (!labelled) {
    let best = 0;
    gap = LAYER_GAP;
    for (let tried = 1; tried <= most; tried += 1) {
      const room = Math.min(high / tried, wide / columns(tried, gap));
      if (room > best) [best, rows] = [room, tried];
    }
  }
  // Folds of one layer are about as high as each other.
  const folded = (layer) => Math.ceil(layer.length / Math.ceil(layer.length / rows));
  const across = Math.min(LAYER_COLUMNS[1], wide / columns(rows, gap)), down = Math.min(LAYER_ROWS[1], high / (Math.max(...layers.map(folded), 1) + 0.7));
  const at = [], left = (width - across * columns(rows, gap)) / 2 + (labelled ? lead : across / 2);
  let column = 0;
  for (const layer of layers) {
    const folds = Math.ceil(layer.length / rows), each = Math.ceil(layer.length / folds);
    layer.forEach((node, i) => {
      const fold = Math.floor(i / each);
      // Each column of a layer stands a part of a row lower than the one before it, so that the edges of others pass between its nodes.
      const lower = (fold - (folds - 1) / 2) / folds;
      at[node] = [left + (column + fold) * across, height / 2 + ((i % each) - (each - 1) / 2 + lower) * down];
    });
    column += folds + gap;
  }
  return { at, across, down };
}
