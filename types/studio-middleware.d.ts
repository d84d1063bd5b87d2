/** What we use of `queryable-object/studio-middleware`; its package ships TypeScript source that is not strict. */
export declare function studioMiddleware(
  request: Request,
  raw: (query: string) => Promise<{
    columnNames: Array<string>
    rowsRead: number
    rowsWritten: number
    raw: Array<Array<any>>
  }>,
  options?: { dangerouslyDisableAuth?: boolean },
): Promise<Response>
