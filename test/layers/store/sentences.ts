import { expect, it } from "vitest"
import { complete, NOW, opened, submittedOn, type WithStorage } from "./fixtures.ts"

const END = { message: "Nothing has changed for 30 days.", removalAt: NOW + 1_000, now: NOW + 10 }

/** What `status_message` says: a sentence for each topic, by the one whose topic it is. */
export const sentencesSuite = (withStorage: WithStorage) => {
  it("stand in the order of their topics, whoever spoke first", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const message = () => store.status().status_message
      store.say("webhook", "W.")
      store.say("submission", "S.")
      expect(message()).toBe("S. W.")
      store.say("following", "F.")
      store.say("end", "E.")
      expect(message()).toBe("E. F. S. W.")
      expect(store.details()?.statusMessage).toBe(message())
    }))

  it("are replaced and taken back by topic, and the others stay; also after a restart", () =>
    withStorage((storage) => {
      let store = submittedOn(storage)
      store.say("submission", "S.")
      store.say("following", "F.")
      store.say("submission", "S, later.")
      expect(store.status().status_message).toBe("F. S, later.")
      store = opened(storage).store
      store.say("following", null)
      expect(store.status().status_message).toBe("S, later.")
      store = opened(storage).store
      store.say("submission", null)
      expect(store.status().status_message).toBe("")
    }))

  it("are a change for viewers, and one that is said already is none", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      const progress = store.lastProgressAt()
      const before = store.change()
      store.say("following", null)
      expect(store.change()).toBe(before)
      store.say("following", "F.")
      expect(store.change()).toBe(before + 1)
      store.say("following", "F.")
      expect(store.change()).toBe(before + 1)
      store.say("following", null)
      store.say("following", null)
      expect(store.change()).toBe(before + 2)
      expect(store.lastProgressAt()).toBe(progress)
    }))

  it("give way to the end's, to which the webhook's may be added", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      store.say("following", "F.")
      store.say("submission", "S.")
      store.end(END, () => {})
      expect(store.status().status_message).toBe(END.message)
      const { store: later } = opened(storage)
      later.say("webhook", "It was not accepted.")
      expect(later.status().status_message).toBe(`${END.message} It was not accepted.`)
      later.say("webhook", null)
      expect(later.status().status_message).toBe(END.message)
    }))

  it("are taken back by an end that has nothing to say", () =>
    withStorage((storage) => {
      const store = submittedOn(storage)
      for (const index of [0, 1, 2]) complete(store, index)
      store.say("following", "F.")
      store.end({ ...END, message: "" }, () => {})
      expect(store.status().status_message).toBe("")
      store.say("webhook", "It was not accepted.")
      expect(store.status().status_message).toBe("It was not accepted.")
    }))

  it("are of no group before one begins", () =>
    withStorage((storage) => {
      const { store } = opened(storage)
      store.say("following", "F.")
      expect([store.details(), store.change(), storage.kv.get("sentences")]).toEqual([null, 0, undefined])
    }))
}
