// Replies as they were before 7.2: doubles with all the digits that they may need.

import { format17 } from '../../protocol/double-17.ts';
import { ReplyWriter } from '../../protocol/reply-writer.ts';

export class Digits17Writer extends ReplyWriter {
  override double(n: number): void {
    if (n === (n | 0) && !Object.is(n, -0)) super.double(n);
    else this.doubleText(format17(n));
  }
}
