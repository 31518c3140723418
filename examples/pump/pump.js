'use strict';
// The litres run up while the nozzle is pressed; a second press, or what was taken, ends it.
const flowed = document.getElementById('flowed');
const press = document.getElementById('press');
if (press) {
  const shown = new Intl.NumberFormat(document.documentElement.lang === 'fa' ? 'fa-IR' : 'en',
    { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  let running = 0;
  const halt = () => { clearInterval(running); running = 0; press.setAttribute('aria-pressed', 'false'); };
  const flow = async () => {
    const { left } = await (await fetch('/squeeze', { method: 'POST' })).json();
    flowed.textContent = shown.format((flowed.dataset.all - left) / 1000);
    if (!left) halt();
  };
  press.addEventListener('click', () => {
    if (running) { halt(); return; }
    running = setInterval(flow, 120);
    press.setAttribute('aria-pressed', 'true');
  });
}
