import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { type FullHandle, HandleLink, handles } from '../../server/handle-link.ts';
import { Ration } from '../../server/ration.ts';
import { directWrites, SocketLink } from '../../server/socket-link.ts';

type Port = { onconnection(error: number, handle: FullHandle): void };

/** Some turns of the event loop, in which what was sent has come if it is read at all. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

for (const way of ['handle alone', 'handle', 'stream'] as const) {
  describe(`a link that writes through its ${way}`, () => {
    let listener: NetServer;
    let peer: Socket;
    let link: SocketLink | HandleLink;
    let drained = 0;
    let seen = { gone: 0 };
    let closed = 0; // Handles, by the ration of those who leave.
    let heard = '';

    beforeEach(async () => {
      drained = 0;
      closed = 0;
      const counts = { gone: 0 }; // The last test's link may yet speak.
      seen = counts;
      heard = '';
      const shared = Buffer.alloc(1024);
      let take: (link: SocketLink | HandleLink) => void;
      const made = new Promise<SocketLink | HandleLink>((resolve) => {
        take = resolve;
      });
      listener = createServer({ pauseOnConnect: true }, (accepted) => {
        const wrap = way === 'handle' ? directWrites : null;
        take(new SocketLink(accepted, shared, 'tcp', '', wrap));
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      if (way === 'handle alone') {
        const close = (handle: FullHandle) => {
          closed++;
          handle.close();
        };
        const leaving = new Ration(setImmediate, () => 10, close);
        const common = { buffer: shared, leaving, later: setImmediate };
        const { _handle: port } = listener as unknown as { _handle: Port };
        port.onconnection = (_, handle) => {
          take(new HandleLink(handle, common, 'tcp', 'there', 'here'));
        };
      }
      peer = connect((listener.address() as { port: number }).port, '127.0.0.1');
      peer.on('error', () => {});
      link = await made;
      const received = (chunk: Buffer, length: number) => {
        heard += chunk.latin1Slice(0, length);
      };
      const client = { received, drained: () => drained++, gone: () => counts.gone++ };
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
      peer.resetAndDestroy();
      await expect.poll(() => seen.gone).toBe(1);
      expect(link.sendOne(Buffer.from('hello?'))).toBe(true);
      expect(link.unsent).toBe(0);
      link.end();
      link.destroy();
      expect(seen.gone).toBe(1);
    });

    test('hears what is said, but not while it is paused', async () => {
      peer.write('one ');
      await expect.poll(() => heard).toBe('one ');
      link.pause();
      peer.write('two');
      await turns();
      expect(heard).toBe('one ');
      link.resume();
      await expect.poll(() => heard).toBe('one two');
    });

    test('ends when the other end does', async () => {
      peer.resume();
      const ended = new Promise((resolve) => peer.once('close', resolve));
      peer.end('the last words');
      await ended;
      await expect.poll(() => seen.gone).toBe(1);
      expect(heard).toBe('the last words');
      expect(closed).toBe(way === 'handle alone' ? 1 : 0);
    });

    test('still says what it has to say to one who only listens', async () => {
      peer.pause();
      const large = Buffer.alloc(8 * 1024 * 1024, 'x');
      link.sendOne(large);
      peer.end();
      await turns();
      const all = read(large.length);
      peer.resume();
      expect((await all).length).toBe(large.length);
      await expect.poll(() => seen.gone).toBe(1);
    });

    test('says that nothing more comes, and listens', async () => {
      const ended = new Promise((resolve) => peer.once('end', resolve));
      peer.resume();
      peer.allowHalfOpen = true;
      link.endOutput();
      await ended;
      peer.write('still here');
      await expect.poll(() => heard).toBe('still here');
    });

    test('can be reset: the other end has an error then', async () => {
      const failed = new Promise<NodeJS.ErrnoException>((resolve) => peer.once('error', resolve));
      peer.resume();
      link.reset();
      expect((await failed).code).toBe('ECONNRESET');
      await expect.poll(() => seen.gone).toBe(1);
    });
  });
}

test('this Node lets us write through the handle, and do without a socket', () => {
  expect(directWrites).not.toBeNull();
  expect(handles).not.toBeNull();
});
