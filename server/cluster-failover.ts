import type { ClusterMessage } from '../protocol/cluster-message.ts';
import type { Cluster } from './cluster.ts';
import type { BusLink } from './cluster-link.ts';
import type { ClusterNode } from './cluster-node.ts';

export class ClusterFailover {
  readonly cluster: Cluster;
  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }
  get isPaused(): boolean {
    return false;
  }
  wantsPings(_node: ClusterNode): boolean {
    return false;
  }
  cron(): void {}
  noteOffset(_sender: ClusterNode, _message: ClusterMessage): void {}
  vote(_sender: ClusterNode, _message: ClusterMessage): void {}
  votedFor(_sender: ClusterNode, _message: ClusterMessage): void {}
  pauseFor(_sender: ClusterNode, _link: BusLink): void {}
  reset(): void {}
  begin(_how: string): void {}
}
