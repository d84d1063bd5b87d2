/** A binary heap: the smallest by `less` comes out first. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #less: (a: T, b: T) => boolean
  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let i = items.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.#less(items[i]!, items[parent]!)) return
      this.#swap(i, parent)
      i = parent
    }
  }

  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length > 0 && last !== undefined) {
      items[0] = last
      this.#sink(0)
    }
    return top
  }

  #sink(start: number): void {
    const items = this.#items
    let i = start
    for (;;) {
      let smallest = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < items.length && this.#less(items[child]!, items[smallest]!)) smallest = child
      }
      if (smallest === i) return
      this.#swap(i, smallest)
      i = smallest
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    ;[items[a], items[b]] = [items[b]!, items[a]!]
  }
}
