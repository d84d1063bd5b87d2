/** A statement that is not run: it would change something, has no bound, or was not understood. The message goes to the user. */
export class SqlRefusal extends Error {
  override readonly name = "SqlRefusal"
  /** Where in the statement, in characters. */
  readonly at: number | undefined

  constructor(message: string, at?: number) {
    super(message)
    this.at = at
  }
}
