/** Items and people of a data set as rows for the towers. */
import { CONTENT_ENCODER_DEFAULTS, ContentEncoder } from '../../algorithms/text/content-encoder.ts'
import { contentDocument } from '../../funnel/content-document.ts'
import { describeItem, describeUser } from '../../models/two-tower/descriptions.ts'
import { itemFeatureDefaults, itemFeatureWidth, writeItemFeatures } from '../../models/two-tower/item-features.ts'
import { userFeatureWidth, writeUserFeatures } from '../../models/two-tower/user-features.ts'
import type { InteractionData } from './interaction-data.ts'

/** Item rows; the text encoder is fitted on what is public about all items, no interaction takes part. */
export function itemRows(
  { items }: Pick<InteractionData, 'items'>,
  seed: number,
): { width: number; rows: Float32Array } {
  const documents = items.map(contentDocument)
  const encoder = ContentEncoder.fit(documents, CONTENT_ENCODER_DEFAULTS, seed)
  const layout = { ...itemFeatureDefaults, content: encoder.dimension }
  const width = itemFeatureWidth(layout)
  const rows = new Float32Array(items.length * width)
  const content = new Float32Array(encoder.dimension)
  for (const [place, item] of items.entries()) {
    const isKnown = encoder.encode(documents[place], content)
    writeItemFeatures(layout, describeItem(item, isKnown ? content : undefined), rows, place * width)
  }
  return { width, rows }
}

/** [users × userFeatureWidth]; what depends on the moment is left open. */
export function profileRows({ users }: Pick<InteractionData, 'users'>): Float32Array {
  const rows = new Float32Array(users.length * userFeatureWidth)
  for (const [place, user] of users.entries()) writeUserFeatures(describeUser(user), {}, rows, place * userFeatureWidth)
  return rows
}
