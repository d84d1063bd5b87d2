import { childPath } from "./Problem.ts"

/** Names of one object: most have few, and a set is kept for the next one of the same depth. */
interface Names {
  count: number
  first: string
  readonly set: Set<string>
}

/** Where in a JSON text its reader stands: the containers around, and how far each has come. */
export class JsonPlace {
  /** Open containers. */
  depth = 0
  private readonly root: string
  /** JSON Lines: the texts are told apart by their index. */
  private readonly many: boolean
  private readonly arrays: Array<boolean> = [false]
  private readonly indexes: Array<number> = [0]
  private readonly keys: Array<string> = [""]
  private readonly names: Array<Names> = []

  constructor(root: string, many: boolean) {
    this.root = root
    this.many = many
  }

  /** Whether the innermost container is an array. */
  get inArray(): boolean {
    return this.arrays[this.depth]!
  }

  /** Name of the member that is being read; null in an array and outside of everything. */
  get name(): string | null {
    return this.depth === 0 || this.inArray ? null : this.keys[this.depth]!
  }

  /** How many elements, or texts of JSON Lines (depth 0), have come before the present one. */
  indexAt(depth: number): number {
    return this.indexes[depth]!
  }

  open(isArray: boolean): void {
    const depth = ++this.depth
    this.arrays[depth] = isArray
    this.indexes[depth] = 0
    const names = (this.names[depth] ??= { count: 0, first: "", set: new Set() })
    if (names.count > 1) names.set.clear()
    names.count = 0
  }

  close(): void {
    this.depth--
  }

  /** On to the next element. */
  next(): void {
    this.indexes[this.depth]!++
  }

  enter(name: string): void {
    this.keys[this.depth] = name
  }

  /** Whether the object has had this name before; it has it from now on. */
  hasHad(name: string): boolean {
    const names = this.names[this.depth]!
    const had = names.count === 1 ? names.first === name : names.count > 1 && names.set.has(name)
    if (names.count === 0) names.first = name
    else {
      if (names.count === 1) names.set.add(names.first)
      names.set.add(name)
    }
    names.count++
    return had
  }

  /** Names and indexes of the first containers around. */
  path(to = this.depth): string {
    let path = this.many ? childPath(this.root, this.indexes[0]!) : this.root
    // 20 of them say where; all of them down a depth bomb would be a longer answer than the problem deserves
    for (let depth = 1; depth <= Math.min(to, 20); depth++)
      path = childPath(path, this.arrays[depth] === true ? this.indexes[depth]! : this.keys[depth]!)
    return path
  }
}
