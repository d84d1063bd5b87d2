export * from "../../../browser.ts"
