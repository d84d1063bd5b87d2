import { inflateRawSync, crc32 } from "node:zlib"
import readXlsxFile from "read-excel-file/node"

/** Reads a workbook twice: as another program does, and by its bytes. */

/** Cells by sheet, texts with their blanks. */
export async function workbookIn(
  bytes: Buffer,
): Promise<{ [sheet: string]: ReadonlyArray<ReadonlyArray<unknown>> }> {
  const sheets = await readXlsxFile(bytes, { trim: false })
  return Object.fromEntries(sheets.map(({ sheet, data }) => [sheet, data]))
}

/** The archive's files as text, by path, of which every checksum is right. */
export function filesIn(bytes: Buffer): Map<string, string> {
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1")
  const files = new Map<string, string>()
  let at = bytes.readUInt32LE(end + 16)
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n--) {
    if (bytes.toString("latin1", at, at + 4) !== "PK\x01\x02") throw new Error(`no entry at ${at}`)
    const [crc, packed, size] = [16, 20, 24].map((from) => bytes.readUInt32LE(at + from)) as [
      number,
      number,
      number,
    ]
    const path = bytes.toString("utf8", at + 46, at + 46 + bytes.readUInt16LE(at + 28))
    const local = bytes.readUInt32LE(at + 42)
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const content = inflateRawSync(bytes.subarray(from, from + packed))
    if (content.length !== size || crc32(content) !== crc) throw new Error(`${path} is broken`)
    files.set(path, content.toString("utf8"))
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return files
}
