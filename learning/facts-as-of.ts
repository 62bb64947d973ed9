import type { Item } from '../domain/item.ts'
import type { User } from '../domain/user.ts'
import type { JournalReader } from '../storage/event-log.ts'

/** The newest version of each item and each profile up to `toSeq`. */
export function factsAsOf(
  journal: JournalReader,
  toSeq: number,
): { readonly items: readonly Item[]; readonly users: ReadonlyMap<string, User> } {
  const items = new Map<string, Item>()
  const users = new Map<string, User>()
  const kinds = ['item', 'item-delete', 'user', 'user-delete'] as const
  for (const { record } of journal.read(journal.firstSeq, { toSeq, kinds })) {
    if (record.kind === 'item') items.set(record.item.id, record.item)
    else if (record.kind === 'item-delete') items.delete(record.id)
    else if (record.kind === 'user') users.set(record.user.id, record.user)
    else users.delete(record.id)
  }
  return { items: [...items.values()], users }
}
