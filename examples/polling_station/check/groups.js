// The two groups of the elections, with whole numbers of any length and nothing else.
// BELENIOS-2048: Belenios specification 2.0 (2023), section 5.1. Ed25519: RFC 8032 (2017), section 5.1.
// Slow, and not in constant time: everything that is computed here is public.

export class Broken extends Error {}

const P = BigInt(
  '2069478569142254640101364365750500806492298929575110409710088478705737421924271740192223725449768433' +
  '8129066633138078958404960054389636289796393038773905722803605973749427671376777618898589872735865049' +
  '0811670993105358677809800307904916540637771737641986785272734744763418356000356983051931442845617019' +
  '1100078673730733356412397173289791324047457883446826065232797464795113767265869358218004631792207366' +
  '8860052627186363386088796882120769432366149491002923444346373222145884100586421050242120365433561201' +
  '3204811188524087310770141516662001623131771693721892480785077118278423174980732765988288251691831031' +
  '25680162072880719');
const G = BigInt(
  '2402352677501852209227687703532399932712287657378364916510075318787663274146353219320285676155269678' +
  '7996946682987493890950838965734256019006010684771644917354741372831046104586813145117816467554005274' +
  '0288984613986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065' +
  '8186868651151358576410138882215396016043228843603930989333662772848406593138406010231675095763777982' +
  '6651036068224066350766977640253462537730851331734951942489677540525736590494924776314759915751987751' +
  '7771148149092045660020547812705472823814097251863985833411570056835369555342378147558249189605029668' +
  '0037745308460627');
const Q = 78571733251071885079927659812671450121821421258408794611510081919805623223441n;

const FIELD = (1n << 255n) - 19n;
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

/** Numbers are decimal digits without a leading zero; proofs' lie below the order of the group. */
export function number(text, below) {
  if (typeof text !== 'string' || text.length > 700 || !/^(0|[1-9][0-9]*)$/.test(text)) throw new Broken('number');
  const found = BigInt(text);
  if (found >= below) throw new Broken('number');
  return found;
}

/** Remainder that is never negative. */
export const mod = (value, modulus) => ((value % modulus) + modulus) % modulus;

function modularPower(base, exponent, modulus) {
  let found = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = (square * square) % modulus) {
    if (exponent & 1n) found = (found * square) % modulus;
  }
  return found;
}

class Field {
  name = 'BELENIOS-2048';
  order = Q;
  generator = G;
  identity = 1n;

  encode(element) { return element.toString(); }

  decode(text) {
    const found = number(text, P);
    if (found <= 1n || this.power(found, Q) !== 1n) throw new Broken('element');
    return found;
  }

  multiply(left, right) { return (left * right) % P; }
  power(base, exponent) { return modularPower(base, exponent, P); }
  equal(left, right) { return left === right; }
}

const inverse = (value) => modularPower(mod(value, FIELD), FIELD - 2n, FIELD);
const D = mod(-121665n * inverse(121666n), FIELD);
const ROOT = modularPower(2n, (FIELD - 1n) / 4n, FIELD);

/** x from y and the lowest bit of x (RFC 8032 (2017), section 5.1.3). */
function recover(y, odd) {
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n), FIELD);
  let x = modularPower(square, (FIELD + 3n) / 8n, FIELD);
  if (mod(x * x - square, FIELD) !== 0n) x = (x * ROOT) % FIELD;
  if (mod(x * x - square, FIELD) !== 0n || (x === 0n && odd)) throw new Broken('element');
  return (x & 1n) === (odd ? 1n : 0n) ? x : FIELD - x;
}

/** Points as X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z. */
class Edwards {
  name = 'Ed25519';
  order = ORDER;
  identity = [0n, 1n, 1n, 0n];

  constructor() {
    const y = mod(4n * inverse(5n), FIELD);
    this.generator = this.#point(recover(y, false), y);
  }

  #point(x, y) { return [x, y, 1n, (x * y) % FIELD]; }

  encode([x, y, z]) {
    const down = inverse(z);
    return (mod(y * down, FIELD) + ((mod(x * down, FIELD) & 1n) << 255n)).toString(16).padStart(64, '0');
  }

  decode(text) {
    if (typeof text !== 'string' || !/^[0-9a-f]{64}$/.test(text)) throw new Broken('element');
    const found = BigInt(`0x${text}`);
    const y = found & ((1n << 255n) - 1n);
    if (y >= FIELD) throw new Broken('element');
    const point = this.#point(recover(y, found >> 255n === 1n), y);
    if (this.equal(point, this.identity)) throw new Broken('element');
    if (!this.equal(this.power(point, ORDER), this.identity)) throw new Broken('element');
    return point;
  }

  multiply([x1, y1, z1, t1], [x2, y2, z2, t2]) {
    const a = mod((y1 - x1) * (y2 - x2), FIELD);
    const b = mod((y1 + x1) * (y2 + x2), FIELD);
    const c = mod(2n * D * t1 * t2, FIELD);
    const d = mod(2n * z1 * z2, FIELD);
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f, FIELD), mod(g * h, FIELD), mod(f * g, FIELD), mod(e * h, FIELD)];
  }

  power(base, exponent) {
    let found = this.identity;
    for (let square = base; exponent > 0n; exponent >>= 1n, square = this.multiply(square, square)) {
      if (exponent & 1n) found = this.multiply(found, square);
    }
    return found;
  }

  equal([x1, y1, z1], [x2, y2, z2]) {
    return mod(x1 * z2 - x2 * z1, FIELD) === 0n && mod(y1 * z2 - y2 * z1, FIELD) === 0n;
  }
}

const GROUPS = { 'BELENIOS-2048': () => new Field(), Ed25519: () => new Edwards() };

export function groupNamed(name) {
  if (!Object.hasOwn(GROUPS, name)) throw new Broken('group');
  return GROUPS[name]();
}
