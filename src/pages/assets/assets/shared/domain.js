// @ts-check
export * from "../../../browser.ts"
