// The overview: sorting and searching.
(() => {
  const { $, $$ } = page;
  const data = JSON.parse($("#data").textContent);
  page.setUp(data.stem);

  const valueOf = (row, index) => Number(row.cells[index].dataset.value);

  function sort(table, heading) {
    const index = heading.cellIndex, was = heading.getAttribute("aria-sort");
    const descending = was ? was === "ascending" : index > 1;
    for (const other of $$("th", table.tHead)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => {
      const x = valueOf(a, index), y = valueOf(b, index);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return descending ? y - x : x - y;
    });
    table.tBodies[0].append(...rows);
  }

  for (const table of $$("table.images")) {
    for (const button of $$("thead button", table)) button.addEventListener("click", () => sort(table, button.closest("th")));
  }

  for (const search of $$(".search")) {
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      const rows = [...document.getElementById(search.dataset.table).tBodies[0].rows];
      for (const row of rows) row.hidden = !row.cells[1].textContent.toLowerCase().includes(wanted);
      const found = rows.filter((row) => !row.hidden).length;
      search.closest(".table-tools").querySelector(".found").textContent = wanted ? page.told("{n} of {all}", { n: found, all: rows.length }) : "";
    });
  }
  document.documentElement.dataset.ready = "true";
})();
