// What every page has: theme, print, copying, downloads, tooltips, chart downloads, the contents bar.
const page = (() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  function make(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  // Numbers as Python's units.number writes them: significant digits, thin spaces between thousands, dash for nothing.
  function number(value, digits = 4) {
    if (!Number.isFinite(value)) return "–";
    if (value === 0) return "0";
    const exponent = Math.floor(Math.log10(Math.abs(value)));
    if (exponent < -4 || exponent >= 7) {
      const [mantissa, power] = value.toExponential(digits - 1).split("e");
      const raised = [...String(Number(power))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
      return `${mantissa}×10${raised}`.replace("-", "−");
    }
    const decimals = Math.max(0, digits - 1 - exponent);
    const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
    const rounded = exponent >= digits ? String(Math.round(Number(whole) / 10 ** (exponent + 1 - digits)) * 10 ** (exponent + 1 - digits)) : whole;
    return (value < 0 ? "−" : "") + rounded.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? `.${part}` : "");
  }

  // Whole numbers, and numbers that need no padding zeros.
  const whole = (value) => (Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f").replace("-", "−") : "–");
  const plain = (value) => String(Number(value.toPrecision(6)));

  function download(name, content, type) {
    const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  function announce(message) { $("#announcer").textContent = message; }

  // A chart as it prints: light colours, every style written into the elements so that any program draws it alike.
  const carried = ["fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"];
  const carriedByText = ["fill", "font-size", "font-weight", "font-family"];
  const ours = ["class", "tabindex", "role", "data-tip", "data-column", "data-low", "data-high", "data-scales"];

  function standalone(svg) {
    const copy = svg.cloneNode(true);
    const root = document.documentElement;
    const theme = root.dataset.theme;
    root.dataset.theme = "light";
    const originals = [svg, ...$$("*", svg)], copies = [copy, ...$$("*", copy)];
    originals.forEach((node, i) => {
      const style = getComputedStyle(node);
      const names = node.tagName === "text" ? carriedByText : ["path", "rect", "circle"].includes(node.tagName) ? carried : [];
      for (const name of names) copies[i].setAttribute(name, style.getPropertyValue(name));
      for (const name of ours) copies[i].removeAttribute(name);
    });
    root.dataset.theme = theme;
    const box = frameOf(svg);
    const place = { x: box.x, y: box.y, width: box.width, height: box.height };
    copy.setAttribute("viewBox", Object.values(place).join(" "));
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ ...place, fill: "#ffffff" })) back.setAttribute(key, value);
    copy.prepend(back);
    return new XMLSerializer().serializeToString(copy);
  }

  // The drawing's own frame, widened to what stands out of it (long numbers on an axis), with a little air.
  function frameOf(svg) {
    const base = svg.viewBox.baseVal, drawn = svg.getBBox(), air = 8;
    const x = Math.min(base.x, drawn.x) - air, y = Math.min(base.y, drawn.y) - air;
    const right = Math.max(base.x + base.width, drawn.x + drawn.width) + air, bottom = Math.max(base.y + base.height, drawn.y + drawn.height) + air;
    return { x, y, width: right - x, height: bottom - y };
  }

  function saveSvg(svg, name) { download(`${name}.svg`, standalone(svg), "image/svg+xml"); }

  function savePng(svg, name) {
    const box = frameOf(svg), scale = 3;
    const image = new Image();
    image.onload = () => {
      const canvas = make("canvas", { width: box.width * scale, height: box.height * scale });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => download(`${name}.png`, blob, "image/png"));
      URL.revokeObjectURL(image.src);
    };
    image.src = URL.createObjectURL(new Blob([standalone(svg)], { type: "image/svg+xml" }));
  }

  function visibleSvg(figure) { return $$(".chart svg", figure).find((svg) => svg.getClientRects().length); }

  function setUpCharts(stem) {
    for (const figure of $$("figure[data-chart]")) {
      const name = () => `${stem}-${figure.dataset.chart}`;
      figure.append(make("div", { class: "chart-tools screen-only" },
        make("button", { class: "quiet", type: "button", onclick: () => saveSvg(visibleSvg(figure), name()) }, "SVG"),
        make("button", { class: "quiet", type: "button", onclick: () => savePng(visibleSvg(figure), name()) }, "PNG")));
      for (const button of $$("button", figure.lastElementChild)) button.setAttribute("aria-label", told("Download this chart as {form}", { form: button.textContent }));
      figure.append(...$$("figcaption", figure));
    }
  }

  const tip = make("div", { class: "tip", hidden: true });

  function showTip(content, x, y) {
    tip.textContent = content;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${y + box.height + 22 > innerHeight ? y - box.height - 10 : y + 16}px`;
  }

  function hideTip() { tip.hidden = true; }

  function setUpTips() {
    document.body.append(tip);
    addEventListener("pointermove", (event) => {
      const marked = event.target.closest?.("[data-tip]");
      if (marked) showTip(marked.dataset.tip, event.clientX, event.clientY);
      else if (!event.target.closest?.("[data-owntip]")) hideTip();
    });
    addEventListener("scroll", hideTip, { passive: true });
  }

  function setUpBar() {
    $("#theme").addEventListener("click", () => {
      const root = document.documentElement;
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("uniaims-theme", root.dataset.theme); } catch { return; } // forbidden storage: for this visit only
    });
    $("#print").addEventListener("click", () => print());
    const links = $$(".bar nav a");
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links) link.setAttribute("aria-current", String(link.hash === `#${entry.target.id}`));
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    for (const link of links) if ($(link.hash)) watch.observe($(link.hash));
  }

  function setUpCopying() {
    for (const button of $$("[data-copy]")) {
      button.addEventListener("click", async () => {
        const source = $(button.dataset.copy).innerText.trim();
        try { await navigator.clipboard.writeText(source); } catch { // local files have no clipboard in some browsers
          const area = make("textarea", {}, source);
          document.body.append(area);
          area.select();
          document.execCommand("copy");
          area.remove();
        }
        announce(told("Copied"));
        const was = button.textContent;
        button.textContent = told("Copied");
        setTimeout(() => { button.textContent = was; }, 1600);
      });
    }
  }

  function setUpSwitches() { // segmented buttons that show one of several elements
    for (const group of $$("[data-switch]")) {
      group.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        for (const other of $$("button", group)) other.setAttribute("aria-pressed", String(other === button));
        document.dispatchEvent(new CustomEvent("switch", { detail: group }));
      });
    }
  }

  function setUp(stem) {
    setUpBar();
    setUpTips();
    setUpCharts(stem);
    setUpCopying();
    setUpSwitches();
  }

  // What scripts say, in the language of the page.
  const words = JSON.parse($("#words")?.textContent ?? "{}");
  const told = (text, parts = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (kept, name) => parts[name] ?? kept);

  return { $, $$, announce, download, hideTip, make, number, plain, setUp, showTip, told, whole };
})();
