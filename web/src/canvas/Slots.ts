/** Places for tiles in a texture array; the least recently used makes room. */
export class Slots {
  private held = new Map<number, { slot: number; revision: number; frame: number }>();

  constructor(readonly count: number) {}

  /** The slot of a tile, if it is there in this revision; marks it as used in this frame. */
  find(key: number, frame: number, revision = 0): number | undefined {
    const found = this.held.get(key);
    if (!found) return undefined;
    found.frame = frame;
    return found.revision === revision ? found.slot : undefined;
  }

  /** The slot of a tile, however old. */
  stale(key: number): number | undefined {
    return this.held.get(key)?.slot;
  }

  /** A slot for a tile that is to be written; undefined where all are in use by this frame. */
  take(key: number, frame: number, revision = 0): number | undefined {
    const known = this.held.get(key);
    if (known) {
      Object.assign(known, { revision, frame });
      return known.slot;
    }
    const slot = this.held.size < this.count ? this.held.size : this.evict(frame);
    if (slot !== undefined) this.held.set(key, { slot, revision, frame });
    return slot;
  }

  private evict(frame: number): number | undefined {
    let oldest: [number, { slot: number; frame: number }] | undefined;
    for (const entry of this.held) if (!oldest || entry[1].frame < oldest[1].frame) oldest = entry;
    if (!oldest || oldest[1].frame === frame) return undefined;
    this.held.delete(oldest[0]);
    return oldest[1].slot;
  }
}
