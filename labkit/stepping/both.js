"use strict";
// Two pages that step together: each tells which record it shows, and the others follow.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
let current = 0; // the number of the record that is shown

const frames = data.pages.map((page, side) => {
  const frame = document.createElement("iframe");
  frame.title = data.names[side];
  frame.setAttribute("sandbox", "allow-scripts");
  frame.srcdoc = page;
  return frame;
});

function show(number) {
  current = number;
  frames.forEach((frame) => frame.contentWindow.postMessage({ step: number }, "*")); // a sandbox has no origin to name
  const differs = data.differs.includes(number);
  const outs = data.outs[number].map((out, side) => `${data.names[side]}: ${out}`);
  at("now").textContent = `Record ${number}: ${differs ? `≠ what comes out differs. ${outs.join(" | ")}` : "= the same comes out."}`;
  at("now").className = differs ? "differs" : "";
}

function start() {
  at("title").textContent = data.title;
  at("summary").textContent = data.summary;
  at("next").textContent += ` (${data.differs.length})`;
  at("next").disabled = !data.differs.length;
  at("next").addEventListener("click", () => show(data.differs.find((each) => each > current) ?? data.differs[0]));
  addEventListener("message", (event) => {
    const number = event.data?.step;
    const isOurs = frames.some((frame) => frame.contentWindow === event.source);
    if (isOurs && Number.isInteger(number) && number !== current && data.outs[number]) show(number);
  });
  at("sides").append(...frames);
  if (data.outs.length) frames.at(-1).addEventListener("load", () => show(0));
}

start();
