/** Which model sets the feeds of one window came from, and in which order. */

interface Seen {
  feeds: number
  readonly firstAnsweredAt: number
}

export interface SetsSeenFigures {
  /** Feeds by the model set they name, in the order of the first answers. */
  readonly feeds: Readonly<Record<string, number>>
  /** Feeds that name none, such as those of last resort. */
  readonly unnamed: number
  /** Feeds of a set that were asked for when a feed of a later one had already been answered. */
  readonly wentBack: number
}

/**
 * A process that has answered with a new set never answers a later request with the old one: each request pins the set
 * that is current as it begins. One window sees one switch, so the order of the first answers is the order of the sets.
 */
export class SetsSeen {
  private readonly seen = new Map<string, Seen>()
  private wentBack = 0
  private unnamed = 0

  /**
   * Times are in ms of one clock.
   * @param modelSet '' when the feed names none
   */
  add(modelSet: string, sentAt: number, answeredAt: number): void {
    if (modelSet === '') {
      this.unnamed++
      return
    }
    const known = this.seen.get(modelSet)
    if (known === undefined) this.seen.set(modelSet, { feeds: 1, firstAnsweredAt: answeredAt })
    else known.feeds++
    if (known !== undefined && this.successorWasAnswered(known, sentAt)) this.wentBack++
  }

  figures(): SetsSeenFigures {
    const feeds = Object.fromEntries([...this.seen].map(([modelSet, { feeds }]) => [modelSet, feeds]))
    return { feeds, unnamed: this.unnamed, wentBack: this.wentBack }
  }

  private successorWasAnswered(set: Seen, before: number): boolean {
    for (const other of this.seen.values()) {
      if (other.firstAnsweredAt > set.firstAnsweredAt && other.firstAnsweredAt < before) return true
    }
    return false
  }
}

const marker = '"modelSet":"'

/** The model set that the JSON of a feed names; '' when it names none. */
export function modelSetOf(body: string): string {
  // It stands behind the items, and no item has a field of this name.
  const at = body.lastIndexOf(marker)
  if (at < 0) return ''
  const from = at + marker.length
  return body.slice(from, body.indexOf('"', from))
}
