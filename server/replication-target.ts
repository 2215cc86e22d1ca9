// A snapshot on its way into the connections of replicas.
//
// How long it is going to be is not known, so it ends with a mark, which was said before it
// began: forty digits drawn by chance, which do not come up in it. The slowest replica sets the
// pace.

import type { Replica } from './replica.ts';
import type { Server } from './server.ts';
import type { Target } from './snapshot-file.ts';

export class ReplicaTarget implements Target {
  private readonly server: Server;
  private readonly mark: Buffer;
  private begun = false;
  private replicas: readonly Replica[];

  constructor(server: Server, replicas: readonly Replica[], mark: string) {
    this.server = server;
    this.replicas = replicas;
    this.mark = Buffer.from(mark);
  }

  async write(bytes: Buffer): Promise<void> {
    const pieces = [bytes];
    if (!this.begun) pieces.unshift(Buffer.from(`$EOF:${this.mark}\r\n`));
    this.begun = true;
    await this.sendAll(pieces);
  }

  async end(): Promise<void> {
    await this.sendAll([this.mark]);
    this.server.log.notice(
      `Diskless rdb transfer, done reading from pipe, ${this.replicas.length} replicas still up.`,
    );
  }

  close(): void {}

  /** Goes on without a replica, whose connection has ended. */
  forget(replica: Replica): void {
    if (!this.replicas.includes(replica)) return;
    this.replicas = this.replicas.filter((each) => each !== replica);
    if (this.replicas.length > 0) return;
    this.server.log.warning('Diskless rdb transfer, last replica dropped, killing fork child.');
    this.server.saving.cancel();
  }

  private async sendAll(pieces: readonly Buffer[]): Promise<void> {
    await Promise.all(this.replicas.map((each) => each.send(pieces)));
  }
}
