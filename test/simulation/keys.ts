import type { Weather } from "./weather.ts"

/** Other keys of its account begin with it. */
export const API_KEY = "acct-sim-secret-key-0123456789"

/** The price of a run. */
const CORE_USD = 0.025

/** The simulator reads an account's credit in its key. */
export const keyOf = ({ creditFor }: Pick<Weather, "creditFor">): string =>
  creditFor === null ? API_KEY : `${API_KEY}-credit-${creditFor * CORE_USD}`
