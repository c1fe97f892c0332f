// Shows the page of some steps, and tells the kernel which record is open in it.
const PAUSE = 300; // milliseconds without a step until the kernel is told

export default {
  render({ model, el }) {
    el.innerHTML = model.get("page"); // a frame, which keeps whatever is in the records apart
    const frame = el.querySelector("iframe");
    let shown = null; // the record that is open in it
    let timer = 0;

    function open() {
      if (model.get("at") === shown) return;
      shown = model.get("at");
      frame.contentWindow?.postMessage({ step: shown }, "*"); // a sandbox has no origin to name
    }

    function hear({ source, data }) {
      if (source !== frame.contentWindow || !Number.isInteger(data?.step)) return;
      shown = data.step;
      if (data.opened) return open(); // it has been loaded, perhaps again
      model.set("at", shown);
      clearTimeout(timer);
      timer = setTimeout(() => model.save_changes(), PAUSE);
    }

    addEventListener("message", hear);
    model.on("change:at", open);
    return () => {
      removeEventListener("message", hear);
      model.off("change:at", open);
    };
  },
};
