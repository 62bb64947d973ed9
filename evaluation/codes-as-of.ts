import type { BookName, CatalogState } from '../domain/catalog-state.ts'

/** Code books as they stood at earlier journal numbers: a name has the code it will get only from its first use on. */
export class CodesAsOf {
  private readonly catalog: CatalogState
  private readonly firstUse = new Map<BookName, number[]>()

  constructor(catalog: CatalogState, books: readonly BookName[]) {
    this.catalog = catalog
    for (const book of books) this.firstUse.set(book, [])
  }

  /** To be called after each record, with its number. */
  observe(seq: number): void {
    for (const [book, firstUse] of this.firstUse) {
      while (firstUse.length < this.catalog.books[book].size) firstUse.push(seq)
    }
  }

  /** The code of the name when record `seq` was the last; 0 when nobody had used it then. */
  find(book: BookName, name: string | undefined, seq: number): number {
    const code = name === undefined ? 0 : this.catalog.books[book].find(name)
    return code > 0 && this.firstUse.get(book)![code - 1] <= seq ? code : 0
  }
}
