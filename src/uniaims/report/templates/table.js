// The table of objects: sorted, filtered, paged, linked to the picture, saved as CSV.
const table = (() => {
  const { $, $$, make, number } = page;
  const look = { shown: [], sort: 0, descending: false, page: 0, size: 25 };
  let data, order = [];

  function setUp(pageData) {
    data = pageData;
    const { columns } = store.state;
    look.shown = columns.filter((column) => column.shown).map((column) => column.name);
    $("#column-menu").append(...columns.slice(1).map((column) => make("label", { title: column.definition },
      make("input", { type: "checkbox", value: column.name, checked: column.shown, onchange: pickColumns }), column.label)));
    $("#filter-column").append(...columns.filter((column) => column.kind !== "name").map((column) => make("option", { value: column.name }, heading(column))));
    for (const button of $$("[data-kind]")) button.addEventListener("click", () => onlyKind(Number(button.dataset.kind)));
    $("#filter-form").addEventListener("submit", onFilter);
    $("#page-size").addEventListener("change", (event) => { look.size = Number(event.target.value); look.page = 0; paint(); });
    $("#page-before").addEventListener("click", () => turn(-1));
    $("#page-after").addEventListener("click", () => turn(1));
    $("#only-complete")?.addEventListener("change", onlyComplete);
    for (const button of $$("[data-csv]")) button.addEventListener("click", () => saveCsv(button.dataset.csv === "filtered"));
    $("#objects tbody").addEventListener("click", (event) => chooseFrom(event.target));
    $("#objects tbody").addEventListener("keydown", onKey);
    store.on("filter", () => { look.page = 0; reorder(); paintChips(); });
    store.on("choose", (event) => { if (event.detail !== "table") bringUp(store.state.chosen); else mark(); });
    addEventListener("beforeprint", () => { $("#print-caption").textContent = printCaption(); });
    reorder();
    paintChips();
  }

  const heading = (column) => (column.shown_unit ? `${column.label} / ${column.shown_unit}` : column.label);

  // ---- order and pages
  function reorder() {
    const { columns, mask, count } = store.state;
    const { values } = columns[look.sort];
    const sign = look.descending ? -1 : 1;
    order = [];
    for (let row = 0; row < count; row++) if (mask[row]) order.push(row);
    order.sort((a, b) => { // missing values last, whichever way
      const x = values[a], y = values[b];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b;
      return sign * (x - y) || a - b;
    });
    paint();
  }

  const pages = () => Math.max(1, Math.ceil(order.length / look.size));

  function turn(step) {
    look.page = Math.min(Math.max(look.page + step, 0), pages() - 1);
    paint();
  }

  function sortBy(index) {
    look.descending = look.sort === index ? !look.descending : index > 0;
    look.sort = index;
    look.page = 0;
    reorder();
    $(`#objects th[data-index="${index}"] button`)?.focus();
  }

  function bringUp(row) {
    const place = order.indexOf(row);
    if (place >= 0) look.page = Math.floor(place / look.size);
    paint();
  }

  // ---- painting
  function paint() {
    const { columns } = store.state;
    const shown = columns.map((column, index) => ({ ...column, index })).filter((column) => look.shown.includes(column.name));
    look.page = Math.min(look.page, pages() - 1);
    $("#objects thead").replaceChildren(make("tr", {}, ...shown.map(headCell)));
    const rows = order.slice(look.page * look.size, (look.page + 1) * look.size);
    $("#objects tbody").replaceChildren(...rows.map((row) => bodyRow(row, shown)));
    $("#page-status").textContent = order.length
      ? page.told("{n} – {m} of {all}", { n: page.whole(look.page * look.size + 1), m: page.whole(look.page * look.size + rows.length), all: page.whole(order.length) })
      : page.told("no {noun} fits the filters", { noun: store.state.noun.singular });
    $("#page-before").disabled = look.page === 0;
    $("#page-after").disabled = look.page >= pages() - 1;
    mark();
  }

  function headCell(column) {
    const sorted = column.index === look.sort ? (look.descending ? "descending" : "ascending") : "none";
    const unit = column.shown_unit ? [make("span", { class: "unit" }, ` /\u00a0${column.shown_unit}`)] : [];
    const button = make("button", { type: "button", title: column.definition, onclick: () => sortBy(column.index) }, column.label, ...unit);
    return make("th", { scope: "col", class: "number", "aria-sort": sorted, "data-index": column.index }, button);
  }

  function bodyRow(row, shown) {
    return make("tr", { tabindex: 0, "data-row": row }, ...shown.map((column) => make("td", { class: "number" }, cell(column, row))));
  }

  function cell(column, row) {
    const value = column.values[row];
    if (column.kind === "boolean") return page.told(value ? "yes" : "no");
    if (column.kind === "name") return column.shown_names[value];
    return column.kind === "integer" ? page.whole(value) : number(value / column.shown_factor, 4);
  }

  function mark() {
    for (const row of $$("#objects tbody tr")) row.setAttribute("aria-selected", String(Number(row.dataset.row) === store.state.chosen));
  }

  function printCaption() {
    const rows = $$("#objects tbody tr").length;
    const parts = { n: rows, all: page.whole(store.state.count), nouns: store.state.noun.plural };
    return page.told(rows < store.state.count ? "{n} of {all} {nouns}; all are in the measurement files beside this report." : "All {nouns}.", parts);
  }

  // ---- choosing
  function chooseFrom(target) {
    const row = target.closest("tr")?.dataset.row;
    if (row === undefined) return;
    store.choose(Number(row), "table");
    $("#picture")?.scrollIntoView({ block: "start" });
  }

  function onKey(event) {
    const row = event.target.closest("tr");
    if (!row) return;
    if (event.key === "Enter" || event.key === " ") chooseFrom(row);
    else if (event.key === "ArrowDown") row.nextElementSibling?.focus();
    else if (event.key === "ArrowUp") row.previousElementSibling?.focus();
    else return;
    event.preventDefault();
  }

  // ---- filters
  function onFilter(event) {
    event.preventDefault();
    const column = store.state.byName.get($("#filter-column").value);
    const read = (field) => (field.value.trim() === "" ? null : Number(field.value.replace(",", ".")));
    const low = read($("#filter-low")), high = read($("#filter-high"));
    if ((low === null && high === null) || Number.isNaN(low) || Number.isNaN(high)) {
      page.announce(page.told("Give a lower bound, an upper bound or both, as numbers"));
      return $("#filter-low").focus();
    }
    store.addFilter({ column: column.name, low: (low ?? -Infinity) * column.shown_factor, high: (high ?? Infinity) * column.shown_factor, key: "range" });
  }

  function onlyComplete(event) {
    const filter = { column: "touches_border", low: 0, high: 0, key: "complete", text: page.told("complete {nouns} only", { nouns: store.state.noun.plural }) };
    if (event.target.checked) store.addFilter(filter);
    else store.state.filters.filter((other) => other.key === "complete").forEach(store.removeFilter);
  }

  function onlyKind(code) {
    const column = store.state.byName.get("kind");
    store.addFilter({ column: "kind", low: code, high: code, key: "kind", text: column.names[code] });
    page.announce($("#filter-status")?.textContent ?? "");
  }

  function filterText(filter) {
    if (filter.text) return filter.text;
    const column = store.state.byName.get(filter.column);
    const unit = column.shown_unit ? ` ${column.shown_unit}` : "";
    const low = number(filter.low / column.shown_factor, 4), high = number(filter.high / column.shown_factor, 4);
    if (filter.low === -Infinity) return `${column.label} ≤ ${high}${unit}`;
    if (filter.high === Infinity) return `${column.label} ≥ ${low}${unit}`;
    return `${column.label} ${low} – ${high}${unit}`;
  }

  function paintChips() {
    const { filters, kept, count, noun } = store.state;
    $("#filters").replaceChildren(...filters.map((filter) => make("span", { class: "chip" }, filterText(filter),
      make("button", { type: "button", "aria-label": page.told("Remove the filter {what}", { what: filterText(filter) }), onclick: () => store.removeFilter(filter) }, "×"))));
    const complete = $("#only-complete");
    if (complete) complete.checked = filters.some((filter) => filter.key === "complete");
    const status = filters.length ? page.told("{n} of {all} {nouns} pass the filters", { n: page.whole(kept), all: page.whole(count), nouns: noun.plural }) : "";
    if ($("#filter-status")) $("#filter-status").textContent = status;
    for (const button of $$("[data-csv=filtered]")) button.hidden = !filters.length;
  }

  function pickColumns() {
    const picked = new Set($$("#column-menu input:checked").map((box) => box.value));
    look.shown = store.state.columns.filter((column, i) => i === 0 || picked.has(column.name)).map((column) => column.name);
    paint();
  }

  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  // ---- CSV: names and units of measurements.csv, floats with the 7 digits that the page carries
  function saveCsv(filtered) {
    const { columns, count } = store.state;
    const rows = filtered ? order : Array.from({ length: count }, (_, row) => row);
    const written = (column, row) => {
      const value = column.values[row];
      if (column.kind === "boolean") return value ? "true" : "false";
      if (column.kind === "name") return quoted(column.names[value]);
      if (column.kind === "integer") return String(value);
      return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : "";
    };
    const lines = [columns.map((column) => column.name).join(",")];
    for (const row of rows) lines.push(columns.map((column) => written(column, row)).join(","));
    page.download(`${data.stem}-measurements.csv`, `${lines.join("\n")}\n`, "text/csv");
  }

  return { setUp };
})();
