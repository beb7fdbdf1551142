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
const HAS_NULL_OFFSET = 4;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

// Arrays are parts of one block of memory, one after the other, as each memory and view of its own costs more than what is
// written. A part is never written again: the driver may still hold it in its queue.
const BLOCK_BYTES = 64 * 1024;
let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
let view = new DataView(block.buffer);
let used = 0;

/** Makes room in `block` from `used` on. */
function reserve(bytes: number): void {
  if (used + bytes <= block.length) return;
  block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
  view = new DataView(block.buffer);
  used = 0;
}

/** What has been written since `used`, up to `end`. */
function take(end: number): Buffer {
  const array = block.subarray(used, end);
  used = end;
  return array;
}

/** UTF-8. PostgreSQL refuses a zero character; a lone surrogate becomes U+FFFD, so refuse it at the edge. */
function encodeText(values: Column<string>): Buffer {
  let bytesMax = HEADER_BYTES;
  for (const value of values) bytesMax += LENGTH_BYTES + (value?.length ?? 0) * UTF8_BYTES_PER_UNIT_MAX;
  reserve(bytesMax);
  let offset = writeHeader(values.length, OID.text);
  for (const value of values) {
    if (value === null) offset = writeNull(offset);
    else {
      const length = writeText(value, offset + LENGTH_BYTES);
      view.setInt32(offset, length);
      offset += LENGTH_BYTES + length;
    }
  }
  return take(offset);
}

const UTF8_BYTES_PER_UNIT_MAX = 3;

/** Below this length a loop is faster than the call into the runtime. */
const LOOP_LENGTH_MAX = 40;

function writeText(value: string, offset: number): number {
  const { length } = value;
  if (length > LOOP_LENGTH_MAX) return block.write(value, offset, 'utf8');
  for (let index = 0; index < length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) return block.write(value, offset, 'utf8');
    block[offset + index] = unit;
  }
  return length;
}

function encodeBytea(values: Column<Uint8Array>): Buffer {
  let bytes = HEADER_BYTES;
  for (const value of values) bytes += LENGTH_BYTES + (value?.length ?? 0);
  reserve(bytes);
  let offset = writeHeader(values.length, OID.bytea);
  for (const value of values) {
    if (value === null) offset = writeNull(offset);
    else {
      view.setInt32(offset, value.length);
      block.set(value, offset + LENGTH_BYTES);
      offset += LENGTH_BYTES + value.length;
    }
  }
  return take(offset);
}

function encodeInt8(values: Column<bigint>): Buffer {
  return encodeFixed(values, OID.int8, 8, (value, offset) => {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} does not fit an int8`);
    view.setBigInt64(offset, value);
  });
}

function encodeInt4(values: Column<number>): Buffer {
  return encodeFixed(values, OID.int4, 4, (value, offset) => {
    if ((value | 0) !== value) throw new RangeError(`${value} does not fit an int4`);
    view.setInt32(offset, value);
  });
}

function encodeInt2(values: Column<number>): Buffer {
  return encodeFixed(values, OID.int2, 2, (value, offset) => {
    if ((value << 16) >> 16 !== value) throw new RangeError(`${value} does not fit an int2`);
    view.setInt16(offset, value);
  });
}

function encodeBool(values: Column<boolean>): Buffer {
  return encodeFixed(values, OID.bool, 1, (value, offset) => view.setUint8(offset, value ? 1 : 0));
}

/** 2000-01-01T00:00:00Z, from which PostgreSQL counts. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** From milliseconds since 1970, as `Date.now()` gives them. */
function encodeTimestamptz(valuesMs: Column<number>): Buffer {
  return encodeFixed(valuesMs, OID.timestamptz, 8, (valueMs, offset) => {
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
  write: (value: Value, offset: number) => void,
): Buffer {
  reserve(HEADER_BYTES + values.length * (LENGTH_BYTES + elementBytes));
  let offset = writeHeader(values.length, elementType);
  for (const value of values) {
    if (value === null) offset = writeNull(offset);
    else {
      view.setInt32(offset, elementBytes);
      write(value, offset + LENGTH_BYTES);
      offset += LENGTH_BYTES + elementBytes;
    }
  }
  return take(offset);
}

/** @returns where the elements begin */
function writeHeader(length: number, elementType: number): number {
  view.setInt32(used, length === 0 ? 0 : 1); // dimensions
  view.setInt32(used + HAS_NULL_OFFSET, 0);
  view.setInt32(used + 8, elementType);
  if (length === 0) return used + EMPTY_HEADER_BYTES;
  view.setInt32(used + 12, length);
  view.setInt32(used + 16, 1); // lower bound
  return used + HEADER_BYTES;
}

/** @returns where the next element begins */
function writeNull(offset: number): number {
  view.setInt32(used + HAS_NULL_OFFSET, 1);
  view.setInt32(offset, NULL_LENGTH);
  return offset + LENGTH_BYTES;
}
