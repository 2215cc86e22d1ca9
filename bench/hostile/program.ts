// One side of bench/hostile/run.ts, in a process of its own:
//
//   program.js attack NAME PORT TLS-PORT    is hostile until it is killed
//   program.js ask PORT                     asks small things, as well-behaved clients do, from one
//                                           message of its parent to the next, and then answers
//                                           with the latencies in ms

import { connect } from 'node:net';
import { attacks } from './attacks.ts';

const CLIENTS = 20;
const PAUSE_MS = 2;

const [what, ...words] = process.argv.slice(2);
if (what === 'attack')
  attacks[words[0]].begin({ port: Number(words[1]), tlsPort: Number(words[2]) });
else ask(Number(words[0]));

function ask(port: number): void {
  let asks = false;
  let latencies: number[] = [];
  const all: (() => void)[] = []; // How each goes on.
  process.on('message', () => {
    asks = !asks;
    if (asks) {
      for (const send of all) send();
      return;
    }
    process.send!(latencies);
    latencies = [];
  });
  process.on('disconnect', () => process.exit());
  for (let i = 0; i < CLIENTS; i++) {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const key = `key:${i}`;
    let sentMs = 0;
    let n = 0;
    let waits = false;
    const send = () => {
      if (!asks || waits) return;
      waits = true;
      sentMs = performance.now();
      socket.write(n++ % 2 === 0 ? `SET ${key} value\r\n` : `GET ${key}\r\n`);
    };
    socket.on('data', () => {
      waits = false;
      latencies.push(performance.now() - sentMs);
      setTimeout(send, PAUSE_MS);
    });
    all.push(send);
    socket.on('close', () => process.exit(1)); // A good client was cut off.
  }
}
