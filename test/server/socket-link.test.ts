import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { directWrites, SocketLink } from '../../server/socket-link.ts';

for (const way of ['handle', 'stream'] as const) {
  describe(`a link that writes through its ${way}`, () => {
    let listener: NetServer;
    let peer: Socket;
    let link: SocketLink;
    let drained = 0;

    beforeEach(async () => {
      drained = 0;
      const accepted = new Promise<Socket>((resolve) => {
        listener = createServer({ pauseOnConnect: true }, resolve);
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      peer = connect((listener.address() as { port: number }).port, '127.0.0.1');
      peer.on('error', () => {});
      const wrap = way === 'handle' ? directWrites : null;
      link = new SocketLink(await accepted, Buffer.alloc(1024), 'tcp', '', wrap);
      const client = { received() {}, drained: () => drained++, gone() {} };
      link.client = client as unknown as Client;
    });
    afterEach(async () => {
      link.destroy();
      peer.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });

    /** What the peer reads until so many bytes have come. */
    function read(bytes: number): Promise<Buffer> {
      return new Promise((resolve) => {
        const chunks: Buffer[] = [];
        let length = 0;
        peer.on('data', (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length >= bytes) resolve(Buffer.concat(chunks));
        });
      });
    }

    test('sends small chunks at once, in order', async () => {
      expect(link.sendOne(Buffer.from('one '))).toBe(true);
      expect(link.send([Buffer.from('two '), Buffer.from('three')])).toBe(true);
      expect(link.unsent).toBe(0);
      expect(String(await read(13))).toBe('one two three');
    });

    test('says when bytes have to wait, keeps them in order, and tells when they have left', async () => {
      peer.pause();
      const large = Buffer.alloc(32 * 1024 * 1024, 'x');
      expect(link.sendOne(large)).toBe(false);
      expect(link.sendOne(Buffer.from('behind'))).toBe(false);
      expect(link.unsent).toBeGreaterThan(0);
      const all = read(large.length + 6);
      peer.resume();
      expect((await all).subarray(-8).toString()).toBe('xxbehind');
      await expect.poll(() => drained).toBeGreaterThan(0);
      expect(link.unsent).toBe(0);
    });

    test('ends after what it sent has left', async () => {
      peer.pause();
      const large = Buffer.alloc(8 * 1024 * 1024, 'x');
      link.sendOne(large);
      link.end();
      const ended = new Promise((resolve) => peer.once('end', resolve));
      const all = read(large.length);
      peer.resume();
      expect((await all).length).toBe(large.length);
      await ended;
    });

    test('sending to somebody who is gone does no harm', async () => {
      const closed = new Promise((resolve) => link.socket.once('close', resolve));
      peer.resetAndDestroy();
      await closed;
      expect(link.sendOne(Buffer.from('hello?'))).toBe(true);
    });
  });
}

test('this Node lets us write through the handle', () => {
  expect(directWrites).not.toBeNull();
});
