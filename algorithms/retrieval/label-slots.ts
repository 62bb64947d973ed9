/**
 * Which label owns which slot of a graph that can mark its points deleted but not drop them.
 *
 * Invariants
 * 1. A live label owns one slot in [0, count): `labels[slot]` is the label, and `slotOf` its inverse.
 * 2. Every other slot in [0, count) is vacant and stands once in `vacant`.
 * 3. A new label takes a vacant slot before a new one, the one vacated last. So `count` is the largest number of labels
 *    that were ever there at the same time, and it only grows while no slot is vacant.
 */
import { Uint32Map } from './uint32-map.ts'

export class LabelSlots {
  private readonly slots: Uint32Map
  private labels: Uint32Array
  private vacant: number[] = []
  private end = 0

  constructor(expected: number) {
    this.slots = new Uint32Map(expected)
    this.labels = new Uint32Array(Math.max(16, expected))
  }

  /** Number of live labels. */
  get size(): number {
    return this.slots.size
  }

  /** Number of slots, vacant ones included. */
  get count(): number {
    return this.end
  }

  /** The slot of a live label, or -1. */
  slotOf(label: number): number {
    return this.slots.get(label)
  }

  /** The label of a slot that is not vacant. */
  labelOf(slot: number): number {
    return this.labels[slot]!
  }

  /** The slot of this label, which becomes live if it was not. */
  claim(label: number): number {
    let slot = this.slots.get(label)
    if (slot !== -1) return slot
    slot = this.vacant.pop() ?? this.append()
    this.labels[slot] = label
    this.slots.set(label, slot)
    return slot
  }

  /** Vacates the slot of a label and returns it, or -1 when the label was not live. */
  release(label: number): number {
    const slot = this.slots.get(label)
    if (slot === -1) return -1
    this.slots.delete(label)
    this.vacant.push(slot)
    return slot
  }

  /** Copies of all there is to save. */
  toColumns(): { readonly labels: Uint32Array; readonly vacant: Uint32Array } {
    return { labels: this.labels.slice(0, this.end), vacant: Uint32Array.from(this.vacant) }
  }

  static fromColumns(labels: Uint32Array, vacant: Uint32Array): LabelSlots {
    const restored = new LabelSlots(labels.length)
    restored.labels.set(labels)
    restored.vacant = Array.from(vacant)
    restored.end = labels.length
    const isVacant = new Uint8Array(labels.length)
    for (const slot of vacant) isVacant[slot] = 1
    for (let slot = 0; slot < labels.length; slot++) {
      if (isVacant[slot] === 0) restored.slots.set(labels[slot]!, slot)
    }
    return restored
  }

  private append(): number {
    if (this.end === this.labels.length) {
      const labels = new Uint32Array(2 * this.end)
      labels.set(this.labels)
      this.labels = labels
    }
    return this.end++
  }
}
