/** Ids are opaque; this is what is safe in a URL and long enough not to be guessed by typing. */
export const isGroupId = (id: string): boolean => /^[A-Za-z0-9_-]{8,128}$/.test(id)
