import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Crc64 } from '../../persistence/crc64.ts';

// One bit at a time, as it is defined.
function dull(bytes: Uint8Array): string {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
    }
  }
  return crc.toString(16).padStart(16, '0');
}

function hexOf(...parts: Uint8Array[]): string {
  const crc = new Crc64();
  for (const part of parts) crc.update(part);
  return crc.hex;
}

test('the checksum of the digits 1 to 9 is that of the catalogue', () => {
  expect(hexOf(Buffer.from('123456789'))).toBe('e9c6d914c4b8d9ca');
});

test('it is the remainder of a division, however the bytes come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, at) => {
      expect(hexOf(bytes)).toBe(dull(bytes));
      expect(hexOf(bytes.subarray(0, at), bytes.subarray(at))).toBe(dull(bytes));
    }),
  );
});

test('it knows itself again', () => {
  const crc = new Crc64();
  crc.update(Buffer.from('abc'));
  const bytes = Buffer.alloc(10);
  expect(crc.write(bytes, 1)).toBe(9);
  expect(crc.matches(bytes, 1)).toBe(true);
  bytes[8] ^= 0x80;
  expect(crc.matches(bytes, 1)).toBe(false);
  expect(bytes.subarray(1, 9).reverse().toString('hex')).not.toBe(crc.hex);
});
