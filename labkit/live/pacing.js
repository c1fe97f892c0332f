// Tells the kernel which views of this page are in sight and which frame it has drawn, and tells the reader how far a
// view is behind. All times are in milliseconds.
const LATE = 3000; // behind by more than this, a view says so
const LOOK = 500; // between two updates of the ages
const QUIET = 1500; // after this long without a frame, which comes every second, a page says again what it has said
const SLEPT = 5000; // after this long without an update the page was asleep
const SILENT = 15000; // after this long without a frame the kernel may have ended
const GONE = "jupyter-widgets-disconnected"; // a class of ipywidgets: the widget's kernel was restarted
const RESTARTED = "The kernel was restarted: this is how it was before. Run the cells from the top again, down to this one.";
const ENDED = "nothing comes from the kernel. If it has ended, run the cells from the top again, down to this one.";

// A view with a figure can be drawn once Plotly has been loaded.
const isReady = root => !root.classList.contains("lab-plotted") || root.querySelector(".js-plotly-plot .main-svg");

export default () => {
  const page = Math.random().toString(36).slice(2);
  const views = new Map(); // a view's element -> {id, badge, since, inSight}
  const drawn = new Map(); // id -> the kernel's time of what is drawn; null once the view has ended
  let clocks = null; // the page's clock minus the kernel's, plus the shortest delay of a message
  let looked = performance.now();
  let awake = looked;
  let heard = looked; // when the last frame came, or this page last said something
  let came = 0; // the last frame that came
  let arrived = looked; // when it came
  let told = 0; // messages that have gone
  let answer = 0; // the last frame that was drawn
  let isOver = () => false;
  let send = () => {};

  const inSight = () => [...views.values()].filter(view => view.inSight && !document.hidden).map(view => view.id);

  const isGone = root => root.classList.contains(GONE);

  function tell() {
    if ([...views.keys()].some(isGone)) return; // nobody is there to be told
    heard = performance.now();
    send({ page, number: ++told, seen: [...new Set(inSight())], drawn: answer });
  }

  // What it says may wait for the end of the cell that is running, until JupyterLab has a subshell for it; and a frame
  // may get lost when the computer sleeps.
  function insist() {
    const waits = answer === came && performance.now() - heard > QUIET;
    if (waits && !isOver() && inSight().length) tell();
  }

  const observer = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) {
      if (views.has(target)) views.get(target).inSight = isIntersecting;
    }
    tell();
  });

  function afterPaint(act) {
    if (document.hidden) act(); // nothing is painted, and no animation frame comes
    else requestAnimationFrame(() => requestAnimationFrame(act));
  }

  function receive({ frame, time, views: times }) {
    const difference = performance.now() - time;
    clocks = Math.min(clocks ?? difference, difference);
    heard = arrived = performance.now();
    came = frame;
    afterPaint(() => {
      for (const [id, upTo] of Object.entries(times)) drawn.set(id, upTo);
      answer = frame;
      tell();
      sayAges();
    });
  }

  function sayAges() {
    const now = performance.now();
    if (now - looked > SLEPT) [clocks, awake] = [null, now];
    looked = now;
    if (!inSight().length) arrived = now; // the kernel sends nothing then
    const isSilent = now - Math.max(arrived, awake) > SILENT;
    for (const [root, { id, badge, since }] of views) {
      const gone = isGone(root);
      const upTo = drawn.get(id);
      const unknown = clocks === null || upTo === undefined;
      const behind = isOver() || upTo === null ? 0 : unknown ? now - Math.max(since, awake) : now - clocks - upTo;
      const late = behind > LATE;
      root.classList.toggle("lab-behind", late || gone);
      root.classList.toggle("lab-gone", (late && isSilent) || gone);
      const age = late ? `${Math.floor(behind / 1000)} s behind` : "";
      const text = gone ? RESTARTED : late && isSilent ? `${age}: ${ENDED}` : age;
      if (badge.textContent !== text) badge.textContent = text;
    }
  }

  function enter(badge, left) {
    if (left.gone) return;
    const root = badge.closest(".lab-view");
    if (!root || !isReady(root)) {
      setTimeout(() => enter(badge, left), 20);
      return;
    }
    left.root = root;
    const id = [...root.classList].find(name => name.startsWith("lab-view-")).slice("lab-view-".length);
    views.set(root, { id, badge, since: performance.now(), inSight: false });
    observer.observe(root);
  }

  return {
    initialize({ model }) {
      send = message => model.send(message);
      isOver = () => model.get("over");
      model.on("msg:custom", receive);
      document.addEventListener("visibilitychange", tell);
      const timers = [setInterval(sayAges, LOOK), setInterval(insist, LOOK)];
      return () => { // a kernel that is started again has another messenger
        timers.forEach(clearInterval);
        document.removeEventListener("visibilitychange", tell);
        model.off("msg:custom", receive);
        observer.disconnect();
      };
    },
    render({ el }) {
      const left = { gone: false, root: null };
      el.classList.add("lab-age");
      enter(el, left);
      return () => {
        left.gone = true;
        if (!left.root) return;
        observer.unobserve(left.root);
        views.delete(left.root);
        tell();
      };
    },
  };
};
