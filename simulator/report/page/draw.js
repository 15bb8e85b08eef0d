// The picture: everything is drawn anew for each view, from the lanes' places and what is in sight.

const lane = { server: 44, group: 24, curve: 74, gap: 10, margin: 132, right: 18 };
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let colour = {};
function readColours() {
  for (const name of ["paper", "card", "ink", "dim", "faint", "line", "lane", "accent", "held", "fell", "down", "cut", "paused",
    "candidate", "loss", "election", "replication", "heartbeat", "call", "gossip", "area", "area2", "area3", "area4"])
    colour[name] = css("--" + name);
  colour.server = [...Array(9).keys()].map(i => css("--s" + i));
}
const hue = server => colour.server[server.at % colour.server.length];

/** Where each lane is, from the top of the scrolled canvas. */
const places = { servers: [], groups: [], curves: [], height: 0 };
const panels = [
  { title: "Allocations", rows: ["allocations wanted", "allocations running", "allocations pending", "tasks on the hosts"], colours: ["dim", "area", "area2", "area4"], dashed: [true] },
  { title: "Nodes", rows: ["clients up", "nodes ready", "nodes down"], colours: ["dim", "area4", "area3"], dashed: [true] },
];
function layOut() {
  lane.group = run.groups.length > 8 ? 17 : 26;
  let y = 8;
  places.servers = servers.map(() => { const top = y; y += lane.server; return top; });
  y += lane.gap;
  places.groups = run.groups.map(() => { const top = y; y += lane.group; return top; });
  if (run.groups.length) y += lane.gap;
  places.curves = [...panels, { title: "Commits" }].map(() => { const top = y; y += lane.curve; return top; });
  places.height = y + 8;
}
/** The middle of the lane a node is in. */
function laneOf(node) {
  const server = serverOf.get(node);
  if (server) return places.servers[server.at] + lane.server / 2;
  const group = run.groups.findIndex(one => node >= one.first && node < one.first + one.count);
  return group < 0 ? null : places.groups[group] + lane.group / 2;
}

/** A canvas as large as its box, sharp on every screen; in CSS pixels from then on. */
function prepare(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.parentElement.clientWidth;
  canvas.style.height = height + "px";
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = `12px ${css("--sans")}`;
  g.textBaseline = "middle";
  return [g, width];
}

const view = { from: 0, to: end, width: 800, at: null, hover: null, step: null, shown: [true, true, true, true, true], query: "" };
const inner = () => view.width - lane.margin - lane.right;
const x = at => lane.margin + (at - view.from) / (view.to - view.from) * inner();
const timeAt = px => view.from + (px - lane.margin) / inner() * (view.to - view.from);
const inSight = (from, to) => to >= view.from && from <= view.to;

function clip(g, height, draw) {
  g.save();
  g.beginPath();
  g.rect(lane.margin, 0, inner(), height);
  g.clip();
  draw();
  g.restore();
}
function fitted(g, text, width) {
  if (width < 14) return "";
  if (g.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (g.measureText(text.slice(0, middle) + "…").width <= width) low = middle; else high = middle - 1;
  }
  return low < 2 ? "" : text.slice(0, low) + "…";
}
/** Diagonal lines over a box: what is not as it should be. */
function hatch(g, left, top, width, height, style, spacing = 7) {
  if (width <= 0) return;
  g.save();
  g.beginPath();
  g.rect(left, top, width, height);
  g.clip();
  g.strokeStyle = style;
  g.lineWidth = 1;
  g.beginPath();
  const first = Math.floor((left - height) / spacing) * spacing;
  for (let at = first; at < left + width; at += spacing) { g.moveTo(at, top + height); g.lineTo(at + height, top); }
  g.stroke();
  g.restore();
}

function drawOverview() {
  const height = 44;
  const [g, width] = prepare(document.getElementById("overview"), height);
  view.width = width;
  const whole = at => lane.margin + at / end * inner();
  g.fillStyle = colour.dim;
  g.textAlign = "right";
  g.fillText("whole run", lane.margin - 12, 15);
  g.fillText(clock(run.end, 0), lane.margin - 12, 31);
  for (const reign of reigns) {
    const thick = 12 / regions.length;
    g.fillStyle = hue(reign.server);
    g.fillRect(whole(reign.from), 8 + thick * regions.indexOf(reign.server.region), Math.max(whole(reign.to) - whole(reign.from), 1), thick);
  }
  for (const server of servers) for (const band of server.bands) {
    g.fillStyle = band.what === "paused" ? colour.paused : colour.cut;
    g.globalAlpha = .28;
    g.fillRect(whole(band.from), 23, Math.max(whole(band.to) - whole(band.from), 1), 6);
    g.globalAlpha = 1;
  }
  for (const line of story) {
    if (line.tone !== "fault" && line.tone !== "fell") continue;
    g.fillStyle = line.tone === "fell" ? colour.fell : colour.cut;
    g.fillRect(whole(line.at) - .5, 31, line.tone === "fell" ? 3 : 1, 7);
  }
  const left = whole(view.from), right = Math.max(whole(view.to), left + 4);
  g.fillStyle = colour.ink;
  g.globalAlpha = .10;
  g.fillRect(lane.margin, 2, left - lane.margin, height - 5);
  g.fillRect(right, 2, lane.margin + inner() - right, height - 5);
  g.globalAlpha = 1;
  g.strokeStyle = colour.accent;
  g.lineWidth = 1.5;
  g.strokeRect(left + .5, 2.5, right - left - 1, height - 6);
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap(n => [n, n * 1e3]).concat([1e6, 2e6, 5e6, 1e7, 15e6, 3e7, 6e7, 12e7, 3e8, 6e8, 18e8, 36e8]).sort((a, b) => a - b);
function ticks() {
  const wanted = (view.to - view.from) / Math.max(inner() / 110, 2);
  const step = steps.find(one => one >= wanted) || steps[steps.length - 1];
  const out = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) out.push(at);
  return [out, step >= 1e6 ? 0 : step >= 1e3 ? 3 : 6];
}

function drawHead() {
  // Each region has a ribbon of its leaders, one below the other.
  const ribbon = 22, ribbons = ribbon * (regions.length - 1), height = 66 + ribbons;
  document.getElementById("head").style.height = height + "px";
  const [g] = prepare(document.getElementById("head"), height);
  const [marks, digits] = ticks();
  g.textAlign = "center";
  for (const at of marks) {
    g.fillStyle = colour.dim;
    g.fillText(clock(at, digits), Math.min(Math.max(x(at), lane.margin + 16), view.width - 30), 11);
    g.fillStyle = colour.line;
    g.fillRect(x(at), 19, 1, 4);
  }
  g.textAlign = "right";
  g.fillStyle = colour.dim;
  regions.forEach((region, i) => g.fillText(fitted(g, "leader, term" + inRegion(region), lane.margin - 16), lane.margin - 12, 33 + ribbon * i));
  g.fillText("faults", lane.margin - 12, 54 + ribbons);
  clip(g, height, () => {
    g.textAlign = "left";
    for (const reign of reigns) {
      if (!inSight(reign.from, reign.to)) continue;
      const left = x(reign.from), width = Math.max(x(reign.to) - left, 1.5);
      g.fillStyle = hue(reign.server);
      g.beginPath();
      const top = 24 + ribbon * regions.indexOf(reign.server.region);
      g.roundRect(left, top, Math.max(width - 1, 1), 18, 3);
      g.fill();
      g.fillStyle = colour.card;
      const from = Math.max(left, lane.margin);
      g.fillText(fitted(g, `${reign.server.name} · term ${reign.term}`, left + width - from - 12), from + 6, top + 9.5);
    }
    const marked = story.filter(line => line.tone === "fault" || line.tone === "mend" || line.tone === "fell");
    marked.forEach((line, i) => {
      const at = x(line.at);
      if (at < lane.margin - 2 || at > view.width) return;
      g.fillStyle = line.tone === "mend" ? colour.held : line.tone === "fell" ? colour.fell : colour.cut;
      g.fillRect(at - 1, 47 + ribbons, 2, 14);
      // As much of the words as there is room to the next mark.
      const room = (marked[i + 1] ? x(marked[i + 1].at) : Math.max(x(end), at + 400)) - at - 12;
      g.fillStyle = line.tone === "fell" ? colour.fell : colour.ink;
      if (room > 60) g.fillText(fitted(g, line.text, Math.min(room, 420)), at + 5, 54.5 + ribbons);
    });
    for (const band of everywhere) {
      if (!inSight(band.from, band.to)) continue;
      g.fillStyle = colour.loss;
      g.globalAlpha = .8;
      g.fillRect(x(band.from), 62 + ribbons, x(band.to) - x(band.from), 3);
      g.globalAlpha = 1;
    }
  });
}

function drawServer(g, server) {
  const top = places.servers[server.at], middle = top + lane.server / 2, bar = 16;
  for (const span of server.spans) {
    if (!inSight(span.from, span.to)) continue;
    const left = Math.max(x(span.from), lane.margin - 4), width = Math.max(Math.min(x(span.to), view.width) - left, 1);
    if (span.what === DOWN) {
      g.fillStyle = colour.faint;
      g.fillRect(left, middle - bar / 2, width, bar);
      hatch(g, left, middle - bar / 2, width, bar, colour.down, 6);
      g.fillStyle = colour.dim;
      const text = fitted(g, "down", width - 16);
      if (text) {
        g.fillStyle = colour.card;
        g.fillRect(left + 5, middle - 7, g.measureText(text).width + 6, 14);
        g.fillStyle = colour.dim;
        g.fillText(text, left + 8, middle + .5);
      }
    } else if (span.what === LEADER) {
      g.fillStyle = hue(server);
      g.beginPath();
      g.roundRect(left, middle - bar / 2, width, bar, 3);
      g.fill();
      g.fillStyle = colour.card;
      g.fillText(fitted(g, `leads term ${span.term}`, width - 12), left + 6, middle + .5);
    } else if (span.what === CANDIDATE || span.what === PRE_CANDIDATE) {
      g.fillStyle = colour.candidate;
      g.globalAlpha = span.what === CANDIDATE ? 1 : .45;
      g.fillRect(left, middle - 5, width, 10);
      g.globalAlpha = 1;
    } else {
      g.fillStyle = hue(server);
      g.globalAlpha = span.what === 1 ? .25 : .5;
      g.fillRect(left, middle - 1.5, width, 3);
      g.globalAlpha = 1;
    }
    if (span.from >= view.from && span.what > 1 && span.term > 0 && width > 34 && span.what < CANDIDATE) {
      g.fillStyle = colour.dim;
      g.font = `10.5px ${css("--sans")}`;
      g.fillText(`term ${span.term}`, left + 4, middle + 9);
      g.font = `12px ${css("--sans")}`;
    }
  }
  for (const band of server.bands) {
    if (!inSight(band.from, band.to)) continue;
    const left = Math.max(x(band.from), lane.margin), width = Math.max(Math.min(x(band.to), view.width) - left, 2);
    const style = band.what === "paused" ? colour.paused : colour.cut;
    g.fillStyle = style;
    g.globalAlpha = .13;
    g.fillRect(left, top + 2, width, lane.server - 4);
    g.globalAlpha = .9;
    g.fillRect(left, top + 2, width, 2);
    g.font = `10.5px ${css("--sans")}`;
    g.fillText(fitted(g, band.text, width - 8), left + 4, top + 10);
    g.font = `12px ${css("--sans")}`;
    g.globalAlpha = 1;
  }
}

function drawGroup(g, group, top) {
  const height = lane.group - 4;
  const every = run.every;
  const first = Math.max(Math.floor(view.from / every) - 1, 0);
  const wide = x(every) - x(0);
  const step = Math.max(1, Math.floor(1 / Math.max(wide, 1e-6)));
  for (let i = first; i < group.up.length && i * every <= view.to; i += step) {
    // Whole pixels: neighbours neither overlap nor leave a seam.
    const left = Math.round(x(i * every)), width = Math.round(x((i + step) * every)) - left;
    if (width <= 0) continue;
    const up = group.up[i] / group.count, cut = group.cut[i] / group.count;
    const share = Math.min(group.tasks[i] / Math.max(group.most, 1), 1);
    g.fillStyle = colour.area4;
    g.globalAlpha = .07 + .43 * share * up;
    g.fillRect(left, top + 2, width, height);
    g.globalAlpha = 1;
    if (cut > 0) { g.fillStyle = colour.cut; g.fillRect(left, top + 2, width, Math.max(height * cut, 2)); }
    if (up < 1) { g.fillStyle = colour.down; g.fillRect(left, top + 2 + height - Math.max(height * (1 - up), 2), width, Math.max(height * (1 - up), 2)); }
  }
}

/** A line over samples, or over the points [at, value]. */
function drawLine(g, points, top, height, most, style, dashed, fill) {
  if (!points.length) return;
  const y = value => top + height - value / Math.max(most, 1) * height;
  g.beginPath();
  let begun = false, last = 0;
  for (const [at, value] of points) {
    if (!begun) g.moveTo(x(at), y(value)); else { g.lineTo(x(at), y(last)); g.lineTo(x(at), y(value)); }
    begun = true;
    last = value;
  }
  const right = Math.min(x(end), view.width);
  g.lineTo(right, y(last));
  g.strokeStyle = style;
  g.lineWidth = 1.5;
  g.setLineDash(dashed ? [3, 3] : []);
  g.stroke();
  g.setLineDash([]);
  if (!fill) return;
  g.lineTo(right, top + height);
  g.lineTo(x(points[0][0]), top + height);
  g.closePath();
  g.fillStyle = style;
  g.globalAlpha = .10;
  g.fill();
  g.globalAlpha = 1;
}
function samplesInSight(values) {
  const first = Math.max(Math.floor(view.from / run.every) - 1, 0), out = [];
  const step = Math.max(1, Math.floor((view.to - view.from) / run.every / inner()));
  for (let i = first; i < values.length && i * run.every <= view.to; i += step) out.push([i * run.every, values[i]]);
  return out;
}
function frame(g, title, top, legend) {
  g.fillStyle = colour.ink;
  g.textAlign = "left";
  g.font = `600 12px ${css("--sans")}`;
  g.fillText(title, 16, top + 14);
  g.font = `11px ${css("--sans")}`;
  legend.forEach(([text, style], i) => {
    g.fillStyle = style;
    g.fillRect(16, top + 27 + 13 * i, 8, 3);
    g.fillStyle = colour.dim;
    g.fillText(text, 28, top + 29 + 13 * i);
  });
  g.font = `12px ${css("--sans")}`;
}
function topOf(g, value, top) {
  g.fillStyle = colour.dim;
  g.font = `10.5px ${css("--sans")}`;
  g.textAlign = "right";
  g.fillText(value.toLocaleString("en"), view.width - lane.right - 3, top + 15);
  g.textAlign = "left";
  g.font = `12px ${css("--sans")}`;
}
function drawCurves(g) {
  panels.forEach((panel, p) => {
    const top = places.curves[p], height = lane.curve - 20;
    const curves = panel.rows.map(name => run.curves.find(curve => curve.name === name)).filter(curve => curve);
    const most = Math.max(1, ...curves.map(curve => curve.most));
    frame(g, panel.title, top, panel.rows.map((name, i) => [name.replace("allocations ", "").replace("nodes ", ""), colour[panel.colours[i]]]).slice(0, 4));
    clip(g, places.height, () => curves.forEach((curve, i) =>
      drawLine(g, samplesInSight(curve.values), top + 10, height, most, colour[panel.colours[i]], (panel.dashed || [])[i], i === 1)));
    topOf(g, most, top);
  });
  const top = places.curves[panels.length], height = lane.curve - 20;
  const visible = servers.map(server => {
    const first = Math.max(lowerBound(server.log, view.from, p => p.at) - 1, 0);
    const last = Math.min(lowerBound(server.log, view.to, p => p.at) + 1, server.log.length);
    return server.log.slice(first, last).map(p => [p.at, p.commit]);
  });
  const values = visible.flatMap(points => points.map(p => p[1]));
  const least = values.reduce((a, b) => Math.min(a, b), Infinity), most = values.reduce((a, b) => Math.max(a, b), 0);
  const base = Number.isFinite(least) && view.to - view.from < end ? least : 0;
  frame(g, "Commits", top, [["index, by server", colour.dim]]);
  clip(g, places.height, () => visible.forEach((points, i) =>
    drawLine(g, points.map(([at, value]) => [at, value - base]), top + 10, height, most - base, hue(servers[i]), false, false)));
  topOf(g, most, top);
}

/** The messages in sight, thinned when there are too many to tell apart. */
const arrows = { shown: [], total: 0 };
const tooMany = 1500;
const longestWay = (() => {
  let longest = 0;
  run.messages.took.forEach(took => { if (took > longest) longest = took; });
  return Math.min(longest, 5e6);
})();
function messageMatches(i) {
  const kind = run.kinds[run.messages.kind[i]];
  return view.shown[kind.family] && (!view.kinds || view.kinds.has(run.messages.kind[i]));
}
function chooseArrows() {
  arrows.shown = [];
  arrows.total = 0;
  const first = lowerBound(run.messages.sent, view.from - longestWay);
  const last = lowerBound(run.messages.sent, view.to);
  for (let i = first; i < last; i++) {
    const took = run.messages.took[i];
    const arrives = run.messages.sent[i] + (took < 0 ? 0 : took);
    if (arrives < view.from || !messageMatches(i)) continue;
    arrows.total++;
    if (arrows.total <= tooMany) arrows.shown.push(i);
  }
  // Elections alone are few and always worth seeing.
  if (arrows.total > tooMany)
    arrows.shown = arrows.shown.length && view.to - view.from < 60e6
      ? rangeOf(first, last).filter(i => run.kinds[run.messages.kind[i]].family === 0 && messageMatches(i)).slice(0, tooMany) : [];
}
const rangeOf = (first, last) => Array.from({ length: last - first }, (_, i) => first + i);
const familyColour = family => colour[["election", "replication", "heartbeat", "call", "gossip"][family]];

function arrow(g, x1, y1, x2, y2, head) {
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2, y2);
  g.stroke();
  const angle = Math.atan2(y2 - y1, x2 - x1);
  g.beginPath();
  g.moveTo(x2, y2);
  g.lineTo(x2 - head * Math.cos(angle - .42), y2 - head * Math.sin(angle - .42));
  g.lineTo(x2 - head * Math.cos(angle + .42), y2 - head * Math.sin(angle + .42));
  g.fill();
}
function endsOf(i) {
  const from = laneOf(run.messages.from[i]), to = laneOf(run.messages.to[i]);
  if (from === null || to === null) return null;
  const took = run.messages.took[i];
  const x1 = x(run.messages.sent[i]);
  const away = from < to ? 9 : -9;
  if (took >= 0) return [x1, from + away, x(run.messages.sent[i] + took), to - away, false];
  return [x1, from + away, x1 + 16, from + (from < to ? 1 : -1) * Math.min(Math.abs(to - from) * .45, 40), true];
}
function drawArrows(g) {
  chooseArrows();
  const crowd = Math.min(1, 260 / Math.max(arrows.shown.length, 1));
  for (const i of arrows.shown) {
    const ends = endsOf(i);
    if (!ends) continue;
    const hot = i === view.hover;
    g.strokeStyle = g.fillStyle = familyColour(run.kinds[run.messages.kind[i]].family);
    g.globalAlpha = hot ? 1 : .28 + .57 * crowd;
    g.lineWidth = hot ? 2.5 : 1.1;
    const [x1, y1, x2, y2, lost] = ends;
    if (lost) {
      g.setLineDash([3, 3]);
      g.beginPath(); g.moveTo(x1, y1); g.lineTo(x2, y2); g.stroke();
      g.setLineDash([]);
      g.beginPath(); g.moveTo(x2 - 3, y2 - 3); g.lineTo(x2 + 3, y2 + 3); g.moveTo(x2 + 3, y2 - 3); g.lineTo(x2 - 3, y2 + 3); g.stroke();
    } else arrow(g, x1, y1, x2, y2, hot ? 9 : 6);
  }
  g.globalAlpha = 1;
}
/** The chain of causes, as far as it is in sight: arrows, then a number for each step. Where there is no room for all
 *  numbers the chosen one has it, then the later ones; the others are dots. */
function drawCause(g) {
  const chain = run.causes[view.chain || 0];
  if (!chain) return;
  g.strokeStyle = g.fillStyle = colour.fell;
  g.lineWidth = 2;
  g.globalAlpha = .85;
  chain.steps.forEach((step, i) => {
    const y = laneOf(step.node), before = chain.steps[i + 1];
    if (y === null || !before || laneOf(before.node) === null || !inSight(before.at, step.at)) return;
    const from = step.edge === "message" ? step.sent : before.at;
    arrow(g, x(from), laneOf(before.node), x(step.at), y, 8);
  });
  g.globalAlpha = 1;
  const seen = chain.steps.map((step, i) => ({ at: x(step.at), y: laneOf(step.node), i, chosen: view.step === i }))
    .filter(({ y, i }) => y !== null && inSight(chain.steps[i].at, chain.steps[i].at))
    .sort((a, b) => b.chosen - a.chosen || a.i - b.i);
  const numbered = [], radius = 8;
  for (const one of seen) {
    const room = numbered.every((other) => other.y !== one.y || Math.abs(other.at - one.at) >= 2 * radius);
    if (room) numbered.push(one);
    else circle(g, one.at, one.y, 3, colour.fell);
  }
  g.textAlign = "center";
  g.font = `600 10.5px ${css("--sans")}`;
  for (const one of numbered) {
    circle(g, one.at, one.y, one.chosen ? 11 : radius, one.chosen ? colour.fell : colour.card);
    g.fillStyle = one.chosen ? colour.card : colour.fell;
    g.fillText(chain.steps.length - one.i, one.at, one.y + .5);
  }
  g.textAlign = "left";
  g.font = `12px ${css("--sans")}`;
}
function circle(g, at, y, radius, fill) {
  g.beginPath();
  g.arc(at, y, radius, 0, 7);
  g.fillStyle = fill;
  g.strokeStyle = colour.fell;
  g.fill();
  g.stroke();
}

function drawLanes() {
  const [g] = prepare(document.getElementById("lanes"), places.height);
  const [marks] = ticks();
  clip(g, places.height, () => {
    g.fillStyle = colour.faint;
    for (const at of marks) g.fillRect(Math.round(x(at)), 0, 1, places.height);
  });
  servers.forEach((server, i) => {
    const top = places.servers[i];
    g.fillStyle = colour.line;
    g.globalAlpha = .6;
    g.fillRect(0, top + lane.server - .5, view.width, 1);
    g.globalAlpha = 1;
    g.fillStyle = hue(server);
    g.beginPath();
    g.roundRect(16, top + lane.server / 2 - 5, 10, 10, 2.5);
    g.fill();
    g.fillStyle = colour.ink;
    g.textAlign = "left";
    g.fillText(fitted(g, server.name, lane.margin - 44), 34, top + lane.server / 2 + .5);
  });
  run.groups.forEach((group, i) => {
    g.fillStyle = colour.dim;
    g.textAlign = "left";
    g.font = `11px ${css("--sans")}`;
    g.fillText(fitted(g, group.count > 1 ? group.name.replace("client-", "clients ").replace("client-", "") : group.name, lane.margin - 24), 16, places.groups[i] + lane.group / 2);
    g.font = `12px ${css("--sans")}`;
  });
  clip(g, places.height, () => {
    servers.forEach(server => drawServer(g, server));
    run.groups.forEach((group, i) => drawGroup(g, group, places.groups[i]));
  });
  drawCurves(g);
  clip(g, places.height, () => { drawArrows(g); drawCause(g); });
  for (const [at, style, wide] of [[view.at, colour.accent, 1], [run.violations.length ? run.violations[0].at : null, colour.fell, 1.5]]) {
    if (at === null || !inSight(at, at)) continue;
    g.fillStyle = style;
    g.fillRect(x(at) - wide / 2, 0, wide, places.height);
  }
}

let pending = 0;
/** Draws at the next frame: however many changes there are until then. */
function redraw() {
  if (pending) return;
  pending = requestAnimationFrame(() => {
    pending = 0;
    drawOverview();
    drawHead();
    drawLanes();
    tellState();
  });
}
