// The version of Redis whose bytes these are.

/** As INFO and HELLO say it. */
export const REDIS_VERSION = '8.0.2';
