/** What we use of `queryable-object`; its package ships TypeScript source that does not pass strict checks. */
export declare function Queryable(): <T extends abstract new (...args: any[]) => object>(constructor: T) => T
