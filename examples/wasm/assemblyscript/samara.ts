// What samara/guest/values.h is for C: values as bytes, headerless beast2. A function that takes and
// gives other things than numbers is exported as (from: usize, length: usize) -> u64: it reads its
// arguments with a Reader and returns the end of a Writer.
// Specified by: docs/formats/wasm-function.md, "bytes", and docs/formats/beast2.md.

// @ts-ignore: decorator
@external("samara", "fail")
declare function samara_fail(text: usize, length: usize): void;

/** Room for the arguments; everything is gone when the function has returned. */
export function samara_alloc(size: i32): usize {
  return heap.alloc(<usize>size);
}

/** Ends the run with an error of this message. */
export function fail(message: string): void {
  const bytes = String.UTF8.encode(message);
  samara_fail(changetype<usize>(bytes), bytes.byteLength);
}

/** Never passes the end: what does not fit ends the run. */
export class Reader {
  private end: usize;
  constructor(private at: usize, length: usize) {
    this.end = at + length;
  }

  private take(size: usize): usize {
    if (size > this.end - this.at) fail("the function reads other arguments than its type says");
    const from = this.at;
    this.at += size;
    return from;
  }
  varint(): u64 {
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 64; shift += 7) {
      const byte = <u64>load<u8>(this.take(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  integer(): i64 {
    const raw = this.varint();
    return <i64>((raw >> 1) ^ (0 - (raw & 1)));
  }
  float(): f64 {
    return load<f64>(this.take(8));
  }
  boolean(): bool {
    return load<u8>(this.take(1)) != 0;
  }
  /** The number of elements, keys or pairs, which follow. */
  count(): u64 {
    if (this.varint() != 0) fail("an array that stands twice in the arguments");
    return this.varint();
  }
  text(): string {
    const size = <usize>this.varint();
    return String.UTF8.decodeUnsafe(this.take(size), size);
  }
}

export class Writer {
  private bytes: usize = heap.alloc(256);
  private size: usize = 0;
  private room: usize = 256;

  private next(size: usize): usize {
    if (size > this.room - this.size) {
      this.room = 2 * this.room + size;
      this.bytes = heap.realloc(this.bytes, this.room);
    }
    const at = this.bytes + this.size;
    this.size += size;
    return at;
  }
  varint(value: u64): void {
    while (value >= 0x80) {
      store<u8>(this.next(1), <u8>value | 0x80);
      value >>= 7;
    }
    store<u8>(this.next(1), <u8>value);
  }
  integer(value: i64): void {
    this.varint(((<u64>value) << 1) ^ (0 - ((<u64>value) >> 63)));
  }
  float(value: f64): void {
    store<f64>(this.next(8), isNaN(value) ? NaN : value);
  }
  boolean(value: bool): void {
    store<u8>(this.next(1), value ? 1 : 0);
  }
  count(count: u64): void {
    this.varint(0);
    this.varint(count);
  }
  text(value: string): void {
    const size = <usize>String.UTF8.byteLength(value);
    this.varint(size);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, this.next(size));
  }
  /** What the function returns. */
  end(): u64 {
    return ((<u64>this.bytes) << 32) | (<u64>this.size);
  }
}
