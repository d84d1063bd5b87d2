// @ts-check
export * from "../../../client.ts"
