/** Filters and order of the instance list: predicates over columns, each a plain value. */
export interface Filter {
  column: string;
  least: number | null;
  most: number | null;
}
/** Values of a column, one a row; NaN: not known. */
export type Lookup = (column: string) => ArrayLike<number>;

/** Rows that are alive and pass every filter, in order of a column; what is NaN comes last either way. */
export function arrange(alive: ArrayLike<number>, filters: Filter[], sort: string, descending: boolean, look: Lookup): Uint32Array {
  const kept = new Uint32Array(alive.length);
  const tests = filters.map((filter) => ({ ...filter, values: look(filter.column) }));
  let count = 0;
  for (let row = 0; row < alive.length; row++) {
    const passes = alive[row] > 0 && tests.every(({ values, least, most }) => (least === null || values[row] >= least) && (most === null || values[row] <= most));
    if (passes) kept[count++] = row;
  }
  const values = look(sort);
  const sign = descending ? -1 : 1;
  return kept.subarray(0, count).sort((a, b) => {
    const [left, right] = [values[a], values[b]];
    if (left === right) return a - b;
    if (Number.isNaN(left) || Number.isNaN(right)) return +Number.isNaN(left) - +Number.isNaN(right) || a - b;
    return sign * (left - right);
  });
}
