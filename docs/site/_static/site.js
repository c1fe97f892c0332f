// What the theme leaves out: levels of its captions, names of its sidebars, and code that scrolls by keyboard. And the
// pictures of the lessons are light or dark as the page is.
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll('.caption[role="heading"]')) caption.ariaLevel = "2";
  for (const code of document.querySelectorAll("pre, .table-wrapper")) code.tabIndex = 0;
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Site");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");

  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const { theme } = document.body.dataset;
    const dark = theme === "dark" || (theme !== "light" && system.matches);
    document.body.dataset.jpThemeLight = String(!dark); // as JupyterLab says it
  };
  new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", follow);
  follow();
});
