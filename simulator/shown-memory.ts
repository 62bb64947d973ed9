const slots = 256

/**
 * The last 256 titles that each person was shown, and which of them were opened. What is older is forgotten, so memory
 * is O(people), however long the history.
 */
export class ShownMemory {
  /** [people × slots] of 2 * title + opened, plus 1 so that zero is empty. */
  private readonly ring: Uint32Array
  private readonly next: Uint8Array

  constructor(people: number) {
    this.ring = new Uint32Array(people * slots)
    this.next = new Uint8Array(people)
  }

  remember(person: number, title: number, opened: boolean): void {
    this.ring[person * slots + this.next[person]] = code(title, opened)
    this.next[person] = (this.next[person] + 1) % slots
  }

  opened(person: number, title: number): boolean {
    return this.of(person).includes(code(title, true))
  }

  shown(person: number, title: number): boolean {
    const own = this.of(person)
    return own.includes(code(title, false)) || own.includes(code(title, true))
  }

  private of(person: number): Uint32Array {
    return this.ring.subarray(person * slots, (person + 1) * slots)
  }
}

const code = (title: number, opened: boolean): number => 1 + 2 * title + (opened ? 1 : 0)
