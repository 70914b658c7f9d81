// The page of a dataset: theme, print, tips and downloads of charts, as on every page.
page.setUp(JSON.parse(page.$("#data").textContent).stem);
