// The archive of an election: members of a v7 tar, named by the SHA-256 of what they hold, and the chain of
// events in them (Belenios specification 2.0 (2023)).
import { Broken } from './groups.js';

const BLOCK = 512;
const MOST = 512 * 1024 * 1024;
const NAME = /^[0-9a-f]{64}\.(data|event)\.json$/;
const FOLLOWS = {
  '': ['Setup'],
  Setup: ['Ballot', 'EndBallots'],
  Ballot: ['Ballot', 'EndBallots'],
  EndBallots: ['EncryptedTally'],
  EncryptedTally: ['PartialDecryption', 'Result'],
  PartialDecryption: ['PartialDecryption', 'Result'],
  Result: [],
};
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ascii = new TextEncoder();

export async function sha256(bytes) {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes));
}

export async function hex(bytes) {
  return Array.from(await sha256(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 in base64 without padding: trackers, and fingerprints of elections. */
export async function base64(bytes) {
  return btoa(String.fromCharCode(...await sha256(bytes))).replaceAll('=', '');
}

/** Compact JSON: what is written again is what was read, so no member is doubled and no space is hidden. */
export function json(bytes, what) {
  try {
    const text = utf8.decode(bytes);
    const found = JSON.parse(text);
    if (JSON.stringify(found) === text && found !== null && typeof found === 'object') return found;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new Broken(what);
}

export function members(value, names, what) {
  if (value === null || typeof value !== 'object' || Object.keys(value).join() !== names.join()) throw new Broken(what);
  return value;
}

export function list(value, what) {
  if (!Array.isArray(value)) throw new Broken(what);
  return value;
}

const text = (block, from, to) => String.fromCharCode(...block.subarray(from, to)).replace(/\0.*$/s, '');

/** The one header of a member: nothing in it can differ without being seen. */
function headerOf(name, size, time) {
  const made = new Uint8Array(BLOCK);
  const put = (at, words) => made.set(ascii.encode(words), at);
  const octal = (value) => value.toString(8).padStart(11, '0');
  put(0, name);
  for (const [at, words] of [[100, '0000644'], [108, '0000000'], [116, '0000000'], [148, '        '], [156, '0']]) put(at, words);
  put(124, octal(size));
  put(136, octal(time));
  put(148, `${made.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `);
  return made;
}

const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);

function* entries(bytes) {
  if (bytes.length > MOST) throw new Broken('size');
  let time;
  for (let at = 0; at < bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    const octal = text(header, 124, 135);
    if (header.length < BLOCK || !/^[0-7]{11}$/.test(octal)) throw new Broken('archive');
    const end = at + BLOCK + parseInt(octal, 8);
    const next = Math.ceil(end / BLOCK) * BLOCK;
    const [name, content] = [text(header, 0, 100), bytes.subarray(at + BLOCK, end)];
    if (next > bytes.length || bytes.subarray(end, next).some((byte) => byte)) throw new Broken('archive');
    time ??= timeOf(content);
    if (!same(header, headerOf(name, content.length, time))) throw new Broken('archive');
    yield [name, content];
    at = next;
  }
}

/** Seconds since 1970, which stand in the first member as a text and in every header. */
function timeOf(content) {
  const { version, timestamp } = members(json(content, 'archive'), ['version', 'timestamp'], 'archive');
  if (version !== 1 || typeof timestamp !== 'string' || !/^[1-9][0-9]{0,9}$/.test(timestamp)) throw new Broken('archive');
  return Number(timestamp);
}

/** An archive whose every record has the digest in its name, and whose events are one unbroken chain. */
export class Archive {
  /** height -> {hash, type, payload} */
  events = [];
  #records = new Map();

  static async read(bytes) {
    const found = new Archive();
    let first = true;
    for (const [name, content] of entries(bytes)) {
      if (first !== (name === 'BELENIOS')) throw new Broken('archive');
      if (!first) await found.#add(name, content);
      first = false;
    }
    if (!found.events.length) throw new Broken('archive');
    const setup = json(found.record(found.events[0].payload), 'setup');
    found.raw = found.record(members(setup, ['election', 'trustees', 'credentials'], 'setup').election);
    found.election = json(found.raw, 'election');
    found.fingerprint = await base64(found.raw);
    return found;
  }

  record(name) {
    const found = this.#records.get(name);
    if (!found) throw new Broken('record');
    return found;
  }

  /** The credentials that may vote. */
  credentials() {
    const setup = json(this.record(this.events[0].payload), 'setup');
    return new Set(list(json(this.record(setup.credentials), 'credentials'), 'credentials').map((line) => String(line).split(',')[0]));
  }

  async #add(name, content) {
    if (!NAME.test(name) || await hex(content) !== name.slice(0, 64)) throw new Broken('record');
    if (name.endsWith('.data.json')) this.#records.set(name.slice(0, 64), content);
    else this.#happen(name.slice(0, 64), json(content, 'event'));
  }

  #happen(hash, event) {
    const last = this.events.at(-1);
    const names = ['height', 'type'];
    if (last) names.unshift('parent');
    if (event.type !== 'EndBallots') names.push('payload');
    members(event, names, 'event');
    const allowed = FOLLOWS[last ? last.type : ''];
    if (!allowed.includes(event.type)) throw new Broken('order');
    if (event.height !== this.events.length || (last && event.parent !== last.hash)) throw new Broken('chain');
    if (event.payload !== undefined) this.record(event.payload);
    this.events.push({ hash, type: event.type, payload: event.payload });
  }
}
