// A TCP proxy that breaks event streams, and leaves every other connection alone.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// How a stream breaks for its two ends, after the `last` bytes for the client.
const breaks = [
  function end(client, server, last) {
    client.end(last);
    server.destroy();
  },
  function reset(client, server, last) {
    client.write(last);
    client.resetAndDestroy();
    server.resetAndDestroy();
  },
  // As when a network goes away: the server does not notice.
  function silence(client, server, last) {
    client.end(last);
    server.pause();
    return server;
  },
];

export class BreakingProxy {
  cuts = 0;
  breaking = false; // begins when told to
  #sockets = new Set();
  #silent; // the server's end of a stream that broke without its notice
  #listener = createServer((client) => this.#relay(client));

  // `random` as Math.random.
  constructor(url, random) {
    this.target = new URL(url);
    this.random = random;
  }

  async start() {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.#listener.address().port}`;
    return url;
  }

  stop() {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #relay(client) {
    const server = connect(this.target.port, this.target.hostname);
    let left = Infinity; // bytes until the break
    let broken = false;
    client.on('data', (chunk) => {
      if (isStreamRequest(chunk)) left = this.#distance();
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (broken) return;
      if (!this.breaking || chunk.length <= left) {
        left -= this.breaking ? chunk.length : 0;
        client.write(chunk);
        return;
      }
      broken = true;
      this.cuts += 1;
      this.#silent?.destroy();
      const breakIt = breaks[Math.floor(this.random() * breaks.length)];
      this.#silent = breakIt(client, server, chunk.subarray(0, left));
    });
    for (const [socket, other] of [[client, server], [server, client]]) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => {}); // `close` follows
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!broken) other.end();
      });
    }
  }

  // From nothing to 64 KiB, the short ones as often as the long: so a stream breaks
  // in the head of the response, inside and between events.
  #distance() {
    return Math.floor(2 ** (16 * this.random())) - 1;
  }
}

// A client sends one request at a time on a connection, so one begins with a chunk.
const isStreamRequest = (chunk) => chunk.toString('latin1', 0, 4) === 'GET ';
