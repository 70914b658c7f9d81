// The picture with its outlines on a canvas: zoom, pan, colours, picking.
const viewer = (() => {
  const { $, number } = page;
  const view = { scale: 1, x: 0, y: 0, fit: 1, width: 0, height: 0, focused: false };
  const look = { outlines: true, fill: false, numbers: false, opacity: 1, colour: "turn" };
  const OBJECTS_PER_PATH = 200; // the time to draw a path grows faster than its length
  let canvas, context, image, data, outline, boxes, extent, groups = [], groupOf = new Uint8Array(0), legend = null, frame = 0;

  async function setUp(pageData) {
    data = inProportion(pageData);
    canvas = $("#picture-canvas");
    context = canvas.getContext("2d");
    image = $("#micrograph");
    await image.decode();
    outline = await arrayEncoding.unpackOutlines(data.outlines);
    outline.points.forEach((place, i) => { outline.points[i] = place * data.pixel_sides[i % 2]; });
    boxes = bounding(outline);
    look.colour = $("#colour-by").value;
    extent = typicalExtent();
    colour();
    document.documentElement.dataset.ready = "picture";
    new ResizeObserver(resize).observe(canvas.parentElement);
    listen();
    store.on("filter", redraw);
    store.on("choose", (event) => { if (event.detail !== "picture") reveal(store.state.chosen); showCard(); redraw(); });
    addEventListener("beforeprint", () => paintForPrint());
    addEventListener("afterprint", resize);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    resize();
  }

  // Pixels that are not square are drawn as they lie on the sample: all places in sides of the square of the same area.
  function inProportion(pageData) {
    const [across, down] = pageData.pixel_sides;
    const box = ({ top, left, bottom, right }) =>
      ({ top: top * down, left: left * across, bottom: bottom * down, right: right * across });
    const content = pageData.content && box(pageData.content), printed = pageData.printed.map(box);
    return { ...pageData, width: pageData.width * across, height: pageData.height * down, content, printed };
  }

  function bounding({ points, first }) {
    const result = new Float32Array(4 * (first.length - 1));
    for (let i = 0; i + 1 < first.length; i++) {
      let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      for (let p = first[i]; p < first[i + 1]; p++) {
        x0 = Math.min(x0, points[2 * p]); x1 = Math.max(x1, points[2 * p]);
        y0 = Math.min(y0, points[2 * p + 1]); y1 = Math.max(y1, points[2 * p + 1]);
      }
      result.set([x0, y0, x1, y1], 4 * i);
    }
    return result;
  }

  function typicalExtent() {
    const extents = Array.from({ length: boxes.length / 4 }, (_, i) => boxes[4 * i + 2] - boxes[4 * i]).sort((a, b) => a - b);
    return extents[extents.length >> 1] ?? 1;
  }

  // Lines get thin where objects are a few screen pixels wide: else they would hide the picture.
  const lineWidth = (port) => Math.min(1.5, Math.max(0.5, extent * port.scale / 12));

  // ---- geometry of the view
  function resize() {
    const width = canvas.parentElement.clientWidth;
    if (!width) return;
    const height = Math.round(Math.min(Math.max(width * data.height / data.width, 260), Math.max(innerHeight * 0.82, 320)));
    const atFit = Math.abs(view.scale - view.fit) < 1e-9 || !view.width;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    view.width = width; view.height = height;
    view.fit = Math.min(width / data.width, height / data.height);
    if (atFit) fit(); else { clamp(); redraw(); }
  }

  function fit() {
    view.scale = view.fit;
    view.x = (view.width - data.width * view.scale) / 2;
    view.y = (view.height - data.height * view.scale) / 2;
    redraw();
  }

  function clamp() {
    const slackX = Math.max(view.width * 0.5, 0), slackY = Math.max(view.height * 0.5, 0);
    if (view.scale <= view.fit * 1.0001) return fit();
    view.x = Math.min(slackX, Math.max(view.width - slackX - data.width * view.scale, view.x));
    view.y = Math.min(slackY, Math.max(view.height - slackY - data.height * view.scale, view.y));
  }

  function zoom(factor, atX = view.width / 2, atY = view.height / 2) {
    const scale = Math.min(Math.max(view.scale * factor, view.fit), Math.max(24, view.fit * 4));
    view.x = atX - (atX - view.x) * scale / view.scale;
    view.y = atY - (atY - view.y) * scale / view.scale;
    view.scale = scale;
    clamp();
    redraw();
  }

  function reveal(row) {
    if (row < 0) return;
    const [x0, y0, x1, y1] = boxes.subarray(4 * row, 4 * row + 4);
    const size = Math.max(x1 - x0, y1 - y0, 4);
    view.scale = Math.max(view.fit, Math.min(Math.min(view.width, view.height) / (size * 5), 16));
    view.x = view.width / 2 - (x0 + x1) / 2 * view.scale;
    view.y = view.height / 2 - (y0 + y1) / 2 * view.scale;
    redraw();
  }

  // ---- colours: each object belongs to a group of one colour
  function colour() {
    const { state } = store;
    groupOf = new Uint8Array(state.count);
    legend = null;
    const column = state.byName.get(look.colour);
    if (look.colour === "turn") {
      groups = data.colours.instances;
      const labels = state.columns[0].values;
      for (let i = 0; i < state.count; i++) groupOf[i] = (labels[i] - 1) % groups.length;
    } else if (column?.kind === "name") {
      groups = data.colours.kinds;
      for (let i = 0; i < state.count; i++) groupOf[i] = column.values[i];
    } else if (column?.kind === "boolean" || !column) {
      groups = [data.colours.complete, data.colours.cut];
      if (column) for (let i = 0; i < state.count; i++) groupOf[i] = column.values[i] ? 1 : 0;
    } else colourByValue(column);
    paintLegend(column);
  }

  function colourByValue(column) {
    const ordered = [...column.values].filter(Number.isFinite).sort((a, b) => a - b);
    const low = ordered[Math.floor(0.02 * (ordered.length - 1))] ?? 0, high = ordered[Math.ceil(0.98 * (ordered.length - 1))] ?? 1;
    groups = [...data.colours.ramp, data.colours.missing];
    const steps = data.colours.ramp.length;
    for (let i = 0; i < store.state.count; i++) {
      const share = high > low ? (column.values[i] - low) / (high - low) : 0.5;
      groupOf[i] = Number.isFinite(share) ? Math.min(steps - 1, Math.max(0, Math.floor(share * steps))) : steps;
    }
    legend = { low, high };
  }

  function paintLegend(column) {
    const place = $("#legend-colours");
    place.replaceChildren();
    const swatch = (ink, text) => {
      const mark = page.make("span", { class: "swatch" });
      mark.style.borderColor = ink;
      place.append(page.make("span", {}, mark, text));
    };
    if (legend) {
      const ramp = page.make("span", { class: "ramp" });
      ramp.style.background = `linear-gradient(to right, ${data.colours.ramp.join(",")})`;
      const written = (value) => `${number(value / column.shown_factor, 3)} ${column.shown_unit}`.trim();
      place.append(page.make("span", {}, `${column.label}: `, `≤ ${written(legend.low)}`, ramp, `≥ ${written(legend.high)}`));
    } else if (column?.kind === "name") {
      column.names.forEach((name, code) => swatch(groups[code], name));
    } else if (column) {
      swatch(data.colours.complete, page.told("complete: in the statistics"));
      swatch(data.colours.cut, page.told("cut by the border: counted only"));
    } else if (look.colour === "turn") place.append(page.told("Colours only tell neighbours apart."));
  }

  // ---- painting
  function redraw() {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; paint(); });
  }

  function paint() {
    const ratio = canvas.width / view.width;
    draw(context, { ...view, ratio, mat: getComputedStyle(canvas.parentElement).backgroundColor });
    canvas.style.touchAction = view.scale > view.fit * 1.001 ? "none" : "pan-y";
    $("#zoom-status").textContent = view.scale > view.fit * 1.001 ? page.told("{n} % of image pixels", { n: number(view.scale * 100, 3) }) : "";
  }

  function draw(target, port) {
    target.setTransform(port.ratio, 0, 0, port.ratio, 0, 0);
    target.fillStyle = port.mat;
    target.fillRect(0, 0, port.width, port.height);
    target.imageSmoothingEnabled = port.scale * data.width / image.naturalWidth < 3;
    target.imageSmoothingQuality = "high";
    target.drawImage(image, port.x, port.y, data.width * port.scale, data.height * port.scale);
    drawExcluded(target, port);
    const paths = pathsByGroup(port);
    drawPaths(target, paths, lineWidth(port));
    if (store.state.chosen >= 0) drawChosen(target, port);
    if (look.numbers) drawNumbers(target, port);
    if (data.pixel_size_nm) drawScaleBar(target, port);
  }

  function drawExcluded(target, port) {
    if (!data.content) return;
    const { top, left, bottom, right } = data.content;
    const area = new Path2D();
    area.rect(port.x, port.y, data.width * port.scale, data.height * port.scale);
    area.rect(port.x + left * port.scale, port.y + top * port.scale, (right - left) * port.scale, (bottom - top) * port.scale);
    target.fillStyle = "rgb(11 12 14 / 0.45)";
    target.fill(area, "evenodd");
  }

  function inView(row, port) {
    const [x0, y0, x1, y1] = boxes.subarray(4 * row, 4 * row + 4);
    return x1 * port.scale + port.x >= 0 && x0 * port.scale + port.x <= port.width
      && y1 * port.scale + port.y >= 0 && y0 * port.scale + port.y <= port.height;
  }

  function pathsByGroup(port) {
    const paths = groups.map(() => []);
    const faded = [];
    const filled = new Map();
    for (let row = 0; row < store.state.count; row++) {
      if (!inView(row, port)) continue;
      const list = store.state.mask[row] ? paths[groupOf[row]] : faded;
      const used = filled.get(list) ?? 0;
      if (used % OBJECTS_PER_PATH === 0) list.push(new Path2D());
      filled.set(list, used + 1);
      trace(list[list.length - 1], row, port);
    }
    return { paths, faded };
  }

  // Points closer than 0.7 screen pixels to the last one are skipped: far out, an outline needs no more.
  function trace(path, row, port) {
    const { points, first } = outline;
    let lastX = Infinity, lastY = Infinity;
    for (let p = first[row]; p < first[row + 1]; p++) {
      const x = points[2 * p] * port.scale + port.x, y = points[2 * p + 1] * port.scale + port.y;
      if (Math.abs(x - lastX) < 0.7 && Math.abs(y - lastY) < 0.7) continue;
      if (lastX === Infinity) path.moveTo(x, y); else path.lineTo(x, y);
      lastX = x; lastY = y;
    }
    if (lastX !== Infinity) path.closePath();
  }

  function drawPaths(target, { paths, faded }, width) {
    target.lineJoin = "round";
    target.lineWidth = width * 0.7;
    target.strokeStyle = "rgb(200 205 210 / 0.35)";
    if (look.outlines) for (const path of faded) target.stroke(path);
    target.lineWidth = width;
    paths.forEach((list, group) => {
      target.fillStyle = target.strokeStyle = groups[group];
      for (const path of list) {
        if (look.fill) { target.globalAlpha = 0.42 * look.opacity; target.fill(path); }
        if (look.outlines) { target.globalAlpha = look.opacity; target.stroke(path); }
      }
    });
    target.globalAlpha = 1;
  }

  function drawChosen(target, port) {
    const path = new Path2D();
    trace(path, store.state.chosen, port);
    target.lineJoin = "round";
    target.lineWidth = 5; target.strokeStyle = "rgb(0 0 0 / 0.7)"; target.stroke(path);
    target.lineWidth = 2.5; target.strokeStyle = "#ffffff"; target.stroke(path);
  }

  function drawNumbers(target, port) {
    target.font = "600 11px system-ui, sans-serif";
    target.textAlign = "center"; target.textBaseline = "middle";
    target.lineWidth = 3; target.strokeStyle = "rgb(0 0 0 / 0.75)"; target.fillStyle = "#ffffff";
    const labels = store.state.columns[0].values;
    for (let row = 0; row < store.state.count; row++) {
      if (!store.state.mask[row]) continue;
      const [x0, y0, x1, y1] = boxes.subarray(4 * row, 4 * row + 4);
      const text = String(labels[row]);
      if ((x1 - x0) * port.scale < 5 + 6.2 * text.length || (y1 - y0) * port.scale < 12 || !inView(row, port)) continue;
      const x = (x0 + x1) / 2 * port.scale + port.x, y = (y0 + y1) / 2 * port.scale + port.y;
      target.strokeText(text, x, y); target.fillText(text, x, y);
    }
  }

  function roundBelow(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return [5, 2, 1].find((step) => step * power <= value) * power;
  }

  function drawScaleBar(target, port) {
    const visible = Math.min(port.width, data.width * port.scale);
    const length = roundBelow(visible * 0.24 / port.scale * data.pixel_size_nm);
    const unit = [...data.units].reverse().find((u) => length >= u.size * 0.9999) ?? data.units[0];
    const pixels = length / data.pixel_size_nm * port.scale, text = `${page.plain(length / unit.size)} ${unit.symbol}`;
    target.font = "600 13px system-ui, sans-serif";
    const width = Math.max(pixels, target.measureText(text).width) + 20;
    const [left, top] = freeCorner(port, width, 40);
    target.fillStyle = "rgb(0 0 0 / 0.62)";
    target.beginPath(); target.roundRect(left, top, width, 40, 4); target.fill();
    target.fillStyle = "#ffffff";
    target.fillRect(left + width / 2 - pixels / 2, top + 27, pixels, 4);
    target.textAlign = "center"; target.textBaseline = "alphabetic";
    target.fillText(text, left + width / 2, top + 20);
  }

  // The corner of the evaluated part that is in view in which a box covers nothing printed: the instrument's own bar.
  function freeCorner(port, width, height) {
    const { top, left, bottom, right } = data.content ?? { top: 0, left: 0, bottom: data.height, right: data.width };
    const margin = 12;
    const x0 = Math.max(0, port.x + left * port.scale) + margin, x1 = Math.min(port.width, port.x + right * port.scale) - margin - width;
    const y0 = Math.max(0, port.y + top * port.scale) + margin, y1 = Math.min(port.height, port.y + bottom * port.scale) - margin - height;
    const covers = ([x, y]) => data.printed.some((box) =>
      x < port.x + box.right * port.scale && x + width > port.x + box.left * port.scale
      && y < port.y + box.bottom * port.scale && y + height > port.y + box.top * port.scale);
    const corners = [[x1, y1], [x0, y1], [x0, y0], [x1, y0]];
    return corners.find((corner) => !covers(corner)) ?? corners[0];
  }

  // The whole picture at a fixed size, whatever the view on the screen shows now.
  function wholePort(width) {
    const scale = Math.min(width / data.width, width / data.height);
    return { scale, x: 0, y: 0, width: data.width * scale, height: data.height * scale, mat: "#ffffff" };
  }

  function paintForPrint() {
    const port = wholePort(1000);
    canvas.width = Math.round(port.width * 2); canvas.height = Math.round(port.height * 2);
    draw(context, { ...port, ratio: 2 });
  }

  function save() {
    const longest = Math.max(image.naturalWidth, image.naturalHeight, 1600);
    const port = wholePort(1200), ratio = longest / 1200;
    const sheet = page.make("canvas", { width: Math.round(port.width * ratio), height: Math.round(port.height * ratio) });
    draw(sheet.getContext("2d"), { ...port, ratio });
    sheet.toBlob((blob) => page.download(`${data.stem}-outlines.png`, blob));
  }

  // ---- picking
  function inside(row, x, y) {
    const { points, first } = outline;
    let odd = false;
    for (let p = first[row], q = first[row + 1] - 1; p < first[row + 1]; q = p++) {
      const px = points[2 * p], py = points[2 * p + 1], qx = points[2 * q], qy = points[2 * q + 1];
      if ((py > y) !== (qy > y) && x < (qx - px) * (y - py) / (qy - py) + px) odd = !odd;
    }
    return odd;
  }

  function rowAt(event) {
    const frameBox = canvas.getBoundingClientRect();
    const x = (event.clientX - frameBox.left - view.x) / view.scale, y = (event.clientY - frameBox.top - view.y) / view.scale;
    let best = -1, bestArea = Infinity;
    for (let row = 0; row < store.state.count; row++) {
      const [x0, y0, x1, y1] = boxes.subarray(4 * row, 4 * row + 4);
      if (x < x0 || x > x1 || y < y0 || y > y1) continue;
      const area = (x1 - x0) * (y1 - y0);
      if (area < bestArea && inside(row, x, y)) { best = row; bestArea = area; }
    }
    return best;
  }

  function describe(row) {
    const { columns } = store.state;
    return columns.filter((column) => column.card).map((column) => [column.label, shown(column, row)]);
  }

  function shown(column, row) {
    if (column.kind === "boolean") return page.told(column.values[row] ? "yes" : "no");
    if (column.kind === "name") return column.shown_names[column.values[row]];
    const value = column.kind === "integer" ? page.whole(column.values[row]) : number(column.values[row] / column.shown_factor, 4);
    return column.shown_unit === "°" ? `${value}°` : `${value} ${column.shown_unit}`.trim();
  }

  function showCard() {
    const card = $("#card"), row = store.state.chosen;
    card.hidden = row < 0;
    if (row < 0) return;
    $("#card-title").textContent = `${store.state.columns[0].label} ${store.state.columns[0].values[row]}`;
    const list = $("dl", card);
    list.replaceChildren(...describe(row).flatMap(([key, value]) => [page.make("dt", {}, key), page.make("dd", {}, value)]));
    const cut = store.state.columns.find((column) => column.name === "touches_border");
    $(".note", card).hidden = !(cut && cut.values[row]);
    page.announce(page.told("{what} chosen", { what: `${store.state.columns[0].label} ${store.state.columns[0].values[row]}` }));
  }

  // ---- input
  const pointers = new Map();
  let moved = 0, pinch = 0;

  function onDown(event) {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    moved = 0;
    pinch = spread();
  }

  function spread() {
    const [a, b] = [...pointers.values()];
    return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  }

  function onMove(event) {
    const before = pointers.get(event.pointerId);
    if (!before) return hover(event);
    const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
    moved += Math.abs(dx) + Math.abs(dy);
    pointers.set(event.pointerId, event);
    if (pointers.size === 2) {
      const now = spread(), box = canvas.getBoundingClientRect(), [a, b] = [...pointers.values()];
      if (pinch) zoom(now / pinch, (a.clientX + b.clientX) / 2 - box.left, (a.clientY + b.clientY) / 2 - box.top);
      pinch = now;
    } else if (view.scale > view.fit * 1.001) {
      canvas.classList.add("dragging");
      view.x += dx; view.y += dy;
      clamp();
      redraw();
    }
  }

  function hover(event) {
    const row = rowAt(event);
    canvas.classList.toggle("over", row >= 0);
    if (row < 0) page.hideTip();
    else page.showTip([`${store.state.columns[0].label} ${store.state.columns[0].values[row]}`, ...describe(row).slice(0, 2).map((pair) => pair.join(": "))].join("\n"), event.clientX, event.clientY);
  }

  function onUp(event) {
    const click = pointers.size === 1 && moved < 5;
    pointers.delete(event.pointerId);
    canvas.classList.remove("dragging");
    if (!click || event.type === "pointercancel") return;
    view.focused = true;
    store.choose(rowAt(event), "picture");
  }

  function onWheel(event) {
    if (!(event.ctrlKey || event.metaKey || view.focused)) return;
    if (event.deltaY > 0 && view.scale <= view.fit * 1.001) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
  }

  function next(step) {
    const { count, mask, kept, chosen } = store.state;
    if (!kept) return;
    let row = chosen < 0 ? (step > 0 ? -1 : count) : chosen;
    do row = (row + step + count) % count; while (!mask[row]);
    store.choose(row, "keys");
  }

  function onKey(event) {
    const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    const acts = { "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit, n: () => next(1), p: () => next(-1), Escape: () => store.choose(-1, "picture") };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (pan && view.scale > view.fit * 1.001) { view.x += pan[0]; view.y += pan[1]; clamp(); redraw(); }
    else if (acts[event.key]) acts[event.key]();
    else return;
    event.preventDefault();
  }

  function listen() {
    canvas.addEventListener("pointerdown", onDown);
    canvas.addEventListener("pointermove", onMove);
    canvas.addEventListener("pointerup", onUp);
    canvas.addEventListener("pointercancel", onUp);
    canvas.addEventListener("pointerleave", page.hideTip);
    canvas.addEventListener("wheel", onWheel, { passive: false });
    canvas.addEventListener("dblclick", (event) => { const box = canvas.getBoundingClientRect(); zoom(2, event.clientX - box.left, event.clientY - box.top); });
    canvas.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", (event) => { if (event.target !== canvas) view.focused = false; });
    $("#zoom-in").addEventListener("click", () => zoom(1.5));
    $("#zoom-out").addEventListener("click", () => zoom(1 / 1.5));
    $("#zoom-fit").addEventListener("click", fit);
    $("#zoom-full").addEventListener("click", () => zoom(1 / view.scale));
    $("#save-picture").addEventListener("click", save);
    $("#card-close").addEventListener("click", () => store.choose(-1, "picture"));
    for (const key of ["outlines", "fill", "numbers"]) $(`#show-${key}`).addEventListener("change", (event) => { look[key] = event.target.checked; redraw(); });
    $("#opacity").addEventListener("input", (event) => { look.opacity = Number(event.target.value); redraw(); });
    $("#colour-by").addEventListener("change", (event) => { look.colour = event.target.value; colour(); redraw(); });
  }

  return { setUp, shown };
})();
