export * from "../../../client.ts"
