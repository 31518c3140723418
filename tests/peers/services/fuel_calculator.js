// A third calculator of the split: intervals on a line, with the Persian calendar and Tehran's clock of ICU.
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const format = new Intl.DateTimeFormat('en-u-ca-persian-nu-latn', {
  timeZone: 'Asia/Tehran', year: 'numeric', month: 'numeric', day: 'numeric' });
const civil = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Tehran' });
const out = [];
for (const text of lines) {
  const { at, held, wanted } = JSON.parse(text);
  const parts = Object.fromEntries(format.formatToParts(new Date(at * 1000)).map((part) => [part.type, part.value]));
  const month = parseInt(parts.year) * 12 + parseInt(parts.month) - 1;
  const day = civil.format(new Date(at * 1000));
  const reform = day >= '2025-12-13';
  const months = reform || day < '2020-03-20' ? 6 : 9;
  const queue = held
    .filter(([tier, m]) => (tier === 'first' ? m > month - months && m <= month : m === month))
    .sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] === 'first' ? -1 : 1));
  let position = 0;
  const answer = [];
  for (const [tier, m, amount] of queue) {
    const end = Math.min(position + amount, wanted);
    if (end > position) answer.push([tier, m, end - position]);
    position = end;
  }
  if (position < wanted) answer.push(reform ? ['open', 0, wanted - position] : null);
  out.push(JSON.stringify(answer.includes(null) ? null : answer));
}
console.log(out.join('\n'));
