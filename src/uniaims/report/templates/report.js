// Starts the report: data first, then whoever shows it.
(async () => {
  const data = JSON.parse(page.$("#data").textContent);
  page.setUp(data.stem);
  try {
    await store.load(data.columns);
    await viewer.setUp(data);
    if (store.state.count) { table.setUp(data); charts.setUp(); }
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    const note = page.$("#script-trouble");
    note.hidden = false;
    note.querySelector("span").textContent = String(error);
  }
})();
