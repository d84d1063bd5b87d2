import type { TestProject } from "vitest/node"
import { FakeProvider } from "./fakeProvider.ts"

declare module "vitest" {
  export interface ProvidedContext {
    loginUrl: string
  }
}

/** One login provider for all worker tests: what a test did with it, it finds by its code. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const provider = await new FakeProvider().start()
  project.provide("loginUrl", provider.origin)
  return () => provider.stop()
}
