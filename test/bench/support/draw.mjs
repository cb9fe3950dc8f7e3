// Draws how costs grow, as a picture without any script: both axes by powers of ten, each panel from its first cost on.

/** @typedef {{title: string, unit: string, at: readonly number[], costs: readonly number[]}} Panel */

const [WIDTH, HEIGHT, LEFT, TOP, GAP] = [240, 200, 46, 34, 70];

/** @param {readonly Panel[]} panels */
export function drawGrowth(panels) {
  const width = LEFT + panels.length * (WIDTH + GAP);
  const height = TOP + HEIGHT + 46;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    '<title>How cost grows with spokes, with rules and with bytes</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...panels.map(
      (panel, at) => `<g transform="translate(${LEFT + at * (WIDTH + GAP)} ${TOP})">${draw(panel)}</g>`,
    ),
    '</svg>\n',
  ].join('\n');
}

/** @param {Panel} panel */
function draw({ title, unit, at, costs }) {
  const [low, high] = [Math.min(...costs), Math.max(...costs)].map(Math.log10);
  const [bottom, top] = [Math.floor(low ?? 0), Math.max(Math.ceil(high ?? 1), Math.floor(low ?? 0) + 1)];
  const [first = 1, last = 1] = [at[0], at.at(-1)].map((one) => Math.log10(one ?? 1));
  const x = (/** @type {number} */ value) => ((Math.log10(value) - first) / (last - first)) * WIDTH;
  const y = (/** @type {number} */ value) =>
    HEIGHT - ((Math.log10(value) - bottom) / (top - bottom)) * HEIGHT;
  const points = at.map((value, index) => [x(value), y(costs[index] ?? 1)]);
  const powers = Array.from({ length: top - bottom + 1 }, (_, power) => 10 ** (bottom + power));
  return [
    `<text x="0" y="-14" font-weight="bold">${title}</text>`,
    ...powers.map(
      (power) =>
        `<path d="M0 ${y(power).toFixed(1)}H${WIDTH}" stroke="#ddd"/><text x="-6" y="${(y(power) + 4).toFixed(1)}" text-anchor="end">${power}</text>`,
    ),
    `<text x="-6" y="${HEIGHT + 34}">${unit}</text>`,
    ...at.map(
      (value) => `<text x="${x(value).toFixed(1)}" y="${HEIGHT + 16}" text-anchor="middle">${value}</text>`,
    ),
    `<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="${points.map((point) => point.map((one) => one.toFixed(1)).join(',')).join(' ')}"/>`,
    ...points.map(
      ([px, py]) => `<circle cx="${px?.toFixed(1)}" cy="${py?.toFixed(1)}" r="3" fill="#1f5fa8"/>`,
    ),
  ].join('');
}
