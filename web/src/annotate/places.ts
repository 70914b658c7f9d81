/** Windows of pixels and boxes around points. */
import type { Rectangle } from "../canvas/TileStore";
import type { Window } from "./regions";
import type { Point } from "./shapes";
import type { Stroke } from "./Stroke";

/** A window of numbers and where it lies in the picture. */
export interface Found extends Window, Rectangle {}

/** Paint the pixel at a place of a window. */
export function dot(stroke: Stroke, window: Pick<Found, "top" | "left" | "width">, place: number): void {
  const y = window.top + Math.floor(place / window.width);
  const x = window.left + (place % window.width);
  stroke.span(y, x, x + 1);
}

export function boxOf(points: Point[]): Rectangle {
  const box = { top: Infinity, left: Infinity, bottom: -Infinity, right: -Infinity };
  for (const { x, y } of points) {
    box.top = Math.min(box.top, Math.floor(y));
    box.left = Math.min(box.left, Math.floor(x));
    box.bottom = Math.max(box.bottom, Math.ceil(y));
    box.right = Math.max(box.right, Math.ceil(x));
  }
  return box;
}

/** A box with a margin around it, cut to a picture of this size. */
export function widened(box: Rectangle, margin: number, { width, height }: { width: number; height: number }): Rectangle {
  return { top: Math.max(0, box.top - margin), left: Math.max(0, box.left - margin), bottom: Math.min(height, box.bottom + margin), right: Math.min(width, box.right + margin) };
}
