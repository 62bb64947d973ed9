import type { ItemReader } from '../domain/item-table/item-reader.ts'
import { Role } from '../domain/roles.ts'
import { recentEngagements } from './engagement-weight.ts'
import type { UserView } from './user-view.ts'

export const recentPositives = 5

/**
 * The rows of what a user engaged with last, newest first. What was disliked is left out: being like it is no reason.
 */
export class RecentItems {
  count = 0
  readonly item = new Uint32Array(recentEngagements)
  readonly row = new Int32Array(recentEngagements)
  readonly time = new Float64Array(recentEngagements)

  positiveCount = 0
  readonly positiveRow = new Int32Array(recentPositives)

  begin(view: UserView, items: ItemReader, catalogSeq: number): void {
    this.count = 0
    this.positiveCount = 0
    const { historyItem, historyRoles, historyTime } = view
    for (let i = 0; i < historyItem.length && !this.#isFull(); i++) {
      if ((historyRoles[i] & Role.negative) !== 0) continue
      const row = items.rowAt(historyItem[i], catalogSeq)
      if (row < 0) continue
      if (this.count < recentEngagements) {
        this.item[this.count] = historyItem[i]
        this.row[this.count] = row
        this.time[this.count++] = historyTime[i]
      }
      if ((historyRoles[i] & Role.positive) !== 0 && this.positiveCount < recentPositives) {
        this.positiveRow[this.positiveCount++] = row
      }
    }
  }

  #isFull(): boolean {
    return this.count === recentEngagements && this.positiveCount === recentPositives
  }
}
