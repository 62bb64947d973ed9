/** Below this many handled messages the array is not worth compacting. */
const compactFrom = 1024

/** A first-in first-out queue with constant amortised cost, which keeps no reference to what has left it. */
export class Mailbox<M> {
  private items: (M | undefined)[] = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(message: M): void {
    this.items.push(message)
  }

  shift(): M | undefined {
    const { items, head } = this
    if (head === items.length) return undefined
    const message = items[head]
    items[head] = undefined
    this.head = head + 1
    if (this.head === items.length) {
      items.length = 0
      this.head = 0
    } else if (this.head >= compactFrom && this.head * 2 >= items.length) {
      this.items = items.slice(this.head)
      this.head = 0
    }
    return message
  }
}
