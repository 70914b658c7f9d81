import { expect, it } from "vitest";
import { durationText, pathOf, rangeOf, ticks } from "../src/teach/curve";

it.each([
  [[0.2, 0.9], { low: 0, high: 0.9 }],
  [[0.8, 0.9], { low: 0.8, high: 0.9 }],
  [[-2, 5], { low: -2, high: 5 }],
  [[3], { low: 2.5, high: 3.5 }],
  [[0], { low: -0.5, high: 0.5 }],
])("the range of %j", (values, wanted) => expect(rangeOf(values)).toEqual(wanted));

it.each([
  [{ low: 0, high: 1 }, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [{ low: 0.13, high: 0.31 }, 4, [0.15, 0.2, 0.25, 0.3]],
  [{ low: 0, high: 100 }, 5, [0, 20, 40, 60, 80, 100]],
])("round numbers of %j", (range, about, wanted) => expect(ticks(range, about)).toEqual(wanted));

it("a path goes upwards as values do", () => {
  expect(pathOf([[0, 1], [10, 3]], { low: 0, high: 20 }, { low: 1, high: 3 }, 200, 50)).toBe("M0.0 50.0L100.0 0.0");
  expect(pathOf([], { low: 0, high: 1 }, { low: 0, high: 1 }, 10, 10)).toBe("");
});

it.each([[-3, "0 s"], [59.4, "59 s"], [60, "1 min"], [75, "1 min 15 s"], [3599, "59 min"], [7260, "2 h 1 min"]])("%f seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));
