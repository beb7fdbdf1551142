// Ed25519 keys of C2SP signed notes: verifier keys (public) and signing keys (secret), and their
// text forms. Must not touch files or the environment; whoever holds a signing key guards it.
import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { MalformedError } from './malformed.ts';
import { decodeBase64Exact, sameBytes } from './strict-encoding.ts';

const ED25519_TYPE = 0x01;
const SIGNING_KEY_PREFIX = 'PRIVATE+KEY+';
const PUBLIC_KEY_BYTES = 32;
const SEED_BYTES = 32;
// The DER of RFC 8410 up to the 32 raw bytes.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

export type VerifierKey = {
  name: string;
  /** The first four bytes of SHA-256(name || 0x0A || 0x01 || public key), as eight hex digits. */
  keyId: string;
  publicKey: Buffer;
  /** `<name>+<key id>+<base64(0x01 || public key)>`: the form to publish and to configure. */
  text: string;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
};

export type SigningKey = {
  verifierKey: VerifierKey;
  sign(message: Uint8Array): Buffer;
};

/** Key names are not empty and hold no Unicode white space and no plus sign (C2SP signed-note). */
export function isKeyName(name: string): boolean {
  return name !== '' && !NOT_IN_KEY_NAME.test(name);
}
const NOT_IN_KEY_NAME = /[\p{White_Space}\p{Cs}+\u0000-\u001f]/u;

/** Parses the published text form; the key id in it must fit the name and the key. */
export function parseVerifierKey(text: string): VerifierKey {
  const [name = '', keyId, encoded, ...more] = splitKeyText(text);
  if (keyId === undefined || encoded === undefined || more.length > 0) {
    throw new MalformedError('verifier key does not have the form <name>+<key id>+<key>');
  }
  const key = verifierKey(name, decodeKeyBytes(encoded, 'verifier key'));
  if (key.keyId !== keyId) throw new MalformedError('verifier key has a key id that is not its own');
  return key;
}

/** Makes a signing key from a private key in PKCS #8 PEM. */
export function signingKeyFromPem(name: string, pem: string): SigningKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    throw new MalformedError('signing key is not a readable private key in PEM', { cause });
  }
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new MalformedError('signing key is not an Ed25519 key');
  return signingKey(name, privateKey);
}

/** Makes a signing key from the 32-byte seed of RFC 8032. */
export function signingKeyFromSeed(name: string, seed: Uint8Array): SigningKey {
  if (seed.length !== SEED_BYTES) throw new RangeError('an Ed25519 seed has 32 bytes');
  return signingKey(
    name,
    createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' }),
  );
}

/** Parses `PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>`, the usual text form of note signers. */
export function parseSigningKey(text: string): SigningKey {
  if (!text.startsWith(SIGNING_KEY_PREFIX))
    throw new MalformedError('signing key does not start with PRIVATE+KEY+');
  const [name = '', keyId, encoded, ...more] = splitKeyText(text.slice(SIGNING_KEY_PREFIX.length));
  if (keyId === undefined || encoded === undefined || more.length > 0) {
    throw new MalformedError('signing key does not have the form PRIVATE+KEY+<name>+<key id>+<key>');
  }
  const key = signingKeyFromSeed(checkedName(name), decodeKeyBytes(encoded, 'signing key'));
  if (key.verifierKey.keyId !== keyId)
    throw new MalformedError('signing key has a key id that is not its own');
  return key;
}

/** A fresh private key in PKCS #8 PEM, to be stored where only the gateway can read it. */
export function generateSigningKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function signingKey(name: string, privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    verifierKey: verifierKey(name, spki.subarray(SPKI_HEAD.length)),
    sign: (message) => sign(null, message, privateKey),
  };
}

function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  checkedName(name);
  const typed = Buffer.concat([Buffer.of(ED25519_TYPE), publicKey]);
  const digest = createHash('sha256').update(`${name}\n`).update(typed).digest();
  const keyId = digest.subarray(0, 4).toString('hex');
  const keyObject = createPublicKey({
    key: Buffer.concat([SPKI_HEAD, publicKey]),
    format: 'der',
    type: 'spki',
  });
  return {
    name,
    keyId,
    publicKey: Buffer.from(publicKey),
    text: `${name}+${keyId}+${typed.toString('base64')}`,
    verify: (message, signature) => signature.length === 64 && verify(null, message, keyObject, signature),
  };
}

function checkedName(name: string): string {
  if (!isKeyName(name)) throw new MalformedError('key name is empty or holds white space or a plus sign');
  return name;
}

/** Splits at the first two plus signs; base64 may hold further ones. */
function splitKeyText(text: string): string[] {
  const [name = '', keyId, ...encoded] = text.split('+');
  return keyId === undefined || encoded.length === 0 ? [name] : [name, keyId, encoded.join('+')];
}

function decodeKeyBytes(encoded: string, what: string): Buffer {
  const bytes = decodeBase64Exact(encoded, 1 + PUBLIC_KEY_BYTES, what);
  if (!sameBytes(bytes.subarray(0, 1), Buffer.of(ED25519_TYPE))) {
    throw new MalformedError(`${what} is not of type Ed25519`);
  }
  return bytes.subarray(1);
}
