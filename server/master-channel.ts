// The second connection to a master, for the snapshot alone, while the first one brings the stream.
//
//   us                                                            master
//   AUTH                                                          +OK
//   REPLCONF capa eof rdb-only 1 rdb-channel 1 main-ch-client-id  +OK
//   PSYNC ? -1                                                    +FULLRESYNC <history> <offset>
//                                                                 $EOF:... the snapshot
//
// Whatever fails here fails the whole attempt.

import type { Known } from './following-state.ts';
import { Conversation } from './master-conversation.ts';
import { Payload } from './master-payload.ts';
import type { Server } from './server.ts';

const ID_LENGTH = 40;

/** The first connection. */
export interface MainLink {
  channelBegan(known: Known): void;
  failedToSync(): void;
  synced(database: number, marked: boolean, more: Buffer): void;
}

type Step = 'auth' | 'options' | 'psync' | 'head';

export class MasterChannel extends Conversation {
  private readonly main: MainLink;
  private readonly mainId: string;
  private step: Step = 'options';
  private historyId = '';

  /** Begins to connect; `mainId` is what the master calls our first connection. */
  constructor(server: Server, main: MainLink, mainId: string) {
    super(server);
    this.main = main;
    this.mainId = mainId;
  }

  protected begun(): void {
    if (this.login()) this.step = 'auth';
    const options = ['rdb-only', '1', 'rdb-channel', '1', 'main-ch-client-id', this.mainId];
    this.say('REPLCONF', 'capa', 'eof', ...options, 'listening-port', this.announcedPort);
  }

  failedToSync(): void {
    if (!this.closed) this.main.failedToSync();
  }

  synced(database: number, _: boolean, more: Buffer): void {
    this.closed = true;
    this.link.destroy();
    this.main.synced(database, true, more);
  }

  protected streamed(): void {}

  protected heard(line: string): boolean {
    const { following } = this.server;
    switch (this.step) {
      case 'auth':
        if (line.startsWith('-')) this.fail(`Unable to AUTH to master: ${line}`);
        this.step = 'options';
        return false;
      case 'options':
        if (line.startsWith('-')) {
          this.fail(`Master replied error to replconf: ${line}`);
          return false;
        }
        following.stopAt('before-rdb-channel');
        this.say('PSYNC', '?', '-1');
        this.step = 'psync';
        return false;
      case 'psync':
        if (line !== '') this.answered(line);
        return false;
      default:
        if (line === '') return false;
        this.payload = Payload.begin(this, this.server, line, this.historyId);
        if (this.payload === null) this.failedToSync();
        return false;
    }
  }

  protected ended(): void {
    const { log } = this.server;
    if (this.payload !== null) return this.payload.cutOff(this.why);
    log.warning(`Error condition on socket for rdb channel replication: ${this.why}`);
    this.failedToSync();
  }

  private answered(line: string): void {
    const [word, id = '', offset = ''] = line.split(' ');
    if (word !== '+FULLRESYNC' || id.length !== ID_LENGTH) {
      return this.fail(`Received unexpected psync reply: ${line}`);
    }
    this.historyId = id;
    this.step = 'head';
    this.main.channelBegan({ id, offset: Number(offset), database: 0 });
  }

  private fail(why: string): void {
    this.server.log.warning(why);
    this.failedToSync();
  }
}
