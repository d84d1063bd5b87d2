/** JSON that is sent as it is written: every digit, and the order of keys. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
