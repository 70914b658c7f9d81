/** The map: OpenLayers moves and zooms (1 unit = 1 px of the picture, y upwards), the label layer draws. */
import OlMap from "ol/Map";
import View from "ol/View";
import Layer from "ol/layer/Layer";
import { getCenter } from "ol/extent";
import { defaults } from "ol/interaction/defaults";
import Projection from "ol/proj/Projection";
import type { LabelLayer, Look, Sight } from "./LabelLayer";
import type { Rectangle } from "./TileStore";
import type { Point } from "../annotate/shapes";

type Places = { images: [number, number, number][]; labels: [number, number, number][] };

export class Sights {
  readonly map: OlMap;
  private readonly layer: Layer;
  private readonly view: View;
  private readonly whole: [number, number, number, number];

  constructor(
    target: HTMLElement,
    private readonly width: number,
    private readonly height: number,
    private readonly labels: LabelLayer,
    look: () => Look,
    onFrame: (sight: Sight, needed: Places) => void,
  ) {
    this.whole = [0, -height, width, 0];
    const projection = new Projection({ code: "pixels", units: "pixels", extent: this.whole });
    this.view = new View({ projection, center: getCenter(this.whole), minResolution: 1 / 40, maxResolution: Math.max(width, height) / 200, resolution: 1, smoothExtentConstraint: false });
    this.layer = new Layer({
      render: (state) => {
        const sight = sightOf(state.viewState.center, state.viewState.resolution, state.size ?? undefined, state.pixelRatio);
        const needed = labels.draw(sight, look());
        onFrame(sight, needed);
        if (labels.unfinished) requestAnimationFrame(() => this.layer.changed());
        return labels.canvas;
      },
    });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const interactions = defaults({ altShiftDragRotate: false, pinchRotate: false, shiftDragZoom: false, doubleClickZoom: false, zoomDuration: still ? 0 : 120 });
    this.map = new OlMap({ target, view: this.view, layers: [this.layer], controls: [], interactions, keyboardEventTarget: target });
    this.fit();
  }

  redraw(): void {
    this.layer.changed();
  }

  fit(): void {
    this.view.fit(this.whole, { size: this.map.getSize(), padding: [12, 12, 12, 12] });
  }

  /** Bring a box of the picture into view, with room around it. */
  show(box: Rectangle): void {
    const size = Math.max(box.right - box.left, box.bottom - box.top, 8);
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    this.view.fit([x - size * 1.6, -(y + size * 1.6), x + size * 1.6, -(y - size * 1.6)], { size: this.map.getSize() });
  }

  /** Move there without zooming, unless it is in view already. */
  centre(point: Point): void {
    const { sight } = this;
    const [dx, dy] = [Math.abs(point.x - sight.x) / sight.resolution, Math.abs(point.y - sight.y) / sight.resolution];
    if (dx > sight.width * 0.42 || dy > sight.height * 0.42) this.view.setCenter([point.x, -point.y]);
  }

  goTo(point: Point): void {
    this.view.setCenter([point.x, -point.y]);
  }

  zoomBy(factor: number): void {
    this.view.setResolution(this.view.getResolution()! / factor);
  }

  get sight(): Sight {
    return sightOf(this.view.getCenter()!, this.view.getResolution()!, this.map.getSize() ?? [1, 1], devicePixelRatio);
  }

  /** A place on the screen in pixels of the picture. */
  pointAt(event: { clientX: number; clientY: number }): Point {
    const frame = this.map.getTargetElement()!.getBoundingClientRect();
    const { x, y, resolution, width, height } = this.sight;
    return { x: x + (event.clientX - frame.left - width / 2) * resolution, y: y + (event.clientY - frame.top - height / 2) * resolution };
  }

  isInside(point: Point): boolean {
    return point.x >= 0 && point.y >= 0 && point.x < this.width && point.y < this.height;
  }

  close(): void {
    this.map.setTarget(undefined);
    this.labels.canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function sightOf(centre: number[], resolution: number, size: number[] = [1, 1], ratio: number): Sight {
  return { x: centre[0], y: -centre[1], resolution, width: size[0], height: size[1], ratio };
}
