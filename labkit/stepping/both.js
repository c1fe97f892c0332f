"use strict";
// Pages that step together: each tells which record it shows, and the others follow. So does the page around this one.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
let current = data.at; // the number of the record that is shown

const frames = data.pages.map((page, side) => {
  const frame = document.createElement("iframe");
  frame.title = data.names[side];
  frame.setAttribute("sandbox", "allow-scripts");
  frame.srcdoc = page;
  return frame;
});

function tell(other, opened = false) {
  other.postMessage({ step: current, opened }, "*"); // a sandbox has no origin to name
}

// To whoever told the number it is not told again: it may have gone on meanwhile.
function show(number, source = null) {
  current = number;
  const others = [...frames.map((frame) => frame.contentWindow), parent];
  others.filter((each) => each !== source && each !== window).forEach((each) => tell(each));
  const differs = data.differs.includes(number);
  const outs = data.outs[number].map((out, side) => `${data.names[side]}: ${out}`);
  at("now").textContent = `Record ${number}: ${differs ? `≠ what comes out differs. ${outs.join(" | ")}` : "= the same comes out."}`;
  at("now").className = differs ? "differs" : "";
  at("parts").textContent = data.parts[number];
}

function hear({ source, data: said }) {
  const frame = frames.find((each) => each.contentWindow === source);
  const isOurs = frame || (source === parent && parent !== window);
  if (!isOurs || !data.outs[said?.step]) return;
  if (frame && said.opened) tell(source);
  else if (said.step !== current) show(said.step, source);
}

function jumps(id, numbers) {
  at(id).textContent += ` (${numbers.length})`;
  at(id).disabled = !numbers.length;
  at(id).addEventListener("click", () => show(numbers.find((each) => each > current) ?? numbers[0]));
}

function start() {
  at("title").textContent = data.title;
  at("summary").textContent = data.summary;
  jumps("differing", data.differs);
  jumps("parting", data.parts.flatMap((words, number) => (words ? [number] : [])));
  addEventListener("message", hear);
  at("sides").append(...frames);
  if (!data.outs.length) return;
  show(current, parent);
  if (parent !== window) tell(parent, true);
}

start();
