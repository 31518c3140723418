// Drives the second-device check of the examples under Node: one question on standard input, JSON out.
import { readFileSync } from 'node:fs';
import { Archive } from '../../../examples/polling_station/check/archive.js';
import { Ballot, keeps, opened, proved, standing } from '../../../examples/polling_station/check/check.js';
import { read } from '../../../examples/polling_station/check/receipt.js';
import { Broken } from '../../../examples/polling_station/check/groups.js';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

async function answer({ archive, trackers = [], receipts = [], ballots = [], openings = [], all = false }) {
  const board = await Archive.read(new Uint8Array(readFileSync(archive)));
  const told = { head: board.events.at(-1).hash, fingerprint: board.fingerprint, trackers: [], receipts: [], valid: [] };
  told.openings = [];
  for (const tracker of trackers) {
    const found = await standing(board, tracker);
    told.trackers.push(found && { height: found.height, counted: found.counted, ballots: found.ballots });
  }
  for (const receipt of receipts) told.receipts.push(await keeps(board, read(receipt)));
  const cast = board.events.filter(({ type }) => all && type === 'Ballot').map(({ payload }) => board.record(payload));
  for (const raw of [...ballots.map(bytes), ...cast]) {
    const ballot = await Ballot.read(raw, board.election, board.fingerprint);
    told.valid.push(await proved(ballot, board.election, raw));
  }
  for (const { ballot, opening } of openings) {
    told.openings.push(opened(await Ballot.read(bytes(ballot), board.election, board.fingerprint), opening));
  }
  return told;
}

try {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(readFileSync(0, 'utf8')))));
} catch (error) {
  if (!(error instanceof Broken)) throw error;
  process.stdout.write(JSON.stringify({ broken: error.message }));
}
