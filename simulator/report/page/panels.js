// What stands beside the picture: the story, the chain of causes, the facts; and the state at a moment.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};
const byId = id => document.getElementById(id);

function fillHeader() {
  const which = run.seed === "" ? "a kept run" : `seed ${run.seed}`;
  document.title = `${run.scenario.name}, ${which}: ${run.verdict} · nomad-sim`;
  byId("title").append(run.scenario.name, element("small", { text: `${which} · ${clock(run.end, 0)} · ${counted(servers.length, "server")}, ${counted(run.nodes.length - servers.length, "client")}` }));
  byId("about").textContent = run.scenario.about || "";
  const verdict = byId("verdict");
  verdict.textContent = run.verdict.toUpperCase();
  verdict.classList.add(run.verdict);
  if (!run.violations.length) return;
  const fallen = run.violations[0];
  byId("verdict-line").append(element("b", { text: fallen.invariant }),
    element("span", { text: `fell at ${clock(fallen.at)}: ${fallen.what}` }),
    element("button", { text: "Show (v)", onclick: () => showViolation() }));
}

function fillStory() {
  const list = byId("story");
  const rows = document.createDocumentFragment();
  story.forEach((line, i) => {
    const text = element("span", { text: line.text });
    line.button = element("button", { "data-line": i }, element("time", { text: clock(line.at) }),
      element("i", { class: "dot " + line.tone, "aria-hidden": "true" }), text);
    line.item = element("li", {}, line.button);
    line.span = text;
    rows.append(line.item);
  });
  list.append(rows);
  list.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button) choose(Number(button.dataset.line));
  });
}

const edges = { message: "sent", disk: "the disk answers what was written at", computation: "the result of what was begun at", task: "a task that was started at", timer: "a timer, set by what it was at", earlier: "what it was at", none: "" };
function fillCause() {
  const panel = element("div", { class: "panel" });
  if (!run.causes.length) {
    panel.append(element("p", { text: run.violations.length
      ? "This was seen when the run had ended: no single event made it so. The story's last lines tell what the cluster was doing."
      : "Nothing fell." }));
    byId("tab-cause").disabled = !run.violations.length;
  } else {
    panel.append(element("p", { text: "From what was seen back to what it came of. A message's step is followed by the event that sent it." }));
  }
  run.causes.forEach((chain, c) => {
    const list = element("ol", { class: "steps" });
    chain.steps.forEach((step, i) => {
      const before = chain.steps[i + 1];
      const because = step.edge === "none" || !before ? "" :
        step.edge === "message" ? `sent by ${run.nodes[step.from]} at ${clock(step.sent)}, ${duration(step.at - step.sent)} on its way` : `${edges[step.edge]} ${clock(before.at)}`;
      step.button = element("button", { onclick: () => chooseStep(c, i) },
        element("time", { text: clock(step.at) }), element("span", { class: "number", text: chain.steps.length - i }),
        element("span", {}, element("b", { text: run.nodes[step.node] }), " " + step.what,
          ...(step.change ? [element("em", { text: step.change })] : []),
          ...(because ? [element("small", { text: because })] : [])));
      list.append(element("li", {}, step.button));
    });
    panel.append(element("h2", { text: chain.title }), list);
  });
  byId("cause-panel").append(panel);
}

function fillRun() {
  const panel = element("div", { class: "panel" });
  const table = (rows, kind) => {
    const made = element("table", { class: kind || "" });
    for (const row of rows) made.append(element("tr", {}, element("th", { scope: "row", text: row[0] }), ...row.slice(1).map(cell => element("td", { text: cell }))));
    return made;
  };
  panel.append(element("h2", { text: "This run" }), table(run.facts));
  if (run.replay) panel.append(element("h2", { text: "Run it again" }), element("code", { text: run.replay }));
  if (run.scenario.file) panel.append(element("h2", { text: "Scenario" }), element("code", { text: run.scenario.file }));
  panel.append(element("h2", { text: "Leaders" }), table(reigns.slice(0, 200).map(reign => [`term ${reign.term}`, reign.server.name, `${clock(reign.from)} to ${clock(reign.to)}`])));
  panel.append(element("h2", { text: "Messages" }), table(run.families.map((name, i) => [name, `${run.kept[i].toLocaleString("en")} of ${run.seen[i].toLocaleString("en")}`])));
  if (run.coverage.length) panel.append(element("h2", { text: "What was reached" }), table(run.coverage.map(([name, count]) => [name, count.toLocaleString("en")])));
  if (run.left_out.length) panel.append(element("h2", { text: "Left out" }), ...run.left_out.map(text => element("p", { text })));
  byId("run-panel").append(panel);
}

function fillFamilies() {
  run.families.forEach((name, i) => {
    const box = element("input", { type: "checkbox", id: "family-" + i, "aria-keyshortcuts": String(i + 1) });
    box.checked = true;
    box.addEventListener("change", () => { view.shown[i] = box.checked; redraw(); });
    byId("families").append(element("label", { title: `${i + 1}` }, box, element("i", { style: `background: var(--${["election", "replication", "heartbeat", "call", "gossip"][i]})` }), name));
  });
}

let told = "";
/** The cluster at the chosen moment, or what is in sight. */
function tellState() {
  const at = view.at;
  const key = `${at}|${arrows.shown.length}|${arrows.total}|${Math.round(view.to - view.from)}|${document.documentElement.dataset.theme}`;
  if (key === told) return;
  told = key;
  const state = byId("state");
  state.textContent = "";
  const messages = arrows.total === 0 ? "" : arrows.shown.length === arrows.total ? counted(arrows.total, "message") + " in sight"
    : arrows.shown.length ? `${counted(arrows.shown.length, "election message")} in sight; zoom in for the other ${(arrows.total - arrows.shown.length).toLocaleString("en")}` : `zoom in for ${counted(arrows.total, "message")}`;
  if (at === null) {
    state.append(element("span", { text: `${clock(view.from)} to ${clock(view.to)}` }), element("span", { text: messages }));
    return;
  }
  state.append(element("time", { text: clock(at) }));
  for (const server of servers) {
    const span = lastAt(server.spans, at, one => one.from);
    const log = lastAt(server.log, at, one => one.at);
    const down = !span || span.what === DOWN;
    state.append(element("span", { class: "chip" }, element("i", { style: `background:${hue(server)};opacity:${down ? .25 : 1}` }), server.name,
      element("span", { text: down ? "down" : `${words[span.what]}${span.term ? ` · term ${span.term}` : ""}${log ? ` · committed ${log.commit} of ${log.last}` : ""}` })));
  }
  state.append(element("span", { text: messages }));
}
