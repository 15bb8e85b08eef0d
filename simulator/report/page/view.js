// Moving about: zoom, pan, choosing moments, searching, keys.

const smallest = 200;  // microseconds from edge to edge
function show(from, to) {
  const width = Math.min(Math.max(to - from, smallest), end);
  from = Math.min(Math.max(from, 0), end - width);
  view.from = from;
  view.to = from + width;
  redraw();
}
function zoom(factor, around = view.at !== null && view.at >= view.from && view.at <= view.to ? view.at : (view.from + view.to) / 2) {
  const width = Math.min(Math.max((view.to - view.from) * factor, smallest), end);
  const share = (around - view.from) / (view.to - view.from);
  show(around - share * width, around + (1 - share) * width);
}
const pan = share => show(view.from + share * (view.to - view.from), view.to + share * (view.to - view.from));
/** Brings a moment into sight: where it is if it is in the middle of things, else to the middle. */
function reach(at, width = view.to - view.from) {
  const room = (view.to - view.from) * .08;
  if (width < view.to - view.from || at < view.from + room || at > view.to - room) show(at - width / 2, at + width / 2);
  redraw();
}

let chosen = -1;
function choose(line) {
  if (line < 0 || line >= story.length) return;
  if (chosen >= 0) story[chosen].button.removeAttribute("aria-current");
  chosen = line;
  view.at = story[line].at;
  view.step = null;
  story[line].button.setAttribute("aria-current", "true");
  openTab("story");
  story[line].button.scrollIntoView({ block: "nearest" });
  reach(view.at);
}
/** The next line of the story that the search has not put away. */
function chooseNext(by) {
  let line = chosen;
  if (line < 0 && view.at !== null) line = lowerBound(story, view.at, one => one.at) - (by > 0 ? 1 : 0);
  for (line += by; line >= 0 && line < story.length; line += by) if (!story[line].item.hidden) return choose(line);
}

let chosenStep = null;
function chooseStep(chain, i) {
  if (!run.causes[chain] || !run.causes[chain].steps[i]) return;
  if (chosenStep) chosenStep.button.removeAttribute("aria-current");
  chosenStep = run.causes[chain].steps[i];
  view.chain = chain;
  view.step = i;
  view.at = chosenStep.at;
  chosenStep.button.setAttribute("aria-current", "true");
  openTab("cause");
  chosenStep.button.scrollIntoView({ block: "nearest" });
  const before = run.causes[chain].steps[i + 1];
  reach(view.at, Math.min(view.to - view.from, before ? Math.max((chosenStep.at - before.at) * 6, 20e3) : view.to - view.from));
}
function stepCause(by) {
  if (view.step === null || view.step === undefined) return chooseStep(0, 0);
  const chain = view.chain || 0;
  if (run.causes[chain].steps[view.step + by]) return chooseStep(chain, view.step + by);
  const next = chain + by;
  if (run.causes[next]) chooseStep(next, by > 0 ? 0 : run.causes[next].steps.length - 1);
}
function showViolation() {
  if (!run.violations.length) return;
  const at = run.violations[0].at;
  if (run.causes.length) {
    show(at - 1e5, at + 2e4);
    chooseStep(0, 0);
  } else {
    show(at - 20e6, at + 1e6);
    choose(story.length - run.violations.length);
  }
}

function openTab(name) {
  for (const tab of ["story", "cause", "run"]) {
    const open = tab === name;
    byId("tab-" + tab).setAttribute("aria-selected", String(open));
    byId("tab-" + tab).tabIndex = open ? 0 : -1;
    byId(tab + "-panel").hidden = !open;
  }
}

/** Puts away what does not match: lines of the story, and kinds of messages when some match. */
function search(text) {
  view.query = text.trim().toLowerCase();
  let found = 0;
  for (const line of story) {
    const at = view.query ? line.text.toLowerCase().indexOf(view.query) : 0;
    line.item.hidden = at < 0;
    line.span.textContent = line.text;
    if (at < 0) continue;
    found++;
    if (!view.query) continue;
    const end = at + view.query.length;
    line.span.textContent = "";
    line.span.append(line.text.slice(0, at), element("mark", { text: line.text.slice(at, end) }), line.text.slice(end));
  }
  const kinds = run.kinds.flatMap((kind, i) => view.query && kind.name.toLowerCase().includes(view.query) ? [i] : []);
  view.kinds = kinds.length ? new Set(kinds) : null;
  byId("matches").textContent = !view.query ? "" : kinds.length ? `${counted(kinds.length, "kind")}, ${counted(found, "line")}` : counted(found, "line");
  redraw();
}

function theme(next) {
  document.documentElement.dataset.theme = next;
  readColours();
  redraw();
}

const keys = [
  ["← →", "pan; with Shift by a whole view"],
  ["+ −", "zoom in and out"],
  ["f", "the whole run"],
  ["↑ ↓ or p n", "the previous and the next line of the story"],
  ["v", "where the invariant fell"],
  ["] [", "along the chain of causes: back in time, and forth"],
  ["/", "search; Enter: the next match; Esc: away with it"],
  ["1 to 5", "show or hide elections, replication, heartbeats, calls, gossip"],
  ["s c r", "story, cause, run"],
  ["d", "light or dark"],
  ["?", "this list"],
];
const help = () => byId("help").open ? byId("help").close() : byId("help").showModal();
const actions = {
  "ArrowLeft": event => pan(event.shiftKey ? -1 : -.15), "ArrowRight": event => pan(event.shiftKey ? 1 : .15),
  "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2), "f": () => show(0, end), "Home": () => show(0, view.to - view.from),
  "End": () => show(end - (view.to - view.from), end),
  "ArrowUp": () => chooseNext(-1), "ArrowDown": () => chooseNext(1), "p": () => chooseNext(-1), "n": () => chooseNext(1),
  "v": () => showViolation(), "]": () => stepCause(1), "[": () => stepCause(-1),
  "/": () => byId("search").focus(), "s": () => openTab("story"), "c": () => openTab("cause"), "r": () => openTab("run"),
  "d": () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"), "?": help,
};
for (let i = 0; i < 5; i++) actions[String(i + 1)] = () => byId("family-" + i).click();

function listenToKeys() {
  for (const [key, what] of keys)
    byId("keys").append(element("dt", {}, ...key.split(" ").map(part => /^(or|to)$/.test(part) ? ` ${part} ` : element("kbd", { text: part }))), element("dd", { text: what }));
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || (byId("help").open && event.key !== "?")) return;
    if (event.target.id === "search") {
      if (event.key === "Escape") { event.target.value = ""; search(""); event.target.blur(); byId("scroll").focus(); }
      if (event.key === "Enter") { chooseNext(event.shiftKey ? -1 : 1); event.preventDefault(); }
      return;
    }
    if (event.target.getAttribute("role") === "tab" && /^Arrow(Left|Right)$/.test(event.key)) return;
    const action = actions[event.key];
    if (!action) return;
    action(event);
    event.preventDefault();
  });
  const tabs = ["story", "cause", "run"];
  tabs.forEach((name, i) => {
    byId("tab-" + name).addEventListener("click", () => openTab(name));
    byId("tab-" + name).addEventListener("keydown", event => {
      const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (!by) return;
      const next = tabs.filter(tab => !byId("tab-" + tab).disabled);
      const open = next[(next.indexOf(name) + by + next.length) % next.length];
      openTab(open);
      byId("tab-" + open).focus();
    });
  });
}

/** What is under the pointer: a message, a fault, a part. */
function under(px, py) {
  let best = null, nearest = 7;
  for (const i of arrows.shown) {
    const ends = endsOf(i);
    if (!ends) continue;
    const [x1, y1, x2, y2] = ends;
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const share = length ? Math.min(Math.max(((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / length, 0), 1) : 0;
    const distance = Math.hypot(px - x1 - share * (x2 - x1), py - y1 - share * (y2 - y1));
    if (distance < nearest) { nearest = distance; best = i; }
  }
  if (best !== null) {
    const { messages: m, nodes } = run;
    return { message: best, text: [messageText(best), `${nodes[m.from[best]]} → ${nodes[m.to[best]]}`,
      m.took[best] < 0 ? `sent ${clock(m.sent[best], 6)}, never received` : `sent ${clock(m.sent[best], 6)}, ${duration(m.took[best])} on its way`] };
  }
  const at = timeAt(px);
  const server = servers.find((one, i) => py >= places.servers[i] && py < places.servers[i] + lane.server);
  if (server) {
    const span = lastAt(server.spans, at, one => one.from), log = lastAt(server.log, at, one => one.at);
    const bands = server.bands.filter(band => band.from <= at && at <= band.to).map(band => band.text);
    return { text: [server.name, span ? `${words[span.what]}${span.term ? " in term " + span.term : ""}, ${clock(span.from)} to ${clock(span.to)}` : "", ...(log && span && span.what > 1 ? [`committed ${log.commit}, last index ${log.last}`] : []), ...bands] };
  }
  const sample = Math.floor(at / run.every);
  const g = run.groups.findIndex((one, i) => py >= places.groups[i] && py < places.groups[i] + lane.group);
  if (g >= 0 && sample < run.groups[g].up.length) {
    const group = run.groups[g];
    return { text: [group.name, `${group.up[sample]} of ${group.count} up, ${counted(group.tasks[sample], "task")} running`, ...(group.cut[sample] ? [`${group.cut[sample]} cut from most servers`] : [])] };
  }
  const c = places.curves.findIndex(top => py >= top && py < top + lane.curve);
  if (c >= 0 && c < panels.length) return { text: [panels[c].title + " at " + clock(at), ...panels[c].rows.map(name => {
    const curve = run.curves.find(one => one.name === name);
    return curve && sample < curve.values.length ? `${name}: ${curve.values[sample].toLocaleString("en")}` : "";
  })] };
  if (c === panels.length) return { text: ["Committed at " + clock(at), ...servers.map(one => { const log = lastAt(one.log, at, p => p.at); return `${one.name}: ${log ? log.commit : 0}`; })] };
  return null;
}
function hover(event) {
  const box = byId("lanes").getBoundingClientRect(), frame = byId("picture").getBoundingClientRect(), tip = byId("tip");
  const px = event.clientX - box.left;
  const found = px < lane.margin ? null : under(px, event.clientY - box.top);
  const message = found && found.message !== undefined ? found.message : null;
  if (message !== view.hover) { view.hover = message; redraw(); }
  tip.hidden = !found;
  if (!found) return;
  tip.textContent = "";
  tip.append(element("b", { text: found.text[0] }), "\n" + found.text.slice(1).filter(text => text).join("\n"));
  const left = event.clientX - frame.left + 16, top = event.clientY - frame.top + 16;
  tip.style.left = Math.min(left, frame.width - tip.offsetWidth - 8) + "px";
  tip.style.top = (top + tip.offsetHeight > frame.height ? top - tip.offsetHeight - 30 : top) + "px";
}

function listenToPointer() {
  const scroll = byId("scroll");
  let held = null;
  const down = event => { held = { x: event.clientX, from: view.from, to: view.to, moved: false }; event.currentTarget.setPointerCapture(event.pointerId); };
  const move = event => {
    if (!held) return event.currentTarget === scroll ? hover(event) : undefined;
    const by = (event.clientX - held.x) / inner() * (held.to - held.from);
    held.moved = held.moved || Math.abs(event.clientX - held.x) > 3;
    if (!held.moved) return;
    scroll.classList.add("dragging");
    byId("tip").hidden = true;
    show(held.from - by, held.to - by);
  };
  const up = event => {
    if (held && !held.moved) {
      view.at = Math.min(Math.max(timeAt(event.clientX - scroll.getBoundingClientRect().left), 0), end);
      if (chosen >= 0) story[chosen].button.removeAttribute("aria-current");
      chosen = -1;
      redraw();
    }
    held = null;
    scroll.classList.remove("dragging");
  };
  for (const canvas of [scroll, byId("head")]) {
    canvas.addEventListener("pointerdown", down);
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("dblclick", event => zoom(.35, timeAt(event.clientX - scroll.getBoundingClientRect().left)));
    canvas.addEventListener("wheel", event => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      if (!sideways && !event.ctrlKey && !event.metaKey && canvas === scroll) return;
      event.preventDefault();
      if (sideways) pan((event.deltaX || event.deltaY) / inner());
      else zoom(Math.exp(event.deltaY * .002), timeAt(event.clientX - scroll.getBoundingClientRect().left));
    }, { passive: false });
  }
  scroll.addEventListener("pointerleave", () => { byId("tip").hidden = true; view.hover = null; redraw(); });
  const overview = byId("overview");
  const jump = event => {
    const at = (event.clientX - overview.getBoundingClientRect().left - lane.margin) / inner() * end;
    const width = view.to - view.from >= end ? end / 10 : view.to - view.from;
    show(at - width / 2, at + width / 2);
  };
  overview.addEventListener("pointerdown", event => { overview.setPointerCapture(event.pointerId); jump(event); });
  overview.addEventListener("pointermove", event => { if (event.buttons & 1) jump(event); });
  byId("zoom-in").addEventListener("click", () => zoom(.5));
  byId("zoom-out").addEventListener("click", () => zoom(2));
  byId("fit").addEventListener("click", () => show(0, end));
  byId("theme").addEventListener("click", () => actions.d());
  byId("help-open").addEventListener("click", help);
  byId("search").addEventListener("input", event => search(event.target.value));
}

function begin() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
  for (const curve of run.curves) curve.most = curve.values.reduce((a, b) => Math.max(a, b), 0);
  for (const group of run.groups) group.most = group.tasks.reduce((a, b) => Math.max(a, b), 0);
  readColours();
  layOut();
  fillHeader();
  fillStory();
  fillCause();
  fillRun();
  fillFamilies();
  listenToKeys();
  listenToPointer();
  byId("overview").setAttribute("aria-label", `The whole run: ${counted(reigns.length, "leadership")}, ${counted(run.bands.length, "fault")}, ${counted(run.violations.length, "violation")}. The tab Run lists the leaders, the tab Story tells the faults.`);
  byId("head").setAttribute("aria-label", "Time, leaders and faults");
  new ResizeObserver(redraw).observe(byId("picture"));
  if (run.causes.length) showViolation(), show(0, end);
  redraw();
  byId("scroll").focus({ preventScroll: true });
  document.documentElement.dataset.ready = "true";
}
begin();
