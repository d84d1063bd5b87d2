/** A statement that could change data or the connection, or that asks for too much. The message goes to the user. */
export class ReadOnlyViolation extends Error {
  override readonly name = "ReadOnlyViolation"
}
