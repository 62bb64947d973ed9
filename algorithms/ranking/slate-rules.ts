/**
 * Rules on the categories of a slate, and whether a slate that has been started can be finished under them.
 *
 * A category here is the primary category of a candidate (its first), numbered densely from 0. UNCATEGORISED candidates
 * are under no rule and end any run. Pins outrank the rules: a pinned item counts for its neighbours, for the cap and for
 * distinct categories, but a breach made of pins alone is left as it is.
 *
 * Invariants of CategoryPlan
 * 1. slots[p] is the category at position p, UNCATEGORISED, or OPEN; positions before the first OPEN one are final.
 * 2. used[g] counts the slots of category g, left[g] the free candidates of g that are not in the slate.
 * 3. There are at least as many free candidates as open positions, so weak enough rules can always be met.
 */
export interface SlateRules {
  /** The longest run of one category, >= 1; Infinity for no rule. */
  readonly maxRun: number
  /** The most items of one category in the slate, >= 1; Infinity for no rule. */
  readonly categoryMax: number
  /** The fewest distinct categories in the slate; 0 for no rule. */
  readonly minCategories: number
}

export const NO_RULES: SlateRules = {
  maxRun: Number.POSITIVE_INFINITY,
  categoryMax: Number.POSITIVE_INFINITY,
  minCategories: 0,
}

export const UNCATEGORISED = -1
export const OPEN = -2

export class CategoryPlan {
  rules: SlateRules
  private readonly slots: Int32Array
  private readonly used: Int32Array
  private readonly left: Int32Array
  private leftUncategorised: number
  private branches = 0

  /**
   * `slots` holds the pinned categories and OPEN elsewhere; `left` counts the free candidates of each category. Both are
   * kept and changed. Throws RangeError on rules out of range.
   */
  constructor(rules: SlateRules, slots: Int32Array, left: Int32Array, leftUncategorised: number) {
    checkRules(rules)
    this.rules = rules
    this.slots = slots
    this.left = left
    this.leftUncategorised = leftUncategorised
    this.used = new Int32Array(left.length)
    for (const category of slots) if (category >= 0) this.used[category]++
  }

  /**
   * Whether `category` may stand at the open position and the positions after it can still be filled under the rules.
   * Exact when no pin lies ahead. Between pins a search of bounded length decides, and what it does not find in time
   * counts as impossible.
   */
  allows(position: number, category: number): boolean {
    this.branches = this.branchLimit()
    return this.allowsHere(position, category) && this.leadsToEnd(position, category)
  }

  place(position: number, category: number): void {
    this.slots[position] = category
    this.count(category, 1)
  }

  /**
   * Weakens the rules just enough to fill the slate, if it cannot be filled under them: fewer distinct categories first,
   * then a higher category cap, then longer runs (with the lowest cap that goes with them). After it, every position
   * that is filled as `allows` says leaves a category allowed at the next.
   */
  weakenToFit(): void {
    if (this.fits(this.rules)) return
    const size = this.slots.length
    const { open, distinct, unseen } = this.tally(0)
    const minCategories = Math.min(this.rules.minCategories, distinct + Math.min(open, unseen))
    let { maxRun, categoryMax } = this.rules
    while (maxRun < size && !this.fits({ maxRun, categoryMax: Number.POSITIVE_INFINITY, minCategories })) maxRun++
    while (categoryMax < size && !this.fits({ maxRun, categoryMax, minCategories })) categoryMax++
    this.rules = { maxRun, categoryMax, minCategories }
  }

  private fits(rules: SlateRules): boolean {
    this.rules = rules
    this.branches = this.branchLimit()
    return this.canFinish(0)
  }

  private allowsHere(position: number, category: number): boolean {
    if (category === UNCATEGORISED) return this.leftUncategorised > 0
    if (this.available(category) === 0) return false
    const after = runFrom(this.slots, position, 1, category)
    return this.runBefore(position, category) + 1 + after <= this.rules.maxRun
  }

  private leadsToEnd(position: number, category: number): boolean {
    this.place(position, category)
    const possible = this.canFinish(position + 1)
    this.slots[position] = OPEN
    this.count(category, -1)
    return possible
  }

  private canFinish(from: number): boolean {
    let position = from
    while (position < this.slots.length && this.slots[position] !== OPEN) position++
    if (!this.countsSuffice(position)) return false
    if (position === this.slots.length || !this.pinAfter(position)) return true
    return this.search(position)
  }

  /** Tries categories at an open position, the most plentiful first: the scarce ones are needed to end runs later. */
  private search(position: number): boolean {
    let tried = Number.POSITIVE_INFINITY
    let triedCategory = -1
    for (;;) {
      let next = UNCATEGORISED
      for (let g = 0; g < this.left.length; g++) {
        const available = this.available(g)
        const comesAfterTried = available < tried || (available === tried && g > triedCategory)
        if (comesAfterTried && available > 0 && (next < 0 || available > this.available(next))) next = g
      }
      if (this.branches-- <= 0) return false
      if (this.allowsHere(position, next) && this.leadsToEnd(position, next)) return true
      if (next === UNCATEGORISED) return false
      tried = this.available(next)
      triedCategory = next
    }
  }

  /**
   * Necessary for filling the open positions, and sufficient when no pin lies ahead: enough candidates, enough unseen
   * categories, and for each category enough others to break its runs where it would have to fill everything.
   */
  private countsSuffice(position: number): boolean {
    const { open, distinct, unseen, free } = this.tally(position)
    if (free < open) return false
    const missing = this.rules.minCategories - distinct
    if (missing > 0 && (missing > open || missing > unseen)) return false
    const breakersMost = Math.floor((this.slots.length - position) / (this.rules.maxRun + 1)) + 1
    for (let g = 0; g < this.left.length; g++) {
      const others = free - this.available(g)
      if (others < breakersMost && others < this.breakersNeeded(position, g)) return false
    }
    return true
  }

  /** The fewest open positions that must not hold `category` if all the others do; each is put as late as possible. */
  private breakersNeeded(position: number, category: number): number {
    let needed = 0
    let run = this.runBefore(position, category)
    let lastOpen = -1
    for (let p = position; p < this.slots.length; p++) {
      const held = this.slots[p]
      if (held !== OPEN && held !== category) {
        run = 0
        lastOpen = -1
        continue
      }
      run++
      if (held === OPEN) lastOpen = p
      if (run > this.rules.maxRun && lastOpen >= 0) {
        needed++
        run = p - lastOpen
        lastOpen = -1
      }
    }
    return needed
  }

  private tally(position: number): { open: number; distinct: number; unseen: number; free: number } {
    let open = 0
    for (let p = position; p < this.slots.length; p++) if (this.slots[p] === OPEN) open++
    let distinct = 0
    let unseen = 0
    let free = this.leftUncategorised
    for (let g = 0; g < this.left.length; g++) {
      if (this.used[g] > 0) distinct++
      else if (this.left[g] > 0) unseen++
      free += this.available(g)
    }
    return { open, distinct, unseen, free }
  }

  private available(category: number): number {
    return Math.max(0, Math.min(this.left[category], this.rules.categoryMax - this.used[category]))
  }

  private count(category: number, change: number): void {
    if (category === UNCATEGORISED) {
      this.leftUncategorised -= change
      return
    }
    this.left[category] -= change
    this.used[category] += change
  }

  private runBefore(position: number, category: number): number {
    return runFrom(this.slots, position, -1, category)
  }

  private pinAfter(position: number): boolean {
    for (let p = position + 1; p < this.slots.length; p++) if (this.slots[p] !== OPEN) return true
    return false
  }

  /** Generous beside the one branch per position that a slate without conflicts takes. */
  private branchLimit(): number {
    return 8 * this.slots.length
  }
}

/**
 * Whether `category` keeps the rules on runs and caps at `position` of an otherwise finished slate. Positions that are
 * OPEN may come to hold anything, so each counts as if it held the same category.
 */
export function permittedAt(slots: Int32Array, position: number, category: number, rules: SlateRules): boolean {
  if (category < 0) return true
  let held = 0
  for (let p = 0; p < slots.length; p++) if (p !== position && isOrMayBe(slots[p], category)) held++
  if (held + 1 > rules.categoryMax) return false
  let run = 1
  for (let p = position - 1; p >= 0 && isOrMayBe(slots[p], category); p--) run++
  for (let p = position + 1; p < slots.length && isOrMayBe(slots[p], category); p++) run++
  return run <= rules.maxRun
}

function isOrMayBe(held: number, category: number): boolean {
  return held === category || held === OPEN
}

/** The length of the run of `category` that starts beside `position` in the direction of `step`. */
function runFrom(slots: Int32Array, position: number, step: 1 | -1, category: number): number {
  let run = 0
  while (slots[position + step * (run + 1)] === category) run++
  return run
}

function checkRules({ maxRun, categoryMax, minCategories }: SlateRules): void {
  if (!(maxRun >= 1)) throw new RangeError(`maxRun must be at least 1, got ${maxRun}: use Infinity for no rule`)
  if (!(categoryMax >= 1))
    throw new RangeError(`categoryMax must be at least 1, got ${categoryMax}: use Infinity for no rule`)
  if (!(minCategories >= 0)) throw new RangeError(`minCategories must be at least 0, got ${minCategories}`)
}
