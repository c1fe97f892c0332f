// The page's side of a figure, in front of Plotly's own.
//
// anywidget gives a figure 2 s to be there, and never tells it anything if it comes later. On a slow machine Plotly
// does. So this side is there at once, and plays back to Plotly what has changed until it came. The page loads Plotly
// once for all figures.
const CHANGES = [
  "addTraces", "deleteTraces", "moveTraces", "restyle", "relayout", "update", "animate", "removeLayoutProps", "removeTraceProps",
].map(name => `_py2js_${name}`);

async function load(model) {
  const library = await model.widget_manager.get_model(model.get("library").slice("IPY_MODEL_".length));
  library.loaded ??= import(URL.createObjectURL(new Blob([library.get("code")], { type: "text/javascript" })));
  const { default: create, FigureView } = await library.loaded;
  return { ...create(), resize: el => FigureView.prototype.autosizeFigure.call({ el, model, _sendLayoutDelta() {} }) };
}

// Plotly draws a figure once, as large as its place then is: not at all where JupyterLab has detached its cell.
function follow(el, resize) {
  const observer = new ResizeObserver(() => {
    const drawn = el._fullLayout;
    const differs = drawn && (Math.abs(drawn.width - el.clientWidth) > 1 || Math.abs(drawn.height - el.clientHeight) > 1);
    if (differs && el.clientWidth) resize(el);
  });
  observer.observe(el);
  return () => observer.disconnect();
}

// The model for Plotly's side, which `playBack` tells of earlier changes.
function recorded(model) {
  const listeners = Object.fromEntries(CHANGES.map(name => [name, []]));
  let missed = [];
  let playing = null;
  for (const name of CHANGES) {
    model.on(`change:${name}`, () => {
      if (missed) missed.push({ name, value: model.get(name) });
      else listeners[name].forEach(act => act());
    });
  }
  return {
    ...model,
    get: name => (playing?.name === name ? playing.value : model.get(name)),
    on(event, act) {
      const name = event.slice("change:".length);
      if (name in listeners) listeners[name].push(act);
      else model.on(event, act);
    },
    playBack() {
      for (playing of missed) listeners[playing.name].forEach(act => act());
      missed = playing = null;
    },
  };
}

export default () => {
  let record;
  let starting; // Plotly's side, of which there is one however often the figure is displayed

  async function start(model) {
    const plotly = await load(model);
    plotly.initialize({ model: record });
    record.playBack();
    return plotly;
  }

  return {
    initialize({ model }) {
      record = recorded(model);
    },
    render({ model, el }) {
      let gone = false;
      let remove = () => {};
      el.textContent = "This chart is being loaded …";
      starting ??= start(model);
      starting.then(plotly => {
        if (gone) return;
        el.textContent = "";
        const [purge, leave] = [plotly.render({ el }), follow(el, plotly.resize)];
        remove = () => (leave(), purge());
      }).catch(error => {
        el.textContent = `This chart could not be loaded (${error}). Reload the page.`;
      });
      return () => {
        gone = true;
        remove();
      };
    },
  };
};
