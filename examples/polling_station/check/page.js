// The page of the second device.
import { Archive } from './archive.js';
import { Ballot, keeps, opened, proved, standing } from './check.js';
import { Broken } from './groups.js';
import { read } from './receipt.js';
import { digits, lang, say } from './words.js';

const utf8 = new TextEncoder();
const at = (id) => document.getElementById(id);
let archive;

document.documentElement.lang = lang;
document.documentElement.dir = lang === 'fa' ? 'rtl' : 'ltr';
document.title = say('title');
for (const place of document.querySelectorAll('[data-word]')) place.textContent = say(place.dataset.word);
if (lang === 'en') Object.assign(at('turn'), { href: '?lang=fa', textContent: 'فارسی', lang: 'fa', dir: 'rtl' });

function line(kind, words, code = '') {
  const made = document.createElement('p');
  if (kind) made.className = kind;
  if (kind === 'alarm') made.setAttribute('role', 'alert');
  made.append(words);
  if (code) {
    const value = Object.assign(document.createElement('bdi'), { textContent: code, className: 'code', dir: 'ltr' });
    made.append(' ', value);
  }
  return made;
}

/** Show what a step found; what is broken is told under the step's own words. */
async function shown(place, blame, step) {
  place.replaceChildren(line('hint', say('reading')));
  try {
    place.replaceChildren(...await step());
  } catch (error) {
    const broken = error instanceof Broken;
    place.replaceChildren(line('alarm', say(blame), broken && blame !== 'form' ? error.message : ''));
    if (!broken) throw error; // bytes that nobody thought of are no good ones either
  }
}

async function take(bytes) {
  at('ask').hidden = true;
  await shown(at('board'), 'bad_archive', async () => {
    archive = await Archive.read(bytes);
    at('ask').hidden = false;
    const ballots = archive.events.filter(({ type }) => type === 'Ballot').length;
    return [
      line('sentence', `${say('chain')} ${archive.election.name}`),
      line('', `${say('ballots')} ${digits(ballots)}`),
      line('', say('fingerprint'), archive.fingerprint),
      line('', say('head'), archive.events.at(-1).hash),
    ];
  });
}

async function look() {
  await shown(at('standing'), 'form', async () => {
    const receipt = read(at('tracker').value);
    const found = await standing(archive, receipt.tracker);
    const told = [];
    if (receipt.event !== undefined) {
      told.push(await keeps(archive, receipt) ? line('sentence', say('kept')) : line('alarm', say('broken_receipt')));
      told.push(line('hint', say('unsigned')));
    }
    return [...told, ...found ? await where(found) : [line('alarm', say('absent'))]];
  });
}

async function where(found) {
  const ballot = await Ballot.read(found.raw, archive.election, archive.fingerprint);
  await proved(ballot, archive.election, found.raw);
  if (!found.listed) return [line('alarm', say('unlisted'))];
  return [
    found.counted ? line('sentence', say('counted')) : line('alarm', say('superseded')),
    line('hint', say('paper')),
    line('', `${say('height')} ${digits(found.height)}`),
    line('', `${say('several')} ${digits(found.ballots.length)}`),
  ];
}

async function open(file) {
  await shown(at('choices'), 'lies', async () => {
    const { raw, opening } = await fileOf(file);
    const ballot = await Ballot.read(raw, archive.election, archive.fingerprint);
    const chosen = opened(ballot, opening);
    await proved(ballot, archive.election, raw);
    const told = [line('', say('note'), ballot.tracker), line('sentence', say('holds'))];
    if (await standing(archive, ballot.tracker)) told.push(line('alarm', say('cast_too')));
    return [...told, ...archive.election.questions.flatMap((question, place) => answers(question, chosen[place]))];
  });
}

async function fileOf(file) {
  try {
    const { ballot, opening } = JSON.parse(await file.text());
    return { raw: utf8.encode(ballot), opening: { ...opening } };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new Broken('form');
  }
}

function answers(question, values) {
  const names = question.blank ? [say('blank'), ...question.answers] : question.answers;
  const list = document.createElement('ul');
  const chosen = names.filter((_, place) => values[place]);
  for (const name of chosen.length ? chosen : [say('none')]) {
    list.append(Object.assign(document.createElement('li'), { textContent: name }));
  }
  return [Object.assign(document.createElement('h3'), { textContent: question.question }), list];
}

at('file').addEventListener('change', async ({ target }) => {
  if (target.files.length) await take(new Uint8Array(await target.files[0].arrayBuffer()));
});
at('fetch').addEventListener('click', async () => {
  const answer = await fetch('/closed.bel', { cache: 'no-store' });
  await take(new Uint8Array(await answer.arrayBuffer()));
});
at('look').addEventListener('click', look);
at('opened').addEventListener('change', ({ target }) => target.files.length && open(target.files[0]));

if (!globalThis.crypto?.subtle) {
  at('unfit').textContent = say('unfit');
  at('unfit').hidden = false;
  for (const control of document.querySelectorAll('button, input')) control.disabled = true;
}
