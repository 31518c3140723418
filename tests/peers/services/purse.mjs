// A second implementation of docs/reference/purse.md, from its words: node:crypto's AES and nothing else.
//
//   node purse.mjs vectors FILE   checks every MAC of the conversations in FILE, prints what it saw as JSON
//   node purse.mjs terminal       plays issuer and terminal: a command in hexadecimal goes out on a line, its
//                                 answer comes in on a line; the last line is JSON

import { createCipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const PURPOSES = { 1: "load", 2: "debit", 3: "debit", 4: "unload", 5: "admin" };
const INS = { 0x52: 1, 0x54: 2, 0x56: 3, 0x58: 4 };
const AIDS = { purse: "F0534D415254494402", fuel: "F0534D415254494403" };
const KINDS = { 1: "purse", 2: "fuel" };

// --- AES-CMAC, RFC 4493 ---------------------------------------------------------------------------------

function aes(key, block) {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

function doubled(block) {
  const number = BigInt("0x" + block.toString("hex")) << 1n;
  const carry = number >> 128n ? 0x87n : 0n;
  const low = (number & ((1n << 128n) - 1n)) ^ carry;
  return Buffer.from(low.toString(16).padStart(32, "0"), "hex");
}

const xor = (a, b) => Buffer.from(a.map((byte, at) => byte ^ b[at]));

export function cmac(key, message) {
  const first = doubled(aes(key, Buffer.alloc(16)));
  const blocks = Math.max(1, Math.ceil(message.length / 16));
  const whole = message.length > 0 && message.length % 16 === 0;
  let last = message.subarray(16 * (blocks - 1));
  if (whole) {
    last = xor(last, first);
  } else {
    const padded = Buffer.alloc(16);
    last.copy(padded);
    padded[last.length] = 0x80;
    last = xor(padded, doubled(first));
  }
  let chain = Buffer.alloc(16);
  for (let at = 0; at < blocks - 1; at++) {
    chain = aes(key, xor(message.subarray(16 * at, 16 * at + 16), chain));
  }
  return aes(key, xor(last, chain));
}

// --- keys and MACs of the page --------------------------------------------------------------------------

const ascii = (text) => Buffer.from(text, "ascii");
const uint = (value, size) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");

function cardKey(master, purpose, kind, cardId) {
  const label = ascii("smartid stored value 1 " + purpose);
  return cmac(master, Buffer.concat([uint(1, 4), label, uint(0, 1), uint(kind, 1), cardId, uint(128, 4)]));
}

class Fault extends Error {}

function need(condition, what) {
  if (!condition) throw new Fault(what);
}

class Keys {
  constructor(masters) {
    this.masters = masters;
    this.checked = 0;
  }

  mac(purpose, kind, cardId, parts) {
    const master = Buffer.from(this.masters[`${KINDS[kind]}/${purpose}/1`], "hex");
    return cmac(cardKey(master, purpose, kind, cardId), Buffer.concat(parts)).subarray(0, 8);
  }

  check(what, purpose, kind, cardId, parts, mac) {
    need(mac.length === 8 && timingSafeEqual(this.mac(purpose, kind, cardId, parts), mac), `wrong ${what}`);
    this.checked++;
  }
}

// --- structures -----------------------------------------------------------------------------------------

function readState(data) {
  need(data.length >= 54 && data.length === 54 + 34 * data[53] && data[0] === 1, "state");
  const slots = [];
  for (let at = 54; at < data.length; at += 34) {
    slots.push({
      number: data[at],
      unit: data[at + 1],
      label: data.toString("ascii", at + 2, at + 14).replace(/\0+$/, ""),
      balance: data.readBigUInt64BE(at + 14),
      maximum: data.readBigUInt64BE(at + 22),
      end: data.readUInt32BE(at + 30),
    });
  }
  return {
    kind: data[1],
    blocked: data[3],
    cardId: data.subarray(4, 12),
    counter: data.readUInt32BE(12),
    loads: data.readUInt32BE(16),
    usedCount: data.readUInt16BE(42),
    usedTotal: data.readBigUInt64BE(44),
    slots,
  };
}

function readOpening(data) {
  need(data.length >= 17 && data[0] === 1 && data.length === 17 + 9 * data[16] + 16, "opening");
  const balances = {};
  for (let at = 17; at < data.length - 16; at += 9) balances[data[at]] = data.readBigUInt64BE(at + 1);
  return {
    whole: data,
    kind: data[1],
    verb: data[2],
    cardId: data.subarray(4, 12),
    number: data.readUInt32BE(12),
    balances,
  };
}

function readOrder(data) {
  const lines = [];
  need(data.length >= 29 && (data.length - 20) % 9 === 0 && data.length <= 56, "order");
  for (let at = 20; at < data.length; at += 9) {
    lines.push({ slot: data[at], amount: data.readBigUInt64BE(at + 1) });
  }
  return {
    module: data.subarray(0, 8),
    counter: data.readUInt32BE(8),
    time: data.readUInt32BE(12),
    of: data.readUInt32BE(16),
    lines,
  };
}

function readRecord(data) {
  need(data.length === 113 && data[0] === 1 && data[36] >= 1 && data[36] <= 4, "record");
  const lines = [];
  for (let at = 37; at < 37 + 17 * data[36]; at += 17) {
    lines.push({
      slot: data[at],
      amount: data.readBigUInt64BE(at + 1),
      balance: data.readBigUInt64BE(at + 9),
    });
  }
  need(data.subarray(37 + 17 * data[36], 105).every((byte) => byte === 0), "filling of a record");
  return {
    kind: data[1],
    verb: data[2],
    cardId: data.subarray(4, 12),
    number: data.readUInt32BE(12),
    module: data.subarray(16, 24),
    counter: data.readUInt32BE(24),
    time: data.readUInt32BE(28),
    of: data.readUInt32BE(32),
    lines,
    tac: data.subarray(105),
  };
}

function checkRecord(keys, data) {
  const record = readRecord(data);
  keys.check("TAC", "tac", record.kind, record.cardId, [ascii("SV1-TAC."), data.subarray(0, 105)], record.tac);
  return record;
}

/** What a record must say after an order to a card with this opening. */
function compare(opening, order, record) {
  need(record.verb === opening.verb && record.kind === opening.kind, "verb of the record");
  need(record.cardId.equals(opening.cardId) && record.number === opening.number, "card of the record");
  need(record.module.equals(order.module) && record.counter === order.counter, "module of the record");
  need(record.time === order.time && record.of === order.of, "time of the record");
  const sign = record.verb === 1 || record.verb === 3 ? 1n : -1n;
  need(record.lines.length === order.lines.length, "lines of the record");
  record.lines.forEach((line, at) => {
    need(line.slot === order.lines[at].slot && line.amount === order.lines[at].amount, "a line");
    need(line.balance === opening.balances[line.slot] + sign * line.amount, "a balance");
  });
}

// --- the watcher: one conversation, command by command --------------------------------------------------

class Watcher {
  constructor(keys) {
    this.keys = keys;
    this.records = [];
    this.cardId = null;
    this.kind = 0;
  }

  turn(command, answer) {
    const data = answer.subarray(0, -2);
    if (command[0] === 0x00 && command[1] === 0xa4) {
      const aid = command.subarray(5).toString("hex").toUpperCase();
      this.kind = Object.values(AIDS).indexOf(aid) + 1;
      need(this.kind, "an application of the page");
      return;
    }
    if (answer.readUInt16BE(answer.length - 2) !== 0x9000) return;
    const body = command.subarray(5, command.length - 1);
    if (command[1] === 0xb2) return void this.records.push(checkRecord(this.keys, data));
    if (command[1] === 0x5c) return void (this.state = readState(data));
    if (command[1] === 0x50) return this.open(command[2], body, data);
    if (command[1] === 0x5a) return this.last(command[2], body, data);
    if (command[1] === 0x5e) return this.manage(command[2], body, data);
    need(INS[command[1]] === this.opening.verb, "a command for the opening");
    return this.transact(body, data);
  }

  check(what, verb, parts, mac) {
    this.keys.check(what, PURPOSES[verb], this.kind, this.opening.cardId, parts, mac);
  }

  open(verb, challenge, data) {
    this.opening = readOpening(data.subarray(0, -8));
    this.challenge = challenge;
    need(this.opening.verb === verb && this.opening.kind === this.kind, "verb of the opening");
    this.check("MAC0", verb, [ascii("SV1-OPEN"), challenge, this.opening.whole], data.subarray(-8));
  }

  transact(body, data) {
    const { whole, verb } = this.opening;
    const order = body.subarray(0, -8);
    this.check("MAC1", verb, [ascii("SV1-ORDR"), whole, order], body.subarray(-8));
    const record = checkRecord(this.keys, data.subarray(0, 113));
    compare(this.opening, readOrder(order), record);
    this.check("MAC2", verb, [ascii("SV1-DONE"), this.challenge, data.subarray(0, 113)], data.subarray(113));
    this.records.push(record);
  }

  last(verb, question, data) {
    const proof = data.subarray(0, -8);
    const record = proof.subarray(8);
    const cardId = record.length ? checkRecord(this.keys, record).cardId : this.cardId;
    const parts = [ascii("SV1-LAST"), question, cardId, proof];
    this.keys.check("last MAC", PURPOSES[verb], this.kind, cardId, parts, data.subarray(-8));
    return record.length ? readRecord(record) : null;
  }

  manage(task, body, data) {
    const { whole, cardId } = this.opening;
    const rest = body.subarray(0, -8);
    this.check("MAC1", 5, [ascii("SV1-MNGE"), whole, uint(task, 1), rest], body.subarray(-8));
    this.check("MAC2", 5, [ascii("SV1-MNGD"), this.challenge, cardId, uint(task, 1), rest], data);
  }
}

function vectors(path) {
  const file = JSON.parse(readFileSync(path, "utf8"));
  const keys = new Keys(file.masters);
  for (const [name, wanted] of Object.entries(file.card_keys)) {
    const [kind, purpose] = name.split("/");
    const master = Buffer.from(file.masters[name], "hex");
    const made = cardKey(master, purpose, kind === "purse" ? 1 : 2, Buffer.from(file.card_ids[kind], "hex"));
    need(made.toString("hex").toUpperCase() === wanted, `key ${name}`);
    keys.checked++;
  }
  let records = 0;
  for (const { application, name, turns } of file.conversations) {
    const watcher = new Watcher(keys);
    try {
      for (const [command, answer] of turns) watcher.turn(Buffer.from(command, "hex"), Buffer.from(answer, "hex"));
    } catch (fault) {
      throw new Fault(`${application} ${name}: ${fault.message}`);
    }
    records += watcher.records.length;
  }
  console.log(JSON.stringify({ checked: keys.checked, records, conversations: file.conversations.length }));
}

// --- the terminal ---------------------------------------------------------------------------------------

class Terminal {
  constructor(masters, lines) {
    this.keys = new Keys(masters);
    this.watcher = new Watcher(this.keys);
    this.lines = lines;
    this.counters = { issuer: 0, shop: 0 };
    this.time = 1790000000;
  }

  async send(command) {
    console.log(command.toString("hex").toUpperCase());
    const { value, done } = await this.lines.next();
    need(!done, "an answer");
    if (value === "TORN") return null;
    let answer = Buffer.from(value, "hex");
    while (answer[answer.length - 2] === 0x61) {
      console.log("00C00000" + answer.toString("hex", answer.length - 1).toUpperCase());
      const rest = Buffer.from((await this.lines.next()).value, "hex");
      answer = Buffer.concat([answer.subarray(0, -2), rest]);
    }
    this.watcher.turn(command, answer);
    return answer;
  }

  select(name) {
    return this.send(Buffer.from("00A4040C09" + AIDS[name], "hex"));
  }

  command(ins, p1, data) {
    const head = Buffer.from([0x80, ins, p1, 0]);
    return this.send(Buffer.concat(data.length ? [head, uint(data.length, 1), data, uint(0, 1)] : [head, uint(0, 1)]));
  }

  async state(name) {
    await this.select(name);
    await this.command(0x5c, 0, Buffer.alloc(0));
    this.watcher.cardId = this.watcher.state.cardId;
    return this.watcher.state;
  }

  async begin(name, verb) {
    await this.select(name);
    const answer = await this.command(0x50, verb, randomBytes(8));
    need(answer.readUInt16BE(answer.length - 2) === 0x9000, "INITIALIZE " + answer.toString("hex"));
    return this.watcher.opening;
  }

  /** Gives the record, a status word in hexadecimal, or null when the card was torn out. */
  async move(name, verb, lines, of = 0, spoil = false) {
    const opening = await this.begin(name, verb);
    const [party, id] = verb === 1 || verb === 4 ? ["issuer", 0x1555n] : ["shop", 0x3e5cn];
    this.counters[party]++;
    const parts = [uint(id << 48n, 8), uint(this.counters[party], 4), uint(this.time++, 4), uint(of, 4)];
    for (const [slot, amount] of lines) parts.push(uint(slot, 1), uint(amount, 8));
    const order = Buffer.concat(parts);
    const mac = this.keys.mac(PURPOSES[verb], opening.kind, opening.cardId, [ascii("SV1-ORDR"), opening.whole, order]);
    if (spoil) mac[3] ^= 0x10;
    const ins = { 1: 0x52, 2: 0x54, 3: 0x56, 4: 0x58 }[verb];
    const answer = await this.command(ins, 0, Buffer.concat([order, mac]));
    if (!answer) return null;
    const word = answer.toString("hex", answer.length - 2);
    return word === "9000" ? this.watcher.records.at(-1) : word;
  }

  async lastProof(name, verb, number = 0) {
    await this.select(name);
    const question = Buffer.concat([randomBytes(8), number ? uint(number, 4) : Buffer.alloc(0)]);
    const answer = await this.command(0x5a, verb, question);
    return this.watcher.last(verb, question, answer.subarray(0, -2));
  }

  async manage(name, task, data) {
    const opening = await this.begin(name, 5);
    const mac = this.keys.mac("admin", opening.kind, opening.cardId, [ascii("SV1-MNGE"), opening.whole, uint(task, 1), data]);
    const answer = await this.command(0x5e, task, Buffer.concat([data, mac]));
    return answer.toString("hex", answer.length - 2);
  }
}

async function terminal(masters) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const play = new Terminal(JSON.parse(value), lines);
  await play.state("purse");
  need((await play.lastProof("purse", 2)) === null, "no last proof yet");
  await play.move("purse", 1, [[1, 500000]]);
  const paid = await play.move("purse", 2, [[1, 120000]]);
  const back = await play.move("purse", 3, [[1, 20000]], paid.number);
  need(back.lines[0].balance === 400000n, "balance after the return");
  need((await play.move("purse", 3, [[1, 1]], paid.number)) === "6985", "a second return");
  need((await play.move("purse", 2, [[1, 400001]])) === "9401", "more than there is");
  need((await play.move("purse", 2, [[1, 1]], 0, true)) === "63c9", "a wrong MAC1");
  console.log("TEAR");
  const torn = await play.move("purse", 2, [[1, 5000]]);
  need(torn === null, "a torn card");
  const last = await play.lastProof("purse", 2);
  need(last.counter === play.counters.shop && last.lines[0].balance === 395000n, "the proof after the tear");
  need((await play.lastProof("purse", 2, paid.number)).counter === paid.counter, "an older debit");
  need((await play.lastProof("purse", 1, 1)).verb === 1, "the load");
  need((await play.lastProof("purse", 2, 4)) === null, "a number that is not taken");
  need((await play.manage("purse", 3, uint(3, 4))) === "9000", "mark uploaded");
  need((await play.manage("purse", 1, Buffer.alloc(0))) === "9000", "block");
  need((await play.state("purse")).blocked === 1, "a blocked card");
  need((await play.manage("purse", 2, Buffer.alloc(0))) === "9000", "unblock");
  await play.move("purse", 4, [[1, 395000]]);
  const end = await play.state("purse");
  need(end.slots[0].balance === 0n && end.usedCount === 0, "an empty purse");

  const slot = Buffer.concat([uint(1, 1), uint(2, 1), ascii("T1/1405-07\0\0"), uint(0, 8), uint(60000, 8), uint(play.time + 1000, 4)]);
  need((await play.manage("fuel", 5, slot)) === "9000", "set slot");
  await play.move("fuel", 1, [[1, 60000]]);
  const fill = await play.move("fuel", 2, [[1, 50000]]);
  await play.move("fuel", 3, [[1, 12500]], fill.number);
  play.time += 2000;
  need((await play.move("fuel", 2, [[1, 1]])) === "9407", "an expired slot");
  const fuel = await play.state("fuel");
  need(fuel.slots[0].balance === 22500n && fuel.slots[0].label === "T1/1405-07", "the quota");
  console.log(JSON.stringify({ checked: play.keys.checked, records: play.watcher.records.length }));
  process.exit(0);
}

try {
  if (process.argv[2] === "vectors") vectors(process.argv[3]);
  else await terminal();
} catch (fault) {
  console.error(fault instanceof Fault ? fault.message : fault);
  process.exit(1);
}
