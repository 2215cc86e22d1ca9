// What the tls-* parameters come to: the terms of a TLS connection, as Node takes them.
//
// Files are read when the configuration is applied, not for each connection, so a certificate
// that is replaced on disk counts from the next CONFIG SET of a tls parameter on, as with Redis.

import { constants } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { systemError } from './config/config-file.ts';
import type { ConfigValues } from './config/parameters.ts';

/** Why TLS cannot be had as it is configured; the message is a line for the log. */
export class TlsProblem extends Error {}

const PROTOCOLS: Record<string, number> = {
  tlsv1: constants.SSL_OP_NO_TLSv1,
  'tlsv1.1': constants.SSL_OP_NO_TLSv1_1,
  'tlsv1.2': constants.SSL_OP_NO_TLSv1_2,
  'tlsv1.3': constants.SSL_OP_NO_TLSv1_3,
};
// Redis: nobody may ask for a new handshake in the middle, which costs the other end the most.
const ALWAYS = constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_RENEGOTIATION;
const DEFAULT_PROTOCOLS = 'TLSv1.2 TLSv1.3';
const SUITES_13 = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** The terms for connections that come in. Throws a TlsProblem. */
export function serverTerms(values: ConfigValues): SecureContextOptions {
  if (values['tls-cert-file'] === '') throw new TlsProblem('No tls-cert-file configured!');
  if (values['tls-key-file'] === '') throw new TlsProblem('No tls-key-file configured!');
  const asksForCertificates =
    values['tls-auth-clients'] !== 'no' || values['tls-cluster'] || values['tls-replication'];
  const hasAuthority = values['tls-ca-cert-file'] !== '' || values['tls-ca-cert-dir'] !== '';
  if (asksForCertificates && !hasAuthority) {
    throw new TlsProblem(
      'Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, ' +
        'tls-replication or tls-auth-clients are enabled!',
    );
  }
  const terms = commonTerms(values, OWN);
  terms.honorCipherOrder = values['tls-prefer-server-ciphers'];
  terms.sessionIdContext = 'redis';
  if (values['tls-session-caching']) {
    // In seconds. Node has no "never"; a session of one second is as good.
    terms.sessionTimeout = Math.max(1, values['tls-session-cache-timeout']);
  } else {
    terms.secureOptions! |= constants.SSL_OP_NO_TICKET;
  }
  const dh = values['tls-dh-params-file'];
  terms.dhparam = dh === '' ? 'auto' : read(values, dh, `Failed to load ${dh}`);
  // Node would go on without any, and not say so.
  if (dh !== '' && !terms.dhparam.includes('BEGIN DH PARAMETERS')) {
    throw new TlsProblem(`${dh}: failed to read DH params.`);
  }
  check(values, OWN, terms);
  return terms;
}

/** The terms for connections to others, such as a master. Throws a TlsProblem. */
export function clientTerms(values: ConfigValues): SecureContextOptions {
  // Redis: without a certificate of its own for this, a server shows the one that it serves with.
  const apart = values['tls-client-cert-file'] !== '' && values['tls-client-key-file'] !== '';
  const names = apart ? FOR_CLIENT : OWN;
  const terms = commonTerms(values, names);
  check(values, names, terms);
  return terms;
}

/**
 * Opens a TLS connection to another server, as its replica or its peer. The other end must show a
 * certificate of the authority that is configured. Throws a TlsProblem; what goes wrong later is
 * the socket's 'error'. `more` is for Node's connect().
 */
export function connectTls(
  values: ConfigValues,
  host: string,
  port: number,
  more: ConnectionOptions = {},
): TLSSocket {
  const source = values['bind-source-addr'];
  return connect({
    ...clientTerms(values),
    host,
    port,
    rejectUnauthorized: true,
    // Redis: who it is that shows the certificate is not compared with the address.
    checkServerIdentity: () => undefined,
    ...(source === '' ? {} : { localAddress: source }),
    ...more,
  });
}

/** The parameters that say who this server is, */
const OWN = {
  cert: 'tls-cert-file',
  key: 'tls-key-file',
  password: 'tls-key-file-pass',
} as const;
/** and who it is when it connects to others. */
const FOR_CLIENT = {
  cert: 'tls-client-cert-file',
  key: 'tls-client-key-file',
  password: 'tls-client-key-file-pass',
} as const;

type Names = typeof OWN | typeof FOR_CLIENT;

function commonTerms(values: ConfigValues, names: Names): SecureContextOptions {
  const { [names.cert]: cert, [names.key]: key, [names.password]: password } = values;
  const terms: SecureContextOptions = {
    cert: read(values, cert, `Failed to load certificate: ${cert}`),
    key: read(values, key, `Failed to load private key: ${key}`),
    ca: authorities(values),
    minVersion: 'TLSv1',
    secureOptions: ALWAYS | refusedProtocols(values['tls-protocols']),
  };
  if (password !== '') terms.passphrase = password;
  const { 'tls-ciphers': ciphers, 'tls-ciphersuites': suites } = values;
  if (ciphers !== '' || suites !== '') {
    // Node takes both in one list, and what is not in it is not offered.
    const before13 = constants.defaultCoreCipherList.split(':').filter((name) => !is13(name));
    terms.ciphers = `${suites || SUITES_13}:${ciphers || before13.join(':')}`;
  }
  return terms;
}

function is13(cipher: string): boolean {
  return cipher.startsWith('TLS_');
}

function refusedProtocols(text: string): number {
  let refused = 0;
  for (const option of Object.values(PROTOCOLS)) refused |= option;
  for (const name of (text || DEFAULT_PROTOCOLS).split(' ')) {
    const option = PROTOCOLS[name.toLowerCase()];
    if (option === undefined) {
      throw new TlsProblem(
        'Invalid tls-protocols specified. ' +
          "Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'.",
      );
    }
    refused &= ~option;
  }
  return refused;
}

const NO_AUTHORITY = 'Failed to configure CA certificate(s) file/directory';

/** All certificates to trust: of the file, and of the folder, where names are hashes. */
function authorities(values: ConfigValues): Buffer[] {
  const { 'tls-ca-cert-file': file, 'tls-ca-cert-dir': folder } = values;
  const found = file === '' ? [] : [read(values, file, NO_AUTHORITY)];
  if (folder === '') return found;
  const path = onDisk(values, folder);
  try {
    for (const name of readdirSync(path).sort()) {
      if (/^[0-9a-f]{8}\.\d+$/.test(name)) found.push(readFileSync(join(path, name)));
    }
  } catch (problem) {
    throw new TlsProblem(`${NO_AUTHORITY}: ${systemError(problem)}`);
  }
  return found;
}

function read(values: ConfigValues, path: string, failure: string): Buffer {
  try {
    return readFileSync(onDisk(values, path));
  } catch (problem) {
    throw new TlsProblem(`${failure}: ${systemError(problem)}`);
  }
}

/** Where a path of the configuration leads, as the operating system spells it. */
function onDisk(values: ConfigValues, path: string): string {
  const text = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
  return resolve(text(values.dir), text(path));
}

/** Throws a TlsProblem that names the part of the terms that OpenSSL does not take. */
function check(values: ConfigValues, names: Names, terms: SecureContextOptions): void {
  const { cert, key, passphrase, ca, ciphers, dhparam } = terms;
  const steps: [string, SecureContextOptions][] = [
    [`Failed to load certificate: ${values[names.cert]}`, { cert }],
    [`Failed to load private key: ${values[names.key]}`, { cert, key, passphrase }],
    [NO_AUTHORITY, { ca }],
    ['Failed to configure ciphers', { ciphers }],
    [`Failed to load DH params file: ${values['tls-dh-params-file']}`, { dhparam }],
    ['Failed to configure TLS', terms],
  ];
  for (const [failure, part] of steps) {
    try {
      createSecureContext(part);
    } catch (problem) {
      throw new TlsProblem(`${failure}: ${sslError(problem)}`);
    }
  }
}

/** An error of OpenSSL's, in the form that C programs print it. */
export function sslError(problem: unknown): string {
  const { message } = problem as Error;
  const parts = /error:([0-9A-F]+):([^:]*):[^:]*:([^:]*)/.exec(message);
  return parts === null ? message : `error:${parts[1]}:${parts[2]}::${parts[3]}`;
}
