// What a second device can tell a voter: whether the ballot is on the board and counts, whether a receipt is
// kept, and whether a ballot that was opened instead of cast holds what its voter chose.
import { base64, json, list, members } from './archive.js';
import { Broken, groupNamed, mod, number } from './groups.js';

const utf8 = new TextEncoder();
const BALLOT = ['election_uuid', 'election_hash', 'credential', 'answers', 'signature'];

/** Where a ballot stands: {height, event, listed, counted, ballots: heights of all ballots of its credential}. */
export async function standing(archive, tracker) {
  const wanted = digest(tracker);
  const heights = new Map();
  let found;
  for (const [height, event] of archive.events.entries()) {
    if (event.type !== 'Ballot') continue;
    const { credential } = json(archive.record(event.payload), 'ballot');
    heights.set(credential, [...(heights.get(credential) ?? []), height]);
    if (event.payload === wanted) found = { height, event: event.hash, credential, raw: archive.record(event.payload) };
  }
  if (!found) return null;
  const ballots = heights.get(found.credential);
  const listed = archive.credentials().has(found.credential);
  return { ...found, ballots, listed, counted: listed && ballots.at(-1) === found.height };
}

/** A receipt names an event: a board that was shortened or rewritten has another one at that height. */
export async function keeps(archive, receipt) {
  if (receipt.uuid !== archive.election.uuid) return false;
  const event = archive.events[receipt.height];
  return event !== undefined && event.hash === receipt.event && event.payload === digest(receipt.tracker);
}

/** The 64 hexadecimal digits of a tracker. */
export function digest(tracker) {
  if (typeof tracker !== 'string' || !/^[A-Za-z0-9+/]{43}$/.test(tracker)) throw new Broken('tracker');
  return Array.from(atob(tracker), (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

/** A ballot with its values read, every element a member of the group. */
export class Ballot {
  static async read(raw, election, fingerprint) {
    const found = members(json(raw, 'ballot'), BALLOT, 'ballot');
    if (found.election_uuid !== election.uuid || found.election_hash !== fingerprint) throw new Broken('election');
    if (list(found.answers, 'ballot').length !== election.questions.length) throw new Broken('ballot');
    const ballot = new Ballot();
    Object.assign(ballot, found, { tracker: await base64(raw), group: groupNamed(election.group) });
    ballot.key = ballot.group.decode(election.public_key);
    ballot.answers = found.answers.map((answer, place) => ballot.#answer(answer, election.questions[place]));
    return ballot;
  }

  #answer(answer, question) {
    const names = ['choices', 'individual_proofs', 'overall_proof', ...(question.blank ? ['blank_proof'] : [])];
    members(answer, names, 'ballot');
    const slots = question.answers.length + (question.blank ? 1 : 0);
    const several = question.max - question.min + 1 + (question.blank ? 1 : 0);
    const given = [answer.choices, answer.individual_proofs];
    if (given.some((values) => list(values, 'ballot').length !== slots)) throw new Broken('ballot');
    return {
      choices: answer.choices.map((choice) => this.#ciphertext(choice)),
      individual: answer.individual_proofs.map((proofs) => this.#proofs(proofs, 2)),
      overall: this.#proofs(answer.overall_proof, several),
      blank: question.blank ? this.#proofs(answer.blank_proof, 2) : null,
    };
  }

  #ciphertext(value) {
    members(value, ['alpha', 'beta'], 'ballot');
    return { alpha: this.group.decode(value.alpha), beta: this.group.decode(value.beta) };
  }

  #proofs(values, many) {
    if (!Array.isArray(values) || values.length !== many) throw new Broken('ballot');
    return values.map((value) => this.proof(value));
  }

  proof(value) {
    members(value, ['challenge', 'response'], 'ballot');
    return [number(value.challenge, this.group.order), number(value.response, this.group.order)];
  }
}

/** Recompute every ciphertext of an opened ballot: the 0 and 1 of each slot, or Broken. */
export function opened(ballot, opening) {
  members(opening, ['election_hash', 'tracker', 'answers'], 'opening');
  const fits = opening.tracker === ballot.tracker && opening.election_hash === ballot.election_hash;
  if (!fits || list(opening.answers, 'opening').length !== ballot.answers.length) throw new Broken('opening');
  return ballot.answers.map(({ choices }, place) => {
    const told = members(opening.answers[place], ['choices', 'randomness'], 'opening');
    const given = [told.choices, told.randomness];
    if (given.some((values) => list(values, 'opening').length !== choices.length)) throw new Broken('opening');
    return choices.map((choice, slot) => holds(ballot, choice, told.choices[slot], told.randomness[slot]));
  });
}

function holds({ group, key }, { alpha, beta }, value, randomness) {
  const r = number(randomness, group.order);
  if (value !== 0 && value !== 1) throw new Broken('opening');
  const mask = group.power(key, r);
  const other = value ? group.multiply(mask, group.generator) : mask;
  if (!group.equal(alpha, group.power(group.generator, r)) || !group.equal(beta, other)) throw new Broken('opening');
  return value;
}

/** Every proof of a ballot and its signature (sections 4.10 to 4.13 of the specification); true or Broken. */
export async function proved(ballot, election, raw) {
  const { group } = ballot;
  const sender = `${ballot.election_hash}|${ballot.credential}`;
  for (const [place, answer] of ballot.answers.entries()) {
    const question = election.questions[place];
    const parts = answer.choices.map(({ alpha, beta }) => [alpha, beta]);
    for (const [slot, proofs] of answer.individual.entries()) {
      const text = `prove|${sender}|${parts[slot].map((part) => group.encode(part)).join()}|`;
      await disjunction(ballot, text, proofs, [0, 1].map((value) => [parts[slot], value]));
    }
    await whole(ballot, `${sender}|${parts.flat().map((part) => group.encode(part)).join()}`, answer, question);
  }
  await signed(ballot, raw);
  return true;
}

async function whole(ballot, statement, answer, question) {
  const { group } = ballot;
  const parts = answer.choices.map(({ alpha, beta }) => [alpha, beta]);
  const listed = question.blank ? parts.slice(1) : parts;
  const start = [group.identity, group.identity];
  const sum = listed.reduce((left, right) => left.map((part, side) => group.multiply(part, right[side])), start);
  const values = Array.from({ length: question.max - question.min + 1 }, (_, more) => [sum, question.min + more]);
  if (!question.blank) {
    const text = `prove|${statement}|${sum.map((part) => group.encode(part)).join()}|`;
    return disjunction(ballot, text, answer.overall, values);
  }
  await disjunction(ballot, `bproof0|${statement}|`, answer.blank, [[parts[0], 0], [sum, 0]]);
  return disjunction(ballot, `bproof1|${statement}|`, answer.overall, [[parts[0], 1], ...values]);
}

/** One of the claims "this ciphertext holds this value" is true: challenges add up to the hash. */
async function disjunction({ group, key }, text, proofs, claims) {
  const commitments = claims.flatMap(([[alpha, beta], value], place) => {
    const [challenge, response] = proofs[place];
    const less = group.multiply(beta, group.power(group.generator, mod(-BigInt(value), group.order)));
    return [[group.generator, alpha], [key, less]].map(([base, other]) =>
      group.encode(group.multiply(group.power(base, response), group.power(other, challenge))));
  });
  const sum = proofs.reduce((left, [challenge]) => left + challenge, 0n);
  if (mod(sum, group.order) !== await challengeOf(group, text + commitments.join())) throw new Broken('proof');
}

async function signed(ballot, raw) {
  const { group } = ballot;
  const { signature, ...rest } = json(raw, 'ballot');
  members(signature, ['hash', 'proof'], 'ballot');
  if (signature.hash !== await base64(utf8.encode(JSON.stringify(rest)))) throw new Broken('signature');
  const [challenge, response] = ballot.proof(signature.proof);
  const person = group.decode(ballot.credential);
  const point = group.multiply(group.power(group.generator, response), group.power(person, challenge));
  if (challenge !== await challengeOf(group, `sig|${signature.hash}|${group.encode(point)}`)) throw new Broken('signature');
}

async function challengeOf(group, text) {
  const found = await globalThis.crypto.subtle.digest('SHA-256', utf8.encode(text));
  return new Uint8Array(found).reduce((left, byte) => (left << 8n) | BigInt(byte), 0n) % group.order;
}
