// Encodes one-dimensional arrays in PostgreSQL's binary format. The driver sends a Buffer as it is, so a column of a
// batch goes out as `unnest($1::text[])` without being quoted, escaped and parsed again.
// Must not change a value: what does not fit its type throws.
// Format: array_recv and the types' own receive functions (int32 dimensions, flags, element type; per element a length).

type Column<Value> = readonly (Value | null)[];

/** One encoder per element type, named as PostgreSQL names it. */
export const binaryArray = {
  text: encodeText,
  bytea: encodeBytea,
  int8: encodeInt8,
  int4: encodeInt4,
  int2: encodeInt2,
  bool: encodeBool,
  timestamptz: encodeTimestamptz,
} as const;

const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, timestamptz: 1184 } as const;

const HEADER_BYTES = 20;
const EMPTY_HEADER_BYTES = 12;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** UTF-8. PostgreSQL refuses a zero character; a lone surrogate becomes U+FFFD, so refuse it at the edge. */
function encodeText(values: Column<string>): Buffer {
  let bytesMax = HEADER_BYTES;
  for (const value of values)
    bytesMax += LENGTH_BYTES + (value === null ? 0 : value.length * UTF8_BYTES_PER_UNIT_MAX);
  // Written into a scratch buffer and copied: asking for each length beforehand costs as much as the writing.
  if (scratch.length < bytesMax) scratch = Buffer.allocUnsafeSlow(bytesMax);
  const view = new DataView(scratch.buffer);
  let offset = writeHeader(view, values, OID.text);
  for (const value of values) {
    const length = value === null ? NULL_LENGTH : writeText(scratch, value, offset + LENGTH_BYTES);
    view.setInt32(offset, length);
    offset += LENGTH_BYTES + Math.max(length, 0);
  }
  const buffer = Buffer.allocUnsafe(offset);
  scratch.copy(buffer, 0, 0, offset);
  if (scratch.length > SCRATCH_BYTES_KEPT) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES_KEPT);
  return buffer;
}

const UTF8_BYTES_PER_UNIT_MAX = 3;
const SCRATCH_BYTES_KEPT = 1024 * 1024;

/** Only ever used between two lines of one synchronous call. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES_KEPT);

/** Below this length a loop is faster than the call into the runtime. */
const LOOP_LENGTH_MAX = 40;

function writeText(buffer: Buffer, value: string, offset: number): number {
  const { length } = value;
  if (length > LOOP_LENGTH_MAX) return buffer.write(value, offset, 'utf8');
  for (let index = 0; index < length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) return buffer.write(value, offset, 'utf8');
    buffer[offset + index] = unit;
  }
  return length;
}

function encodeBytea(values: Column<Uint8Array>): Buffer {
  let dataBytes = 0;
  for (const value of values) dataBytes += value?.length ?? 0;
  const { buffer, view } = startArray(values, OID.bytea, dataBytes);
  let offset = HEADER_BYTES;
  for (const value of values) {
    view.setInt32(offset, value === null ? NULL_LENGTH : value.length);
    offset += LENGTH_BYTES;
    if (value === null) continue;
    buffer.set(value, offset);
    offset += value.length;
  }
  return buffer;
}

function encodeInt8(values: Column<bigint>): Buffer {
  return encodeFixed(values, OID.int8, 8, (view, value, offset) => {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} does not fit an int8`);
    view.setBigInt64(offset, value);
  });
}

function encodeInt4(values: Column<number>): Buffer {
  return encodeFixed(values, OID.int4, 4, (view, value, offset) => {
    if ((value | 0) !== value) throw new RangeError(`${value} does not fit an int4`);
    view.setInt32(offset, value);
  });
}

function encodeInt2(values: Column<number>): Buffer {
  return encodeFixed(values, OID.int2, 2, (view, value, offset) => {
    if ((value << 16) >> 16 !== value) throw new RangeError(`${value} does not fit an int2`);
    view.setInt16(offset, value);
  });
}

function encodeBool(values: Column<boolean>): Buffer {
  return encodeFixed(values, OID.bool, 1, (view, value, offset) => view.setUint8(offset, value ? 1 : 0));
}

/** 2000-01-01T00:00:00Z, from which PostgreSQL counts. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** From milliseconds since 1970, as `Date.now()` gives them. */
function encodeTimestamptz(valuesMs: Column<number>): Buffer {
  return encodeFixed(valuesMs, OID.timestamptz, 8, (view, valueMs, offset) => {
    if (!Number.isSafeInteger(valueMs))
      throw new RangeError(`${valueMs} is not a whole number of milliseconds`);
    const microseconds = (valueMs - POSTGRES_EPOCH_MS) * 1_000;
    if (!Number.isSafeInteger(microseconds)) {
      view.setBigInt64(offset, BigInt(valueMs - POSTGRES_EPOCH_MS) * 1_000n); // past the year 2285
      return;
    }
    // Two halves, because making a bigint of each value costs more than writing it.
    view.setInt32(offset, Math.floor(microseconds / 2 ** 32));
    view.setUint32(offset + 4, microseconds);
  });
}

function encodeFixed<Value>(
  values: Column<Value>,
  elementType: number,
  elementBytes: number,
  write: (view: DataView, value: Value, offset: number) => void,
): Buffer {
  let dataBytes = 0;
  for (const value of values) if (value !== null) dataBytes += elementBytes;
  const { buffer, view } = startArray(values, elementType, dataBytes);
  let offset = HEADER_BYTES;
  for (const value of values) {
    view.setInt32(offset, value === null ? NULL_LENGTH : elementBytes);
    offset += LENGTH_BYTES;
    if (value === null) continue;
    write(view, value, offset);
    offset += elementBytes;
  }
  return buffer;
}

/** A buffer of its own each time: the driver may still hold the last one in its queue. */
function startArray(
  values: Column<unknown>,
  elementType: number,
  dataBytes: number,
): { buffer: Buffer; view: DataView } {
  const size =
    values.length === 0 ? EMPTY_HEADER_BYTES : HEADER_BYTES + values.length * LENGTH_BYTES + dataBytes;
  const buffer = Buffer.allocUnsafe(size);
  const view = new DataView(buffer.buffer, buffer.byteOffset, size);
  writeHeader(view, values, elementType);
  return { buffer, view };
}

/** @returns where the elements begin */
function writeHeader(view: DataView, values: Column<unknown>, elementType: number): number {
  const isEmpty = values.length === 0;
  view.setInt32(0, isEmpty ? 0 : 1); // dimensions
  view.setInt32(4, values.includes(null) ? 1 : 0);
  view.setInt32(8, elementType);
  if (isEmpty) return EMPTY_HEADER_BYTES;
  view.setInt32(12, values.length);
  view.setInt32(16, 1); // lower bound
  return HEADER_BYTES;
}
