/**
 * What an event means to the engine, independent of what a log calls it. An event type maps to a set of roles,
 * held as bits, so that folds and labels never compare strings.
 */
export const Role = {
  /** The client confirms that the person saw the item in a feed. */
  impression: 1,
  click: 2,
  finish: 4,
  positive: 8,
  negative: 16,
} as const

export type RoleName = keyof typeof Role
export type RoleSet = number

export const roleNames = Object.keys(Role) as RoleName[]

/** Everything that makes an item "seen" at once; impressions alone count only after several without a click. */
export const engagementRoles: RoleSet = Role.click | Role.finish | Role.positive | Role.negative

/** The objectives of the ranking model, in the order of its output columns. */
export const objectives = ['click', 'finish', 'positive', 'negative'] as const
export type Objective = (typeof objectives)[number]
export const objectiveCount = objectives.length

export const objectiveRole: Readonly<Record<Objective, RoleSet>> = {
  click: Role.click,
  finish: Role.finish,
  positive: Role.positive,
  negative: Role.negative,
}
