// A tracker, or a receipt: its QR text (SVR1: and base45, RFC 9285 (2022)) or its file, which holds that text.
import { Broken } from './groups.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const FIXED = 247;

function base45(text) {
  const found = [];
  for (let at = 0; at < text.length; at += 3) {
    const part = [...text.slice(at, at + 3)].map((letter) => DIGITS.indexOf(letter));
    const value = part.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (part.includes(-1) || part.length === 1 || value > (part.length === 3 ? 65535 : 255)) throw new Broken('form');
    if (part.length === 3) found.push(value >> 8);
    found.push(value & 255);
  }
  return Uint8Array.from(found);
}

function unpacked(data) {
  const size = data[0] ?? 0;
  if (data.length !== FIXED + size) throw new Broken('form');
  const tracker = btoa(String.fromCharCode(...data.subarray(1 + size, 33 + size))).replaceAll('=', '');
  const event = Array.from(data.subarray(33 + size, 65 + size), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const height = new DataView(data.buffer).getUint32(65 + size);
  return { uuid: String.fromCharCode(...data.subarray(1, 1 + size)), tracker, event, height };
}

function file(text) {
  try {
    return JSON.parse(text).qr;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return '';
    throw error;
  }
}

/** {tracker}, or {tracker, uuid, height, event} of a receipt; its signatures are not looked at. */
export function read(text) {
  const told = text.replace(/^\s+|[\r\n]+$/g, '');
  if (/^[A-Za-z0-9+/]{43}$/.test(told)) return { tracker: told };
  const qr = told.startsWith('{') ? file(told) : told;
  if (typeof qr !== 'string' || !qr.startsWith('SVR1:') || qr.length > 4096) throw new Broken('form');
  return unpacked(base45(qr.slice(5)));
}
