// In the head, before anything is painted: the theme asked for by #theme=..., else the one chosen before, else the system's.
(() => {
  let stored = null;
  try { stored = localStorage.getItem("uniaims-theme"); } catch { stored = null; } // storage may be forbidden for local files
  const asked = /theme=(dark|light)/.exec(location.hash);
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = asked ? asked[1] : stored === "dark" || stored === "light" ? stored : system;
})();
