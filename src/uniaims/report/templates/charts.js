// What charts do beyond standing there: bars filter, switches show another chart, the scatter plot takes other axes.
const charts = (() => {
  const { $, $$, number } = page;
  const box = { width: 668, height: 420, left: 58, right: 658, top: 12, bottom: 368 };
  let scatter = null, places = [];

  function setUp() {
    document.addEventListener("switch", showSize);
    for (const bar of $$(".bar-mark[data-low]")) {
      bar.addEventListener("click", () => filterBy(bar));
      bar.addEventListener("keydown", (event) => { if (event.key === "Enter") filterBy(bar); });
    }
    scatter = $("#scatter");
    if (!scatter) return;
    readScales();
    for (const control of $$("#scatter-controls select, #scatter-controls input")) control.addEventListener("change", redrawScatter);
    scatter.addEventListener("pointermove", (event) => {
      const row = nearest(event);
      if (row < 0) return page.hideTip();
      const { columns } = store.state;
      const [x, y] = [axis("x"), axis("y")];
      page.showTip(`${columns[0].label} ${columns[0].values[row]}\n${x.label}: ${viewer.shown(x, row)}\n${y.label}: ${viewer.shown(y, row)}`, event.clientX, event.clientY);
    });
    scatter.addEventListener("pointerleave", page.hideTip);
    scatter.addEventListener("click", (event) => { const row = nearest(event); if (row >= 0) store.choose(row, "scatter"); });
    store.on("choose", ring);
  }

  function filterBy(bar) {
    const { column, low, high } = bar.dataset;
    store.addFilter({ column, low: Number(low), high: Number(high), key: "range" });
    // the charts leave out what the border cuts: so does a filter made from them
    if (store.state.byName.has("touches_border")) store.addFilter({ column: "touches_border", low: 0, high: 0, key: "complete", text: page.told("complete {nouns} only", { nouns: store.state.noun.plural }) });
    page.announce($("#filter-status")?.textContent ?? "");
  }

  function showSize() {
    const chosen = $$("[data-switch] button[aria-pressed=true]").map((button) => button.dataset.value);
    for (const panel of $$("[data-panel]")) panel.hidden = !panel.dataset.panel.split(" ").every((value) => chosen.includes(value));
  }

  // ---- scatter
  const axis = (which) => store.state.byName.get($(`#scatter-${which}`).value);

  function readScales() {
    const scales = JSON.parse($("svg", scatter).dataset.scales);
    place(position(scales.x), position(scales.y));
  }

  function position({ low, high, start, end, log }) {
    const f = log ? Math.log : (value) => value;
    return (value) => start + (f(value) - f(low)) / (f(high) - f(low)) * (end - start);
  }

  function place(across, up) {
    const x = axis("x"), y = axis("y"), cut = store.state.byName.get("touches_border");
    places = [];
    for (let row = 0; row < store.state.count; row++) {
      if (cut && cut.values[row]) continue;
      const px = across(x.values[row] / x.shown_factor), py = up(y.values[row] / y.shown_factor);
      if (Number.isFinite(px) && Number.isFinite(py)) places.push([px, py, row]);
    }
  }

  function range(column, log) {
    const cut = store.state.byName.get("touches_border");
    let low = Infinity, high = -Infinity;
    column.values.forEach((raw, row) => {
      const value = raw / column.shown_factor;
      if (!Number.isFinite(value) || (cut && cut.values[row]) || (log && value <= 0)) return;
      low = Math.min(low, value); high = Math.max(high, value);
    });
    if (!(high >= low)) return [log ? 1 : 0, log ? 10 : 1];
    if (log) { const margin = Math.max(high / low, 1.02) ** 0.03; return [low / margin, high * margin]; }
    if (high === low) return [low - 0.5, high + 0.5];
    const margin = (high - low) * 0.03, start = low - margin;
    return [low >= 0 && (start < 0 || low < 0.25 * high) ? 0 : start, high + margin];
  }

  function ticks(low, high, log) {
    if (log) {
      for (const steps of [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]]) {
        const found = [];
        for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) for (const step of steps) found.push(step * 10 ** power);
        const kept = found.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
        if (kept.length <= 8 && kept.length >= 2) return kept;
      }
    }
    const rough = (high - low) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.85);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) found.push(i * step);
    return found;
  }

  // As few decimals as tell the ticks apart: the same for all on a linear axis, each its own on a logarithmic one.
  function tickLabels(values, log) {
    const decimals = values.map((tick) => { let digits = 0; while (digits < 9 && Math.abs(Number(tick.toFixed(digits)) - tick) > Math.abs(tick) * 1e-6 + 1e-12) digits++; return digits; });
    const most = Math.max(0, ...decimals);
    return values.map((tick, i) => {
      if (Math.abs(tick) >= 1e7) return number(tick, 2);
      const [whole, part] = Math.abs(tick).toFixed(log ? decimals[i] : most).split(".");
      return (tick < 0 ? "−" : "") + whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? `.${part}` : "");
    });
  }

  function svg(name, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const title = (column) => (column.shown_unit ? `${column.label} / ${column.shown_unit}` : column.label);

  function redrawScatter() {
    const x = axis("x"), y = axis("y"), logX = $("#scatter-x-log").checked, logY = $("#scatter-y-log").checked;
    const [x0, x1] = range(x, logX), [y0, y1] = range(y, logY);
    const across = position({ low: x0, high: x1, start: box.left, end: box.right, log: logX });
    const up = position({ low: y0, high: y1, start: box.bottom, end: box.top, log: logY });
    place(across, up);
    const parts = [];
    const xTicks = ticks(x0, x1, logX), yTicks = ticks(y0, y1, logY);
    const xLabels = tickLabels(xTicks, logX), yLabels = tickLabels(yTicks, logY);
    for (const [i, tick] of xTicks.entries()) {
      parts.push(svg("path", { class: "grid", d: `M${across(tick)} ${box.bottom}V${box.top}` }), svg("path", { class: "axis", d: `M${across(tick)} ${box.bottom}v4` }),
        svg("text", { x: across(tick), y: box.bottom + 17, "text-anchor": "middle" }, xLabels[i]));
    }
    for (const [i, tick] of yTicks.entries()) {
      parts.push(svg("path", { class: "grid", d: `M${box.left} ${up(tick)}H${box.right}` }), svg("text", { x: box.left - 7, y: up(tick) + 4, "text-anchor": "end" }, yLabels[i]));
    }
    const middle = (box.top + box.bottom) / 2, labelX = box.left - 20 - 6.5 * Math.max(0, ...yLabels.map((label) => label.length));
    parts.push(svg("path", { class: "axis", d: `M${box.left} ${box.bottom}H${box.right}` }),
      svg("text", { class: "title", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle" }, title(x)),
      svg("text", { class: "title", x: labelX, y: middle, "text-anchor": "middle", transform: `rotate(-90 ${labelX} ${middle})` }, title(y)));
    for (let layer = 0; layer < 8; layer++) {
      let path = "";
      for (let i = layer; i < places.length; i += 8) path += `M${places[i][0].toFixed(1)} ${places[i][1].toFixed(1)}h0`;
      if (path) parts.push(svg("path", { class: places.length > 1500 ? "points" : "points few", d: path }));
    }
    parts.push(svg("g", { class: "choice" }));
    const root = $("svg", scatter);
    root.replaceChildren(...parts);
    $("#scatter-caption").textContent = page.told("{y} against {x} of {n} complete {nouns}, one point each.", { y: y.label, x: x.label[0].toLowerCase() + x.label.slice(1), n: page.whole(places.length), nouns: store.state.noun.plural });
    root.setAttribute("aria-label", page.told("Scatter plot of {y} against {x}.", { y: title(y), x: title(x) }));
    ring();
  }

  function nearest(event) {
    const root = $("svg", scatter), frame = root.getBoundingClientRect(), ratio = box.width / frame.width;
    const x = (event.clientX - frame.left) * ratio, y = (event.clientY - frame.top) * ratio;
    let best = -1, distance = 9;
    for (const [px, py, row] of places) {
      const d = Math.hypot(px - x, py - y);
      if (d < distance) { best = row; distance = d; }
    }
    return best;
  }

  function ring() {
    const group = $(".choice", scatter), found = places.find((spot) => spot[2] === store.state.chosen);
    group.replaceChildren(...(found ? [svg("circle", { class: "chosen", cx: found[0], cy: found[1], r: 6 })] : []));
  }

  return { setUp };
})();
