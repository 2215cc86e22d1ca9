// How far a replica is.

/** It has not asked for the data set. */
export const NONE = 0;
/** It waits for a snapshot to begin, */
export const WAITS_FOR_START = 1;
/** to be whole, or to have come through its connection, */
export const WAITS_FOR_END = 2;
/** for its other connection to be sent a snapshot. */
export const WAITS_FOR_CHANNEL = 3;
/** It is sent the file of a snapshot. */
export const TAKES_FILE = 4;
/** Its other connection is sent a snapshot, and this one the stream already. */
export const TAKES_BOTH = 5;
/** It has the snapshot, and is sent the stream. */
export const ONLINE = 6;
/** It has the snapshot, and wanted no more. */
export const HAS_ALL = 7;

/** A state as INFO calls it; '' for those that it does not show. */
export function stateName(state: number): string {
  switch (state) {
    case WAITS_FOR_START:
    case WAITS_FOR_END:
    case WAITS_FOR_CHANNEL:
      return 'wait_bgsave';
    case TAKES_FILE:
      return 'send_bulk';
    case TAKES_BOTH:
      return 'send_bulk_and_stream';
    case ONLINE:
      return 'online';
    default:
      return '';
  }
}
