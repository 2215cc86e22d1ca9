// TLS: who gets in on which terms, and that what is said over it is the same.

import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../../server/index.ts';
import { makeCertificates } from '../certificates.ts';
import { encode } from '../wire.ts';

const made = makeCertificates();
const files = made!; // Tests without it are skipped.
afterAll(() => made?.remove());

function options(): ServerOptions {
  return {
    'tls-cert-file': files.server.cert,
    'tls-key-file': files.server.key,
    'tls-ca-cert-file': files.ca,
  };
}

function mine(): ConnectionOptions {
  const { cert, key } = files.client;
  return { ca: readFileSync(files.ca), cert: readFileSync(cert), key: readFileSync(key) };
}

function stranger(): ConnectionOptions {
  const { cert, key } = files.stranger;
  return { ca: readFileSync(files.ca), cert: readFileSync(cert), key: readFileSync(key) };
}

function nobody(): ConnectionOptions {
  return { ca: readFileSync(files.ca) };
}

/** A conversation over a socket; a reply is one chunk as long as replies are short. */
class Talk {
  readonly socket: Socket;
  readonly closed: Promise<string>;
  private text = '';
  private wake: () => void = () => {};
  private over = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.latin1Slice();
      this.wake();
    });
    let problem = '';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      problem = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.over = true;
        this.wake();
        resolve(problem);
      });
    });
  }

  send(line: string): void {
    this.socket.write(line);
  }

  /** What comes until it ends in these bytes; throws when the connection ends before. */
  async until(end: string): Promise<string> {
    while (!this.text.endsWith(end)) {
      if (this.over) throw new Error(`ended after ${JSON.stringify(this.text.slice(-80))}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const { text } = this;
    this.text = '';
    return text;
  }

  async ask(...argv: string[]): Promise<string> {
    this.send(encode(argv));
    return (await this.until('\r\n')).trimEnd();
  }
}

/** Connects to a server; rejects if the handshake fails at this end. */
function open(server: RunningServer, about: ConnectionOptions): Promise<Talk> {
  const socket = connect({ host: '127.0.0.1', port: server.tlsPort, ...about });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      resolve(new Talk(socket));
    });
  });
}

/** 'PONG' if the server lets such a client in, else ''. */
async function knock(server: RunningServer, about: ConnectionOptions): Promise<string> {
  try {
    const talk = await open(server, about);
    const reply = await talk.ask('PING');
    talk.socket.destroy();
    return reply.slice(1);
  } catch {
    return '';
  }
}

describe.skipIf(made === null)('a server with TLS', () => {
  let server: RunningServer;
  let talk: Talk;
  const lines: string[] = [];
  const log = () => lines.join('');

  beforeAll(async () => {
    server = await startServer({ ...options(), log: (line) => lines.push(line) });
    talk = await open(server, mine());
    return async () => {
      talk.socket.destroy();
      await server.close();
    };
  });

  async function set(...pairs: string[]): Promise<void> {
    expect(await talk.ask('CONFIG', 'SET', ...pairs)).toBe('+OK');
  }

  test('has a rediss: url, and no port without TLS', () => {
    expect(server.url).toBe(`rediss://127.0.0.1:${server.tlsPort}`);
    expect(server.port).toBe(0);
  });

  test('carries values of any size, both ways, in order', async () => {
    const value = 'x'.repeat(3_000_000);
    talk.send(encode(['SET', 'large', value]) + encode(['GET', 'large']) + encode(['ECHO', 'end']));
    const reply = await talk.until('$3\r\nend\r\n');
    expect(reply === `+OK\r\n$3000000\r\n${value}\r\n$3\r\nend\r\n`).toBe(true);
  });

  test('answers a pipeline in order', async () => {
    talk.send(Array.from({ length: 5000 }, (_, i) => encode(['ECHO', String(i)])).join(''));
    talk.send(encode(['ECHO', 'end']));
    const numbers = (await talk.until('\r\nend\r\n')).match(/^\d+(?=\r$)/gm)!;
    expect(numbers).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)));
  });

  test('shows its port and its clients as Redis does', async () => {
    talk.send('INFO server\r\n');
    const info = await talk.until('\r\n\r\n');
    expect(info).toContain(
      `listener2:name=tls,bind=127.0.0.1,bind=-::1,port=${server.tlsPort}\r\n`,
    );
    expect(info).toContain(`tcp_port:${server.tlsPort}\r\n`);
    expect(info).not.toContain('listener0');
    talk.send('CLIENT LIST\r\n');
    const address = talk.socket.address() as { address: string; port: number };
    const list = await talk.until('\n\r\n');
    expect(list).toContain(`addr=127.0.0.1:${address.port} laddr=127.0.0.1:${server.tlsPort}`);
  });

  test('hangs up on somebody who does not speak TLS, and says so in the log', async () => {
    const plain = new Talk(connectPlain(server.tlsPort, '127.0.0.1'));
    plain.send('PING\r\n');
    await plain.closed;
    expect(log()).toMatch(/Error accepting a client connection: error:[^\n]*\(addr=127\.0\.0\.1:/);
    expect(await talk.ask('PING')).toBe('+PONG');
  });

  test('counts who has not finished a handshake, and forgets him when he goes', async () => {
    const before = await connected(talk);
    const half = new Talk(connectPlain(server.tlsPort, '127.0.0.1'));
    await expect.poll(() => connected(talk)).toBe(before + 1);
    half.socket.destroy();
    await expect.poll(() => connected(talk)).toBe(before);
    expect(log()).toContain('the handshake was not finished');
  });

  test('can kill somebody in the middle of a handshake', async () => {
    const half = new Talk(connectPlain(server.tlsPort, '127.0.0.1'));
    await new Promise((resolve) => half.socket.once('connect', resolve));
    const { port } = half.socket.address() as { port: number };
    await expect.poll(() => talk.ask('CLIENT', 'KILL', 'ADDR', `127.0.0.1:${port}`)).toBe(':1');
    await half.closed;
  });

  test('tells a client that is told to quit, and ends the connection properly', async () => {
    const other = await open(server, mine());
    other.send('QUIT\r\n');
    expect(await other.until('\r\n')).toBe('+OK\r\n');
    expect(await other.closed).toBe('');
  });

  test('closes a client that breaks the protocol, with a word', async () => {
    const other = await open(server, mine());
    other.send('*x\r\n');
    expect(await other.until('\r\n')).toBe('-ERR Protocol error: invalid multibulk length\r\n');
    expect(await other.closed).toBe('');
  });

  test('tls-auth-clients says who has to show a certificate', async () => {
    const all = async () => [
      await knock(server, mine()),
      await knock(server, stranger()),
      await knock(server, nobody()),
    ];
    expect(await all()).toEqual(['PONG', '', '']);
    await set('tls-auth-clients', 'optional');
    expect(await all()).toEqual(['PONG', '', 'PONG']);
    await set('tls-auth-clients', 'no');
    expect(await all()).toEqual(['PONG', 'PONG', 'PONG']);
    await set('tls-auth-clients', 'yes');
    expect(await all()).toEqual(['PONG', '', '']);
  });

  test('tls-protocols says which are spoken', async () => {
    const with12: ConnectionOptions = { ...mine(), maxVersion: 'TLSv1.2' };
    const with13: ConnectionOptions = { ...mine(), minVersion: 'TLSv1.3' };
    await set('tls-protocols', 'TLSv1.2');
    expect([await knock(server, with12), await knock(server, with13)]).toEqual(['PONG', '']);
    await set('tls-protocols', 'TLSv1.3');
    expect([await knock(server, with12), await knock(server, with13)]).toEqual(['', 'PONG']);
    await set('tls-protocols', '');
    expect([await knock(server, with12), await knock(server, with13)]).toEqual(['PONG', 'PONG']);
  });

  test('tls-ciphers and tls-ciphersuites say which are taken, each for its protocols', async () => {
    const cipher = async (about: ConnectionOptions) => {
      const { socket } = await open(server, { ...mine(), ...about });
      const { name } = (socket as TLSSocket).getCipher();
      socket.destroy();
      return name;
    };
    await set('tls-ciphers', 'ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(await cipher({ maxVersion: 'TLSv1.2' })).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
    const other = 'ECDHE-ECDSA-AES128-GCM-SHA256';
    expect(await knock(server, { ...mine(), maxVersion: 'TLSv1.2', ciphers: other })).toBe('');
    expect(await knock(server, { ...mine(), minVersion: 'TLSv1.3' })).toBe('PONG');
    await set('tls-ciphers', '', 'tls-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256');
    expect(await cipher({})).toBe('TLS_CHACHA20_POLY1305_SHA256');
    expect(await knock(server, { ...mine(), maxVersion: 'TLSv1.2' })).toBe('PONG');
    await set('tls-ciphersuites', '');
  });

  test('sessions are resumed, unless tls-session-caching says no', async () => {
    const resumed = async () => {
      const first = await open(server, { ...mine(), maxVersion: 'TLSv1.2' });
      const session = (first.socket as TLSSocket).getSession();
      first.socket.destroy();
      const again = await open(server, { ...mine(), maxVersion: 'TLSv1.2', session });
      expect(await again.ask('PING')).toBe('+PONG');
      const isReused = (again.socket as TLSSocket).isSessionReused();
      again.socket.destroy();
      return isReused;
    };
    expect(await resumed()).toBe(true);
    await set('tls-session-caching', 'no');
    expect(await resumed()).toBe(false);
    await set('tls-session-caching', 'yes');
  });

  test('a new certificate is shown to those who come, and nobody is cut off', async () => {
    const subject = async () => {
      const { socket } = await open(server, mine());
      const { CN } = (socket as TLSSocket).getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    const { cert, key } = files.signed('renewed', 'ca');
    expect(await subject()).toBe('server');
    await set('tls-cert-file', cert, 'tls-key-file', key);
    expect(await subject()).toBe('renewed');
    await set('tls-cert-file', files.server.cert, 'tls-key-file', files.server.key);
    expect(await subject()).toBe('server');
  });

  test('a key that is locked needs its password', async () => {
    const locked = files.locked('server', '1234');
    expect(await talk.ask('CONFIG', 'SET', 'tls-key-file', locked)).toMatch(/Unable to update TLS/);
    await set('tls-key-file-pass', '1234', 'tls-key-file', locked);
    expect(await knock(server, mine())).toBe('PONG');
    await set('tls-key-file-pass', '', 'tls-key-file', files.server.key);
  });

  test('terms that cannot be had are refused, and the old ones stay', async () => {
    const garbage = files.path('garbage.pem');
    writeFileSync(garbage, 'no certificate at all\n');
    for (const [name, value, why] of [
      ['tls-cert-file', '/nowhere/at.all', 'Failed to load certificate: /nowhere/at.all'],
      ['tls-cert-file', garbage, `Failed to load certificate: ${garbage}`],
      ['tls-cert-file', '', 'No tls-cert-file configured!'],
      ['tls-key-file', files.client.key, `Failed to load private key: ${files.client.key}`],
      ['tls-key-file', '', 'No tls-key-file configured!'],
      ['tls-ca-cert-file', '/nowhere', 'Failed to configure CA certificate(s) file/directory'],
      ['tls-ca-cert-file', '', 'Either tls-ca-cert-file or tls-ca-cert-dir must be specified'],
      ['tls-protocols', 'SSLv3', 'Invalid tls-protocols specified.'],
      ['tls-ciphers', 'NONE-SUCH', 'Failed to configure ciphers'],
      ['tls-dh-params-file', garbage, `${garbage}: failed to read DH params.`],
    ] as const) {
      const before = lines.length;
      const refusal = `-ERR CONFIG SET failed (possibly related to argument '${name}') - `;
      expect(await talk.ask('CONFIG', 'SET', name, value)).toBe(
        `${refusal}Unable to update TLS configuration. Check server logs.`,
      );
      expect(lines.slice(before).join('')).toContain(why);
      expect(await knock(server, mine()), `${name} ${value}`).toBe('PONG');
    }
  });

  test('the port can be changed, and change its kind with the other', async () => {
    const port = String(server.tlsPort);
    await set('tls-port', '0', 'port', port);
    expect(server.url).toBe(`redis://127.0.0.1:${port}`);
    const plain = new Talk(connectPlain(Number(port), '127.0.0.1'));
    expect(await plain.ask('PING')).toBe('+PONG');
    plain.socket.destroy();
    await set('port', '0', 'tls-port', port);
    expect(server.tlsPort).toBe(Number(port));
    expect(await knock(server, mine())).toBe('PONG');
  });

  test('a port that somebody else has is refused, and the old one stays', async () => {
    const other = await startServer();
    const { tlsPort } = server;
    expect(await talk.ask('CONFIG', 'SET', 'tls-port', String(other.port))).toBe(
      "-ERR CONFIG SET failed (possibly related to argument 'tls-port') - " +
        'Unable to listen on this port. Check server logs.',
    );
    await other.close();
    expect(server.tlsPort).toBe(tlsPort);
    expect(await knock(server, mine())).toBe('PONG');
  });
});

async function connected(talk: Talk): Promise<number> {
  talk.send('CLIENT LIST\r\n');
  return (await talk.until('\n\r\n')).match(/^id=/gm)!.length;
}

describe.skipIf(made === null)('replication over TLS', () => {
  test('a replica follows its master there, and shows its certificate', async () => {
    const master = await startServer(options());
    const secure = { ...options(), 'tls-replication': 'yes', 'repl-diskless-sync-delay': 0 };
    const replica = await startServer(secure);
    const [above, below] = [await open(master, mine()), await open(replica, mine())];
    expect(await above.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')).toBe('+OK');
    expect(await above.ask('SET', 'early', 'x'.repeat(500))).toBe('+OK');
    expect(await below.ask('REPLICAOF', '127.0.0.1', String(master.tlsPort))).toBe('+OK');
    await expect.poll(() => below.ask('EXISTS', 'early'), { timeout: 20_000 }).toBe(':1');
    expect(await above.ask('SET', 'late', 'y')).toBe('+OK');
    await expect.poll(() => below.ask('EXISTS', 'late'), { timeout: 20_000 }).toBe(':1');
    expect(await above.ask('WAIT', '1', '0')).toBe(':1');
    await replica.close();
    await master.close();
  });

  test('a replica without TLS does not get through', async () => {
    const lines: string[] = [];
    const master = await startServer({ ...options(), log: (line) => lines.push(line) });
    const replica = await startServer();
    const below = new Talk(connectPlain(replica.port, '127.0.0.1'));
    expect(await below.ask('REPLICAOF', '127.0.0.1', String(master.tlsPort))).toBe('+OK');
    const log = () => lines.join('');
    await expect.poll(log, { timeout: 20_000 }).toContain('Error accepting a client connection');
    await replica.close();
    await master.close();
  });
});

describe.skipIf(made === null)('starting with TLS', () => {
  test('beside a port without it', async () => {
    const server = await startServer({ ...options(), port: 0 });
    const plain = new Talk(connectPlain(server.port, '127.0.0.1'));
    expect(await plain.ask('SET', 'k', 'v')).toBe('+OK');
    const talk = await open(server, mine());
    talk.send('GET k\r\n');
    expect(await talk.until('v\r\n')).toBe('$1\r\nv\r\n');
    await server.close();
    await Promise.all([plain.closed, talk.closed]);
  });

  test.each([
    [{ 'tls-port': 0 }, 'No tls-cert-file configured!'],
    [{ 'tls-cert-file': '/nowhere', 'tls-key-file': '/nowhere' }, 'Either tls-ca-cert-file'],
    [
      { 'tls-cert-file': '/nowhere', 'tls-key-file': '/nowhere', 'tls-auth-clients': 'no' },
      'Failed to load certificate: /nowhere: No such file or directory',
    ],
  ])('is refused with the reason: %o', async (wrong, why) => {
    const lines: string[] = [];
    const starting = startServer({ ...wrong, log: (line) => lines.push(line) });
    await expect(starting).rejects.toThrow(why);
    expect(lines.join('')).toContain('Failed to configure TLS. Check logs for more info.');
  });

  test('trusts every authority of a folder', async () => {
    const { mkdirSync, copyFileSync } = await import('node:fs');
    const folder = files.path('authorities');
    mkdirSync(folder);
    copyFileSync(files.ca, `${folder}/01234567.0`);
    copyFileSync(files.path('otherca.crt'), `${folder}/89abcdef.1`);
    const { 'tls-ca-cert-file': _, ...rest } = options();
    const server = await startServer({ ...rest, 'tls-ca-cert-dir': folder });
    expect(await knock(server, mine())).toBe('PONG');
    expect(await knock(server, stranger())).toBe('PONG');
    expect(await knock(server, nobody())).toBe('');
    await server.close();
  });
});
