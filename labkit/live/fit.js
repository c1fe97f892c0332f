// Tells the kernel how wide the page is: a figure that is drawn while JupyterLab has detached its cell from the page
// gets a width of 700 pixels, and keeps it.
export default {
  render({ model, el }) {
    const observer = new ResizeObserver(([entry]) => {
      const now = Math.round(entry.contentRect.width);
      if (!now || now === model.get("width")) return;
      model.set("width", now);
      model.save_changes();
    });
    observer.observe(el);
    return () => observer.disconnect();
  },
};
