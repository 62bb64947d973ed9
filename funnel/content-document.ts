import type { ContentDocument } from '../algorithms/text/hashed-tf-idf.ts'
import type { Item } from '../domain/item.ts'

/** What the content encoder reads of an item; training and serving both come here. */
export function contentDocument({ title, text = '', categories, creators, labels = [] }: Item): ContentDocument {
  return { title, text, categories, creators, labels }
}
