import { Role, type RoleSet } from '../domain/roles.ts'

/** Engagements that the short-term features and similarities look back on. */
export const recentEngagements = 10

/**
 * How much one engagement says about taste: an explicit like more than a finish, a finish more than a click, a dislike
 * the opposite of a click. The proportions are a convention; a model learns its own from the role columns.
 */
export function engagementWeight(roles: RoleSet): number {
  if ((roles & Role.negative) !== 0) return -1
  if ((roles & Role.positive) !== 0) return 2.5
  return (roles & Role.finish) !== 0 ? 1.5 : 1
}
