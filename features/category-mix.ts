import { categoriesPerItemMax, type ItemReader } from '../domain/item-table/item-reader.ts'
import { CodeTable } from './code-table.ts'
import { recentEngagements } from './engagement-weight.ts'
import { decay } from './numeric.ts'
import type { RecentItems } from './recent-items.ts'

/** Which categories a user's last few engagements had; newer engagements weigh more, relative to the newest. */
export class CategoryMix {
  readonly #codes = new CodeTable()
  readonly #weights = new Float64Array(recentEngagements * categoriesPerItemMax)
  #total = 0

  fill(recent: RecentItems, items: ItemReader, halfLifeMs: number): void {
    this.#codes.clear(this.#weights.length)
    this.#weights.fill(0)
    this.#total = 0
    for (let i = 0; i < recent.count; i++) {
      const weight = decay(recent.time[0] - recent.time[i], halfLifeMs)
      const categories = items.categoryCount(recent.row[i])
      for (let c = 0; c < categories; c++) {
        this.#weights[this.#codes.add(items.categoryAt(recent.row[i], c))] += weight
      }
      this.#total += weight
    }
  }

  /** Share of the engagements that had this category. */
  share(code: number): number {
    const position = this.#codes.find(code)
    return position < 0 ? 0 : this.#weights[position] / this.#total
  }
}
