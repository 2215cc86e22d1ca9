// Certificates for tests of TLS, made by openssl in a folder of their own: an authority, what it
// signed, and what somebody else did.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Certificate = { readonly cert: string; readonly key: string };

export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'respite-tls-'));
  /** The path of the authority's certificate. */
  readonly ca: string;
  /** Paths of certificates and keys: for the server and clients, */
  readonly server: Certificate;
  readonly client: Certificate;
  /** and of somebody whom another authority knows. */
  readonly stranger: Certificate;

  constructor() {
    this.ca = this.selfSigned('ca').cert;
    this.server = this.signed('server', 'ca');
    this.client = this.signed('client', 'ca');
    this.selfSigned('otherca');
    this.stranger = this.signed('stranger', 'otherca');
  }

  /** A certificate for this machine, signed by an authority of this folder. */
  signed(name: string, authority: string): Certificate {
    this.key(name);
    const names = this.path(`${name}.names`);
    writeFileSync(names, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const subject = ['-subj', `/O=Respite/CN=${name}`];
    const request = openssl('req', '-new', '-key', this.path(`${name}.key`), ...subject);
    writeFileSync(this.path(`${name}.csr`), request);
    const by = ['-CA', this.path(`${authority}.crt`), '-CAkey', this.path(`${authority}.key`)];
    const into = ['-extfile', names, '-days', '2', '-out', this.path(`${name}.crt`)];
    openssl('x509', '-req', '-in', this.path(`${name}.csr`), ...by, '-CAcreateserial', ...into);
    return this.named(name);
  }

  /** The same key, locked with a password. */
  locked(name: string, password: string): string {
    const path = this.path(`${name}.locked.key`);
    const source = ['-in', this.path(`${name}.key`), '-out', path];
    openssl('ec', ...source, '-aes256', '-passout', `pass:${password}`);
    return path;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private selfSigned(name: string): Certificate {
    this.key(name);
    const key = this.path(`${name}.key`);
    const subject = ['-subj', `/O=Respite/CN=${name}`, '-days', '2'];
    openssl('req', '-x509', '-new', '-key', key, ...subject, '-out', this.path(`${name}.crt`));
    return this.named(name);
  }

  private key(name: string): void {
    const curve = ['-name', 'prime256v1', '-genkey', '-noout'];
    openssl('ecparam', ...curve, '-out', this.path(`${name}.key`));
  }

  private named(name: string): Certificate {
    return { cert: this.path(`${name}.crt`), key: this.path(`${name}.key`) };
  }
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Certificates, or null, loudly, on a machine without openssl. */
export function makeCertificates(): Certificates | null {
  try {
    openssl('version');
  } catch {
    console.warn('*** NO TESTS OF TLS: this machine has no openssl ***');
    return null;
  }
  return new Certificates();
}
