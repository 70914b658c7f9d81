// The state that table, picture and charts share: columns, filters, the chosen object; whoever wants to know listens.
const store = (() => {
  const state = { noun: { singular: "object", plural: "objects" }, columns: [], byName: new Map(), count: 0, filters: [], mask: new Uint8Array(0), kept: 0, chosen: -1 };
  const bus = new EventTarget();

  async function load(specs, noun) {
    state.noun = noun;
    const values = await Promise.all(specs.map((spec) => arrayEncoding.unpackArray(spec.values)));
    state.columns = specs.map((spec, i) => ({ ...spec, values: values[i] }));
    state.byName = new Map(state.columns.map((column) => [column.name, column]));
    state.count = values.length ? values[0].length : 0;
    refilter();
  }

  function refilter() {
    state.mask = new Uint8Array(state.count).fill(1);
    for (const filter of state.filters) {
      const { values } = state.byName.get(filter.column);
      for (let i = 0; i < state.count; i++) if (!(values[i] >= filter.low && values[i] <= filter.high)) state.mask[i] = 0;
    }
    state.kept = state.mask.reduce((sum, kept) => sum + kept, 0);
    bus.dispatchEvent(new Event("filter"));
  }

  function addFilter(filter) {
    state.filters = state.filters.filter((other) => other.column !== filter.column || other.key !== filter.key).concat(filter);
    refilter();
  }

  function removeFilter(filter) {
    state.filters = state.filters.filter((other) => other !== filter);
    refilter();
  }

  function choose(row, from) {
    state.chosen = row;
    bus.dispatchEvent(new CustomEvent("choose", { detail: from }));
  }

  const on = (name, listener) => bus.addEventListener(name, listener);

  return { state, load, addFilter, removeFilter, choose, on };
})();
