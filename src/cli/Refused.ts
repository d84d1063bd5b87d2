/** What cannot be done as it was asked: its message is for people, and the exit code is 1. */
export class Refused extends Error {
  override readonly name = "Refused"
}
