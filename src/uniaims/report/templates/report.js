// Starts the report: data first, then whoever shows it.
(async () => {
  const data = JSON.parse(page.$("#data").textContent);
  page.setUp(data.stem);
  try {
    await store.load(data.columns, data.noun);
    if (page.$("#picture-canvas")) await viewer.setUp(data); // a kind of report may leave sections out
    if (store.state.count && page.$("#objects")) table.setUp(data);
    if (store.state.count) charts.setUp();
    for (const button of page.$$("[data-choose]")) button.addEventListener("click", () => {
      store.choose(Number(button.dataset.choose), "check");
      page.$("#picture")?.scrollIntoView({ block: "start" });
    });
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    const note = page.$("#script-trouble");
    note.hidden = false;
    note.querySelector("span").textContent = String(error);
  }
})();
