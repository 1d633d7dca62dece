// A TCP proxy that breaks event streams and no other connections.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// The ways to break a stream, after the `last` bytes for the client.
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
  // Like a network failure: the server does not notice.
  function silence(client, server, last) {
    client.end(last);
    server.pause();
    return server;
  },
];

export class BreakingProxy {
  cuts = 0;
  breaking = false; // set by the caller
  #sockets = new Set();
  #silent; // the server's side of a stream that broke without notice
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

  // From 0 to 64 KiB on a logarithmic scale, so that streams break in the head of the
  // response, within events and between events.
  #distance() {
    return Math.floor(2 ** (16 * this.random())) - 1;
  }
}

// Clients send one request at a time, so a request starts at the start of a chunk.
const isStreamRequest = (chunk) => chunk.toString('latin1', 0, 4) === 'GET ';
