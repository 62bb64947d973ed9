import type { ContextCodes } from '../actors/user-shard/protocol.ts'
import { deviceClassOf } from '../features/device-class.ts'
import type { FeatureSettings } from '../features/settings.ts'
import { buildUserView, type UserView } from '../features/user-view.ts'
import type { Replay } from '../learning/replay.ts'

/** A person as a user shard would show them once it has folded what the replay has. */
export function viewOf(
  { users, catalog }: Replay,
  userId: string,
  context: ContextCodes,
  now: number,
  settings: FeatureSettings,
): UserView {
  const classOf = (code: number) => deviceClassOf(catalog.deviceName(code))
  return buildUserView(users.get(userId), { ...context, deviceClassOf: classOf }, now, settings)
}
