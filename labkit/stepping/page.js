"use strict";
// Shows one record after the other. All text goes through textContent: whatever is in a record, it is never mark-up.
// A page around this one hears which record is open, and may open another.
const data = JSON.parse(document.getElementById("data").textContent);
const records = data.records;
const at = (id) => document.getElementById(id);
const JUMPS = [["comes out", "comes out"], ["is left out", "left out"], ["is late", "late"], ["fails", "fails"], ["closes a window", "closes"]];
const PACE = 1000; // milliseconds for which a record stays while the page plays
let playing = 0; // the timer of a page that goes on by itself
let current = data.at; // the number of the record that is shown
let chosen = [...records.keys()]; // the numbers of those to step through: all, or those of a key

function make(name, text, options = {}) {
  const element = document.createElement(name);
  if (text !== undefined && text !== null) element.textContent = text;
  for (const [key, value] of Object.entries(options)) {
    if (key === "class") element.className = value;
    else element.setAttribute(key, value);
  }
  return element;
}

function table(heads, rows, options = {}) {
  const made = make("table", null, options);
  const head = made.appendChild(make("thead")).appendChild(make("tr"));
  heads.forEach((each) => head.appendChild(make("th", each, { scope: "col" })));
  const body = made.appendChild(make("tbody"));
  for (const { cells, changed } of rows) {
    const row = body.appendChild(make("tr", null, changed ? { class: "changed" } : {}));
    cells.forEach((each) => row.appendChild(each instanceof Node ? each : make("td", each)));
  }
  return made;
}

function clock(time, withDate = false) {
  const date = new Date(time);
  if (isNaN(date)) return `${time} ms`;
  const text = date.toISOString().slice(0, -1).replace("T", " ").replace(/\.000$/, "");
  return withDate || time < 1e12 ? text : text.split(" ")[1];
}

// What is remembered after each record: every state is the one before it, and what the record has changed.
const states = [];
records.reduce((before, record) => {
  const after = new Map(before);
  for (const [id, entry] of record.state) {
    if (typeof entry === "object") after.set(id, entry);
    else after.delete(id);
  }
  states.push(after);
  return after;
}, new Map());
const stateBefore = (number) => (number ? states[number - 1] : new Map());

function source(record) {
  return data.blocks.map((block, number) => {
    const made = make("table", null, { class: "code" });
    made.appendChild(make("caption", block.file));
    const head = made.appendChild(make("thead")).appendChild(make("tr"));
    head.append(make("th", "line", { scope: "col", class: "number" }), make("th", "code", { scope: "col" }));
    head.append(make("th", "what it did with this record", { scope: "col", class: "did" }));
    const body = made.appendChild(make("tbody"));
    block.lines.forEach((text, index) => {
      const line = block.first + index;
      const found = record.lines.filter((each) => each.block === number && each.line === line);
      const row = body.appendChild(make("tr", null, found.length ? { class: "reached" } : {}));
      row.append(make("td", line), make("td", text));
      const cell = row.appendChild(make("td"));
      found.forEach((each) => cell.appendChild(did(each)));
      const failed = record.failed && record.failed.block === number && record.failed.line === line;
      if (failed && !found.length) cell.appendChild(make("p", "fails here", { class: "fails kind" }));
    });
    return made;
  });
}

function did(outcome) {
  const made = make("details");
  const said = made.appendChild(make("summary", null, { class: outcome.kind.split(" ")[0] }));
  if (outcome.apart) said.appendChild(make("div", "≠ not as beside:", { class: "apart" }));
  outcome.words.forEach((each) => said.appendChild(make("div", each)));
  made.appendChild(make("p", `in: ${outcome.in.join("; ")}`));
  made.appendChild(make("p", "out: ")).append(...marked(outcome.out.join("; ") || "nothing", outcome.changed));
  return made;
}

// A text in parts, with those that have changed marked.
function marked(text, [first, ...others]) {
  const place = first === undefined ? -1 : text.indexOf(first);
  if (place < 0) return others.length ? marked(text, others) : [text];
  const behind = text.slice(place + first.length);
  return [text.slice(0, place), make("mark", first), ...marked(behind, others)];
}

function windows(number) {
  const after = states[number], before = stateBefore(number);
  const open = [...after].filter(([, each]) => each.kind === "window").map(([id, each]) => [each, before.get(id) !== each]);
  const closed = records[number].state.filter(([, entry]) => entry === "closed").map(([id]) => [before.get(id), "closed"]);
  const all = [...closed, ...open];
  if (!all.length) return [make("p", "None.", { class: "soft" })];
  const times = new Map([...after.values()].filter((each) => each.kind === "time").map((each) => [`${each.store}|${each.partition}|${each.key}`, each.time]));
  const own = records[number].key; // the windows of this record's key come first
  all.sort(([a], [b]) => (b.key === own) - (a.key === own) || a.key.localeCompare(b.key) || a.start - b.start);
  const first = Math.min(...all.map(([each]) => each.start));
  const last = Math.max(...all.map(([each]) => each.closes ?? each.end), ...[...times.values()].filter((each) => each >= first));
  const place = (time) => `${(100 * (time - first)) / (last - first || 1)}%`;
  const rows = all.map(([each, how]) => {
    const time = times.get(`${each.store}|${each.partition}|${each.key}`);
    const lane = make("div", null, { class: "lane" });
    const bar = lane.appendChild(make("div", null, { class: "bar" }));
    bar.style.left = place(each.start);
    bar.style.right = `calc(100% - ${place(each.end)})`;
    if (each.closes !== null && each.closes > each.end) {
      const grace = lane.appendChild(make("div", null, { class: "grace", title: "until it closes" }));
      grace.style.left = place(each.end);
      grace.style.right = `calc(100% - ${place(each.closes)})`;
    }
    if (time !== undefined && time >= first) lane.appendChild(make("div", null, { class: "time", title: "event time" })).style.left = place(time);
    const cell = make("td");
    cell.appendChild(lane);
    const cells = [each.key, `${clock(each.start)} – ${clock(each.end)}`, each.holds, closing(each, how), cell];
    return { cells, changed: how };
  });
  const made = table(["key", "window", "holds", "closes with a record of", ""], rows, { class: "windows" });
  const axis = made.querySelector("th:last-child");
  axis.className = "axis";
  axis.setAttribute("aria-label", "event time");
  const ticks = axis.appendChild(make("div", null, { class: "ticks" }));
  ticks.append(make("span", clock(first)), make("span", clock(last)));
  return [made, make("p", "● changed by this record. Bar: the window. Dashed: until it closes. Vertical line: the event time of its key.", { class: "soft" })];
}

function closing(each, how) {
  if (how === "closed") return "closed by this record";
  if (each.closes === null) return `its last: it has ${each.full}`;
  return `${clock(each.closes)} or later, ${each.by === "key" ? "of its key" : "of any key of its partition"}`;
}

function remembered(number) {
  const after = states[number], before = stateBefore(number);
  const ids = [...new Set([...before.keys(), ...after.keys()])].filter((id) => (after.get(id) ?? before.get(id)).kind === "value");
  const rows = ids.map((id) => {
    const was = before.get(id), is = after.get(id);
    const each = is ?? was;
    return { cells: [each.key, each.name, was?.value ?? "nothing", is?.value ?? "nothing"], changed: was !== is };
  });
  const times = [...after].filter(([, each]) => each.kind === "time").map(([id, each]) => {
    const was = before.get(id);
    return { cells: [each.key, "event time", was ? clock(was.time) : "none", clock(each.time)], changed: was !== each };
  });
  const all = [...rows, ...times];
  return all.length ? table(["key", "what", "before", "after"], all) : make("p", "Nothing.", { class: "soft" });
}

function written(record) {
  const rows = [
    ...(records[data.at] === record ? data.expected : []).map((each) => ({ cells: ["expected", "", each], changed: true })),
    ...record.out.map((each) => ({ cells: ["comes out", each.key, each.value] })),
    ...record.written.map((each) => ({ cells: [`written to ${each.topic}`, each.key, each.value] })),
  ];
  rows.push(...record.prints.map((each) => ({ cells: ["printed", "", each] })));
  return rows.length ? table(["where", "key", "value"], rows) : make("p", "Nothing.", { class: "soft" });
}

function place(record) {
  return record.offset === null ? "a row" : `partition ${record.partition}, offset ${record.offset}`;
}

function filter(key) {
  chosen = [...records.keys()].filter((number) => key === "" || records[number].key === key);
  at("slider").max = chosen.length - 1;
  document.querySelectorAll("#records li").forEach((each, number) => (each.hidden = !chosen.includes(number)));
}

function choose(key) {
  filter(key);
  show(chosen.includes(current) ? current : chosen[0]);
}

function go(place) {
  show(chosen[Math.max(0, Math.min(chosen.length - 1, place))]);
}

function show(number, { scroll = true, isTold = false } = {}) {
  current = number;
  const record = records[current];
  at("slider").value = chosen.indexOf(current);
  at("slider").setAttribute("aria-valuetext", `record ${current}, ${record.key}, ${clock(record.time)}`);
  at("number").textContent = `${current} of 0 to ${records.length - 1}`;
  at("previous").disabled = current === chosen[0];
  at("next").disabled = current === chosen.at(-1);
  document.querySelectorAll("#records button").forEach((each, index) => {
    each.tabIndex = index === current ? 0 : -1; // one stop for Tab: arrow keys lead to the others
    if (index === current) {
      each.setAttribute("aria-current", "step");
      if (scroll) each.scrollIntoView({ block: "nearest" });
    } else each.removeAttribute("aria-current");
  });
  if (document.activeElement.closest("#records")) document.querySelector("#records [aria-current]").focus();
  at("what").textContent = `Record ${current}: ${record.topic}, ${place(record)}, ${record.key}, ${clock(record.time, true)}`;
  at("value").textContent = record.value;
  const trouble = record.unreadable ? `cannot be read, and goes to the dead letters: ${record.unreadable}` : record.trouble ? `the pipeline ends here: ${record.trouble}` : "";
  at("source").replaceChildren(...(trouble ? [make("p", trouble, { class: "fails kind" })] : []), ...source(record));
  at("windows").replaceChildren(...windows(current));
  at("state").replaceChildren(remembered(current));
  at("written").replaceChildren(written(record));
  if (!isTold) tell(); // else the answer would come after the next step, and undo it
  at("now").textContent = `Record ${current}, ${record.key}, ${clock(record.time)}: ${[trouble, ...record.lines.flatMap((each) => each.words)].filter(Boolean).join("; ")}`;
}

function tell(opened = false) {
  if (parent !== window) parent.postMessage({ step: current, opened }, "*"); // a sandbox has no origin to name
}

function hear(event) {
  const number = event.data?.step;
  if (parent === window || event.source !== parent || number === current || !records[number]) return;
  if (!chosen.includes(number)) filter((at("keys").value = ""));
  show(number, { isTold: true });
}

function play(on) {
  clearInterval(playing);
  playing = on ? setInterval(() => {
    go(chosen.indexOf(current) + 1);
    if (current === chosen.at(-1)) play(false);
  }, PACE) : 0;
  at("play").textContent = on ? "❚❚ Pause" : "▶ Play";
}

function jump(mark) {
  const next = chosen.indexOf(current) + 1;
  const turn = [...chosen.slice(next), ...chosen.slice(0, next)];
  const found = turn.find((index) => records[index].marks.includes(mark));
  if (found !== undefined) show(found);
}

function start() {
  at("title").textContent = data.title;
  at("summary").textContent = data.summary;
  if (!records.length) return;
  at("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  at("previous").addEventListener("click", () => go(chosen.indexOf(current) - 1));
  at("next").addEventListener("click", () => go(chosen.indexOf(current) + 1));
  at("play").addEventListener("click", () => {
    if (!playing && current === chosen.at(-1)) go(0);
    play(!playing);
  });
  const keys = [...new Set(records.map((each) => each.key))].sort();
  at("keys").append(...keys.map((each) => make("option", each, { value: each })));
  at("keys").addEventListener("change", (event) => choose(event.target.value));
  at("jumps").append(make("span", "Next that"), ...JUMPS.map(([words, mark]) => {
    const count = records.filter((each) => each.marks.includes(mark)).length;
    const button = make("button", `${words} (${count})`, { type: "button" });
    button.disabled = !count;
    button.addEventListener("click", () => jump(mark));
    return button;
  }));
  at("records").append(...records.map((record, index) => {
    const item = make("li");
    const button = item.appendChild(make("button", `${index}  ${record.key}  ${clock(record.time)}`, { type: "button" }));
    button.appendChild(make("small", record.marks.join(", ") || record.lines.at(-1)?.kind || ""));
    button.addEventListener("click", () => show(index, { scroll: false }));
    return item;
  }));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === at("keys")) return;
    const place = chosen.indexOf(current);
    const to = { ArrowLeft: place - 1, ArrowUp: place - 1, ArrowRight: place + 1, ArrowDown: place + 1, Home: 0, End: chosen.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    play(false);
    go(to);
  });
  if (data.compared) document.body.classList.add("compared");
  addEventListener("message", hear);
  filter("");
  show(current, { isTold: true });
  tell(true);
}

start();
