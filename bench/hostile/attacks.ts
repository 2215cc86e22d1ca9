// What hostile clients do. Each attack runs in a process of its own until that is ended.

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export type Target = { readonly port: number; readonly tlsPort: number };
type Attack = {
  /** What it comes to, for who reads the figures. */
  readonly strength: string;
  readonly begin: (target: Target) => void;
};

const LARGE = 'large'; // A key with a value of a megabyte: run.ts sets it.

function open({ port }: Target, then: (socket: Socket) => void, dropped = () => {}): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  socket.on('close', dropped);
  socket.on('connect', () => then(socket));
  return socket;
}

/** Keeps so many of something going, each begun anew when it ends. */
function keep(count: number, begin: (again: () => void) => void): void {
  for (let i = 0; i < count; i++) {
    const again = () => begin(() => setTimeout(again, 10));
    // Not all at once: the system refuses connections that come faster than they are taken.
    setTimeout(again, Math.floor(i / 100) * 20);
  }
}

function encode(...argv: string[]): string {
  return `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** Sends the same bytes over and over, as fast as they are taken. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = () => {
    while (socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

export const attacks: Record<string, Attack> = {
  'half requests': {
    strength: '2000 connections, each with half a SET',
    begin: (target) => {
      keep(2000, (again) => {
        open(target, (socket) => void socket.write('*3\r\n$3\r\nSET\r\n$5\r\nab'), again);
      });
    },
  },

  'slow readers': {
    strength: '50 that ask for 20 MB each and read nothing',
    begin: (target) => {
      keep(50, (again) => {
        open(
          target,
          (socket) => {
            socket.pause();
            socket.write(encode('GET', LARGE).repeat(20));
          },
          again,
        );
      });
    },
  },

  'slow writers': {
    strength: '500 that send a byte every 25 ms: 20,000 reads a second',
    begin: (target) => {
      const request = encode('SET', 'slow', 'value');
      keep(500, (again) => {
        let at = 0;
        const socket = open(
          target,
          () => {
            const timer = setInterval(() => socket.write(request[at++ % request.length]), 25);
            socket.on('close', () => clearInterval(timer));
            socket.resume();
          },
          again,
        );
      });
    },
  },

  '10,000 connections': {
    strength: '9900 come, 5000 a second; then 100 a second leave and come again',
    begin: (target) => {
      keep(9900, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            if (Math.random() < 0.01) setTimeout(() => socket.destroy(), 1000);
          },
          again,
        );
      });
    },
  },

  'giant pipelines': {
    strength: '4 that send GETs without an end',
    begin: (target) => {
      const bytes = Buffer.from(encode('GET', 'none').repeat(50_000));
      keep(4, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            flood(socket, bytes);
          },
          again,
        );
      });
    },
  },

  'unknown commands': {
    strength: '2 that send lines of one letter without an end',
    begin: (target) => {
      const bytes = Buffer.from('x\r\n'.repeat(300_000));
      keep(2, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            flood(socket, bytes);
          },
          again,
        );
      });
    },
  },

  'guesses of a password': {
    strength: '20 that send AUTH without an end',
    begin: (target) => {
      keep(20, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            flood(socket, Buffer.from(encode('AUTH', 'guess-that-is-wrong').repeat(1000)));
          },
          again,
        );
      });
    },
  },

  'deep nesting': {
    strength: '2 that send transactions of 2000 GETs, and replies nested 5000 deep',
    begin: (target) => {
      const script = 'local t = {} for i = 1, 5000 do t = {t} end return t';
      const queue = `MULTI\r\n${encode('GET', 'none').repeat(2000)}MULTI\r\nEXEC\r\nEXEC\r\n`;
      keep(2, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            flood(socket, Buffer.from(queue.repeat(3) + encode('EVAL', script, '0')));
          },
          again,
        );
      });
    },
  },

  'lengths that are too large': {
    strength: '500 that announce up to 2 GB, again when they are cut off',
    begin: (target) => {
      const headers = [
        '*2147483648\r\n',
        `*2147483647\r\n${'$1\r\na\r\n'.repeat(10_000)}`,
        '*2\r\n$3\r\nGET\r\n$536870912\r\n',
        '*2\r\n$3\r\nGET\r\n$1048576\r\n',
        '$-5\r\n',
      ];
      let next = 0;
      keep(500, (again) => {
        open(
          target,
          (socket) => {
            socket.resume();
            socket.write(headers[next++ % headers.length]);
            setTimeout(() => socket.destroy(), 2000);
          },
          again,
        );
      });
    },
  },

  'subscribers who do not read': {
    strength: '20, and one that publishes 10 KB without an end',
    begin: (target) => {
      keep(20, (again) => {
        open(
          target,
          (socket) => {
            socket.pause();
            socket.write(encode('SUBSCRIBE', 'news'));
          },
          again,
        );
      });
      open(target, (socket) => {
        socket.resume();
        flood(socket, Buffer.from(encode('PUBLISH', 'news', 'x'.repeat(10_000)).repeat(10)));
      });
    },
  },

  'monitors who do not read': {
    strength: '5, and 10,000 ECHOs of 1 KB a second',
    begin: (target) => {
      keep(5, (again) => {
        open(
          target,
          (socket) => {
            socket.pause();
            socket.write('MONITOR\r\n');
          },
          again,
        );
      });
      open(target, (socket) => {
        socket.resume();
        setInterval(() => socket.write(encode('ECHO', 'x'.repeat(1000)).repeat(100)), 10);
      });
    },
  },

  'broken TLS': {
    strength: '220 that send what is no hello, or half of one, again when they are cut off',
    begin: ({ tlsPort }) => {
      const target = { port: tlsPort, tlsPort };
      const hello = Buffer.from('16030100010100', 'hex');
      keep(100, (again) => {
        open(target, (socket) => void socket.write('PING\r\n'), again);
      });
      keep(100, (again) => {
        open(
          target,
          (socket) => {
            socket.write(hello); // The rest of it never comes.
            setTimeout(() => socket.destroy(), 1000);
          },
          again,
        );
      });
      keep(20, (again) => {
        open(target, (socket) => void socket.write(Buffer.alloc(20_000, 0x16)), again);
      });
    },
  },

  'handshakes over and over': {
    strength: '50 that shake hands and leave',
    begin: ({ tlsPort }) => {
      keep(50, (again) => {
        const options = { host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false };
        const socket = connectTls(options, () => socket.destroy());
        socket.on('error', () => {});
        socket.on('close', again);
      });
    },
  },
};
