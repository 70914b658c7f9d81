/** Draws picture and labels with WebGL2: all that depends on the screen is computed by the GPU. */
import { ramp } from "./colours";
import { SIDE } from "./frames";
import type { ImageTiles } from "./ImageTiles";
import { ACROSS, type LookUp } from "./LookUp";
import { greyProgram, numbersProgram, type Program, shadeProgram } from "./programs";
import { Slots } from "./Slots";
import { keyOf, type Rectangle, type TileStore } from "./TileStore";

export interface Look {
  low: number;
  high: number;
  gamma: number;
  inverted: boolean;
  ramp: "grey" | "viridis" | "fire";
  filled: boolean;
  opacity: number;
  outline: number;
}
/** What the screen shows: centre in pixels of the picture, pixels of the picture a CSS pixel, size in CSS pixels. */
export interface Sight {
  x: number;
  y: number;
  resolution: number;
  width: number;
  height: number;
  ratio: number;
}
type Place = [number, number, number];
const UPLOADS = 4;
const REMAP_ACROSS = 4096;

export class NoWebgl extends Error {}

export class LabelLayer {
  readonly canvas = document.createElement("canvas");
  hover = 0;
  surround: [number, number, number] = [0.18, 0.18, 0.18];
  /** True after a frame for which tiles were left to upload. */
  unfinished = false;
  private gl!: WebGL2RenderingContext;
  private programs!: { numbers: Program; grey: Program; shade: Program };
  private textures!: Record<"labels" | "images" | "numbers" | "greys" | "lookUp" | "ramp" | "remap", WebGLTexture>;
  private frames!: { numbers: WebGLFramebuffer; greys: WebGLFramebuffer };
  private labelSlots!: Slots;
  private imageSlots!: Slots;
  private size = [0, 0];
  private lookUpRows = 0;
  private ramp = "";
  private frame = 0;
  private uploads = 0;
  private remap = new Map<number, number>();
  private remapChanged = false;

  constructor(
    private readonly store: TileStore,
    private readonly images: () => ImageTiles | null,
    private readonly lookUp: LookUp,
    private readonly onRestored: () => void,
    private readonly slots = matchMedia("(pointer: coarse)").matches ? 48 : 96,
  ) {
    const gl = this.canvas.getContext("webgl2", { antialias: false, alpha: false, powerPreference: "high-performance" });
    if (!gl) throw new NoWebgl();
    this.gl = gl;
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.prepare();
      this.onRestored();
    });
    this.prepare();
  }

  /** Show numbers as others (0: as background) until their pixels have come anew. */
  rename(numbers: Iterable<number>, into: number): void {
    for (const number of numbers) this.remap.set(number, into);
    this.remapChanged = true;
  }

  forgetNames(numbers: Iterable<number>): void {
    for (const number of numbers) this.remap.delete(number);
    this.remapChanged = true;
  }

  /** Draw; returns the tiles that the screen needs, picture and labels, the most urgent first. */
  draw(sight: Sight, look: Look): { images: Place[]; labels: Place[] } {
    const { gl } = this;
    this.frame++;
    this.uploads = 0;
    this.unfinished = false;
    if (gl.isContextLost()) return { images: [], labels: [] };
    this.fit(Math.round(sight.width * sight.ratio), Math.round(sight.height * sight.ratio));
    gl.viewport(0, 0, this.size[0], this.size[1]);
    const perPixel = sight.resolution / sight.ratio;
    const images = this.drawImages(sight, perPixel);
    const labels = this.drawLabels(sight, perPixel);
    this.shade(look);
    return { images, labels };
  }

  private prepare(): void {
    const { gl } = this;
    this.programs = { numbers: numbersProgram(gl), grey: greyProgram(gl), shade: shadeProgram(gl) };
    const names = ["labels", "images", "numbers", "greys", "lookUp", "ramp", "remap"] as const;
    this.textures = Object.fromEntries(names.map((name) => [name, gl.createTexture()!])) as typeof this.textures;
    this.frames = { numbers: gl.createFramebuffer()!, greys: gl.createFramebuffer()! };
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.textures.labels);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R32UI, SIDE, SIDE, this.slots);
    this.filter(gl.TEXTURE_2D_ARRAY, gl.NEAREST);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.textures.images);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R8, SIDE, SIDE, this.slots);
    this.filter(gl.TEXTURE_2D_ARRAY, gl.LINEAR);
    this.labelSlots = new Slots(this.slots);
    this.imageSlots = new Slots(this.slots);
    this.size = [0, 0];
    this.lookUpRows = 0;
    this.ramp = "";
    this.remapChanged = true;
    this.lookUp.allDirty();
  }

  private filter(target: number, how: number): void {
    const { gl } = this;
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, how);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, how);
    gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  private fit(width: number, height: number): void {
    const { gl } = this;
    if (this.size[0] === width && this.size[1] === height) return;
    this.size = [width, height];
    this.canvas.width = width;
    this.canvas.height = height;
    this.target(this.frames.numbers, "numbers", gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT);
    this.target(this.frames.greys, "greys", gl.RG8, gl.RG, gl.UNSIGNED_BYTE);
  }

  private target(frame: WebGLFramebuffer, name: "numbers" | "greys", inner: number, format: number, type: number): void {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.textures[name]);
    gl.texImage2D(gl.TEXTURE_2D, 0, inner, this.size[0], this.size[1], 0, format, type, null);
    this.filter(gl.TEXTURE_2D, gl.NEAREST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.textures[name], 0);
  }

  private drawImages(sight: Sight, perPixel: number): Place[] {
    const { gl } = this;
    const images = this.images();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frames.greys);
    gl.clearBufferfv(gl.COLOR, 0, [0, 0, 0, 0]);
    if (!images) return [];
    const program = this.programs.grey;
    gl.useProgram(program.program);
    this.bind(0, gl.TEXTURE_2D_ARRAY, "images", program.at("tiles"));
    gl.uniform1i(program.at("smoothly"), +(perPixel > 0.26));
    const coarsest = images.pyramid.levels - 1;
    const level = Math.min(coarsest, Math.max(0, Math.round(Math.log2(perPixel))));
    const wanted = this.levels(level, coarsest, sight);
    for (const tile of [...wanted].sort((a, b) => b[0] - a[0])) {
      const slot = this.imageSlot(images, tile);
      if (slot !== undefined) this.quad(program, tile, slot, sight);
    }
    return wanted;
  }

  private imageSlot(images: ImageTiles, [level, y, x]: Place): number | undefined {
    const { gl } = this;
    const key = keyOf(level, y, x);
    const found = this.imageSlots.find(key, this.frame);
    if (found !== undefined) return found;
    const bitmap = images.get(level, y, x);
    if (!bitmap || this.isFull()) return undefined;
    const slot = this.imageSlots.take(key, this.frame);
    if (slot !== undefined) gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, slot, bitmap.width, bitmap.height, 1, gl.RED, gl.UNSIGNED_BYTE, bitmap);
    return slot;
  }

  private drawLabels(sight: Sight, perPixel: number): Place[] {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frames.numbers);
    gl.clearBufferuiv(gl.COLOR, 0, [0, 0, 0, 0]);
    const program = this.programs.numbers;
    gl.useProgram(program.program);
    this.bind(1, gl.TEXTURE_2D, "remap", program.at("remap"));
    this.sendRemap();
    this.bind(0, gl.TEXTURE_2D_ARRAY, "labels", program.at("tiles")); // last: tiles are sent to the unit bound here
    gl.uniform1i(program.at("remapped"), +(this.remap.size > 0));
    const coarsest = this.store.levels - 1;
    // A texel covers a screen pixel at least: no instance falls between two samples.
    const level = Math.min(coarsest, Math.max(0, Math.ceil(Math.log2(perPixel) - 1e-6)));
    const wanted = this.levels(level, coarsest, sight);
    for (const tile of [...wanted].sort((a, b) => b[0] - a[0])) {
      const slot = this.labelSlot(tile);
      if (slot !== undefined) this.quad(program, tile, slot, sight);
    }
    return wanted;
  }

  private labelSlot([level, y, x]: Place): number | undefined {
    const { gl } = this;
    const key = keyOf(level, y, x);
    const tile = this.store.get(level, y, x);
    const found = this.labelSlots.find(key, this.frame, tile?.revision);
    if (found !== undefined || !tile) return found;
    const painted = this.labelSlots.stale(key) !== undefined;
    if (!painted && this.isFull()) return undefined;
    const slot = this.labelSlots.take(key, this.frame, tile.revision);
    if (slot !== undefined) gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, slot, SIDE, SIDE, 1, gl.RED_INTEGER, gl.UNSIGNED_INT, tile.numbers);
    return slot;
  }

  private isFull(): boolean {
    if (this.uploads >= UPLOADS) this.unfinished = true;
    return this.uploads++ >= UPLOADS;
  }

  /** Tiles on the screen: of the level that fits, behind them the coarsest one. */
  private levels(level: number, coarsest: number, sight: Sight): Place[] {
    const box = visible(sight);
    const first = this.store.tilesIn(coarsest, box);
    return level === coarsest ? first : [...first, ...this.store.tilesIn(level, box)];
  }

  private quad(program: Program, [level, y, x]: Place, slot: number, sight: Sight): void {
    const { gl } = this;
    const scale = 2 ** level;
    const across = Math.min(SIDE, Math.ceil(this.store.width / scale) - x * SIDE);
    const down = Math.min(SIDE, Math.ceil(this.store.height / scale) - y * SIDE);
    const toX = (value: number) => ((value - sight.x) / sight.resolution / sight.width) * 2;
    const toY = (value: number) => ((sight.y - value) / sight.resolution / sight.height) * 2;
    const [left, top] = [x * SIDE * scale, y * SIDE * scale];
    gl.uniform4f(program.at("rect"), toX(left), toY(top + down * scale), toX(left + across * scale), toY(top));
    gl.uniform2f(program.at("size"), across, down);
    gl.uniform1i(program.at("slot"), slot);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  private shade(look: Look): void {
    const { gl } = this;
    const program = this.programs.shade;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.useProgram(program.program);
    this.bind(0, gl.TEXTURE_2D, "numbers", program.at("numbers"));
    this.bind(1, gl.TEXTURE_2D, "greys", program.at("greys"));
    this.bind(2, gl.TEXTURE_2D, "lookUp", program.at("lookUp"));
    this.sendLookUp();
    this.bind(3, gl.TEXTURE_2D, "ramp", program.at("ramp"));
    this.sendRamp(look.ramp);
    gl.uniform2f(program.at("range"), look.low, look.high);
    gl.uniform1f(program.at("gamma"), look.gamma);
    gl.uniform1i(program.at("inverted"), +look.inverted);
    gl.uniform1i(program.at("filled"), +look.filled);
    gl.uniform1f(program.at("opacity"), look.opacity);
    gl.uniform1i(program.at("outline"), look.outline);
    gl.uniform1ui(program.at("hover"), this.hover);
    gl.uniform1ui(program.at("rows"), this.lookUpRows);
    gl.uniform3fv(program.at("surround"), this.surround);
    gl.uniform4f(program.at("rect"), -1, -1, 1, 1);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  private bind(unit: number, target: number, name: keyof typeof this.textures, place: WebGLUniformLocation | null): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + unit);
    this.gl.bindTexture(target, this.textures[name]);
    this.gl.uniform1i(place, unit);
  }

  private sendLookUp(): void {
    const { gl, lookUp } = this;
    if (this.lookUpRows !== lookUp.rows) {
      this.lookUpRows = lookUp.rows;
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, ACROSS, lookUp.rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, lookUp.texels);
      this.filter(gl.TEXTURE_2D, gl.NEAREST);
      lookUp.takeDirty();
    }
    for (const row of lookUp.takeDirty()) {
      const texels = lookUp.texels.subarray(row * ACROSS * 4, (row + 1) * ACROSS * 4);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, row, ACROSS, 1, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    }
  }

  private sendRamp(name: Look["ramp"]): void {
    if (this.ramp === name) return;
    this.ramp = name;
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, ramp(name));
    this.filter(gl.TEXTURE_2D, gl.LINEAR);
  }

  private sendRemap(): void {
    if (!this.remapChanged) return;
    this.remapChanged = false;
    const rows = Math.floor(Math.max(0, ...this.remap.keys()) / REMAP_ACROSS) + 1;
    const needed = Math.max(rows, this.lookUp.rows);
    const texels = new Uint32Array(REMAP_ACROSS * needed);
    // 0 means: as it is; so that the background can be a target, targets are one higher.
    for (const [number, into] of this.remap) texels[number] = into + 1;
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, REMAP_ACROSS, needed, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, texels);
    this.filter(gl.TEXTURE_2D, gl.NEAREST);
  }
}

/** The part of the picture that the screen shows, in its pixels. */
export function visible(sight: Sight): Rectangle {
  const [halfWidth, halfHeight] = [(sight.width / 2) * sight.resolution, (sight.height / 2) * sight.resolution];
  return { top: sight.y - halfHeight, left: sight.x - halfWidth, bottom: sight.y + halfHeight, right: sight.x + halfWidth };
}
