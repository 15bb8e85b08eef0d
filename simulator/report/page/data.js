"use strict";
// The run, unpacked. Times are microseconds of virtual time.

/** Base64 of variable-length numbers, each the difference to the one before (zigzag), to an array. */
function unpack(text) {
  const bytes = atob(text);
  const out = [];
  let value = 0, part = 0, scale = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    part += (byte & 127) * scale;
    if (byte > 127) { scale *= 128; continue; }
    value += part % 2 === 1 ? -(part + 1) / 2 : part / 2;
    out.push(value);
    part = 0;
    scale = 1;
  }
  return out;
}

const run = JSON.parse(document.getElementById("run").textContent);
for (const columns of [run.messages, run.parts, run.progress])
  for (const key of Object.keys(columns)) if (key !== "numbers") columns[key] = unpack(columns[key]);
const numbers = run.messages.numbers.map(rows => rows.map(unpack));
/** Where a message's numbers are among those of its kind. */
const place = (() => {
  const next = run.kinds.map(() => 0);
  return run.messages.kind.map(kind => next[kind]++);
})();
for (const curve of run.curves) curve.values = unpack(curve.values);
for (const group of run.groups) for (const key of ["up", "cut", "tasks"]) group[key] = unpack(group[key]);

// A little past the last event, where an invariant may have fallen: what is drawn there needs room.
const end = Math.max(run.end * 1.025, 1);
const words = ["down", "starting", "follower", "pre-candidate", "candidate", "leader"];
const DOWN = 0, PRE_CANDIDATE = 3, CANDIDATE = 4, LEADER = 5;

/** Per server: its parts as spans, and how far its log went. */
const regions = [...new Set(run.regions)];
const inRegion = region => regions.length > 1 ? ` (${region})` : "";
const servers = run.servers.map((node, at) => ({ node, at, region: run.regions[at], name: run.nodes[node] + inRegion(run.regions[at]), spans: [], bands: [], log: [] }));
const serverOf = new Map(servers.map(server => [server.node, server]));
run.parts.at.forEach((from, i) => {
  const server = serverOf.get(run.parts.server[i]);
  const last = server.spans[server.spans.length - 1];
  if (last) last.to = from;
  server.spans.push({ from, to: end, what: run.parts.what[i], term: run.parts.term[i], server });
});
run.progress.at.forEach((at, i) =>
  serverOf.get(run.progress.server[i]).log.push({ at, last: run.progress.last[i], commit: run.progress.commit[i] }));
for (const band of run.bands) if (serverOf.has(band.node)) serverOf.get(band.node).bands.push(band);
const everywhere = run.bands.filter(band => band.node === -1);

/** Who led when: the highest term counts while two believe in themselves. */
const reigns = servers.flatMap(server => server.spans.filter(span => span.what === LEADER)).sort((a, b) => a.from - b.from);

/** The first place in `list` whose key is not below `value`. */
function lowerBound(list, value, key = x => x) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) < value) low = middle + 1; else high = middle;
  }
  return low;
}
/** The last of `list` that began at or before `at`. */
function lastAt(list, at, key) {
  const place = lowerBound(list, at + 0.5, key);
  return place > 0 ? list[place - 1] : null;
}

function clock(us, digits = 3) {
  // Cut off, not rounded: as the program prints it.
  const total = Math.floor(Math.max(us, 0) / 10 ** (6 - digits));
  const minute = 60 * 10 ** digits;
  const minutes = Math.floor(total / minute);
  const seconds = ((total - minute * minutes) / 10 ** digits).toFixed(digits);
  return `${minutes}:${seconds.padStart(digits ? 3 + digits : 2, "0")}`;
}
function duration(us) {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${(us / 1e3).toPrecision(3)} ms`;
  return `${(us / 1e6).toPrecision(3)} s`;
}
const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** What kind of line of the story this is: its colour, and whether it is a mark on the picture. */
function tone(text) {
  if (/ fell: /.test(text)) return "fell";
  if (/starts? again|heals|goe?s? on$|come?s? back|no more than before|fast again|all faults end|well again/.test(text)) return "mend";
  if (/elected leader|leads no more/.test(text)) return "lead";
  if (/crash|power|partition|still$|is slow|jumps|gets through|loses|leave|is down|corrupt|full|exits/.test(text)) return "fault";
  if (/^job|placed|running/.test(text)) return "work";
  return "";
}
const story = run.story.map(([at, text]) => ({ at, text, tone: tone(text) }));
for (const fallen of run.violations) story.push({ at: fallen.at, text: `${fallen.invariant} fell: ${fallen.what}`, tone: "fell" });

/** "AppendEntries (term 5, entries 3)". */
function messageText(i) {
  const kind = run.kinds[run.messages.kind[i]];
  const fields = kind.fields.map((name, at) => `${name} ${numbers[run.messages.kind[i]][at][place[i]]}`).join(", ");
  const more = run.messages.more[i];
  return kind.name + (fields ? ` (${fields})` : "") + (more > 0 ? ` and ${more} more` : "");
}
