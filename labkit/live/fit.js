// A figure that is drawn while JupyterLab keeps its cell off the page gets a width of 700 pixels. Once there is room,
// or more of it, all figures are told to look at their width again.
export default {
  render({ el }) {
    let width = 0;
    const observer = new ResizeObserver(([entry]) => {
      const now = Math.round(entry.contentRect.width);
      if (now && now !== width) window.dispatchEvent(new Event("resize"));
      width = now;
    });
    observer.observe(el);
    return () => observer.disconnect();
  },
};
