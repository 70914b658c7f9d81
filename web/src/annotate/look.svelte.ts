/** How the picture looks: kept in this browser. */
import type { Look } from "../canvas/LabelLayer";

const KEPT = "uniaims.look";
export const PLAIN: Look = { low: 0, high: 1, gamma: 1, inverted: false, ramp: "grey", filled: true, opacity: 0.22, outline: 1 };

function kept(): Look {
  try {
    return { ...PLAIN, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return PLAIN;
  }
}

export const look = $state<Look>(kept());
/** By what instances are coloured: their number, their kind, or a column, with the ends of its scale. */
export const colouring = $state<{ by: string; range: [number, number] }>({ by: "number", range: [0, 1] });

export function keepLook(): void {
  localStorage.setItem(KEPT, JSON.stringify(look));
}
