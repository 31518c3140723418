// Two conveniences; the pages work without them. A ballot with too many or too few choices is shown before it
// is sent (the server looks again), and the page of a verification that runs follows it.
const form = document.querySelector('form.ballot');

function broken(fieldset) {
  const ticked = [...fieldset.querySelectorAll('input:checked')];
  const alone = ticked.some((input) => 'alone' in input.dataset);
  if (alone) return ticked.length > 1;
  return ticked.length < Number(fieldset.dataset.min) || ticked.length > Number(fieldset.dataset.max);
}

form?.addEventListener('change', ({ target }) => {
  const others = target.closest('fieldset').querySelectorAll('input:checked');
  for (const other of target.checked ? others : []) {
    if (other !== target && ('alone' in target.dataset || 'alone' in other.dataset)) other.checked = false;
  }
  if (!broken(target.closest('fieldset'))) target.closest('fieldset').classList.remove('wrong');
});

form?.addEventListener('submit', (event) => {
  const wrong = [...form.querySelectorAll('fieldset')].filter((fieldset) => {
    fieldset.classList.toggle('wrong', broken(fieldset));
    return broken(fieldset);
  });
  if (!wrong.length) return;
  event.preventDefault();
  wrong[0].scrollIntoView({ block: 'center' });
  wrong[0].querySelector('input').focus();
  const rule = wrong[0].querySelector('.hint');
  rule.setAttribute('role', 'alert');
});

const run = document.querySelector('#run[data-state="running"]');

async function follow() {
  const answer = await fetch('/verify/progress', { cache: 'no-store' });
  const { running, done, total } = await answer.json();
  if (!running) return location.reload();
  document.querySelector('#progress').max = total || 1;
  document.querySelector('#progress').value = done;
  return setTimeout(follow, 400);
}

if (run) setTimeout(follow, 400);
